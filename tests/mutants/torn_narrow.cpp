// Mutants that go wrong when calls overlap, in windows of an instruction or a few (QS-09, and QS-17
// once). Threads that race meet them by luck at best. What shows them for certain is to stop a
// thread at each instruction in turn while another makes whole calls; each row tells which thread
// has to be stopped for that, the reader (QueryStatus) or the writer (a transition).

#include <array>
#include <memory>
#include <mutex>
#include <utility>

#include "tests/mutants/shapes.h"

namespace vdsconform::mutants {
namespace {

// In what order the halves are written and read.

struct HrFirst : Halves {
  void Store(Answer answer) { StoreHrFirst(answer); }
  Answer Load() const { return LoadHrFirst(); }
};

struct PercentFirst : Halves {
  void Store(Answer answer) { StorePercentFirst(answer); }
  Answer Load() const { return LoadPercentFirst(); }
};

// The reader loads them in the opposite order, so that a whole write between its loads is torn in
// the writer's way, too.
struct HrLast : Halves {
  void Store(Answer answer) { StorePercentFirst(answer); }
  Answer Load() const { return LoadHrFirst(); }
};

struct PercentLast : Halves {
  void Store(Answer answer) { StoreHrFirst(answer); }
  Answer Load() const { return LoadPercentFirst(); }
};

// Loads until hr stays the same: only a write that stops halfway shows.
Answer LoadUntilHrStays(const Halves& halves) {
  for (;;) {
    const Answer answer = halves.LoadHrFirst();
    if (halves.hr == answer.hr) return answer;
  }
}

struct ChecksHrOnly : Halves {
  void Store(Answer answer) { StoreHrFirst(answer); }
  Answer Load() const { return LoadUntilHrStays(*this); }
};

// Mends the half of the torn pairs that its author thought of.
struct MendsPendingHundred : Halves {
  void Store(Answer answer) { StoreHrFirst(answer); }
  Answer Load() const {
    Answer answer = LoadPercentFirst();
    if (answer.hr == hr::kOperationPending && answer.percent == 100) answer.percent = 99;
    return answer;
  }
};

// Locks that only one of the two takes.

template <bool kWriterLocks, bool kReaderLocks>
struct HalfLocked : Halves {
  std::mutex mutex;

  void Store(Answer answer) {
    std::unique_lock lock(mutex, std::defer_lock);
    if (kWriterLocks) lock.lock();
    StoreHrFirst(answer);
  }
  Answer Load() {
    std::unique_lock lock(mutex, std::defer_lock);
    if (kReaderLocks) lock.lock();
    return LoadHrFirst();
  }
};

// Sequence locks with something missing.

// The writer counts once, before or after its writing, so that the count is never odd.
template <bool kCountsBefore>
struct SeqlockNeverOdd : Halves {
  Half<uint32_t> sequence{0};

  void Store(Answer answer) {
    if (kCountsBefore) sequence = sequence + 2;
    StoreHrFirst(answer);
    if (!kCountsBefore) sequence = sequence + 2;
  }
  Answer Load() const {
    for (;;) {
      const uint32_t before = sequence;
      const Answer answer = LoadPercentFirst();
      if (before % 2 == 0 && sequence == before) return answer;
    }
  }
};

struct SeqlockCheckedOnce : SeqlockWriter {
  Answer Load() const {
    while (sequence % 2 != 0) {
    }
    return LoadHrFirst();
  }
};

// Looks before and after whether a writer is at work, and not whether one has been.
struct SeqlockNotCompared : SeqlockWriter {
  Answer Load() const {
    for (;;) {
      if (sequence % 2 != 0) continue;
      const Answer answer = LoadHrFirst();
      if (sequence % 2 == 0) return answer;
    }
  }
};

struct SeqlockGivesUp : SeqlockWriter {
  Answer Load() const {
    Answer answer = kAtFirst;
    for (int tries = 0; tries < 8; ++tries) {
      const uint32_t before = sequence;
      answer = LoadPercentFirst();
      if (before % 2 == 0 && sequence == before) break;
    }
    return answer;
  }
};

// Wider than one store or load.

// One 64-bit word, hr above percent, on a machine that stores it as two of 32 bits; hr lies across
// their border.
struct WordOfTwoHalves {
  Half<uint32_t> low{static_cast<uint32_t>(Pack(kAtFirst))};
  Half<uint32_t> high{static_cast<uint32_t>(Pack(kAtFirst) >> 32)};

