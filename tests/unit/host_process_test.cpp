#include "harness/host_process.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "harness/child_process.h"
#include "harness/host_connection.h"
#include "harness/program.h"
#include "harness/program_json.h"
#include "harness/protocol.h"
#include "harness/quarantine.h"
#include "spec/hresult.h"

namespace vdsconform {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

HostSettings TestSettings() {
  HostSettings settings;
  settings.executable = VDSCONFORM_HOSTILE_HOST;
  settings.patience = {200, 1'000, 60'000};
  settings.limits = {uint64_t{300} << 20, 100};
  return settings;
}

std::string Library(const std::string& name) {
  return std::string(VDSCONFORM_HOSTILE_DIR) + "/" + name + ".so";
}

std::unique_ptr<Subject> Take(StartedSubject started) {
  if (const auto* error = std::get_if<std::string>(&started)) {
    ADD_FAILURE() << *error;
    return nullptr;
  }
  return std::get<std::unique_ptr<Subject>>(std::move(started));
}

std::unique_ptr<Subject> Start(const std::string& name) {
  return Take(StartHostedIut(Library(name), {}, TestSettings()));
}

std::string StartError(StartedSubject started) {
  const auto* error = std::get_if<std::string>(&started);
  return error ? *error : "(started)";
}

// The events that tell of a fault.
std::vector<Event> Faults(const Execution& execution) {
  std::vector<Event> faults;
  for (const Event& event : execution.history.events) {
    if (event.fault != Fault::kNone) faults.push_back(event);
  }
  return faults;
}

size_t Count(const Execution& execution, Call call) {
  const auto& events = execution.history.events;
  return static_cast<size_t>(std::count_if(
      events.begin(), events.end(), [call](const Event& event) { return event.call == call; }));
}

Program Simple() {
  using namespace steps;
  Program program = InOrder({Progress(40), Query(), Finish(hr::kFail), Query()});
  program.name = "simple";
  return program;
}

// Children of this process, dead or alive.
std::set<pid_t> Children() {
  std::set<pid_t> children;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "children");
    pid_t pid;
    while (file >> pid) children.insert(pid);
  }
  return children;
}

// What the tests leave behind that they may not.
class HostProcess : public testing::Test {
 protected:
  void SetUp() override {
    children_ = Children();
    descriptors_ = Descriptors();
  }
  void TearDown() override {
    EXPECT_EQ(Children(), children_) << "processes are left";
    EXPECT_EQ(Descriptors(), descriptors_) << "descriptors are left";
  }
  static size_t Descriptors() {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      count += entry.path().empty() ? 0 : 1;
    }
    return count;
  }

 private:
  std::set<pid_t> children_;
  size_t descriptors_ = 0;
};

// A behaviour of QueryStatus, and what the history says of it.
struct Deadly {
  const char* behaviour;
  Fault fault;
  const char* detail;
};

void PrintTo(const Deadly& deadly, std::ostream* out) { *out << deadly.behaviour; }

class DeadlyQuery : public HostProcess, public testing::WithParamInterface<Deadly> {};

TEST_P(DeadlyQuery, IsAFaultOfItsCallAndTheNextProgramHasANewHost) {
  HostSettings settings = TestSettings();
  // Each dies by itself, however long that takes on a busy machine; no call is to be given up
  // before.
  settings.patience.hang_ms = 60'000;
  settings.patience.rest_ms = 60'000;
  const auto subject = Take(StartHostedIut(Library(GetParam().behaviour), {}, settings));
  ASSERT_NE(subject, nullptr);
  for (int i = 0; i < 3; ++i) {
    const Execution execution = subject->Execute(Simple());
    EXPECT_EQ(execution.error, "");
    EXPECT_EQ(execution.inconclusive, "");
    const std::vector<Event> faults = Faults(execution);
    ASSERT_EQ(faults.size(), 1u);
    EXPECT_EQ(faults[0].fault, GetParam().fault) << faults[0].detail;
    EXPECT_THAT(faults[0].detail, StartsWith(GetParam().detail));
    EXPECT_EQ(faults[0].call, Call::kQueryStatus);
    EXPECT_EQ(faults[0].step, 1u);
    EXPECT_FALSE(faults[0].t1.has_value());
    ASSERT_EQ(Count(execution, Call::kBegin), 1u);
    EXPECT_TRUE(execution.history.events.front().driven);
    EXPECT_TRUE(execution.history.events.front().estimable);
  }
}

