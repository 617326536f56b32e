// Hosts that are any command, here scripts of the shell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "tests/unit/host_process_test_support.h"

namespace vdsconform {
namespace {

using testing::HasSubstr;

// A host in a shell: greets, then does `body` for each Program.
class ForeignHost : public HostProcess {
 protected:
  void SetUp() override {
    HostProcess::SetUp();
    std::string name = (std::filesystem::temp_directory_path() / "vdsconform-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    std::filesystem::remove_all(folder_);
    HostProcess::TearDown();
  }

  std::string Script(const std::string& body, const std::string& greeting = kGreeting) {
    const std::string path = (folder_ / "host.sh").string();
    std::ofstream(path) << "echo '" << greeting << "'\nwhile read -r line; do\ncase \"$line\" in "
                        << "*patience/1*) continue;; esac\n"
                        << body << "\ndone\n";
    return "/bin/sh " + path;
  }
  std::unique_ptr<Subject> StartScript(const std::string& body) {
    return Take(StartForeignHost(Script(body), TestSettings()));
  }

  static constexpr const char* kGreeting =
      R"({"vdsconform":"host/1","iut":{"name":"shell","version":"2",)"
      R"("capabilities":["DRIVE","ESTIMATE"]}})";
  static constexpr const char* kHistory = R"(
echo '{"vdsconform":"history/1"}'
echo '{"op":0,"thread":0,"call":"begin","estimable":true,"driven":true,"t0":1,"t1":2}'
echo '{"op":0,"thread":0,"call":"QueryStatus","t0":3,"t1":4,"ret":"0x00000000","percent":0}'
)";

 private:
  std::filesystem::path folder_;
};

TEST_F(ForeignHost, IsHeard) {
  const auto subject = StartScript(std::string(kHistory) +
                                   "echo '{\"vdsconform\":\"done\",\"inconclusive\":\"so\"}'");
  ASSERT_NE(subject, nullptr);
  EXPECT_EQ(subject->info().name, "shell");
  for (int i = 0; i < 3; ++i) {
    const Execution execution = subject->Execute(Simple());
    EXPECT_EQ(execution.error, "");
    EXPECT_EQ(execution.inconclusive, "so");
    ASSERT_EQ(execution.history.events.size(), 2u);
    EXPECT_EQ(execution.history.events[1].percent, 0u);
  }
}

TEST_F(ForeignHost, DeathIsBlamedOnTheStepItWasAt) {
  const auto subject = StartScript(
      std::string(kHistory) +
      "echo '{\"vdsconform\":\"at\",\"thread\":1,\"step\":3,\"call\":\"QueryStatus\"}'\n"
      "echo 'no more paper' >&2\nkill -SEGV $$");
  ASSERT_NE(subject, nullptr);
  for (int i = 0; i < 2; ++i) {
    const Execution execution = subject->Execute(Simple());
    EXPECT_EQ(execution.error, "");
    ASSERT_EQ(execution.history.events.size(), 3u);
    const Event& fault = execution.history.events.back();
    EXPECT_EQ(fault.fault, Fault::kCrashed);
    EXPECT_EQ(fault.detail, "signal 11 (SIGSEGV)");
    EXPECT_EQ(fault.step, 3u);
    EXPECT_EQ(fault.thread, 1u);
    EXPECT_GT(fault.t0, 4);
    EXPECT_THAT(execution.output, HasSubstr("no more paper"));
  }
}

TEST_F(ForeignHost, DeathOutsideEveryCallIsToldToo) {
  const auto subject = StartScript(
      "echo '{\"vdsconform\":\"at\",\"thread\":0,\"step\":1}'\n"
      "echo '{\"vdsconform\":\"at\",\"thread\":0}'\nexit 9");
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(Simple());
  ASSERT_EQ(Faults(execution).size(), 1u);
  EXPECT_EQ(Faults(execution)[0].detail,
            "exit status 9, outside any call; this was the last before");
  EXPECT_EQ(Faults(execution)[0].step, 1u);
}

TEST_F(ForeignHost, GarbageIsAnErrorThatShowsIt) {
  const std::map<std::string, std::string> bodies = {
      {"echo garbage", "garbage"},
      {"echo '{\"op\":0}'", "{\"op\":0}"},
      {"echo '{\"vdsconform\":\"dome\"}'", "dome"},
      {std::string("echo '") + kGreeting + "'", "a second greeting"},
      {std::string(kHistory) + "echo '{\"op\":-1}'", "{\"op\":-1}"},
      {"head -c 3000000 /dev/zero", "a line of more than 1048576 bytes"},
      {"printf '\\377\\376\\000\\n'", "???"}};
  for (const auto& [body, shown] : bodies) {
    SCOPED_TRACE(body);
    const auto subject = StartScript(body);
    ASSERT_NE(subject, nullptr);
    const Execution execution = subject->Execute(Simple());
    EXPECT_THAT(execution.error, HasSubstr(shown));
    EXPECT_TRUE(Faults(execution).empty());
  }
}

TEST_F(ForeignHost, BadGreetingsAreErrorsOfTheStart) {
  EXPECT_THAT(StartError(StartForeignHost(Script("", "hello"), TestSettings())),
              HasSubstr("is not a greeting"));
  EXPECT_THAT(StartError(StartForeignHost(Script("", "{\"vdsconform\":\"done\"}"), TestSettings())),
              HasSubstr("is not a greeting"));
  EXPECT_THAT(
      StartError(StartForeignHost(Script("", "{\"vdsconform\":\"host/1\",\"error\":\"no device\"}"),
                                  TestSettings())),
      HasSubstr("no device"));
  EXPECT_THAT(StartError(StartForeignHost("echo oops >&2; exit 4", TestSettings())),
              HasSubstr("ended while the implementation was being loaded"));
  EXPECT_THAT(StartError(StartForeignHost("/nonexistent/host", TestSettings())),
              HasSubstr("exit status 127"));
}

TEST_F(ForeignHost, DescendantsAreEndedWithIt) {
  const auto pids =
      std::filesystem::temp_directory_path() / ("vdsconform-pids-" + std::to_string(getpid()));
  {
    const auto subject =
        StartScript("setsid sleep 1000 </dev/null >/dev/null 2>&1 &\necho $! >> " + pids.string() +
                    "\n" + kHistory + "echo '{\"vdsconform\":\"done\"}'");
    ASSERT_NE(subject, nullptr);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(subject->Execute(Simple()).error, "");
  }
  std::ifstream file(pids);
  pid_t pid = 0;
  int count = 0;
  for (; file >> pid; ++count) EXPECT_NE(kill(pid, 0), 0) << pid;
  EXPECT_EQ(count, 3);
  std::filesystem::remove(pids);
}

}  // namespace
}  // namespace vdsconform
