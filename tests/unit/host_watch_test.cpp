#include "harness/host_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "harness/thread_state.h"

namespace vdsconform {
namespace {

using testing::HasSubstr;

// Processes in sessions of their own that do nothing.
class Sleepers {
 public:
  explicit Sleepers(int count) {
    for (int i = 0; i < count; ++i) {
      const pid_t pid = fork();
      if (pid == 0) {
        setsid();
        for (;;) pause();
      }
      if (pid > 0) pids_.push_back(pid);
    }
  }
  ~Sleepers() {
    for (const pid_t pid : pids_) kill(pid, SIGKILL);
    for (const pid_t pid : pids_) waitpid(pid, nullptr, 0);
  }
  Sleepers(const Sleepers&) = delete;
  Sleepers& operator=(const Sleepers&) = delete;
  size_t count() const { return pids_.size(); }

 private:
  std::vector<pid_t> pids_;
};

// Threads of this process that do nothing.
class Idlers {
 public:
  explicit Idlers(int count) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { over_.wait(false); });
  }
  ~Idlers() {
    over_ = true;
    over_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Idlers(const Idlers&) = delete;
  Idlers& operator=(const Idlers&) = delete;

 private:
  std::atomic<bool> over_{false};
  std::vector<std::thread> threads_;
};

// What it says within some seconds, at whatever look.
std::string ExcessOf(HostWatch& watch) {
  const int64_t until = NowNs() + 20'000'000'000;
  std::string excess;
  while (excess.empty() && NowNs() < until) {
    excess = watch.Excess();
    std::this_thread::yield();
  }
  return excess;
}

HostLimits Limits(uint32_t processes) {
  HostLimits limits;
  limits.processes = processes;
  return limits;
}

// As other work of the machine may.
TEST(HostWatch, SeesTooManyProcessesAlthoughAsManyThreadsHaveEndedSinceItsStart) {
  auto threads = std::make_unique<Idlers>(200);
  HostWatch watch(getpid(), Limits(100));
  threads.reset();
  const Sleepers sleepers(120);
  ASSERT_EQ(sleepers.count(), 120u);
  EXPECT_THAT(ExcessOf(watch), HasSubstr("it started more than 100 processes"));
}

TEST(HostWatch, SaysNothingOfFewerProcesses) {
  HostWatch watch(getpid(), Limits(100));
  const Sleepers sleepers(60);
  // Many enough to be counted.
  const Idlers threads(200);
  const int64_t until = NowNs() + 300'000'000;
  while (NowNs() < until) EXPECT_EQ(watch.Excess(), "");
}

}  // namespace
}  // namespace vdsconform
