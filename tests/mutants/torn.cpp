// Mutants that are right one call at a time and whose two outputs are torn when calls overlap
// (QS-09), in windows that threads which race do meet. Narrower ones stand in torn_narrow.cpp.

#include <cstring>
#include <memory>
#include <mutex>

#include "tests/mutants/shapes.h"

namespace vdsconform::mutants {
namespace {

void AtOnce() {}

// The writer stores one half after the other. The reader loads them in the opposite order, so that
// a whole write between its loads is torn in the writer's way, too.
template <bool kHrFirst, void (*kBetween)()>
struct TornStore {
  std::atomic<HRESULT> hr{kAtFirst.hr};
  std::atomic<ULONG> percent{kAtFirst.percent};

  void Store(Answer answer) {
    if (kHrFirst) {
      hr = answer.hr;
      kBetween();
      percent = answer.percent;
    } else {
      percent = answer.percent;
      kBetween();
      hr = answer.hr;
    }
  }
  Answer Load() const {
    if (!kHrFirst) {
      const HRESULT its_hr = hr;
      return {its_hr, percent};
    }
    const ULONG its_percent = percent;
    return {hr, its_percent};
  }
};

// The writer is right; the reader looks twice, for hr and then for percent.
template <bool kHrFirst, void (*kBetween)()>
class TornReader : public Operation {
 public:
  using Operation::Operation;

 protected:
  HRESULT Tell(State, HRESULT* hr, ULONG* percent) override {
    const Answer first = Show(state_.load());
    kBetween();
    const Answer second = Show(state_.load());
    *hr = kHrFirst ? first.hr : second.hr;
    *percent = kHrFirst ? second.percent : first.percent;
    return hr::kOk;
  }
};

// A seqlock whose reader waits for writers and does not look whether one came in between.
struct SeqlockUnchecked : SeqlockWriter {
  Answer Load() const {
    while (sequence % 2 != 0) Linger();
    const HRESULT its_hr = hr;
    Linger();
    return {its_hr, percent};
  }
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

// Locks that are taken for each half alone, or for one of them.

struct LocksHrOnly {
  Locked<HRESULT> hr{kAtFirst.hr};
  Half<ULONG> percent{kAtFirst.percent};

  void Store(Answer answer) {
    percent = answer.percent;
    hr.Store(answer.hr);
  }
  Answer Load() {
    const HRESULT its_hr = hr.Load();
    return {its_hr, percent};
  }
};

struct LockForEach {
  Locked<HRESULT> hr{kAtFirst.hr};
  Locked<ULONG> percent{kAtFirst.percent};

  void Store(Answer answer) {
    percent.Store(answer.percent);
    hr.Store(answer.hr);
  }
  Answer Load() {
    const ULONG its_percent = percent.Load();
    return {hr.Load(), its_percent};
  }
};

// Where the lock is taken, answers without it from two places.
struct TryLockOrApart : Halves {
  std::mutex mutex;
  Half<HRESULT> told_last{kAtFirst.hr};

  void Store(Answer answer) {
    const std::lock_guard lock(mutex);
    StorePercentFirst(answer);
    told_last = answer.hr;
  }
  Answer Load() {
    const std::unique_lock lock(mutex, std::try_to_lock);
    if (lock.owns_lock()) return LoadHrFirst();
    return {told_last, percent};
  }
};

// Copies.

// The halves lie at the ends of a record that both sides copy with the C library.
struct CopiedRecord {
  struct Record {
    HRESULT hr = kAtFirst.hr;
    char reason[248] = "";
    ULONG percent = kAtFirst.percent;
  };
  Record shared;
  // Volatile, so that the compiler does not copy by itself.
  void* (*volatile copy)(void*, const void*, size_t) = std::memcpy;

  void Store(Answer answer) {
    Record now;
    now.hr = answer.hr;
    now.percent = answer.percent;
    copy(&shared, &now, sizeof shared);
  }
  Answer Load() const {
    Record now;
    copy(&now, &shared, sizeof now);
    return {now.hr, now.percent};
  }
};

// The reader asks for the current one once for hr and once for percent.
struct SnapshotAskedForTwice {
  std::vector<std::unique_ptr<const Answer>> all;
  std::atomic<const Answer*> current{&kAtFirst};

