#include "fuzz/small_history.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

constexpr size_t kMoveBytes = 3;
constexpr uint32_t kThreads = 4;
constexpr uint32_t kOperations = 2;

// What operations end with, and after them what an answer may look like instead.
constexpr HRESULT kCodes[] = {hr::kOk,
                              hr::kFail,
                              hr::kFalse,
                              hr::kOperationCanceled,
                              ToHresult(0x80042436u),
                              ToHresult(0x00042436u),
                              hr::kOperationPendingMisprint,
                              hr::kPending,
                              hr::kInProgress};
constexpr uint8_t kResults = 6;
constexpr HRESULT kCancels[] = {hr::kOk, hr::kCancelTooLate, hr::kVdsNotSupported,
                                hr::kOperationCanceled};
// The driver stays below this. An operation that shows what another one was given, far from its own
// progress, breaks QS-14, which no search in the orders of calls can see.
constexpr uint32_t kMostProgress = 30;
constexpr uint32_t kOddPercents[] = {50, 99, 100, 101, 0xFFFFFFFFu};

HRESULT Result(uint8_t byte) { return kCodes[byte % kResults]; }

uint32_t Percent(uint8_t byte) {
  if (byte <= kMostProgress) return byte;
  return kOddPercents[byte % std::size(kOddPercents)];
}

class Decoder {
 public:
  History Decode(std::span<const uint8_t> bytes) {
    Begin(bytes.empty() ? uint8_t{0} : bytes[0]);
    size_t calls = 0;
    for (size_t at = 1; at < bytes.size() && calls < kMostSmallCalls; at += kMoveBytes) {
      const auto byte = [&](size_t i) {
        return at + i < bytes.size() ? bytes[at + i] : uint8_t{0};
      };
      if (Move(byte(0), byte(1), byte(2))) ++calls;
    }
    for (uint32_t thread = 0; thread < kThreads; ++thread) EndCall(thread);
    for (Event& event : history_.events) KeepApart(event);
    return std::move(history_);
  }

 private:
  void Begin(uint8_t kind) {
    operations_ = kind & 1u ? kOperations : 1;
    for (uint32_t op = 0; op < operations_; ++op) {
      Event event;
      event.op = op;
      event.call = Call::kBegin;
      event.estimable = !(kind >> (1 + 2 * op) & 1u);
      event.driven = kind >> (2 + 2 * op) & 1u;
      driven_[op] = event.driven;
      event.t0 = now_++;
      event.t1 = now_++;
      history_.events.push_back(event);
    }
  }

  // True if a call began.
  bool Move(uint8_t what, uint8_t first, uint8_t second) {
    Event event;
    event.thread = what & 3u;
    event.op = (what >> 2 & 1u) % operations_;
    const uint32_t kind = what >> 3;
    // One thread reports, so that the driver itself never goes back.
    if (kind == 1 || kind == 2) event.thread = 0;
    EndCall(event.thread);
    if (kind == 0) return false;
    Fill(kind, first, second, &event);
    event.t0 = now_++;
    in_call_[event.thread] = history_.events.size();
    history_.events.push_back(event);
    return true;
  }

  void Fill(uint32_t kind, uint8_t first, uint8_t second, Event* event) {
    if (kind <= 2) {
      event->call = Call::kProgress;
      uint32_t& reached = reached_[event->op];
      reached += first % (kMostProgress - reached + 1);
      event->percent = reached;
      driven_[event->op] = true;
    } else if (kind <= 5) {
      event->call = Call::kFinish;
      event->result = Result(first);
      driven_[event->op] = true;
    } else if (kind <= 8) {
      event->call = Call::kCancel;
      event->ret = kCancels[first % std::size(kCancels)];
    } else if (kind <= 11) {
      event->call = Call::kWait;
      event->ret = first & 0x80u ? hr::kNotImpl : hr::kOk;
      if (event->ret == hr::kOk) event->hr = Result(first);
    } else {
      event->call = Call::kQueryStatus;
      event->ret = hr::kOk;
      // Half of the queries answer as a pending operation does, most others as a finished one.
      event->hr = kind < 22 ? hr::kOperationPending : kCodes[first % std::size(kCodes)];
      event->percent = kind >= 25 ? 100 : Percent(second);
    }
  }

  void EndCall(uint32_t thread) {
    if (!in_call_[thread]) return;
    history_.events[*in_call_[thread]].t1 = now_++;
    in_call_[thread].reset();
  }

  // An operation that runs by itself may end with any code, those included that look like pending;
  // which of the two it was is a matter of attribution.
  void KeepApart(Event& event) const {
    if (event.call != Call::kQueryStatus || driven_[event.op]) return;
    const auto* code = std::find(std::begin(kCodes), std::end(kCodes), *event.hr);
    if (code != std::end(kCodes) && code - kCodes >= kResults) event.hr = hr::kOk;
  }

  History history_;
  uint32_t operations_ = 1;
  int64_t now_ = 0;
  std::array<std::optional<size_t>, kThreads> in_call_{};  // the index of the event
  std::array<uint32_t, kOperations> reached_{};
  std::array<bool, kOperations> driven_{};
};

}  // namespace

History SmallHistory(std::span<const uint8_t> bytes) { return Decoder().Decode(bytes); }

}  // namespace vdsconform
