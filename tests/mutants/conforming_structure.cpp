// Implementations that conform and keep their state in an unusual way: nothing may be found in
// them.

#include <pthread.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "tests/mutants/shapes.h"

namespace vdsconform::mutants {
namespace {

// A lock is held for a few instructions, but a thread may be stopped there.

template <class Mutex>
struct Under : Locked<Answer, Mutex> {
  Under() : Locked<Answer, Mutex>(kAtFirst) {}
};

class Spinlock {
 public:
  void lock() {
    while (taken_.test_and_set()) std::this_thread::yield();
  }
  void unlock() { taken_.clear(); }

 private:
  std::atomic_flag taken_ = ATOMIC_FLAG_INIT;
};

class RobustMutex {
 public:
  RobustMutex() {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mutex_, &attributes);
    pthread_mutexattr_destroy(&attributes);
  }
  ~RobustMutex() { pthread_mutex_destroy(&mutex_); }
  RobustMutex(const RobustMutex&) = delete;
  RobustMutex& operator=(const RobustMutex&) = delete;

  void lock() {
    if (pthread_mutex_lock(&mutex_) == EOWNERDEAD) pthread_mutex_consistent(&mutex_);
  }
  void unlock() { pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_;
};

struct UnderRecursiveMutex : Under<std::recursive_mutex> {
  Answer Load() {
    const std::lock_guard lock(mutex);
    return Under::Load();
  }
};

struct UnderSharedMutex : Under<std::shared_mutex> {
  Answer Load() {
    const std::shared_lock lock(mutex);
    return value;
  }
};

// Where the lock is taken, tells what the last transition left.
struct TriesLock : Under<std::mutex> {
  std::atomic<Answer> last{kAtFirst};

  void Store(Answer answer) {
    const std::lock_guard lock(mutex);
    value = answer;
    last = answer;
  }
  Answer Load() {
    for (int tries = 0; tries < 3; ++tries) {
      const std::unique_lock lock(mutex, std::try_to_lock);
      if (lock.owns_lock()) return value;
    }
    return last;
  }
};

// percent << 32 | hr.
struct PackedWord {
  std::atomic<uint64_t> word{Pack(kAtFirst)};

  static constexpr uint64_t Pack(Answer answer) {
    return uint64_t{answer.percent} << 32 | ToBits(answer.hr);
  }
  void Store(Answer answer) { word.store(Pack(answer), std::memory_order_release); }
  Answer Load() const {
    const uint64_t now = word.load(std::memory_order_acquire);
    return {ToHresult(static_cast<uint32_t>(now)), static_cast<ULONG>(now >> 32)};
  }
};

// A seqlock that is right: the reader checks the sequence twice.
struct Seqlock : SeqlockWriter {
  Answer Load() const {
    for (;;) {
      const uint32_t before = sequence;
      const Answer answer = LoadHrFirst();
      if (before % 2 == 0 && sequence == before) return answer;
      std::this_thread::yield();
    }
  }
};

// A pointer to the current of many snapshots, none of which ever changes.
struct SnapshotPointer {
  std::vector<std::unique_ptr<const Answer>> all;
  std::atomic<const Answer*> current{&kAtFirst};

  void Store(Answer answer) {
    all.push_back(std::make_unique<const Answer>(answer));
    current = all.back().get();
  }
  Answer Load() const { return *current.load(); }
};

// Who reads a snapshot keeps it alive.
struct CountedSnapshot {
  std::atomic<std::shared_ptr<const Answer>> current{std::make_shared<const Answer>(kAtFirst)};

  void Store(Answer answer) { current = std::make_shared<const Answer>(answer); }
  Answer Load() const { return *current.load(); }
};

// Snapshots whose readers point at what they read, so that it is not destroyed.
struct HazardPointers {
  std::array<std::atomic<const Answer*>, 16> hazards{};
  std::vector<std::unique_ptr<const Answer>> retired;
  std::atomic<const Answer*> current{new Answer(kAtFirst)};

