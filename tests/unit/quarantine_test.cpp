#include "harness/quarantine.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace vdsconform {
namespace {

// In a copy, because what was started stays started. How the copy ended, as waitpid tells it; -1:
// there is no quarantine here.
template <class Body>
int InCopy(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    if (!StartQuarantine()) _exit(99);
    body();
    _exit(0);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) && WEXITSTATUS(status) == 99 ? -1 : status;
}

void Expect(bool condition, int status) {
  if (!condition) _exit(status);
}

// The address of a block of `size` bytes that has been freed. Volatile, so that the compiler does
// not see where the number is from.
uintptr_t Freed(size_t size) {
  void* block = std::malloc(size);
  std::memset(block, 0, size);
  const volatile auto address = reinterpret_cast<uintptr_t>(block);
  std::free(block);
  return address;
}

// NOLINTNEXTLINE(performance-no-int-to-ptr): what was freed may only be looked at as a number
const void* At(uintptr_t address) { return reinterpret_cast<const void*>(address); }

TEST(Quarantine, KeepsWhatIsFreedForAWhile) {
  const int status = InCopy([] {
    const uintptr_t block = Freed(48);
    Expect(IsQuarantined(At(block)), 1);
    Expect(IsQuarantined(At(block + 47)), 2);
    Expect(!IsQuarantined(At(block + 64)), 3);
    for (int i = 0; i < 1'000; ++i) Expect(Freed(48) != block, 4);
    for (int i = 0; i < 10'000; ++i) Freed(1'000);
    Expect(!IsQuarantined(At(block)), 5);
  });
  if (status == -1) GTEST_SKIP() << "not supported in this build";
  EXPECT_EQ(status, 0);
}

TEST(Quarantine, IsLeftWhenItIsEmptied) {
  const int status = InCopy([] {
    const uintptr_t block = Freed(48);
    EmptyQuarantine();
    Expect(!IsQuarantined(At(block)), 1);
  });
  if (status == -1) GTEST_SKIP() << "not supported in this build";
  EXPECT_EQ(status, 0);
}

TEST(Quarantine, IsNotForTheHarnessesOwn) {
  const int status = InCopy([] {
    const OwnFrees own;
    Expect(!IsQuarantined(At(Freed(48))), 1);
    const IutFrees call;
    Expect(IsQuarantined(At(Freed(48))), 2);
  });
  if (status == -1) GTEST_SKIP() << "not supported in this build";
  EXPECT_EQ(status, 0);
}

TEST(Quarantine, MakesACallOfADestroyedObjectCrash) {
  struct Object {
    virtual ~Object() = default;
    virtual int Method() { return 1; }
  };
  // So that the compiler cannot know which method it is.
  struct Other : Object {
    int Method() override { return 2; }
  };
  const int status = InCopy([] {
    Object* volatile object = getpid() % 2 == 0 ? new Object : new Other;
    Object* const call = object;
    delete object;
    static_cast<void>(call->Method());
  });
  if (status == -1) GTEST_SKIP() << "not supported in this build";
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSEGV);
}

TEST(Quarantine, EndsTheProcessWhereABlockIsFreedTwice) {
  const int status = InCopy([] {
    void* volatile block = std::malloc(48);
    std::free(block);
    std::free(block);
  });
  if (status == -1) GTEST_SKIP() << "not supported in this build";
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGABRT);
}

TEST(Quarantine, ServesManyThreadsAtOnce) {
  const int status = InCopy([] {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([] {
        for (size_t round = 0; round < 20'000; ++round) {
          const size_t size = round * 37 % 6'000 + 1;
          auto* block = static_cast<unsigned char*>(std::malloc(size));
          std::memset(block, 1, size);
          for (size_t at = 0; at < size; at += 97) Expect(block[at] == 1, 1);
          std::free(block);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EmptyQuarantine();
  });
  if (status == -1) GTEST_SKIP() << "not supported in this build";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace vdsconform
