// Mutants that are right one call at a time and wrong when calls overlap (QS-09), or whose
// transitions lose each other (QS-11).

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {
namespace {

constexpr bool kLinger = true;
constexpr bool kAtOnce = false;

void MaybeLinger(bool linger) {
  if (linger) Linger();
}

// Base of torn writers: hr and percent live apart, and an end writes one after the other.
template <bool kHrFirst, bool kLingers>
class TornWriter : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    if (claimed_.exchange(true)) return hr::kCancelTooLate;
    Publish(Phase::kCanceled, hr::kOperationCanceled);
    return hr::kOk;
  }
  void Finish(HRESULT result) override {
    if (!claimed_.exchange(true)) Publish(Phase::kFinished, result);
    // Whoever lost the race may only return once the winner's result is there.
    AwaitEnd();
  }
  void Progress(ULONG percent) override {
    Operation::Progress(percent);
    // Never lowers percent and never comes after the end's 100.
    const ULONG shown = Operation::Show(state_.load()).percent;
    ULONG now = percent_.load();
    while (now < shown && !percent_.compare_exchange_weak(now, shown)) {
    }
  }

 protected:
  HRESULT Tell(State, HRESULT* hr, ULONG* percent) override {
    // In the order of the writer's opposite, so that a whole write between the two loads is torn
    // in the writer's way, too.
    if (kHrFirst) {
      *percent = percent_;
      *hr = hr_;
    } else {
      *hr = hr_;
      *percent = percent_;
    }
    return hr::kOk;
  }

 private:
  void Publish(Phase phase, HRESULT result) {
    if (kHrFirst) hr_ = result;
    if (!kHrFirst) percent_ = 100;
    MaybeLinger(kLingers);
    if (kHrFirst) percent_ = 100;
    if (!kHrFirst) hr_ = result;
    EndAs(phase, result);
  }

  std::atomic<bool> claimed_{false};
  std::atomic<HRESULT> hr_{hr::kOperationPending};
  std::atomic<ULONG> percent_{0};
};

// The writer is right; the reader looks twice, for hr and then for percent.
template <bool kHrFirst, bool kLingers>
class TornReader : public Operation {
 public:
  using Operation::Operation;

 protected:
  HRESULT Tell(State, HRESULT* hr, ULONG* percent) override {
    const Answer first = Show(state_.load());
    MaybeLinger(kLingers);
    const Answer second = Show(state_.load());
    *hr = kHrFirst ? first.hr : second.hr;
    *percent = kHrFirst ? second.percent : first.percent;
    return hr::kOk;
  }
};

// A seqlock whose reader waits for writers and does not look whether one came in between.
class SeqlockUnchecked : public Operation {
 public:
  using Operation::Operation;

  void Finish(HRESULT result) override {
    Operation::Finish(result);
    Publish();
  }
  HRESULT Cancel() override {
    const HRESULT ret = Operation::Cancel();
    Publish();
    return ret;
  }
  void Progress(ULONG percent) override {
    Operation::Progress(percent);
    Publish();
  }
  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override {
    const HRESULT ret = Operation::Wait(result, output);
    Publish();
    return ret;
  }

 protected:
  HRESULT Tell(State, HRESULT* hr, ULONG* percent) override {
    while (sequence_.load() % 2 != 0) Linger();
    *hr = hr_;
    Linger();
    *percent = percent_;
    return hr::kOk;
  }

 private:
  void Publish() {
    const std::lock_guard lock(writers_);
    const Answer answer = Show(state_.load());
    ++sequence_;
    hr_ = answer.hr;
    percent_ = answer.percent;
    ++sequence_;
  }

  std::mutex writers_;
  std::atomic<uint32_t> sequence_{0};
  std::atomic<HRESULT> hr_{hr::kOperationPending};
  std::atomic<ULONG> percent_{0};
};

// Says that it has finished before it knows with what. Nothing can cancel it any more by then.
class FinishedBeforeResult : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    return claimed_.exchange(true) ? hr::kCancelTooLate : Operation::Cancel();
  }
  void Finish(HRESULT result) override {
    if (!claimed_.exchange(true)) {
      early_ = true;
      Linger();
      Operation::Finish(result);
    }
    AwaitEnd();
  }

 protected:
  Answer Show(State state) override {
    if (state.pending() && early_) return {hr::kOk, 100};
    return Operation::Show(state);
  }

 private:
  std::atomic<bool> claimed_{false};
  std::atomic<bool> early_{false};
};

// Progress reads, thinks and writes back: an end that comes in between is lost to QueryStatus. Wait
// and Cancel know better.
class ProgressLosesFinish : public Operation {
 public:
  explicit ProgressLosesFinish(bool estimable) : Operation(estimable), shown_(state_.load()) {}

  void Progress(ULONG percent) override {
    Operation::Progress(percent);
    State next = shown_;
    if (next.ended()) return;
    Linger();
    next.percent = state_.load().percent;
    shown_ = next;
  }
  void Finish(HRESULT result) override {
    Operation::Finish(result);
    shown_ = state_.load();
  }

 protected:
  State Look() override {
    const State now = state_.load();
    return now.phase == Phase::kCanceled ? now : shown_.load();
  }

 private:
  std::atomic<State> shown_;
};

constexpr Row kRows[] = {
    {"torn_hr_first", "Its end writes hr, then percent.", "QS-09", Make<TornWriter<true, kLinger>>},
    {"torn_percent_first", "Its end writes percent, then hr.", "QS-09",
     Make<TornWriter<false, kLinger>>},
    {"torn_by_one_instruction", "Its end writes hr and in the next instruction percent.", "QS-09",
     Make<TornWriter<true, kAtOnce>>},
    {"torn_reader_hr_first", "Reads the state once for hr and once more for percent.", "QS-09",
     Make<TornReader<true, kLinger>>},
    {"torn_reader_percent_first", "Reads the state once for percent and once more for hr.", "QS-09",
     Make<TornReader<false, kLinger>>},
    {"torn_reader_by_instructions", "Reads the state twice in a few instructions.", "QS-09",
     Make<TornReader<true, kAtOnce>>},
    {"seqlock_unchecked", "Its seqlock's reader does not check the sequence again.", "QS-09",
     Make<SeqlockUnchecked>},
    {"finished_before_result", "Tells S_OK for a moment before the real result.", "QS-09",
     Make<FinishedBeforeResult>},
    {"progress_loses_finish", "Progress writes back a state from before the end.", "QS-11",
     Make<ProgressLosesFinish>, "win32", "QS-10 QS-14"},
};

}  // namespace

std::span<const Row> ConcurrencyRows() { return kRows; }

}  // namespace vdsconform::mutants
