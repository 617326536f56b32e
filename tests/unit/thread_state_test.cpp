#include "harness/thread_state.h"

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

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

}  // namespace
}  // namespace vdsconform
