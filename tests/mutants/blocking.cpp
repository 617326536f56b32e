// Mutants whose QueryStatus waits (QS-06): always, now and then, or for a time. By what means one
// can wait is in blocking_means.cpp.

#include <sched.h>
#include <time.h>

#include <chrono>

#include "tests/mutants/shapes.h"

namespace vdsconform::mutants {
namespace {

void SleepMicroseconds(long microseconds) {
  const timespec time{0, microseconds * 1'000};
  nanosleep(&time, nullptr);
}

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

// Gives the operation so much time to end before it answers.
template <int kMilliseconds>
class WaitsALittle : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, std::chrono::milliseconds(kMilliseconds),
                    [this] { return state_.load().ended(); });
  }
};

// Now and then.

class WaitsOncePerProcess : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    static std::atomic<bool> waited{false};
    if (!waited.exchange(true)) AwaitEnd();
  }
};

// Only its so-manieth call waits.
template <uint32_t kCall>
class WaitsInOneCall : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    if (++calls_ == kCall) AwaitEnd();
  }

 private:
  std::atomic<uint32_t> calls_{0};
};

class WaitsAt57 : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    if (state_.load().percent == 57) AwaitEnd();
  }
};

// A call that spins, polls or sleeps costs its time in every case. All other blocking mutants are
// run through every case.
constexpr const char* kNeverWaits = "--quick --filter QS06*";
constexpr const char* kTimed = "--quick --filter QS06.ReturnsOnThread*:QS06.DoesNotTimeWait*";
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
    {"sleeps_1_ms", "Sleeps a millisecond at every call while pending.", "QS-06",
     Make<Sleeps<1'000>>, "win32", "", kEverything, kNeverWaits},
    {"sleeps_100_us", "Sleeps a tenth of a millisecond at every call while pending.", "QS-06",
     Make<Sleeps<100>>, "win32", "", kEverything, kNeverWaits},
    {"sleeps_once_finished", "Sleeps half a millisecond at every call once finished.", "QS-06",
     Make<SleepsOnceFinished>, "win32", "", kEverything, kNeverWaits},
    {"waits_1_ms", "Waits up to a millisecond for the end.", "QS-06", Make<WaitsALittle<1>>,
     "win32", "", kEverything, kTimed},
    {"waits_a_little", "Waits up to five milliseconds for the end.", "QS-06", Make<WaitsALittle<5>>,
     "win32", "", kEverything, kTimed},
    {"waits_50_ms", "Waits up to fifty milliseconds for the end.", "QS-06", Make<WaitsALittle<50>>,
     "win32", "", kEverything, kTimed},
    {"waits_once_per_process", "Only the first call of the process waits for the end.", "QS-06",
     Make<WaitsOncePerProcess>},
    {"waits_in_first_call", "Only the first call of an operation waits for the end.", "QS-06",
     Make<WaitsInOneCall<1>>},
    {"waits_in_call_1001", "Only the 1,001st call of an operation waits for the end.", "QS-06",
     Make<WaitsInOneCall<1'001>>},
    {"waits_at_57", "Waits for the end at 57 percent.", "QS-06", Make<WaitsAt57>, "win32", "",
     kEverything, "--filter QS06.*"},
};

}  // namespace

std::span<const Row> BlockingRows() { return kRows; }

}  // namespace vdsconform::mutants