  ~HazardPointers() { delete current.load(); }
  void Store(Answer answer) {
    retired.emplace_back(current.exchange(new Answer(answer)));
    std::erase_if(retired, [this](const auto& old) {
      return std::none_of(hazards.begin(), hazards.end(),
                          [&](const auto& hazard) { return hazard == old.get(); });
    });
  }
  Answer Load() {
    for (size_t i = 0;; i = (i + 1) % hazards.size()) {
      const Answer* const now = current;
      const Answer* free = nullptr;
      if (!hazards[i].compare_exchange_strong(free, now)) continue;
      // It may have been retired before it was pointed at.
      const bool valid = current == now;
      const Answer answer = valid ? *now : kAtFirst;
      hazards[i] = nullptr;
      if (valid) return answer;
    }
  }
};

// Snapshots that are destroyed at a moment without readers: read, copy, update.
struct DestroyedWithoutReaders {
  std::atomic<uint32_t> readers{0};
  std::vector<std::unique_ptr<const Answer>> retired;
  std::atomic<const Answer*> current{new Answer(kAtFirst)};

  ~DestroyedWithoutReaders() { delete current.load(); }
  void Store(Answer answer) {
    retired.emplace_back(current.exchange(new Answer(answer)));
    if (readers == 0) retired.clear();
  }
  Answer Load() {
    ++readers;
    const Answer answer = *current.load();
    --readers;
    return answer;
  }
};

// Two copies: the writer changes the one that nobody reads, shows it, and changes the other once
// its readers have left.
struct LeftRight {
  std::array<Answer, 2> sides{kAtFirst, kAtFirst};
  std::atomic<uint32_t> side{0};
  std::atomic<uint32_t> door{0};
  std::array<std::atomic<uint32_t>, 2> inside{};

  void Store(Answer answer) {
    const uint32_t old = side;
    sides[1 - old] = answer;
    side = 1 - old;
    const uint32_t used = door;
    AwaitEmpty(1 - used);
    door = 1 - used;
    AwaitEmpty(used);
    sides[old] = answer;
  }
  Answer Load() {
    const uint32_t through = door;
    ++inside[through];
    const Answer answer = sides[side];
    --inside[through];
    return answer;
  }
  void AwaitEmpty(uint32_t which) const {
    while (inside[which] != 0) std::this_thread::yield();
  }
};

constexpr Row kRows[] = {
    {"plain", "One atomic state.", "", Make<Operation>},
    {"plain_ms_vds", "One atomic state, by the rules of MS-VDS.", "", Make<Operation>, "ms-vds"},
    {"mutex_based", "Everything under one mutex.", "", Make<Keeps<Under<std::mutex>>>, "win32",
     "QA-02"},
    {"spinlock_based", "Everything under one spinlock.", "", Make<Keeps<Under<Spinlock>>>, "win32",
     "QA-02"},
    {"robust_mutex", "Everything under a robust mutex.", "", Make<Keeps<Under<RobustMutex>>>,
     "win32", "QA-02"},
    {"recursive_mutex", "Takes a recursive mutex twice.", "", Make<Keeps<UnderRecursiveMutex>>,
     "win32", "QA-02"},
    {"shared_mutex", "Readers share the lock.", "", Make<Keeps<UnderSharedMutex>>, "win32",
     "QA-02"},
    {"tries_lock", "Tells the last pair where the lock is taken.", "", Make<Keeps<TriesLock>>,
     "ms-vds"},
    {"packed_word", "Percent and hr in one 64-bit word.", "", Make<Keeps<PackedWord>>, "ms-vds"},
    {"seqlock_based", "A seqlock whose reader checks twice.", "", Make<Keeps<Seqlock>>, "ms-vds",
     "QA-02"},
    {"snapshot_pointer", "A pointer to the current of many constant snapshots.", "",
     Make<Keeps<SnapshotPointer>>, "ms-vds"},
    {"counted_snapshot", "A snapshot that its readers keep alive.", "",
     Make<Keeps<CountedSnapshot>>, "ms-vds", "QA-02"},
    {"hazard_pointers", "Snapshots that are kept while somebody points at them.", "",
     Make<Keeps<HazardPointers>>, "ms-vds", "QA-02"},
    {"destroyed_without_readers", "Snapshots that are destroyed when nobody reads.", "",
     Make<Keeps<DestroyedWithoutReaders>>, "ms-vds", "QA-02"},
    {"left_right", "Two copies, of which the writer changes the one that is not read.", "",
     Make<Keeps<LeftRight>>, "ms-vds"},
};

}  // namespace

std::span<const Row> ConformingStructureRows() { return kRows; }

}  // namespace vdsconform::mutants
