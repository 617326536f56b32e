// The baton: of several threads that take turns, the one that holds it runs.
//
// Made for turns of microseconds: who waits for the baton looks for it a while before it sleeps.
// Everything may be called from a signal handler.
#ifndef VDSCONFORM_HARNESS_BATON_H_
#define VDSCONFORM_HARNESS_BATON_H_

#include <atomic>
#include <chrono>
#include <cstdint>

namespace vdsconform {

class Baton {
 public:
  // Threads have small numbers of their owner's choice, below 256. Number 0 holds it first.
  uint32_t holder() const { return turn_.load(std::memory_order_acquire) & 0xFF; }

  // By its holder; what it wrote before, the next one sees.
  void Pass(uint32_t to);

  // Waits until thread `who` holds it. False: it was thrown away.
  bool Await(uint32_t who);
  // The same, but no longer than about `limit`. False: it does not hold it.
  bool AwaitFor(uint32_t who, std::chrono::nanoseconds limit);

  // Nobody needs to wait for it any more.
  void ThrowAway();
  bool thrown_away() const { return thrown_away_.load(std::memory_order_acquire); }

  // Grows with each turn.
  uint32_t turns() const { return turn_.load(std::memory_order_relaxed) >> 8; }

 private:
  void Sleep(uint32_t turn, const std::chrono::nanoseconds* limit);
  void Wake();

  std::atomic<uint32_t> turn_{0};  // how many there were << 8 | who holds it
  std::atomic<uint32_t> sleepers_{0};
  std::atomic<bool> thrown_away_{false};
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_BATON_H_
