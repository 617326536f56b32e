#include "harness/stack_use.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <thread>

#include "harness/quarantine.h"

namespace vdsconform {
namespace {

template <size_t kBytes>
__attribute__((noinline)) int Use() {
  volatile unsigned char frame[kBytes];
  for (size_t i = 0; i < kBytes; i += 8) frame[i] = 1;
  return frame[kBytes / 2];
}

template <size_t kBytes>
uint32_t Measured(StackUse& stack) {
  stack.Paint();
  static_cast<void>(Use<kBytes>());
  return stack.Measure();
}

// On a thread of its own, as calls are made.
template <class Body>
void OnThread(Body body) {
  std::thread(body).join();
}

TEST(StackUse, IsAboutWhatTheCallUsed) {
  if (!QuarantineIsSupported()) GTEST_SKIP() << "a sanitizer makes other frames";
  OnThread([] {
    StackUse stack;
    const uint32_t small = Measured<64>(stack);
    EXPECT_LE(small, 512u);
    const uint32_t large = Measured<5'000>(stack);
    EXPECT_GE(large, 5'000u);
    EXPECT_LE(large, 5'600u);
    EXPECT_EQ(Measured<64>(stack), small);
  });
}

TEST(StackUse, FindsHowDeepACallGoesThatGoesDeeperThanThePaint) {
  if (!QuarantineIsSupported()) GTEST_SKIP() << "a sanitizer makes other frames";
  OnThread([] {
    StackUse stack;
    uint32_t used = 0;
    for (int i = 0; i < 6; ++i) used = Measured<300'000>(stack);
    EXPECT_GE(used, 300'000u);
    EXPECT_LE(used, 301'000u);
  });
}

}  // namespace
}  // namespace vdsconform
