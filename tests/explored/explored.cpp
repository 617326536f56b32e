// A small implementation of IVdsAsync for the tests of exploration: where a thread has to be
// stopped to show what is wrong with it, if anything is, is chosen when it is built.
//
//   writer      a call that comes while a transition is stopped sees its half
//   reader      a transition that comes while a call is stopped is seen by its half
//   both        only a transition that starts amid a call and stops halfway is seen
//   own-thread  as writer, but a thread of the implementation makes the transitions
//   mutex       right: both take a mutex
//   spin        right: both take a lock that spins
//   repeats     right: both take a mutex, and a transition goes over memory with a string
//               instruction, twice
//   blocks      right: both take a mutex, with all signals blocked
//   wanders     right: both take a mutex, and transitions call one function of the C library and
//               another in turn
//   busy        right: as mutex, beside a thread of its own that takes another one again and again
//   masked      the same, and that thread blocks all signals
//
// What it calls is written out here, so that nearly every instruction of a call is its own.
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>

#include "spec/com.h"
#include "spec/iut.h"
#include "tests/support/counted_async.h"

namespace explored {
namespace {

constexpr std::string_view kShape = EXPLORED_SHAPE;
constexpr bool Is(std::string_view name) { return kShape == name; }

constexpr bool kTakesMutex =
    Is("mutex") || Is("masked") || Is("repeats") || Is("blocks") || Is("wanders") || Is("busy");

constexpr auto kPending = static_cast<HRESULT>(0x80042409u);
constexpr auto kNotSupported = static_cast<HRESULT>(0x80042400u);
constexpr auto kNotImplemented = static_cast<HRESULT>(0x80004001u);
constexpr auto kInvalidArg = static_cast<HRESULT>(0x80070057u);

struct Pair {
  HRESULT hr;
  ULONG percent;
};

class SpinLock {
 public:
  void lock() {
    while (taken_.test_and_set(std::memory_order_acquire)) {
    }
  }
  void unlock() { taken_.clear(std::memory_order_release); }

 private:
  std::atomic_flag taken_ = ATOMIC_FLAG_INIT;
};

void BlockAllSignals(sigset_t* before) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, before);
}

class SignalsBlocked {
 public:
  SignalsBlocked() {
    if (Is("blocks")) BlockAllSignals(&before_);
  }
  ~SignalsBlocked() {
    if (Is("blocks")) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

// The two outputs, each by itself, stored and loaded in the order of the source.
class Halves {
 public:
  // Named, so that a stop in it can be told by name.
  [[gnu::noinline]] void StoreTheHalves(Pair pair) {
    writing_ = true;
    hr_ = pair.hr;
    percent_ = pair.percent;
    writing_ = false;
  }
  // Loads until hr stays: a whole store in between is noticed.
  Pair LoadUntilHrStays() const {
    for (;;) {
      const HRESULT hr = hr_;
      const ULONG percent = percent_;
      if (hr_ == hr) return {hr, percent};
    }
  }
  Pair LoadOnce() const {
    const HRESULT hr = hr_;
    return {hr, percent_};
  }
  bool writing() const { return writing_; }

 private:
  std::atomic<HRESULT> hr_{kPending};
  std::atomic<ULONG> percent_{0};
  std::atomic<bool> writing_{false};
};

class Shared {
 public:
  void Store(Pair pair) {
    if (kTakesMutex) {
      const SignalsBlocked blocked;
      const std::lock_guard lock(mutex_);
      if (Is("repeats")) Scribble();
      if (Is("wanders")) Wander();
      halves_.StoreTheHalves(pair);
    } else if (Is("spin")) {
      const std::lock_guard lock(spin_);
      halves_.StoreTheHalves(pair);
    } else {
      halves_.StoreTheHalves(pair);
    }
    last_ = pair;
  }
  Pair Load() {
    if (kTakesMutex) {
      const SignalsBlocked blocked;
      const std::lock_guard lock(mutex_);
      return halves_.LoadOnce();
    }
    if (Is("spin")) {
      const std::lock_guard lock(spin_);
      return halves_.LoadOnce();
    }
    // A transition is one store here, and there are two loads of it.
    if (Is("reader")) {
      const HRESULT hr = last_.load().hr;
      return {hr, last_.load().percent};
    }
    // A writer that is at work is seen here, and one that has been at work below.
    if (Is("both") && halves_.writing()) return last_;
    return halves_.LoadUntilHrStays();
  }

 private:
  void Scribble() {
    Fill(1);
    Fill(2);
  }
  // One instruction for both.
  [[gnu::noinline]] void Fill(int byte) {
#if defined(__x86_64__)
    void* to = scribbled_;
    size_t count = sizeof scribbled_;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(byte) : "memory");
#else
    std::memset(scribbled_, byte, sizeof scribbled_);
#endif
  }

  // From one place in the code.
  static void Wander() {
    using Parse = unsigned long (*)(const char*);
    static constexpr Parse kParse[] = {
        [](const char* text) { return static_cast<unsigned long>(std::strtol(text, nullptr, 10)); },
        [](const char* text) { return std::strtoul(text, nullptr, 10); },
    };
    static std::atomic<unsigned> calls{0};
    if (kParse[calls++ % 2]("2147483647") == 0) std::abort();
  }

  unsigned char scribbled_[8]{};
  std::mutex mutex_;
  SpinLock spin_;
  Halves halves_;
  std::atomic<Pair> last_{Pair{kPending, 0}};
};

// A thread for ever, which makes calls of the C library as long as there are operations.
class Busybody {
 public:
  Busybody() {
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    if (Is("masked")) BlockAllSignals(nullptr);
    std::thread([this] { Loop(); }).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  void Count(int change) {
    const std::lock_guard lock(mutex_);
    operations_ += change;
    changed_.notify_one();
  }

 private:
  void Loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return operations_ > 0; });
      lock.unlock();
      for (int i = 0; i < 1'000; ++i) {
        const std::lock_guard own(own_);
      }
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::mutex own_;
  std::condition_variable changed_;
  int operations_ = 0;  // guarded by mutex_
};

