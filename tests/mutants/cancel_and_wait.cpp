// Mutants whose Cancel or Wait disagrees with QueryStatus (QS-16, QS-17).

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {
namespace {

constexpr uint32_t kNoCancel = kEverything & ~static_cast<uint32_t>(VDSCONFORM_CANCEL);
constexpr HRESULT kAbort = ToHresult(0x80004004u);

class CancelKeepsPending : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override { return state_.load().pending() ? hr::kOk : hr::kCancelTooLate; }
};

class CancelGivesEAbort : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    return EndAs(Phase::kCanceled, kAbort) ? hr::kOk : hr::kCancelTooLate;
  }
};

// Wait knows that the operation was cancelled, QueryStatus tells another code.
Answer CanceledToldAsEAbort(State state, Answer a) {
  if (state.phase == Phase::kCanceled) a.hr = kAbort;
  return a;
}

// Cancel is asynchronous: it says S_OK at once and the operation ends two calls later.
class CancelSeenLate : public Operation {
 public:
  using Operation::Operation;

 protected:
  State Look() override {
    State now = state_.load();
    if (now.phase == Phase::kCanceled && late_.fetch_sub(1) > 0) now.phase = Phase::kPending;
    return now;
  }

 private:
  std::atomic<int> late_{2};
};

class CancelRewritesFinished : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    if (EndAs(Phase::kCanceled, hr::kOperationCanceled)) return hr::kOk;
    rewritten_ = true;
    return hr::kCancelTooLate;
  }

 protected:
  Answer Show(State state) override {
    if (rewritten_) return {hr::kOperationCanceled, 100};
    return Operation::Show(state);
  }

 private:
  std::atomic<bool> rewritten_{false};
};

// Refuses to cancel and yet ends the operation.
class FailedCancelEnds : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    EndAs(Phase::kCanceled, hr::kOperationCanceled);
    return hr::kCancelTooLate;
  }
};

// Refuses to cancel and yet tells, until the end, that the operation was cancelled.
class UnsupportedCancelTellsCanceled : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    refused_ = true;
    return hr::kVdsNotSupported;
  }

 protected:
  Answer Show(State state) override {
    if (state.pending() && refused_) return {hr::kOperationCanceled, 100};
    return Operation::Show(state);
  }

 private:
  std::atomic<bool> refused_{false};
};

// Wait that stores what kResult makes of the state after a finish; a cancelled operation's result
// is right, as it belongs to QS-17.
template <HRESULT (*kResult)(State)>
class WaitStores : public Operation {
 public:
  using Operation::Operation;

  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override {
    const HRESULT ret = Operation::Wait(result, output);
    if (Succeeded(ret) && state_.load().finished()) *result = kResult(state_.load());
    return ret;
  }
};

HRESULT AlwaysSOk(State) { return hr::kOk; }

HRESULT SuccessMasked(State state) { return Succeeded(state.result) ? hr::kOk : state.result; }

HRESULT FailureMasked(State state) { return Failed(state.result) ? hr::kFail : state.result; }

class WaitReturnsAtOnce : public Operation {
 public:
  using Operation::Operation;

  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override {
    if (result == nullptr || output == nullptr) return hr::kInvalidArg;
    const State now = state_.load();
    *result = now.pending() ? hr::kOperationPending : now.result;
    *output = VDS_ASYNC_OUTPUT{};
    return hr::kOk;
  }
};

// Wait returns when progress reaches 100, before the operation has ended.
class WaitReturnsAt100 : public Operation {
 public:
  using Operation::Operation;

  void Progress(ULONG percent) override {
    Operation::Progress(percent);
    const std::lock_guard lock(mutex_);
    ended_.notify_all();
  }
  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override {
    if (result == nullptr || output == nullptr) return hr::kInvalidArg;
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] {
      const State now = state_.load();
      return now.ended() || now.percent == 100;
    });
    *result = state_.load().result;
    *output = VDS_ASYNC_OUTPUT{};
    return hr::kOk;
  }
};

constexpr Row kRows[] = {
    {"cancel_keeps_pending", "Cancel returns S_OK and changes nothing.", "QS-17",
     Make<CancelKeepsPending>, "win32", "QS-16"},
    {"cancel_gives_e_abort", "Cancel ends the operation with E_ABORT.", "QS-17",
     Make<CancelGivesEAbort>, "win32", "QS-16"},
    {"canceled_told_as_e_abort", "Tells E_ABORT after a Cancel.", "QS-17",
     Make<Says<CanceledToldAsEAbort>>},
    {"cancel_seen_two_calls_late", "The first two calls after Cancel's S_OK tell pending.", "QS-17",
     Make<CancelSeenLate>, "win32", "QS-11"},
    {"cancel_rewrites_finished", "A Cancel that comes too late replaces the result.", "QS-17",
     Make<CancelRewritesFinished>, "win32", "QS-03 QS-10"},
    {"cancel_refused_yet_ends", "Cancel returns VDS_E_CANCEL_TOO_LATE and ends the operation.",
     "QS-17", Make<FailedCancelEnds>, "win32", "QS-03 QS-11", kNoCancel},
    {"cancel_unsupported_yet_told",
     "Cancel returns VDS_E_NOT_SUPPORTED, then the operation is told to be cancelled.", "QS-17",
     Make<UnsupportedCancelTellsCanceled>, "win32", "QS-09 QS-11", kNoCancel},
    {"wait_returns_at_once", "Wait returns while the operation is pending.", "QS-16",
     Make<WaitReturnsAtOnce>},
    {"wait_returns_at_100", "Wait returns at progress 100, before the end.", "QS-16",
     Make<WaitReturnsAt100>},
    {"wait_always_s_ok", "Wait stores S_OK whatever the result is.", "QS-16",
     Make<WaitStores<AlwaysSOk>>},
    {"wait_masks_success", "Wait stores S_OK for every success code.", "QS-16",
     Make<WaitStores<SuccessMasked>>},
    {"wait_masks_failure", "Wait stores E_FAIL for every failure.", "QS-16",
     Make<WaitStores<FailureMasked>>},
};

}  // namespace

std::span<const Row> CancelAndWaitRows() { return kRows; }

}  // namespace vdsconform::mutants
