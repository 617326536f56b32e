#include "harness/baton.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace vdsconform {
namespace {

// How often a thread looks before it sleeps: several times what a turn takes.
constexpr int kSpins = 3'000;
constexpr int kQuickSpins = 1'000;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

void Baton::Wake() {
  if (sleepers_.load() != 0) {
    syscall(SYS_futex, &turn_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
  }
}

void Baton::Sleep(uint32_t turn, const std::chrono::nanoseconds* limit) {
  timespec time{};
  if (limit != nullptr) {
    time.tv_sec = static_cast<time_t>(limit->count() / 1'000'000'000);
    time.tv_nsec = static_cast<long>(limit->count() % 1'000'000'000);
  }
  sleepers_.fetch_add(1);
  syscall(SYS_futex, &turn_, FUTEX_WAIT_PRIVATE, turn, limit == nullptr ? nullptr : &time, nullptr,
          0);
  sleepers_.fetch_sub(1);
}

void Baton::Pass(uint32_t to) {
  const uint32_t turn = turn_.load(std::memory_order_relaxed);
  turn_.store((turn & ~0xFFu) + 0x100u + to);
  Wake();
}

bool Baton::Await(uint32_t who) {
  while (true) {
    for (int i = 0; i < kSpins; ++i) {
      if (holder() == who) return !thrown_away();
      // Most turns come at once.
      if (i >= kQuickSpins) Pause();
    }
    // Read before the flag: what is thrown away in between is a turn that nobody sleeps on.
    const uint32_t turn = turn_.load();
    if (thrown_away()) return false;
    if ((turn & 0xFF) != who) Sleep(turn, nullptr);
  }
}

bool Baton::AwaitFor(uint32_t who, std::chrono::nanoseconds limit) {
  const uint32_t turn = turn_.load();
  if ((turn & 0xFF) == who || thrown_away()) return true;
  Sleep(turn, &limit);
  return holder() == who;
}

void Baton::ThrowAway() {
  thrown_away_.store(true);
  // A turn that nobody has, so that one about to sleep does not.
  turn_.store(turn_.load() + 0x100u);
  syscall(SYS_futex, &turn_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace vdsconform
