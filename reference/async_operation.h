// AsyncOperation: the reference implementation of IVdsAsync.
//
// QueryStatus is one atomic load and two stores. It shares no lock with Wait or Cancel, because
// there is none: every transition is a compare-exchange on the operation's word, and waiters sleep
// on that word (operation_state.h).
//
// Thread-safety: all functions may be called from any thread. As COM has it, a caller holds a
// reference for as long as its call lasts, so the last Release cannot overtake a Wait; whoever
// carries out the operation holds a reference of its own until it has called Finish.
// Not covered: marshalling to another apartment or process.
#ifndef VDSCONFORM_REFERENCE_ASYNC_OPERATION_H_
#define VDSCONFORM_REFERENCE_ASYNC_OPERATION_H_

#include <atomic>
#include <cstdint>

#include "reference/operation_state.h"
#include "spec/com.h"

// On Windows, COM methods have a calling convention of their own; elsewhere they have the default.
#ifdef _WIN32
#define VDSCONFORM_COM_METHOD STDMETHODCALLTYPE
#else
#define VDSCONFORM_COM_METHOD
#endif

namespace vdsconform {

// How Cancel of a pending operation comes about (QS-17).
enum class Cancellation : uint8_t {
  kNotSupported,  // it does not: VDS_E_NOT_SUPPORTED
  kAtOnce,        // Cancel itself ends the operation
  kByWorker,      // Cancel asks the worker to stop and waits until it has; the worker looks at
                  // cancel_requested() and finishes with VDS_E_OPERATION_CANCELED
};

class AsyncOperation final : public IVdsAsync {
 public:
  struct Options {
    bool estimable = true;
    Cancellation cancellation = Cancellation::kAtOnce;
    uint32_t output_type = 0;  // a VDS_ASYNC_OUTPUT_TYPE, what Wait stores
  };

  // A pending operation with one reference, the caller's. NULL if there is no memory.
  static AsyncOperation* Create(const Options& options) noexcept;

  // For whoever carries out the operation; as in OperationState.
  void Advance(ULONG percent) noexcept { state_.Advance(percent); }
  bool Finish(HRESULT result) noexcept { return state_.Finish(result); }
  bool cancel_requested() const noexcept { return state_.cancel_requested(); }

  HRESULT VDSCONFORM_COM_METHOD QueryInterface(const IID& iid, void** object) noexcept override;
  ULONG VDSCONFORM_COM_METHOD AddRef() noexcept override;
  ULONG VDSCONFORM_COM_METHOD Release() noexcept override;
  HRESULT VDSCONFORM_COM_METHOD Cancel() noexcept override;
  HRESULT VDSCONFORM_COM_METHOD Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) noexcept override;
  HRESULT VDSCONFORM_COM_METHOD QueryStatus(HRESULT* result, ULONG* percent) noexcept override;

 private:
  explicit AsyncOperation(const Options& options) noexcept;
  ~AsyncOperation() = default;

  const Options options_;
  OperationState state_;
  std::atomic<ULONG> references_{1};
};

}  // namespace vdsconform

#endif  // VDSCONFORM_REFERENCE_ASYNC_OPERATION_H_
