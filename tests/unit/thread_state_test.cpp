#include "harness/thread_state.h"

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <thread>
#include <vector>

namespace vdsconform {
namespace {

TEST(ThreadState, ASignalIsBlockedByTheThreadThatBlocksIt) {
  const auto tid = static_cast<pid_t>(syscall(SYS_gettid));
  std::thread([] {
    const auto self = static_cast<pid_t>(syscall(SYS_gettid));
    EXPECT_FALSE(BlocksSignal(self, SIGUSR1));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMAX);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    EXPECT_TRUE(BlocksSignal(self, SIGUSR1));
    EXPECT_TRUE(BlocksSignal(self, SIGRTMAX));
    EXPECT_FALSE(BlocksSignal(self, SIGUSR2));
  }).join();
  EXPECT_FALSE(BlocksSignal(tid, SIGUSR1));
}

TEST(ThreadState, AThreadThatIsNotThereBlocksEverySignal) {
  EXPECT_TRUE(BlocksSignal(1, SIGUSR1));  // never one of this process
}

TEST(ThreadState, AThreadThatWasStartedIsSeenThoughAnotherHasEnded) {
  std::atomic<bool> stop{false};
  const auto until_stopped = [&stop] { stop.wait(false); };
  std::vector<pid_t> before = OwnThreads();
  EXPECT_FALSE(HasOtherThreads(before));
  before.push_back(-1);  // as one that has ended meanwhile
  EXPECT_FALSE(HasOtherThreads(before));
  std::thread started(until_stopped);
  EXPECT_TRUE(HasOtherThreads(before));
  EXPECT_FALSE(HasOtherThreads(OwnThreads()));
  stop = true;
  stop.notify_all();
  started.join();
}

TEST(ThreadState, ADebuggerIsSeen) {
  EXPECT_FALSE(IsBeingDebugged());
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(2);
    _exit(IsBeingDebugged() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

constexpr int64_t kMs = 1'000'000;

ThreadSample Sample(bool asleep, int64_t cpu_ms, int64_t queued_ms) {
  ThreadSample sample;
  sample.asleep = asleep;
  sample.cpu_ns = static_cast<uint64_t>(cpu_ms * kMs);
  sample.queued_ns = static_cast<uint64_t>(queued_ms * kMs);
  return sample;
}

TEST(ThreadState, TheProcessorTimeOfASampleIsThatMoments) {
  const auto self = static_cast<pid_t>(syscall(SYS_gettid));
  std::optional<ThreadSample> before = SampleThread(self);
  ASSERT_TRUE(before);
  for (int i = 0; i < 10; ++i) {  // far less than a tick of the kernel's clock
    const std::optional<ThreadSample> now = SampleThread(self);
    ASSERT_TRUE(now);
    EXPECT_GT(now->cpu_ns, before->cpu_ns);
    before = now;
  }
}

TEST(ThreadState, WhoRanInBetweenHasNotSleptThrough) {
  ThreadSample before = Sample(true, 5, 1);
  before.run_count = 3;
  EXPECT_TRUE(SleptThrough(before, before));
  ThreadSample now = before;
  now.run_count = 4;
  EXPECT_FALSE(SleptThrough(before, now));
  now = before;
  now.cpu_ns += 1;  // woken on its way to sleep, and on its way again
  EXPECT_FALSE(SleptThrough(before, now));
  now = before;
  now.asleep = false;
  EXPECT_FALSE(SleptThrough(before, now));
  EXPECT_FALSE(SleptThrough(now, before));
}

TEST(CallClock, WhatIsNeitherProcessorNorQueueIsSleep) {
  CallClock clock;
  clock.Start(Sample(false, 5, 1), 0);
  for (int64_t ms = 10; ms <= 1'000; ms += 10) clock.Update(Sample(true, 5, 1), ms * kMs);
  EXPECT_EQ(clock.asleep_ns(), uint64_t{1'000 * kMs});
  // On its way to a processor for a second, and on it for a hundredth.
  for (int64_t ms = 1'010; ms < 2'000; ms += 10) clock.Update(Sample(false, 5, 1), ms * kMs);
  clock.Update(Sample(true, 15, 991), 2'000 * kMs);
  EXPECT_EQ(clock.asleep_ns(), uint64_t{1'000 * kMs});
  EXPECT_EQ(clock.cpu_ns(), uint64_t{10 * kMs});
}

TEST(CallClock, AMachineThatStandsStillIsNoTimeOfACall) {
  CallClock clock;
  clock.Start(Sample(true, 0, 0), 0);
  clock.Update(Sample(true, 0, 0), 4 * kMs);
  clock.Update(Sample(true, 0, 0), 60'004 * kMs);
  EXPECT_EQ(clock.own_ns(), CallClock::kMostPerLookNs + uint64_t{4 * kMs});
  clock.Start(Sample(false, 0, 0), 0);
  clock.Update(Sample(false, 60'000, 0), 60'000 * kMs);
  EXPECT_EQ(clock.own_ns(), CallClock::kMostPerLookNs);
}

}  // namespace
}  // namespace vdsconform
