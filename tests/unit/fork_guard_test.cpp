#include "harness/fork_guard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/own_descriptors.h"
#include "harness/quarantine.h"

namespace vdsconform {
namespace {

// The exit status of a forked copy that ends with what `answer` gives there.
template <class Answer>
int InCopy(Answer answer) {
  const pid_t child = fork();
  if (child == 0) _exit(answer());
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

TEST(ForkGuard, TellsACopyFromTheProcessItself) {
  InstallForkGuard();
  InstallForkGuard();
  EXPECT_FALSE(InForkedChild());
  EXPECT_EQ(InCopy([] { return InForkedChild() ? 7 : 8; }), 7);
  EXPECT_EQ(InCopy([] { return InCopy([] { return InForkedChild() ? 7 : 8; }); }), 7);
  EXPECT_FALSE(InForkedChild());
}

// The status of a process that shares this one's memory and asks whether it does.
int InSharer() {
  alignas(16) static char stack[256 * 1024];
  const pid_t child = clone([](void*) -> int { return InSharingChild() ? 7 : 8; },
                            stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, nullptr);
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

TEST(ForkGuard, TellsAProcessThatSharesTheMemory) {
  if (!QuarantineIsSupported()) GTEST_SKIP() << "sanitizers do not bear such processes";
  InstallForkGuard();
  EXPECT_FALSE(InSharingChild());
  EXPECT_EQ(InSharer(), 7);
  // A copy has other memory, and is told by InForkedChild.
  EXPECT_EQ(InCopy([] { return InSharingChild() ? 7 : 8; }), 8);
}

// In copies, because what is watched stays watched.
TEST(OwnDescriptors, ClosedOrReplacedIsNoticed) {
  EXPECT_TRUE(OwnDescriptorsIntact());
  const auto after = [](auto change) {
    return InCopy([change] {
      const int fd = open("/dev/null", O_RDONLY);
      WatchOwnDescriptor(fd);
      if (!OwnDescriptorsIntact()) return 9;
      change(fd);
      return OwnDescriptorsIntact() ? 1 : 0;
    });
  };
  EXPECT_EQ(after([](int) {}), 1);
  EXPECT_EQ(after([](int fd) { close(fd); }), 0);
  EXPECT_EQ(after([](int fd) { dup2(open("/dev/zero", O_RDONLY), fd); }), 0);
  EXPECT_EQ(after([](int fd) { close(open("/dev/zero", O_RDONLY)), static_cast<void>(fd); }), 1);
}

}  // namespace
}  // namespace vdsconform
