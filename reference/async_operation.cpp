#include "reference/async_operation.h"

#include <cstring>
#include <new>

namespace vdsconform {

AsyncOperation::AsyncOperation(const Options& options) noexcept
    : options_(options), state_(options.estimable) {}

AsyncOperation* AsyncOperation::Create(const Options& options) noexcept {
  return new (std::nothrow) AsyncOperation(options);
}

HRESULT AsyncOperation::QueryInterface(const IID& iid, void** object) noexcept {
  if (object == nullptr) return hr::kPointer;
  const IID unknown = vdsconform_iid_iunknown();
  const IID async = vdsconform_iid_ivdsasync();
  // QS-15: a refused caller finds NULL, whatever was there before.
  if (vdsconform_iid_equal(&iid, &unknown) == 0 && vdsconform_iid_equal(&iid, &async) == 0) {
    *object = nullptr;
    return hr::kNoInterface;
  }
  AddRef();
  *object = static_cast<IVdsAsync*>(this);
  return hr::kOk;
}

ULONG AsyncOperation::AddRef() noexcept {
  // Relaxed: the caller has a reference, so nothing can end the object meanwhile and nothing needs
  // to be seen.
  return references_.fetch_add(1, std::memory_order_relaxed) + 1;
}

ULONG AsyncOperation::Release() noexcept {
  // Release, so that what this thread did with the object comes before its end; acquire, so that
  // the thread that ends it has seen what all others did.
  const ULONG left = references_.fetch_sub(1, std::memory_order_acq_rel) - 1;
  if (left == 0) delete this;
  return left;
}

HRESULT AsyncOperation::Cancel() noexcept {
  switch (options_.cancellation) {
    case Cancellation::kAtOnce:
      return state_.Finish(hr::kOperationCanceled) ? hr::kOk : hr::kCancelTooLate;
    case Cancellation::kByWorker: {
      // Only the first to ask can have cancelled the operation. The others wait as well, so that
      // after any Cancel the operation has ended; to the worker's answer all the same.
      const bool first = state_.RequestCancel();
      const HRESULT result = state_.AwaitFinished().result;
      return first && result == hr::kOperationCanceled ? hr::kOk : hr::kCancelTooLate;
    }
    case Cancellation::kNotSupported:
      break;
  }
  return hr::kVdsNotSupported;
}

HRESULT AsyncOperation::Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) noexcept {
  if (result == nullptr || output == nullptr) return hr::kInvalidArg;
  // QS-16
  *result = state_.AwaitFinished().result;
  std::memset(output, 0, sizeof *output);
  output->type = static_cast<decltype(output->type)>(options_.output_type);
  return hr::kOk;
}

HRESULT AsyncOperation::QueryStatus(HRESULT* result, ULONG* percent) noexcept {
  // QS-08: both are looked at before either is written.
  if (result == nullptr || percent == nullptr) return hr::kInvalidArg;
  const OperationSnapshot now = state_.Load();
  *result = now.result;
  *percent = now.percent;
  return hr::kOk;
}

}  // namespace vdsconform
