// Shapes that many mutants share: where an operation keeps what it tells, and who does its work.
//
// Keeps<Shared> is an operation whose transitions and calls meet in a Shared, an object with
//   void Store(Answer answer);  // by one transition at a time
//   Answer Load();              // by any number of calls at once
// that holds {VDS_E_OPERATION_PENDING, 0} at first. Everything around it is right, so that a
// mutant is its Shared. Nothing here lingers: windows are as narrow as the Shared makes them.
#ifndef VDSCONFORM_TESTS_MUTANTS_SHAPES_H_
#define VDSCONFORM_TESTS_MUTANTS_SHAPES_H_

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {

inline constexpr Answer kAtFirst{hr::kOperationPending, 0};

// Loaded and stored by an instruction each, in the order of the source.
template <class T>
class Half {
 public:
  explicit Half(T value) : value_(value) {}
  Half& operator=(T value) {
    value_.store(value, std::memory_order_release);
    return *this;
  }
  operator T() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<T> value_;
};

// The two outputs, each by itself.
struct Halves {
  Half<HRESULT> hr{kAtFirst.hr};
  Half<ULONG> percent{kAtFirst.percent};

  void StoreHrFirst(Answer answer) {
    hr = answer.hr;
    percent = answer.percent;
  }
  void StorePercentFirst(Answer answer) {
    percent = answer.percent;
    hr = answer.hr;
  }
  Answer LoadHrFirst() const {
    const HRESULT its_hr = hr;
    return {its_hr, percent};
  }
  Answer LoadPercentFirst() const {
    const ULONG its_percent = percent;
    return {hr, its_percent};
  }
};

// Writes the halves between two steps of a sequence that is odd meanwhile.
struct SeqlockWriter : Halves {
  Half<uint32_t> sequence{0};

  void Store(Answer answer) {
    sequence = sequence + 1;
    StoreHrFirst(answer);
    sequence = sequence + 1;
  }
};

// A value under a lock.
template <class Value, class Mutex = std::mutex>
struct Locked {
  Mutex mutex;
  Value value;

  explicit Locked(Value at_first) : value(at_first) {}
  void Store(Value now) {
    const std::lock_guard lock(mutex);
    value = now;
  }
  Value Load() {
    const std::lock_guard lock(mutex);
    return value;
  }
};

template <class Shared>
class Keeps : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    return EndOnce(Phase::kCanceled, hr::kOperationCanceled) ? hr::kOk : hr::kCancelTooLate;
  }
  void Progress(ULONG percent) override {
    const std::lock_guard lock(transitions_);
    Operation::Progress(percent);
    const State now = state_.load();
    if (now.pending()) shared_.Store(Show(now));
  }
  void Finish(HRESULT result) override { EndOnce(Phase::kFinished, result); }

 protected:
  HRESULT Tell(State, HRESULT* hr, ULONG* percent) override {
    const Answer answer = shared_.Load();
    *hr = answer.hr;
    *percent = answer.percent;
    return hr::kOk;
  }

 private:
  bool EndOnce(Phase phase, HRESULT result) {
    const std::lock_guard lock(transitions_);
    if (state_.load().ended()) return false;
    shared_.Store({result, 100});
    // Last, as it lets go whoever waits for what is stored by now.
    return EndAs(phase, result);
  }

  std::mutex transitions_;  // one after another
  Shared shared_;
};

// Base of those that wait: a step of its own before the operation is looked at.
class Delays : public Operation {
 public:
  using Operation::Operation;

 protected:
  State Look() override {
    Delay();
    return Operation::Look();
  }
  virtual void Delay() = 0;
};

// A thread that does one thing after another and lets the caller wait for it.
class OwnThread {
 public:
  OwnThread() : thread_([this] { Loop(); }) {}
  ~OwnThread() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  template <class Work>
  void Do(Work work) {
    const std::lock_guard one_at_a_time(callers_);
    std::unique_lock lock(mutex_);
    work_ = [](void* context) { (*static_cast<Work*>(context))(); };
    context_ = &work;
    changed_.notify_all();
    changed_.wait(lock, [this] { return work_ == nullptr; });
  }

 private:
  void Loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || work_ != nullptr; });
      if (work_ == nullptr) return;
      work_(context_);
      work_ = nullptr;
      changed_.notify_all();
    }
  }

  std::mutex callers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  void (*work_)(void*) = nullptr;  // this and what follows are guarded by mutex_
  void* context_ = nullptr;
  bool stopping_ = false;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace vdsconform::mutants

#endif  // VDSCONFORM_TESTS_MUTANTS_SHAPES_H_
