// Implementations that conform and have others do the work: nothing may be found in them.

#include <unistd.h>

#include <csignal>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "tests/mutants/shapes.h"

namespace vdsconform::mutants {
namespace {

// Blocks all signals of the calling thread.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  void Unblock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

// A thread that blocks all signals, as those of a library do that leaves them to its users.
class MaskedThread : private SignalsBlocked, public OwnThread {
 public:
  MaskedThread() { Unblock(); }
};

// Each operation has a thread, and every transition happens on it.
template <class Worker>
class TransitionsOn : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    HRESULT ret = hr::kFail;
    worker_.Do([&] { ret = Operation::Cancel(); });
    return ret;
  }
  void Progress(ULONG percent) override {
    worker_.Do([&] { Operation::Progress(percent); });
  }
  void Finish(HRESULT result) override {
    worker_.Do([&] { Operation::Finish(result); });
  }

 private:
  Worker worker_;
};

// Each operation has a thread, and every QueryStatus is answered by it.
class AnswersOnWorker : public Operation {
 public:
  using Operation::Operation;

 protected:
  State Look() override {
    State state;
    worker_.Do([&] { state = Operation::Look(); });
    return state;
  }

 private:
  OwnThread worker_;
};

// The first call of the process starts a thread and waits for it to be up, not for the operation.
class StartsThreadAtFirstCall : public Operation {
 public:
  using Operation::Operation;

 protected:
  State Look() override {
    static std::once_flag started;
    std::call_once(started, [] {
      static std::atomic<bool> up{false};
      std::thread([] {
        up = true;
        up.notify_all();
        for (;;) pause();
      }).detach();
      up.wait(false);
    });
    return Operation::Look();
  }
};

// An actor: transitions and calls are messages to a thread, which answers them in their order.
class Actor {
 public:
  Actor() : thread_([this] { Loop(); }) {}
  ~Actor() {
    Post([this] { stopping_ = true; });
    thread_.join();
  }
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

  void Store(Answer answer) {
    Ask<bool>([this, answer] {
      kept_ = answer;
      return true;
    });
  }
  Answer Load() {
    return Ask<Answer>([this] { return kept_; });
  }

 private:
  template <class Reply>
  Reply Ask(const std::function<Reply()>& question) {
    std::promise<Reply> reply;
    Post([&] { reply.set_value(question()); });
    return reply.get_future().get();
  }
  void Post(std::function<void()> message) {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
    arrived_.notify_one();
  }
  void Loop() {
    while (!stopping_) {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return !messages_.empty(); });
      const std::function<void()> message = std::move(messages_.front());
      messages_.pop_front();
      lock.unlock();
      message();
    }
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> messages_;  // guarded by mutex_
  Answer kept_ = kAtFirst;                      // the thread's own
  bool stopping_ = false;                       // the thread's own
  std::thread thread_;                          // the last member: it uses the others
};

// A wrapper around another IVdsAsync, as a server is around its provider's.
class Delegates : public Operation {
 public:
  explicit Delegates(bool estimable) : Operation(estimable), inner_(new Operation(estimable)) {}
  ~Delegates() override {
    inner_->End();
    inner_->Release();
  }

  HRESULT Cancel() override { return inner_->Cancel(); }
  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override {
    return inner_->Wait(result, output);
  }
  HRESULT QueryStatus(HRESULT* hr, ULONG* percent) override {
    return inner_->QueryStatus(hr, percent);
  }
  void Progress(ULONG percent) override { inner_->Progress(percent); }
  void Finish(HRESULT result) override { inner_->Finish(result); }

 private:
  Operation* const inner_;
};

// An object whose first base is another one, so that a call goes through a thunk which finds the
// object from the interface.
class Named {
 public:
  virtual ~Named() = default;
  virtual const char* name() const { return "format"; }
};

class BehindThunk : public Named, public Operation {
 public:
  explicit BehindThunk(bool estimable) : Operation(estimable) {}

  HRESULT QueryStatus(HRESULT* hr, ULONG* percent) override {
    if (*name() == '\0') return hr::kFail;
    return Operation::QueryStatus(hr, percent);
  }
};

constexpr Row kRows[] = {
    {"transitions_on_worker", "A thread of the operation makes every transition.", "",
     Make<TransitionsOn<OwnThread>>},
    {"transitions_on_masked_worker", "A thread that blocks all signals makes every transition.", "",
     Make<TransitionsOn<MaskedThread>>},
    {"answers_on_worker", "A thread of the operation answers every QueryStatus.", "",
     Make<AnswersOnWorker>, "win32", "QA-02"},
    {"starts_thread_at_first_call", "Its first call starts a thread and waits for it to be up.", "",
     Make<StartsThreadAtFirstCall>, "win32", "QA-02"},
    {"actor", "A thread takes transitions and calls as messages, one after another.", "",
     Make<Keeps<Actor>>, "win32", "QA-02"},
    {"behind_thunk", "Its interface is not its first base.", "", Make<BehindThunk>},
    {"delegates", "Passes every call on to another IVdsAsync.", "", Make<Delegates>},
};

}  // namespace

std::span<const Row> ConformingWorkerRows() { return kRows; }

}  // namespace vdsconform::mutants