  void Store(Answer answer) {
    all.push_back(std::make_unique<const Answer>(answer));
    current = all.back().get();
  }
  Answer Load() const {
    const HRESULT its_hr = current.load()->hr;
    return {its_hr, current.load()->percent};
  }
};

// Flags that are raised too early.

// Double-checked: who sees the flag takes no lock, and the flag comes before the percent.
struct DoubleCheckedFinish : Halves {
  std::mutex mutex;
  std::atomic<bool> finished{false};

  void Store(Answer answer) {
    const std::lock_guard lock(mutex);
    hr = answer.hr;
    finished = answer.percent == 100;
    percent = answer.percent;
  }
  Answer Load() {
    if (finished) return LoadHrFirst();
    const std::lock_guard lock(mutex);
    return LoadHrFirst();
  }
};

// The result that is told with the flag is the one from before it is known.
struct FlagBeforeResult {
  Half<ULONG> percent{0};
  Half<HRESULT> result{hr::kOk};
  std::atomic<bool> finished{false};

  void Store(Answer answer) {
    if (answer.percent < 100) {
      percent = answer.percent;
      return;
    }
    finished = true;
    result = answer.hr;
  }
  Answer Load() const {
    return finished ? Answer{result, 100} : Answer{hr::kOperationPending, percent};
  }
};

constexpr Row kRows[] = {
    {"torn_hr_first", "Its end writes hr, then percent.", "QS-09",
     Make<Keeps<TornStore<true, Linger>>>},
    {"torn_percent_first", "Its end writes percent, then hr.", "QS-09",
     Make<Keeps<TornStore<false, Linger>>>},
    {"torn_by_one_instruction", "Its end writes hr and in the next instruction percent.", "QS-09",
     Make<Keeps<TornStore<true, AtOnce>>>},
    {"torn_percent_first_by_one_instruction",
     "Its end writes percent and in the next instruction hr.", "QS-09",
     Make<Keeps<TornStore<false, AtOnce>>>},
    {"torn_reader_hr_first", "Reads the state once for hr and once more for percent.", "QS-09",
     Make<TornReader<true, Linger>>},
    {"torn_reader_percent_first", "Reads the state once for percent and once more for hr.", "QS-09",
     Make<TornReader<false, Linger>>},
    {"torn_reader_by_instructions", "Reads the state twice in a few instructions.", "QS-09",
     Make<TornReader<true, AtOnce>>},
    {"torn_reader_percent_first_by_instructions",
     "Reads the state for percent and a few instructions later for hr.", "QS-09",
     Make<TornReader<false, AtOnce>>},
    {"seqlock_unchecked", "Its seqlock's reader does not check the sequence again.", "QS-09",
     Make<Keeps<SeqlockUnchecked>>},
    {"finished_before_result", "Tells S_OK for a moment before the real result.", "QS-09",
     Make<FinishedBeforeResult>},
    {"half_locked_hr", "Takes the lock for hr and not for percent.", "QS-09",
     Make<Keeps<LocksHrOnly>>},
    {"lock_for_each_half", "Takes a lock for hr and another for percent.", "QS-09",
     Make<Keeps<LockForEach>>},
    {"try_lock_or_apart", "Answers from two places where the lock is taken.", "QS-09",
     Make<Keeps<TryLockOrApart>>},
    {"torn_memcpy", "Copies hr and percent with memcpy.", "QS-09", Make<Keeps<CopiedRecord>>},
    {"snapshot_asked_for_twice", "Reads hr of one snapshot and percent of another.", "QS-09",
     Make<Keeps<SnapshotAskedForTwice>>},
    {"double_checked_finish", "Raises the flag that saves the lock too early.", "QS-09",
     Make<Keeps<DoubleCheckedFinish>>},
    {"flag_before_result", "Raises a flag before the result is there.", "QS-09",
     Make<Keeps<FlagBeforeResult>>},
};

}  // namespace

std::span<const Row> TornRows() { return kRows; }

}  // namespace vdsconform::mutants
