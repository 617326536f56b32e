// OperationState: what is known of one asynchronous operation, in one atomic word.
//
// The word holds the result and the percentage together, so every reader sees both from one state
// (QS-09) with one load, and nothing a reader does can wait for a writer (QS-06). While pending the
// result half is VDS_E_OPERATION_PENDING and the percentage 0..99; finished is percentage 100 with
// the operation's own result, whatever its bits, and never changes again (QS-10).
//
// Thread-safety: every function may be called from any thread at any time; only AwaitFinished
// blocks. Whoever calls a function keeps the object alive until it returns.
// Not covered: reference counts, COM and what the operation does (async_operation.h).
#ifndef VDSCONFORM_REFERENCE_OPERATION_STATE_H_
#define VDSCONFORM_REFERENCE_OPERATION_STATE_H_

#include <atomic>
#include <cstdint>

#include "spec/hresult.h"

namespace vdsconform {

// One state of the operation. Finished if and only if percent is 100.
struct OperationSnapshot {
  HRESULT result;
  ULONG percent;

  bool finished() const noexcept { return percent == 100; }
};

class OperationState {
 public:
  // Pending at 0 percent. Where progress cannot be estimated it stays there until the end (QS-05).
  explicit OperationState(bool estimable) noexcept;
  OperationState(const OperationState&) = delete;
  OperationState& operator=(const OperationState&) = delete;

  // Wait-free: one load.
  OperationSnapshot Load() const noexcept;

  // The operation has reached `percent`. Goes only upwards (QS-30) and at most to 99, for 100 is
  // finished (QS-02). Changes nothing once finished.
  void Advance(ULONG percent) noexcept;

  // Ends the operation with `result`; true if this call is the one that ended it. A result of
  // VDS_E_OPERATION_PENDING would contradict itself and is replaced by E_FAIL (C13).
  bool Finish(HRESULT result) noexcept;

  // Asks whoever carries out the operation to stop; true if this call is the first to ask while the
  // operation is pending. Readers see no difference.
  bool RequestCancel() noexcept;
  bool cancel_requested() const noexcept;

  // Blocks until the operation has finished.
  OperationSnapshot AwaitFinished() const noexcept;

 private:
  const bool estimable_;
  std::atomic<uint64_t> word_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_REFERENCE_OPERATION_STATE_H_
