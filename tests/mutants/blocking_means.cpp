// Mutants whose QueryStatus waits (QS-06) for something that the end of the operation opens, or for
// a lock that somebody keeps.

#include <poll.h>
#include <semaphore.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <mutex>
#include <thread>

#include "tests/mutants/shapes.h"

namespace vdsconform::mutants {
namespace {

// A gate is passed once it is open, and that it stays.

template <class Gate>
class WaitsAtGate : public Delays {
 public:
  using Delays::Delays;

  HRESULT Cancel() override {
    const HRESULT ret = Delays::Cancel();
    if (Succeeded(ret)) gate_.Open();
    return ret;
  }
  void Finish(HRESULT result) override {
    Delays::Finish(result);
    gate_.Open();
  }

 protected:
  void Delay() override { gate_.Pass(); }

 private:
  Gate gate_;
};

// Open when its writing end is closed.
class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends{-1, -1};
    static_cast<void>(pipe(ends.data()));
    reading_ = ends[0];
    writing_ = ends[1];
  }
  ~Pipe() {
    Open();
    close(reading_);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void Open() {
    const int writing = writing_.exchange(-1);
    if (writing != -1) close(writing);
  }
  int reading() const { return reading_; }

 private:
  int reading_ = -1;
  std::atomic<int> writing_{-1};
};

struct ReadsPipe : Pipe {
  void Pass() const {
    char nothing = 0;
    static_cast<void>(!read(reading(), &nothing, 1));
  }
};

// Looks for the end every fifty milliseconds, as a loop that can be told to stop does.
struct PollsPipe : Pipe {
  void Pass() const {
    pollfd open{reading(), POLLIN, 0};
    while (poll(&open, 1, 50) == 0) {
    }
  }
};

struct WaitsOnAtomic {
  std::atomic<uint32_t> open{0};

  void Open() {
    open = 1;
    open.notify_all();
  }
  void Pass() const { open.wait(0); }
};

class Semaphore {
 public:
  Semaphore() { sem_init(&semaphore_, 0, 0); }
  ~Semaphore() { sem_destroy(&semaphore_); }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  void Open() { sem_post(&semaphore_); }
  // Who has passed leaves it open for the next.
  void Pass() {
    sem_wait(&semaphore_);
    sem_post(&semaphore_);
  }

 private:
  sem_t semaphore_{};
};

// Has a thread wait, and waits for the thread.
class JoinsWaiter : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    if (state_.load().pending()) std::thread([this] { AwaitEnd(); }).join();
  }
};

// Locks.

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

// The thread that does the work keeps the lock that QueryStatus takes until it is done.
class LockHeldByWorker : public Delays {
 public:
  explicit LockHeldByWorker(bool estimable) : Delays(estimable) {
    worker_ = std::thread([this] {
      const std::lock_guard lock(methods_);
      working_ = true;
      working_.notify_all();
      AwaitEnd();
    });
    working_.wait(false);
  }
  ~LockHeldByWorker() override {
    EndAs(Phase::kCanceled, hr::kOperationCanceled);
    worker_.join();
  }

 protected:
  void Delay() override { const std::lock_guard lock(methods_); }

 private:
  std::mutex methods_;
  std::atomic<bool> working_{false};
  std::thread worker_;
};

// A convoy: calls that come together are answered one after another, a millisecond each.
class LockConvoy : public Delays {
 public:
  using Delays::Delays;

 protected:
  void Delay() override {
    const std::unique_lock lock(one_at_a_time_, std::try_to_lock);
    if (lock.owns_lock()) return;
    const std::lock_guard turn(one_at_a_time_);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  std::mutex one_at_a_time_;
};

constexpr uint32_t kNoCancel = kEverything & ~static_cast<uint32_t>(VDSCONFORM_CANCEL);

// A call that polls costs its time in every case.
constexpr const char* kShortPatience =
    "--quick --rest-ms 100 --filter QS06.Returns*Percent:QS06.ReturnsOnThread*";

constexpr Row kRows[] = {
    {"waits_on_pipe", "Reads from a pipe until the end closes it.", "QS-06",
     Make<WaitsAtGate<ReadsPipe>>},
    {"waits_in_poll", "Polls a pipe until the end closes it.", "QS-06",
     Make<WaitsAtGate<PollsPipe>>, "win32", "", kEverything, kShortPatience},
    {"waits_on_atomic", "Waits on an atomic until the end notifies it.", "QS-06",
     Make<WaitsAtGate<WaitsOnAtomic>>},
    {"waits_on_semaphore", "Waits on a semaphore until the end posts it.", "QS-06",
     Make<WaitsAtGate<Semaphore>>},
    {"waits_for_thread", "Has a thread wait for the end and joins it.", "QS-06", Make<JoinsWaiter>},
    {"lock_held_by_wait", "Takes the lock that Wait keeps while it waits.", "QS-06",
     Make<LockHeldByWait>},
    {"lock_held_by_cancel", "Takes the lock that Cancel keeps while it waits.", "QS-06",
     Make<LockHeldByCancel>, "win32", "", kNoCancel},
    {"lock_held_by_worker", "Takes the lock that its worker keeps until the end.", "QS-06",
     Make<LockHeldByWorker>},
    {"lock_convoy", "Calls that come together wait for each other's sleep.", "QS-06",
     Make<LockConvoy>, "win32", "QA-02"},
};

}  // namespace

std::span<const Row> BlockingMeansRows() { return kRows; }

}  // namespace vdsconform::mutants
