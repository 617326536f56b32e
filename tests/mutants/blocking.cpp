// Mutants whose QueryStatus waits (QS-06).

#include <sched.h>
#include <time.h>

#include <chrono>

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {
namespace {

void SleepMicroseconds(long microseconds) {
  const timespec time{0, microseconds * 1'000};
  nanosleep(&time, nullptr);
}

// Base of this file: a step of its own before the operation is looked at.
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

class WaitsForFinish : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override { AwaitEnd(); }
};

class WaitsUnlessEstimable : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    if (!state_.load().estimable) AwaitEnd();
  }
};

// "Nearly done, so the end may as well be awaited."
class WaitsNearTheEnd : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    if (state_.load().percent >= 99) AwaitEnd();
  }
};

class SpinsUntilFinish : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    while (state_.load().pending()) {
    }
  }
};

class YieldsNearTheEnd : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    while (state_.load().percent >= 99 && state_.load().pending()) sched_yield();
  }
};

class PollsUntilFinish : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    while (state_.load().pending()) SleepMicroseconds(1'000);
  }
};

// A long poll: from the second call on, waits until there is something new to tell.
class WaitsForNews : public Delays {
 public:
  using Delays::Delays;

  void Progress(ULONG percent) override {
    Delays::Progress(percent);
    const std::lock_guard lock(mutex_);
    ended_.notify_all();
  }

 protected:
  void Delay() override {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] {
      const State now = state_.load();
      return now.ended() || now.percent != told_;
    });
    told_ = state_.load().percent;
  }

 private:
  int told_ = -1;  // guarded by mutex_
};

// Sleeps a while at every call, "to keep clients from polling too fast".
template <long kMicroseconds>
class Sleeps : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    if (state_.load().pending()) SleepMicroseconds(kMicroseconds);
  }
};

// As one does who gives a worker time to clean up before the result is told.
class SleepsOnceFinished : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    if (state_.load().ended()) SleepMicroseconds(500);
  }
};

// Gives the operation five milliseconds to end before it answers.
class WaitsALittle : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, std::chrono::milliseconds(5), [this] { return state_.load().ended(); });
  }
};

// Wait and QueryStatus take one lock, and Wait keeps it while it waits.
class LockHeldByWait : public Delays {
 public:
  using Delays::Delays;

  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override {
    const std::lock_guard lock(methods_);
    return Delays::Wait(result, output);
  }

 protected:
  void Delay() override { const std::lock_guard lock(methods_); }

 private:
  std::mutex methods_;
};

// Cancel is refused, but only once the operation has ended; until then it keeps the lock that
// QueryStatus takes.
class LockHeldByCancel : public Delays {
 public:
  using Delays::Delays;

  HRESULT Cancel() override {
    const std::lock_guard lock(methods_);
    AwaitEnd();
    return hr::kCancelTooLate;
  }

 protected:
  void Delay() override { const std::lock_guard lock(methods_); }

 private:
  std::mutex methods_;
};

constexpr uint32_t kNoCancel = kEverything & ~static_cast<uint32_t>(VDSCONFORM_CANCEL);

// A call that spins, polls or sleeps costs its time in every case. All other blocking mutants are
// run through every case.
constexpr const char* kNeverWaits = "--quick --filter QS06*";
constexpr const char* kShortPatience =
    "--quick --rest-ms 100 --filter QS06.Returns*Percent:QS06.ReturnsOnThread*";

constexpr Row kRows[] = {
    {"waits_for_finish", "Waits until the operation has ended.", "QS-06", Make<WaitsForFinish>},
    {"waits_unless_estimable", "Waits for the end where progress cannot be estimated.", "QS-06",
     Make<WaitsUnlessEstimable>},
    {"waits_near_the_end", "Waits for the end from 99 percent on.", "QS-06", Make<WaitsNearTheEnd>},
    {"spins_until_finish", "Spins until the operation has ended.", "QS-06", Make<SpinsUntilFinish>,
     "win32", "", kEverything, kShortPatience},
    {"yields_near_the_end", "Calls sched_yield until the end from 99 percent on.", "QS-06",
     Make<YieldsNearTheEnd>, "win32", "", kEverything, kShortPatience},
    {"polls_until_finish", "Sleeps and looks again until the operation has ended.", "QS-06",
     Make<PollsUntilFinish>, "win32", "", kEverything, kShortPatience},
    {"waits_for_news", "Waits until there is progress since the last call.", "QS-06",
     Make<WaitsForNews>},
    {"sleeps_5_ms", "Sleeps five milliseconds at every call while pending.", "QS-06",
     Make<Sleeps<5'000>>, "win32", "", kEverything, kNeverWaits},
    {"sleeps_100_us", "Sleeps a tenth of a millisecond at every call while pending.", "QS-06",
     Make<Sleeps<100>>, "win32", "", kEverything, kNeverWaits},
    {"sleeps_once_finished", "Sleeps half a millisecond at every call once finished.", "QS-06",
     Make<SleepsOnceFinished>, "win32", "", kEverything, kNeverWaits},
    {"waits_a_little", "Waits up to five milliseconds for the end.", "QS-06", Make<WaitsALittle>,
     "win32", "", kEverything, kNeverWaits},
    {"lock_held_by_wait", "Takes the lock that Wait keeps while it waits.", "QS-06",
     Make<LockHeldByWait>},
    {"lock_held_by_cancel", "Takes the lock that Cancel keeps while it waits.", "QS-06",
     Make<LockHeldByCancel>, "win32", "", kNoCancel},
};

}  // namespace

std::span<const Row> BlockingRows() { return kRows; }

}  // namespace vdsconform::mutants
