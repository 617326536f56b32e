// Mutants whose state goes wrong with time: it goes back, comes late, comes early or is shared.

#include <chrono>

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {
namespace {

// Calls of any kind but a whole QueryStatus, of any operation.
std::atomic<uint64_t> other_calls{0};

// Base of mutants that go wrong at every fourth of so many calls in a row. If any other call has
// come in between they start anew, so that none can be taken for the cause (QS-08, QS-14, QS-15,
// QS-17).
class EveryFourthInARow : public Operation {
 public:
  using Operation::Operation;

  HRESULT QueryInterface(const IID& iid, void** object) override {
    ++other_calls;
    return Operation::QueryInterface(iid, object);
  }
  ULONG AddRef() override {
    ++other_calls;
    return Operation::AddRef();
  }
  ULONG Release() override {
    ++other_calls;
    return Operation::Release();
  }
  HRESULT Cancel() override {
    ++other_calls;
    return Operation::Cancel();
  }
  void Progress(ULONG percent) override {
    ++other_calls;
    Operation::Progress(percent);
  }
  void Finish(HRESULT result) override {
    Operation::Finish(result);
    ++other_calls;
  }

 protected:
  // What to tell in that call.
  virtual Answer Wrong(State state) = 0;
  HRESULT OnNull(HRESULT* hr, ULONG* percent) override {
    ++other_calls;
    return Operation::OnNull(hr, percent);
  }
  Answer Show(State state) override {
    const uint64_t others = other_calls;
    if (others_before_.exchange(others) != others) told_ = 0;
    if (told_ < 3) return Operation::Show(state);
    told_ = 0;
    return Wrong(state);
  }
  HRESULT Tell(State state, HRESULT* hr, ULONG* percent) override {
    const HRESULT ret = Operation::Tell(state, hr, percent);
    ++(AreOne(hr, percent) ? other_calls : told_);
    return ret;
  }

 private:
  std::atomic<uint64_t> others_before_{0};
  std::atomic<uint64_t> told_{0};
};

class GoesBackToPending : public EveryFourthInARow {
 public:
  using EveryFourthInARow::EveryFourthInARow;

 protected:
  Answer Wrong(State state) override {
    return state.finished() ? Answer{hr::kOperationPending, 0} : Operation::Show(state);
  }
};

class ResultChanges : public EveryFourthInARow {
 public:
  using EveryFourthInARow::EveryFourthInARow;

 protected:
  Answer Wrong(State state) override {
    // As if the object were cleaned up once its result had been collected.
    if (state.finished()) state.result = ToHresult(0x8004240Bu);
    return Operation::Show(state);
  }
};

class PercentDrops : public EveryFourthInARow {
 public:
  using EveryFourthInARow::EveryFourthInARow;

 protected:
  Answer Wrong(State state) override {
    return state.finished() ? Answer{state.result, 99} : Operation::Show(state);
  }
};

// Takes a second finish, after which a result that was told already is another one. Wait keeps to
// the first.
class SecondFinishRewrites : public Operation {
 public:
  using Operation::Operation;

  void Finish(HRESULT result) override {
    if (!state_.load().finished()) return Operation::Finish(result);
    if (!told_) return;
    second_ = result;
    rewritten_ = true;
  }

 protected:
  Answer Show(State state) override {
    if (rewritten_) state.result = second_;
    return Operation::Show(state);
  }
  HRESULT Tell(State state, HRESULT* hr, ULONG* percent) override {
    const HRESULT ret = Operation::Tell(state, hr, percent);
    if (state.finished() && !AreOne(hr, percent)) told_ = true;
    return ret;
  }

 private:
  std::atomic<bool> told_{false};
  std::atomic<bool> rewritten_{false};
  std::atomic<HRESULT> second_{hr::kOk};
};

// Looks at the operation at every eighth call only. A Cancel goes past the cache.
class StaleCache : public Operation {
 public:
  using Operation::Operation;

 protected:
  State Look() override {
    const State now = state_.load();
    if (calls_++ % 8 == 0 || now.phase == Phase::kCanceled) cache_ = now;
    const State cached = cache_.load();
    return cached;
  }

 private:
  std::atomic<uint32_t> calls_{0};
  std::atomic<State> cache_{State{}};
};

// The first calls after the end still tell pending.
class TwoCallsLate : public Operation {
 public:
  using Operation::Operation;

 protected:
  State Look() override {
    State now = state_.load();
    if (now.finished() && late_.fetch_sub(1) > 0) now.phase = Phase::kPending;
    return now;
  }

 private:
  std::atomic<int> late_{2};
};

// A completion that is published some time after the driver was told that it is.
class MillisecondsLate : public Operation {
 public:
  using Operation::Operation;

  void Finish(HRESULT result) override {
    if (state_.load().ended()) return;
    shown_from_ = (Clock::now() + std::chrono::milliseconds(3)).time_since_epoch().count();
    Operation::Finish(result);
  }

 protected:
  State Look() override {
    State now = state_.load();
    const auto clock = Clock::now().time_since_epoch().count();
    if (now.finished() && clock < shown_from_) now.phase = Phase::kPending;
    return now;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::atomic<Clock::rep> shown_from_{0};
};

// Takes progress of so many percent for the end.
template <uint16_t kPercent>
class FinishedEarly : public Operation {
 public:
  using Operation::Operation;

 protected:
  Answer Show(State state) override {
    if (state.pending() && state.estimable && state.percent >= kPercent) return {hr::kOk, 100};
    return Operation::Show(state);
  }
};

// Takes progress that comes after the end, and is pending again: once the end was told in a call
// that has returned for certain, since its thread has come back.
class ProgressReopens : public Operation {
 public:
  using Operation::Operation;

  void Progress(ULONG percent) override {
    NoteReturn();
    if (state_.load().finished()) reopened_ = told_.load();
    Operation::Progress(percent);
  }

 protected:
  Answer Show(State state) override {
    if (!state.finished() || !reopened_) return Operation::Show(state);
    return {hr::kOperationPending, state.estimable ? 99u : 0u};
  }
  HRESULT Tell(State state, HRESULT* hr, ULONG* percent) override {
    NoteReturn();
    const HRESULT ret = Operation::Tell(state, hr, percent);
    if (state.finished() && !AreOne(hr, percent)) told_here = number_;
    return ret;
  }

 private:
  void NoteReturn() {
    if (told_here == number_) told_ = true;
  }

  static inline std::atomic<uint64_t> numbers{0};
  static inline thread_local uint64_t told_here = 0;  // number of the operation
  const uint64_t number_ = ++numbers;
  std::atomic<bool> told_{false};
  std::atomic<bool> reopened_{false};
};

// Progress goes back (QS-30 in ms-vds, else QA-03).

// Now and then shows what an older measurement said.
class PercentWavers : public EveryFourthInARow {
 public:
  using EveryFourthInARow::EveryFourthInARow;

 protected:
  Answer Wrong(State state) override {
    Answer a = Operation::Show(state);
    if (state.pending()) a.percent -= a.percent / 4;
    return a;
  }
};

// Independence (QS-14). These are about all operations of the process.

std::atomic<uint16_t> shared_percent{0};
std::atomic<uint32_t> sharers{0};

class SharedPercent : public Operation {
 public:
  explicit SharedPercent(bool estimable) : Operation(estimable) {
    if (sharers++ == 0) shared_percent = 0;
  }
  ~SharedPercent() override { --sharers; }

  void Progress(ULONG percent) override {
    Operation::Progress(percent);
    shared_percent = state_.load().percent;
  }

 protected:
  Answer Show(State state) override {
    if (state.pending() && state.estimable) state.percent = shared_percent;
    return Operation::Show(state);
  }
};

std::atomic<HRESULT> shared_result{hr::kOk};

class SharedResult : public Operation {
 public:
  using Operation::Operation;

  void Finish(HRESULT result) override {
    if (state_.load().pending()) shared_result = result;
    Operation::Finish(result);
  }

 protected:
  Answer Show(State state) override {
    if (state.finished()) state.result = shared_result;
    return Operation::Show(state);
  }
};

// Counts the ends that were: an operation that lived at the last one takes it for its own.
std::atomic<uint64_t> ends{0};
std::atomic<HRESULT> last_end{hr::kOk};

class FinishEndsAll : public Operation {
 public:
  explicit FinishEndsAll(bool estimable) : Operation(estimable), born_(ends) {}

  void Finish(HRESULT result) override {
    if (state_.load().pending()) {
      last_end = result;
      ++ends;
    }
    Operation::Finish(result);
  }

 protected:
  Answer Show(State state) override {
    if (state.pending() && ends != born_) return {last_end, 100};
    return Operation::Show(state);
  }

 private:
  const uint64_t born_;
};

std::atomic<uint64_t> begins{0};

// A server that has one slot: the next operation pushes out the one that was seen in it.
class BeginPushesOut : public Operation {
 public:
  explicit BeginPushesOut(bool estimable) : Operation(estimable), slot_(++begins) {}

 protected:
  Answer Show(State state) override {
    if (state.pending() && seen_ && begins != slot_) return {hr::kOperationCanceled, 100};
    seen_ = true;
    return Operation::Show(state);
  }

 private:
  const uint64_t slot_;
  std::atomic<bool> seen_{false};
};

constexpr Row kRows[] = {
    {"finished_goes_back_to_pending", "Every fourth call in a row after the end tells pending.",
     "QS-10", Make<GoesBackToPending>, "win32", "QS-14"},
    {"finished_result_changes",
     "Every fourth call in a row after the end tells VDS_E_OBJECT_DELETED.", "QS-10",
     Make<ResultChanges>, "win32", "QS-14"},
    {"finished_percent_drops", "Every fourth call in a row after the end shows 99.", "QS-10",
     Make<PercentDrops>, "win32", "QS-14"},
    {"second_finish_rewrites", "Takes a second finish and tells its result.", "QS-10",
     Make<SecondFinishRewrites>},
    {"progress_reopens", "Is pending again if progress is reported after the end.", "QS-10",
     Make<ProgressReopens>},
    {"stale_cache", "Looks at the operation at every eighth call only.", "QS-11", Make<StaleCache>},
    {"finish_seen_two_calls_late", "The first two calls after the end tell pending.", "QS-11",
     Make<TwoCallsLate>},
    {"finish_seen_milliseconds_late", "Tells the end three milliseconds after it has come.",
     "QS-11", Make<MillisecondsLate>},
    {"finished_at_99", "Takes progress of 99 for the end.", "QS-11", Make<FinishedEarly<99>>},
    {"finished_at_100", "Takes progress of 100 for the end.", "QS-11", Make<FinishedEarly<100>>},
    {"percent_wavers", "Every fourth call in a row shows a lower percent.", "QS-30",
     Make<PercentWavers>, "ms-vds"},
    {"percent_wavers_win32",
     "Every fourth call in a row shows a lower percent, which win32 allows.", "QA-03",
     Make<PercentWavers>},
    {"shared_percent", "Keeps the percent of all operations in one place.", "QS-14",
     Make<SharedPercent>},
    {"shared_result", "Keeps the result of all operations in one place.", "QS-14",
     Make<SharedResult>, "win32", "QS-03 QS-10 QS-15 QS-17"},
    {"finish_ends_all", "The end of one operation ends all others.", "QS-14", Make<FinishEndsAll>,
     "win32", "QS-08 QS-11 QS-15"},
    {"begin_pushes_out", "A new operation ends the one before it.", "QS-14", Make<BeginPushesOut>,
     "win32", "QS-08 QS-11 QS-15"},
};

}  // namespace

std::span<const Row> StateRows() { return kRows; }

}  // namespace vdsconform::mutants
