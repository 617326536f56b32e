#include "reference/operation_state.h"

#ifdef _WIN32
#include <windows.h>
#endif

#include <algorithm>

namespace vdsconform {
namespace {

// Bits 0..31 the result, 32..38 the percentage, 63 whether somebody asked to cancel.
constexpr uint64_t kCancelRequested = uint64_t{1} << 63;

constexpr uint64_t Pack(HRESULT result, ULONG percent) {
  return uint64_t{percent} << 32 | ToBits(result);
}
constexpr OperationSnapshot Unpack(uint64_t word) {
  return {ToHresult(static_cast<uint32_t>(word)), static_cast<ULONG>(word >> 32 & 0x7F)};
}
constexpr bool IsFinished(uint64_t word) { return Unpack(word).percent == 100; }

static_assert(std::atomic<uint64_t>::is_always_lock_free,
              "without a lock-free 64-bit word QueryStatus would not be wait-free");
static_assert(Unpack(Pack(hr::kOperationPending, 99) | kCancelRequested).percent == 99);

// Waiting and waking are std::atomic's, except on Windows: without futexes, libstdc++'s wait looks
// at the word before it takes the lock that guards the condition, and a wake in between is lost.
void WaitWhileEqual(const std::atomic<uint64_t>& word, uint64_t old) noexcept {
#ifdef _WIN32
  WaitOnAddress(const_cast<std::atomic<uint64_t>*>(&word), &old, sizeof old, INFINITE);
#else
  // The order is the caller's business: it loads the word again.
  word.wait(old, std::memory_order_relaxed);
#endif
}

void WakeAll(std::atomic<uint64_t>& word) noexcept {
#ifdef _WIN32
  WakeByAddressAll(&word);
#else
  word.notify_all();
#endif
}

}  // namespace

OperationState::OperationState(bool estimable) noexcept
    : estimable_(estimable), word_(Pack(hr::kOperationPending, 0)) {}

OperationSnapshot OperationState::Load() const noexcept {
  // Acquire, with Finish's release: who sees the operation finished also sees all it did. The two
  // halves need no order between them, being one word; and that a later load never gives an older
  // state, on whichever thread, is coherence, which every order has.
  return Unpack(word_.load(std::memory_order_acquire));
}

void OperationState::Advance(ULONG percent) noexcept {
  if (!estimable_) return;
  const ULONG reached = std::min<ULONG>(percent, 99);
  // Relaxed: a percentage publishes nothing but itself. A failed exchange means that another thread
  // raised the percentage, asked to cancel or finished, so the loop ends after some 100 rounds at
  // the very most.
  uint64_t seen = word_.load(std::memory_order_relaxed);
  while (!IsFinished(seen) && Unpack(seen).percent < reached) {
    const uint64_t next = Pack(hr::kOperationPending, reached) | (seen & kCancelRequested);
    if (word_.compare_exchange_strong(seen, next, std::memory_order_relaxed)) return;
  }
}

bool OperationState::Finish(HRESULT result) noexcept {
  const uint64_t next = Pack(result == hr::kOperationPending ? hr::kFail : result, 100);
  // Release publishes what the operation did to everybody who then sees it finished. Acquire, also
  // where the exchange is lost, lets the caller rely on what the winner did before it. That no
  // waiter is lost between its look at the word and its sleep is what wait and notify promise.
  uint64_t seen = word_.load(std::memory_order_acquire);
  do {
    if (IsFinished(seen)) return false;
  } while (!word_.compare_exchange_strong(seen, next, std::memory_order_acq_rel,
                                          std::memory_order_acquire));
  WakeAll(word_);
  return true;
}

bool OperationState::RequestCancel() noexcept {
  // Relaxed: the request is all there is to know. Its effect comes back through Finish.
  uint64_t seen = word_.load(std::memory_order_relaxed);
  do {
    if (IsFinished(seen) || (seen & kCancelRequested) != 0) return false;
  } while (
      !word_.compare_exchange_strong(seen, seen | kCancelRequested, std::memory_order_relaxed));
  return true;
}

bool OperationState::cancel_requested() const noexcept {
  return (word_.load(std::memory_order_relaxed) & kCancelRequested) != 0;
}

OperationSnapshot OperationState::AwaitFinished() const noexcept {
  // Acquire for the same reason as in Load. The wait may also end because the percentage moved.
  uint64_t seen = word_.load(std::memory_order_acquire);
  while (!IsFinished(seen)) {
    WaitWhileEqual(word_, seen);
    seen = word_.load(std::memory_order_acquire);
  }
  return Unpack(seen);
}

}  // namespace vdsconform