  static constexpr uint64_t Pack(Answer answer) {
    return uint64_t{ToBits(answer.hr)} << 8 | answer.percent;
  }
  void Store(Answer answer) {
    low = static_cast<uint32_t>(Pack(answer));
    high = static_cast<uint32_t>(Pack(answer) >> 32);
  }
  Answer Load() const {
    const uint64_t word = uint64_t{high} << 32 | low;
    return {ToHresult(static_cast<uint32_t>(word >> 8)), static_cast<ULONG>(word & 0xFF)};
  }
};

// Snapshots that are no snapshots.

// Shows the new one to readers and fills it then.
struct SnapshotFilledLate {
  std::vector<std::unique_ptr<Halves>> all;
  std::atomic<Halves*> current{nullptr};

  SnapshotFilledLate() { Add(); }
  void Add() {
    all.push_back(std::make_unique<Halves>());
    current = all.back().get();
  }
  void Store(Answer answer) {
    Add();
    current.load()->StoreHrFirst(answer);
  }
  // What is in between is taken care of, but for the new one being filled.
  Answer Load() const { return LoadUntilHrStays(*current.load()); }
};

// Two snapshots in turn: the second transition writes where a reader may still be.
struct TwoSnapshotsInTurn {
  std::array<Halves, 2> slots;
  Half<uint32_t> current{0};

  void Store(Answer answer) {
    const uint32_t next = 1 - current;
    slots[next].StoreHrFirst(answer);
    current = next;
  }
  Answer Load() const { return slots[current].LoadHrFirst(); }
};

// A reader that sees the writer at work takes the last pair instead, and one that read past a whole
// write notices. Only a write that begins after the look and stops halfway shows: both threads have
// to be stopped.
struct LooksForWriterOnce : Halves {
  Half<uint32_t> writing{0};
  std::atomic<Answer> last{kAtFirst};

  void Store(Answer answer) {
    writing = 1;
    StoreHrFirst(answer);
    last = answer;
    writing = 0;
  }
  Answer Load() const { return writing != 0 ? last.load() : LoadUntilHrStays(*this); }
};

// Looks whether it has ended and ends then: of two ends at once, the second replaces the first.
class EndsTwice : public Operation {
 public:
  using Operation::Operation;

  void Finish(HRESULT result) override {
    State now = state_.load();
    if (now.ended()) return;
    now.phase = Phase::kFinished;
    now.result = result;
    state_ = now;
    const std::lock_guard lock(mutex_);
    ended_.notify_all();
  }
};

// The caller waits while a thread of the operation writes the halves.
struct WrittenByOwnThread : Halves {
  OwnThread thread;

  void Store(Answer answer) {
    thread.Do([&] { StoreHrFirst(answer); });
  }
  Answer Load() const { return LoadUntilHrStays(*this); }
};

// Rare windows: one instruction, or one turn of a loop, among thousands.

[[gnu::always_inline]] inline void Add(volatile size_t& sum, size_t step) { sum = sum + step; }

template <size_t... kSteps>
[[gnu::always_inline]] inline void Toil(volatile size_t& sum, std::index_sequence<kSteps...>) {
  (Add(sum, kSteps), ...);
}

// At least a thousand instructions without a jump.
[[gnu::always_inline]] inline void ToilStraightOn() {
  volatile size_t sum = 0;
  constexpr auto kPart = std::make_index_sequence<200>{};
  Toil(sum, kPart);
  Toil(sum, kPart);
  Toil(sum, kPart);
  Toil(sum, kPart);
  Toil(sum, kPart);
}

struct WriterToilsStraightOn : Halves {
  void Store(Answer answer) {
    ToilStraightOn();
    StoreHrFirst(answer);
    ToilStraightOn();
  }
  Answer Load() const { return LoadUntilHrStays(*this); }
};

struct ReaderToilsStraightOn : Halves {
  // Its writer is never seen at work.
  std::mutex mutex;

  void Store(Answer answer) {
    const std::lock_guard lock(mutex);
    StoreHrFirst(answer);
  }
  HRESULT LoadHr() {
    const std::lock_guard lock(mutex);
    return hr;
  }
  Answer Load() {
    ToilStraightOn();
    const HRESULT its_hr = LoadHr();
    const ULONG its_percent = percent;
    ToilStraightOn();
    return {its_hr, its_percent};
  }
};

constexpr size_t kTurns = 1'000;
constexpr size_t kWindow = 617;

// Copies a long record word by word: hr is one word of it and percent the next.
struct WriterCopiesWords {
  std::array<std::atomic<uint32_t>, kTurns> words{};