void CountOperation(int change) {
  if (!Is("busy") && !Is("masked")) return;
  static auto* busybody = new Busybody;  // outlives its thread
  busybody->Count(change);
}

class Operation final : public vdsconform::test_support::CountedAsync<Operation> {
 public:
  explicit Operation(bool estimable) : estimable_(estimable) {}

  HRESULT Cancel() override { return kNotSupported; }
  HRESULT Wait(HRESULT*, VDS_ASYNC_OUTPUT*) override { return kNotImplemented; }
  HRESULT QueryStatus(HRESULT* result, ULONG* percent) override {
    if (result == nullptr || percent == nullptr) return kInvalidArg;
    const Pair pair = shared_.Load();
    *result = pair.hr;
    *percent = pair.percent;
    return 0;
  }

  void Progress(ULONG percent) {
    if (estimable_ && !finished_) shared_.Store({kPending, percent < 99 ? percent : 99});
  }
  void Finish(HRESULT result) {
    if (!finished_.exchange(true)) shared_.Store({result, 100});
  }

 private:
  const bool estimable_;
  std::atomic<bool> finished_{false};
  Shared shared_;
};

// One thread of the implementation, for ever, that finishes operations for the caller. It sleeps in
// the C library, so that it always has the same to do.
class Finisher {
 public:
  Finisher() {
    std::thread([this] { Loop(); }).detach();
  }
  void Finish(Operation* operation, HRESULT result) {
    std::unique_lock lock(mutex_);
    result_ = result;
    operation_ = operation;
    wanted_.notify_one();
    done_.wait(lock, [this] { return operation_ == nullptr; });
  }

 private:
  void Loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wanted_.wait(lock, [this] { return operation_ != nullptr; });
      operation_->Finish(result_);
      operation_ = nullptr;
      done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wanted_;
  std::condition_variable done_;
  Operation* operation_ = nullptr;  // guarded by mutex_, as is what follows
  HRESULT result_ = 0;
};

HRESULT Begin(const vdsconform_plan* plan, IVdsAsync** async, void** operation) {
  CountOperation(1);
  auto* made = new Operation(plan->estimable != 0);
  *async = made;
  *operation = made;
  return 0;
}

void Progress(void* operation, ULONG percent) {
  static_cast<Operation*>(operation)->Progress(percent);
}

void Finish(void* operation, HRESULT result) {
  auto* its = static_cast<Operation*>(operation);
  if (!Is("own-thread")) return its->Finish(result);
  static auto* finisher = new Finisher;  // outlives its thread
  finisher->Finish(its, result);
}

void End(void* operation) {
  static_cast<Operation*>(operation)->Release();
  CountOperation(-1);
}

constexpr vdsconform_iut kIut = {
    VDSCONFORM_ABI,
    sizeof(vdsconform_iut),
    "explored",
    EXPLORED_SHAPE,
    VDSCONFORM_DRIVE | VDSCONFORM_ESTIMATE | VDSCONFORM_NOT_ESTIMATE,
    Begin,
    Progress,
    Finish,
    End,
};

}  // namespace
}  // namespace explored

extern "C" __attribute__((visibility("default"))) const vdsconform_iut* vdsconform_iut(uint32_t) {
  return &explored::kIut;
}