INSTANTIATE_TEST_SUITE_P(
    HostProcess, DeadlyQuery,
    testing::Values(Deadly{"crash", Fault::kCrashed, "signal 11 (SIGSEGV)"},
                    Deadly{"stack-overflow", Fault::kCrashed, "signal 11 (SIGSEGV)"},
                    Deadly{"abort", Fault::kCrashed, "signal 6 (SIGABRT)"},
                    Deadly{"kill", Fault::kCrashed, "signal 9 (SIGKILL)"},
                    Deadly{"exit", Fault::kExited, "exit status 3"},
                    Deadly{"quick-exit", Fault::kExited, "exit status 0"},
                    Deadly{"std-quick-exit", Fault::kExited, "exit status 4"},
                    Deadly{"terminate", Fault::kCrashed, "signal 6 (SIGABRT)"},
                    Deadly{"alarm", Fault::kCrashed, "signal 14 (SIGALRM)"},
                    Deadly{"fork-bomb", Fault::kCrashed,
                           "the process was ended: it started more than 100 processes"},
                    Deadly{"detached-fork-bomb", Fault::kCrashed,
                           "the process was ended: it started more than 100 processes"},
                    Deadly{"eat-memory", Fault::kCrashed,
                           "the process was ended: it used more than 300 MiB of memory"},
                    Deadly{"crash-in-thread", Fault::kCrashed,
                           "signal 11 (SIGSEGV), in another thread during this call"},
                    Deadly{"close-descriptors", Fault::kClosedDescriptors,
                           "descriptors of the calling process"},
                    Deadly{"close-low", Fault::kClosedDescriptors,
                           "descriptors of the calling process"},
                    Deadly{"replace-descriptors", Fault::kClosedDescriptors,
                           "descriptors of the calling process"}),
    [](const auto& info) {
      std::string name = info.param.behaviour;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST_F(HostProcess, CorrectImplementationIsObservedToTheEnd) {
  const auto subject = Start("none");
  ASSERT_NE(subject, nullptr);
  EXPECT_EQ(subject->info().name, "hostile");
  EXPECT_EQ(subject->info().capabilities, 31u);
  for (int i = 0; i < 3; ++i) {
    const Execution execution = subject->Execute(Simple());
    EXPECT_EQ(execution.error, "");
    EXPECT_EQ(execution.output, "");
    EXPECT_GT(execution.stack_bytes, 0u);
    EXPECT_LT(execution.stack_bytes, 100'000u);
    EXPECT_TRUE(Faults(execution).empty());
    ASSERT_GE(Count(execution, Call::kQueryStatus), 2u);
    std::vector<Event> queries;
    for (const Event& event : execution.history.events) {
      if (event.call == Call::kQueryStatus) queries.push_back(event);
    }
    EXPECT_EQ(queries[0].hr, hr::kOperationPending);
    EXPECT_EQ(queries[0].percent, 40u);
    EXPECT_EQ(queries[1].hr, hr::kFail);
    EXPECT_EQ(queries[1].percent, 100u);
  }
}

// Implementations that are rude, but do nothing that the history may not show in full.
TEST_F(HostProcess, RudenessDisturbsNothing) {
  for (const char* behaviour :
       {"chatter", "fork", "daemon", "clone", "threads", "no-more-descriptors", "low-limits",
        "signals", "ticks", "surroundings", "float-traps", "crash-at-unload", "hang-at-unload"}) {
    SCOPED_TRACE(behaviour);
    const auto subject = Start(behaviour);
    ASSERT_NE(subject, nullptr);
    for (int i = 0; i < 2; ++i) {
      const Execution execution = subject->Execute(Simple());
      EXPECT_EQ(execution.error, "");
      EXPECT_EQ(execution.inconclusive, "");
      EXPECT_TRUE(Faults(execution).empty());
      EXPECT_GE(Count(execution, Call::kQueryStatus), 2u);
    }
  }
}

// What these do to the process is not to be foretold, and neither is how it ends.
TEST_F(HostProcess, CallsThatComeBackElsewhereOrTwiceAreContained) {
  for (const char* behaviour : {"longjmp", "vfork"}) {
    SCOPED_TRACE(behaviour);
    const auto subject = Start(behaviour);
    ASSERT_NE(subject, nullptr);
    for (int i = 0; i < 2; ++i) {
      const Execution execution = subject->Execute(Simple());
      EXPECT_EQ(execution.error, "");
      EXPECT_GE(Faults(execution).size(), 1u);
    }
  }
}

TEST_F(HostProcess, UseOfFreedMemoryIsSeen) {
  if (!QuarantineIsSupported()) GTEST_SKIP() << "not supported in this build";
  const auto subject = Start("use-freed-member");
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(Simple());
  ASSERT_EQ(Faults(execution).size(), 1u);
  EXPECT_EQ(Faults(execution)[0].fault, Fault::kCrashed);
  EXPECT_EQ(Faults(execution)[0].detail,
            "signal 11 (SIGSEGV), using a pointer from memory that had been freed");
  EXPECT_EQ(Faults(execution)[0].step, 1u);
}

TEST_F(HostProcess, FreeingTwiceEndsTheCallThatDoesIt) {
  if (!QuarantineIsSupported()) GTEST_SKIP() << "not supported in this build";
  const auto subject = Start("free-twice");
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(Simple());
  ASSERT_EQ(Faults(execution).size(), 1u);
  EXPECT_THAT(Faults(execution)[0].detail, StartsWith("signal 6 (SIGABRT)"));
  EXPECT_EQ(Faults(execution)[0].step, 1u);
  EXPECT_THAT(execution.output, HasSubstr("has been freed before"));
}

TEST_F(HostProcess, GigabytesOfOutputDisturbNothing) {
  HostSettings settings = TestSettings();
  // A call that prints waits for this process, which may wait for a processor.
  settings.patience.hang_ms = 60'000;
  settings.patience.rest_ms = 60'000;
  const auto subject = Take(StartHostedIut(Library("flood"), {}, settings));
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(InOrder({steps::Query(32)}));
  EXPECT_EQ(execution.error, "");
  EXPECT_TRUE(Faults(execution).empty());
  EXPECT_GE(Count(execution, Call::kQueryStatus), 32u);
}

TEST_F(HostProcess, ExceptionsAreFaultsAndTheHostLives) {
  const auto subject = Start("throw");
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(Simple());
  EXPECT_EQ(execution.error, "");
  ASSERT_GE(Faults(execution).size(), 2u);
  EXPECT_EQ(Faults(execution)[0].fault, Fault::kThrew);
  EXPECT_THAT(Faults(execution)[0].detail, HasSubstr("out of QueryStatus"));
}

TEST_F(HostProcess, HangsEndWithTheHost) {
  const auto subject = Start("hang");
  ASSERT_NE(subject, nullptr);
  for (int i = 0; i < 2; ++i) {
    const Execution execution = subject->Execute(Simple());
    EXPECT_EQ(execution.error, "");
    ASSERT_GE(Faults(execution).size(), 1u);
    EXPECT_EQ(Faults(execution)[0].fault, Fault::kHung);
    EXPECT_EQ(Faults(execution)[0].call, Call::kQueryStatus);
    const Rare<Blockage> blocked = Faults(execution)[0].blocked;
    ASSERT_TRUE(blocked.has_value());
    EXPECT_EQ(blocked->system_call, "pause");
    EXPECT_GE(blocked->asleep_ns, uint64_t{TestSettings().patience.hang_ms} * 1'000'000);
#if defined(__x86_64__) || defined(__aarch64__)
    ASSERT_GE(blocked->stack.size(), 2u);
    EXPECT_THAT(blocked->stack[0], StartsWith("libc.so"));
    EXPECT_THAT(blocked->stack[1], StartsWith("hang.so+0x"));
#endif
  }
}

// The whole process stands still, its executor included: only the runner can tell.
TEST_F(HostProcess, StoppedProcessIsGivenUp) {
  auto started = HostConnection::StartOwn(VDSCONFORM_HOSTILE_HOST, Library("stop"), {});
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<HostConnection>>(started));
  const auto& host = std::get<std::unique_ptr<HostConnection>>(started);
  ASSERT_EQ(host->Wait(60'000, nullptr), HostConnection::Happening::kLine);
  host->Send(ToJson(Simple()));
  EXPECT_EQ(host->Wait(500, nullptr), HostConnection::Happening::kSilent);
}

// Without descriptors the executor cannot see what its calls do, and does not pretend to.
TEST_F(HostProcess, HostThatCannotWatchOverACallIsGivenUp) {
  auto started =
      HostConnection::StartOwn(VDSCONFORM_HOSTILE_HOST, Library("no-descriptors-hang"), {});
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<HostConnection>>(started));
  const auto& host = std::get<std::unique_ptr<HostConnection>>(started);
  ASSERT_EQ(host->Wait(60'000, nullptr), HostConnection::Happening::kLine);
  host->Send(ToJson(Simple()));
  EXPECT_EQ(host->Wait(1'000, nullptr), HostConnection::Happening::kSilent);
}

// A call that waits is no silence as long as the executor watches over it.
TEST_F(HostProcess, BusyHostIsNotGivenUp) {
  auto started = HostConnection::StartOwn(VDSCONFORM_HOSTILE_HOST, Library("hang"), {});
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<HostConnection>>(started));
  const auto& host = std::get<std::unique_ptr<HostConnection>>(started);
  ASSERT_EQ(host->Wait(60'000, nullptr), HostConnection::Happening::kLine);
  host->Send(ToJson(Patience{200, 4'000, 60'000}));
  host->Send(ToJson(Simple()));
  HostConnection::Happening happening;
  std::string last;
  while ((happening = host->Wait(2'000, nullptr)) == HostConnection::Happening::kLine) {
    last = host->line();
  }
  EXPECT_EQ(happening, HostConnection::Happening::kEnded);
  EXPECT_THAT(last, HasSubstr("\"hung\":true"));
}

TEST_F(HostProcess, NullOutputsOfTheDeadlyCallAreToldToo) {
  const auto subject = Start("crash-on-null");
  ASSERT_NE(subject, nullptr);
  const Execution execution =
      subject->Execute(InOrder({steps::Query(), steps::QueryNull(NullOutputs::kPercent)}));
  ASSERT_EQ(Faults(execution).size(), 1u);
  EXPECT_EQ(Faults(execution)[0].null_outputs, NullOutputs::kPercent);
  EXPECT_EQ(Faults(execution)[0].step, 1u);
}

TEST_F(HostProcess, DriversFunctionsCanDieToo) {
  const auto in_begin = Start("crash-in-begin");
  ASSERT_NE(in_begin, nullptr);
  const Execution begun = in_begin->Execute(Simple());
  ASSERT_EQ(Faults(begun).size(), 1u);
  EXPECT_EQ(Faults(begun)[0].call, Call::kBegin);
  EXPECT_EQ(begun.history.events.size(), 1u);

  const auto in_end = Start("crash-in-end");
  ASSERT_NE(in_end, nullptr);
  const Execution ended = in_end->Execute(Simple());
  ASSERT_EQ(Faults(ended).size(), 1u);
  EXPECT_EQ(Faults(ended)[0].call, Call::kEnd);
}

TEST_F(HostProcess, RefusedBeginIsInconclusive) {
  const auto subject = Start("no-begin-today");
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(Simple());
  EXPECT_EQ(execution.error, "");
  EXPECT_NE(execution.inconclusive, "");
}

TEST_F(HostProcess, RenewedOneHasRunNothingBefore) {
  const auto subject = Start("one-begin-per-process");
  ASSERT_NE(subject, nullptr);
  EXPECT_EQ(subject->Execute(Simple()).inconclusive, "");
  EXPECT_NE(subject->Execute(Simple()).inconclusive, "");
  ASSERT_TRUE(subject->Renew());
  const Execution execution = subject->Execute(Simple());
  EXPECT_EQ(execution.error, "");
  EXPECT_EQ(execution.inconclusive, "");
  EXPECT_GE(Count(execution, Call::kQueryStatus), 2u);
}

TEST_F(HostProcess, LastWordsAreKept) {
  const auto subject = Start("last-words");
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(Simple());
  EXPECT_THAT(execution.output, HasSubstr("about to fail"));
}

TEST_F(HostProcess, CrashAfterAllCallsIsNotLost) {
  const auto subject = Start("crash-later");
  ASSERT_NE(subject, nullptr);
  EXPECT_TRUE(Faults(subject->Execute(Simple())).empty());
  siginfo_t dead;
  ASSERT_EQ(waitid(P_ALL, 0, &dead, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(subject->Renew());
  const Execution execution = subject->Execute(Simple());
  EXPECT_EQ(execution.error, "");
  EXPECT_GE(Count(execution, Call::kQueryStatus), 2u);
  ASSERT_EQ(Faults(execution).size(), 1u);
  EXPECT_EQ(Faults(execution)[0].fault, Fault::kCrashed);
  EXPECT_THAT(Faults(execution)[0].detail,
              StartsWith("signal 11 (SIGSEGV), after the calls of the Program before this one"));
}

TEST_F(HostProcess, DeathAtLoadIsAnErrorOfTheStart) {
  EXPECT_THAT(StartError(StartHostedIut(Library("crash-at-load"), {}, TestSettings())),
              HasSubstr("while the implementation was being loaded: signal 11 (SIGSEGV)"));
  EXPECT_THAT(StartError(StartHostedIut(Library("exit-at-load"), {}, TestSettings())),
              HasSubstr("while the implementation was being loaded: exit status 5"));
  EXPECT_THAT(StartError(StartHostedIut(Library("missing"), {}, TestSettings())),
              HasSubstr("missing.so: no such file"));
  HostSettings settings = TestSettings();
  settings.executable = "/nonexistent/host";
  EXPECT_THAT(StartError(StartHostedIut(Library("none"), {}, settings)),
              HasSubstr("/nonexistent/host: cannot be executed: No such file"));
}

TEST_F(HostProcess, GarbageOnTheProtocolIsAnErrorNotAVerdict) {
  const auto subject = Start("scribble");
  ASSERT_NE(subject, nullptr);
  for (int i = 0; i < 2; ++i) {
    const Execution execution = subject->Execute(Simple());
    EXPECT_THAT(execution.error, HasSubstr("}{ not a line of the protocol"));
    EXPECT_TRUE(Faults(execution).empty());
  }
}

TEST_F(HostProcess, StoppingEndsAProgramEarly) {
  std::atomic<bool> stop{false};
  HostSettings settings = TestSettings();
  settings.patience.hang_ms = 600'000;
  settings.patience.rest_ms = 600'000;
  settings.stop = &stop;
  const auto subject = Take(StartHostedIut(Library("hang"), {}, settings));
  ASSERT_NE(subject, nullptr);
  std::thread user([&stop] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop = true;
    KillAllHosts();
  });
  const Execution execution = subject->Execute(Simple());
  user.join();
  EXPECT_EQ(execution.inconclusive, "interrupted");
  EXPECT_TRUE(Faults(execution).empty());
}

TEST_F(HostProcess, HostEndsByItselfAtTheEndOfItsInput) {
  for (const char* behaviour : {"none", "threads"}) {
    SCOPED_TRACE(behaviour);
    auto started = HostConnection::StartOwn(VDSCONFORM_HOSTILE_HOST, Library(behaviour), {});
    ASSERT_TRUE(std::holds_alternative<std::unique_ptr<HostConnection>>(started));
    const auto& host = std::get<std::unique_ptr<HostConnection>>(started);
    ASSERT_EQ(host->Wait(60'000, nullptr), HostConnection::Happening::kLine);
    host->Send(ToJson(Simple()));
    do {
      ASSERT_EQ(host->Wait(60'000, nullptr), HostConnection::Happening::kLine);
    } while (!std::holds_alternative<Done>(ParseHostLine(host->line())));
    host->CloseInput();
    EXPECT_EQ(host->Wait(60'000, nullptr), HostConnection::Happening::kEnded);
    EXPECT_EQ(host->End().detail, "exit status 0");
  }
}

TEST_F(HostProcess, ManyDetachedProcessesAreEndedWithTheHost) {
  const auto subject = Start("daemon");
  ASSERT_NE(subject, nullptr);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(subject->Execute(InOrder({steps::Query(50)})).error, "");
  }
}

TEST_F(HostProcess, TwoSubjectsLiveSideBySide) {
  const auto one = Start("none");
  const auto two = Start("crash");
  ASSERT_NE(one, nullptr);
  ASSERT_NE(two, nullptr);
  EXPECT_EQ(Faults(two->Execute(Simple())).size(), 1u);
  EXPECT_EQ(Faults(one->Execute(Simple())).size(), 0u);
  EXPECT_EQ(Faults(two->Execute(Simple())).size(), 1u);
}

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