  WriterCopiesWords() { words[kWindow] = ToBits(hr::kOperationPending); }
  void Store(Answer answer) {
    std::array<uint32_t, kTurns> now{};
    now[kWindow] = ToBits(answer.hr);
    now[kWindow + 1] = answer.percent;
    for (size_t i = 0; i < kTurns; ++i) words[i].store(now[i], std::memory_order_release);
  }
  Answer Load() const {
    for (;;) {
      const uint32_t its_hr = words[kWindow];
      const ULONG percent = words[kWindow + 1];
      if (words[kWindow] == its_hr) return {ToHresult(its_hr), percent};
    }
  }
};

// Looks at the state in every turn and takes hr from one turn and percent from the next.
class ReaderLooksInEveryTurn : public Operation {
 public:
  using Operation::Operation;

 protected:
  HRESULT Tell(State, HRESULT* hr, ULONG* percent) override {
    for (size_t i = 0; i < kTurns; ++i) {
      const Answer now = Show(state_.load());
      if (i == kWindow) *hr = now.hr;
      if (i == kWindow + 1) *percent = now.percent;
    }
    return hr::kOk;
  }
};

constexpr Row kRows[] = {
    {"torn_percent_last", "Writes hr, then percent, and reads percent, then hr (either).", "QS-09",
     Make<Keeps<PercentLast>>},
    {"torn_hr_last", "Writes percent, then hr, and reads hr, then percent (either).", "QS-09",
     Make<Keeps<HrLast>>},
    {"torn_both_hr_first", "Writes and reads hr, then percent (either).", "QS-09",
     Make<Keeps<HrFirst>>},
    {"torn_both_percent_first", "Writes and reads percent, then hr (either).", "QS-09",
     Make<Keeps<PercentFirst>>},
    {"torn_hr_checked", "Reads again until hr stays the same (writer).", "QS-09",
     Make<Keeps<ChecksHrOnly>>},
    {"torn_and_half_mended", "Shows 99 for a torn 100, but not the other way (either).", "QS-09",
     Make<Keeps<MendsPendingHundred>>},
    {"half_locked_by_writer", "Only the writer takes the lock (either).", "QS-09",
     Make<Keeps<HalfLocked<true, false>>>},
    {"half_locked_by_reader", "Only the reader takes the lock (either).", "QS-09",
     Make<Keeps<HalfLocked<false, true>>>},
    {"seqlock_counts_before", "Its seqlock counts once, before the writing (writer).", "QS-09",
     Make<Keeps<SeqlockNeverOdd<true>>>},
    {"seqlock_counts_after", "Its seqlock counts once, after the writing (writer).", "QS-09",
     Make<Keeps<SeqlockNeverOdd<false>>>},
    {"seqlock_checked_once", "Its seqlock's reader does not check again (reader).", "QS-09",
     Make<Keeps<SeqlockCheckedOnce>>},
    {"seqlock_not_compared", "Its seqlock's reader misses a whole write (reader).", "QS-09",
     Make<Keeps<SeqlockNotCompared>>},
    {"seqlock_gives_up", "Its seqlock's reader takes what it has after 8 tries (writer).", "QS-09",
     Make<Keeps<SeqlockGivesUp>>},
    {"torn_word", "Its 64-bit word is two of 32 bits (either).", "QS-09",
     Make<Keeps<WordOfTwoHalves>>},
    {"snapshot_filled_late", "Fills a snapshot that is there to be read (writer).", "QS-09",
     Make<Keeps<SnapshotFilledLate>>},
    {"two_snapshots_in_turn", "Reuses a snapshot that is being read (reader, two transitions).",
     "QS-09", Make<Keeps<TwoSnapshotsInTurn>>},
    {"looks_for_writer_once", "Looks for a writer once, before it reads (reader and writer).",
     "QS-09", Make<Keeps<LooksForWriterOnce>>, "win32", "QS-10", kEverything,
     "--quick --explore 2"},
    {"ends_twice", "A finish replaces a Cancel that came in between (writer).", "QS-17",
     Make<EndsTwice>, "win32", "QS-10 QS-16"},
    {"torn_by_own_thread", "A thread of its own writes hr, then percent (that thread).", "QS-09",
     Make<Keeps<WrittenByOwnThread>>},
    {"rare_window_of_writer", "Writes both amid thousands of instructions (writer).", "QS-09",
     Make<Keeps<WriterToilsStraightOn>>},
    {"rare_window_of_reader", "Reads both amid thousands of instructions (reader).", "QS-09",
     Make<Keeps<ReaderToilsStraightOn>>},
    {"rare_turn_of_writer", "Writes both in two of thousands of turns of a loop (writer).", "QS-09",
     Make<Keeps<WriterCopiesWords>>},
    {"rare_turn_of_reader", "Reads both in two of thousands of turns of a loop (reader).", "QS-09",
     Make<ReaderLooksInEveryTurn>},
};

}  // namespace

std::span<const Row> TornNarrowRows() { return kRows; }

}  // namespace vdsconform::mutants
