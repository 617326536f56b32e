// Implementations that conform and keep their state in an unusual way, or have others do the work:
// nothing may be found in them.

#include <memory>
#include <mutex>
#include <thread>

#include "tests/mutants/shapes.h"

namespace vdsconform::mutants {
namespace {

// How the state is kept.

// Everything under one mutex.
class MutexBased : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    const std::lock_guard lock(all_);
    return Operation::Cancel();
  }
  void Progress(ULONG percent) override {
    const std::lock_guard lock(all_);
    Operation::Progress(percent);
  }
  void Finish(HRESULT result) override {
    const std::lock_guard lock(all_);
    Operation::Finish(result);
  }

 protected:
  HRESULT Tell(State, HRESULT* hr, ULONG* percent) override {
    const std::lock_guard lock(all_);
    return Operation::Tell(state_.load(), hr, percent);
  }

 private:
  std::mutex all_;
};

// Everything under one spinlock.
class SpinlockBased : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    const Guard guard(*this);
    return Operation::Cancel();
  }
  void Progress(ULONG percent) override {
    const Guard guard(*this);
    Operation::Progress(percent);
  }
  void Finish(HRESULT result) override {
    const Guard guard(*this);
    Operation::Finish(result);
  }

 protected:
  HRESULT Tell(State, HRESULT* hr, ULONG* percent) override {
    const Guard guard(*this);
    return Operation::Tell(state_.load(), hr, percent);
  }

 private:
  struct Guard {
    explicit Guard(SpinlockBased& owner) : operation(owner) {
      while (operation.taken_.test_and_set()) std::this_thread::yield();
    }
    ~Guard() { operation.taken_.clear(); }
    SpinlockBased& operation;
  };
  std::atomic_flag taken_ = ATOMIC_FLAG_INIT;
};

// A seqlock that is right: hr and percent apart, the reader checks the sequence twice.
class SeqlockBased : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    const HRESULT ret = Operation::Cancel();
    Publish();
    return ret;
  }
  void Progress(ULONG percent) override {
    Operation::Progress(percent);
    Publish();
  }
  void Finish(HRESULT result) override {
    Operation::Finish(result);
    Publish();
  }
  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override {
    const HRESULT ret = Operation::Wait(result, output);
    Publish();
    return ret;
  }

 protected:
  HRESULT Tell(State, HRESULT* hr, ULONG* percent) override {
    uint32_t before = 0;
    Answer answer{};
    do {
      while ((before = sequence_.load()) % 2 != 0) std::this_thread::yield();
      answer.hr = hr_;
      answer.percent = percent_;
    } while (sequence_.load() != before);
    *hr = answer.hr;
    *percent = answer.percent;
    return hr::kOk;
  }

 private:
  void Publish() {
    const std::lock_guard lock(writers_);
    const Answer answer = Show(state_.load());
    ++sequence_;
    hr_ = answer.hr;
    percent_ = answer.percent;
    ++sequence_;
  }

  std::mutex writers_;
  std::atomic<uint32_t> sequence_{0};
  std::atomic<HRESULT> hr_{hr::kOperationPending};
  std::atomic<ULONG> percent_{0};
};

// A pointer to the current of many snapshots, none of which ever changes.
class SnapshotPointer : public Operation {
 public:
  explicit SnapshotPointer(bool estimable) : Operation(estimable) { Publish(); }

  HRESULT Cancel() override {
    const HRESULT ret = Operation::Cancel();
    Publish();
    return ret;
  }
  void Progress(ULONG percent) override {
    Operation::Progress(percent);
    Publish();
  }
  void Finish(HRESULT result) override {
    Operation::Finish(result);
    Publish();
  }
  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override {
    const HRESULT ret = Operation::Wait(result, output);
    Publish();
    return ret;
  }

 protected:
  HRESULT Tell(State, HRESULT* hr, ULONG* percent) override {
    const Answer& now = *current_.load();
    *hr = now.hr;
    *percent = now.percent;
    return hr::kOk;
  }

 private:
  void Publish() {
    const std::lock_guard lock(writers_);
    snapshots_.push_back(std::make_unique<const Answer>(Show(state_.load())));
    current_ = snapshots_.back().get();
  }

  std::mutex writers_;
  std::vector<std::unique_ptr<const Answer>> snapshots_;  // guarded by writers_
  std::atomic<const Answer*> current_{nullptr};
};

// Who does the work.

// Each operation has a thread, and every transition happens on it.
class TransitionsOnWorker : public Operation {
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
  OwnThread worker_;
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

constexpr Row kRows[] = {
    {"plain", "One atomic state.", "", Make<Operation>},
    {"plain_ms_vds", "One atomic state, by the rules of MS-VDS.", "", Make<Operation>, "ms-vds"},
    {"mutex_based", "Everything under one mutex.", "", Make<MutexBased>, "win32", "QA-02"},
    {"spinlock_based", "Everything under one spinlock.", "", Make<SpinlockBased>, "win32", "QA-02"},
    {"seqlock_based", "A seqlock whose reader checks twice.", "", Make<SeqlockBased>, "ms-vds",
     "QA-02"},
    {"snapshot_pointer", "A pointer to the current of many constant snapshots.", "",
     Make<SnapshotPointer>, "ms-vds"},
    {"transitions_on_worker", "A thread of the operation makes every transition.", "",
     Make<TransitionsOnWorker>},
    {"answers_on_worker", "A thread of the operation answers every QueryStatus.", "",
     Make<AnswersOnWorker>, "win32", "QA-02"},
    {"delegates", "Passes every call on to another IVdsAsync.", "", Make<Delegates>},
};

}  // namespace

std::span<const Row> ConformingStructureRows() { return kRows; }

}  // namespace vdsconform::mutants
