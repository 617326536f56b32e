// What the tests of host processes share: hosts of the libraries of tests/hostile, and that nothing
// of them is left behind.
#ifndef VDSCONFORM_TESTS_UNIT_HOST_PROCESS_TEST_SUPPORT_H_
#define VDSCONFORM_TESTS_UNIT_HOST_PROCESS_TEST_SUPPORT_H_

#include <gtest/gtest.h>
#include <sys/types.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "harness/host_process.h"
#include "harness/program.h"
#include "spec/hresult.h"

namespace vdsconform {

inline HostSettings TestSettings() {
  HostSettings settings;
  settings.executable = VDSCONFORM_HOSTILE_HOST;
  settings.patience = {200, 1'000, 60'000};
  settings.limits = {uint64_t{300} << 20, 100};
  return settings;
}

// Of hosts whose calls may take long on a busy machine, and are not to be given up before.
inline HostSettings PatientSettings() {
  HostSettings settings = TestSettings();
  settings.patience.hang_ms = 60'000;
  settings.patience.rest_ms = 60'000;
  return settings;
}

inline std::string Library(const std::string& name) {
  return std::string(VDSCONFORM_HOSTILE_DIR) + "/" + name + ".so";
}

inline std::unique_ptr<Subject> Take(StartedSubject started) {
  if (const auto* error = std::get_if<std::string>(&started)) {
    ADD_FAILURE() << *error;
    return nullptr;
  }
  return std::get<std::unique_ptr<Subject>>(std::move(started));
}

inline std::unique_ptr<Subject> Start(const std::string& name) {
  return Take(StartHostedIut(Library(name), {}, TestSettings()));
}

inline std::string StartError(StartedSubject started) {
  const auto* error = std::get_if<std::string>(&started);
  return error ? *error : "(started)";
}

// The events that tell of a fault.
inline std::vector<Event> Faults(const Execution& execution) {
  std::vector<Event> faults;
  for (const Event& event : execution.history.events) {
    if (event.fault != Fault::kNone) faults.push_back(event);
  }
  return faults;
}

inline size_t Count(const Execution& execution, Call call) {
  const auto& events = execution.history.events;
  return static_cast<size_t>(std::count_if(
      events.begin(), events.end(), [call](const Event& event) { return event.call == call; }));
}

inline Program Simple() {
  using namespace steps;
  Program program = InOrder({Progress(40), Query(), Finish(hr::kFail), Query()});
  program.name = "simple";
  return program;
}

// Children of this process, dead or alive.
inline std::set<pid_t> Children() {
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

}  // namespace vdsconform

#endif  // VDSCONFORM_TESTS_UNIT_HOST_PROCESS_TEST_SUPPORT_H_
