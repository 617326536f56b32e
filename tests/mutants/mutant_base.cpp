#include "tests/mutants/mutant_base.h"

#include <algorithm>

namespace vdsconform::mutants {

static_assert(std::atomic<State>::is_always_lock_free);

HRESULT Operation::QueryInterface(const IID& iid, void** object) {
  if (object == nullptr) return hr::kPointer;
  const IID unknown = vdsconform_iid_iunknown();
  const IID async = vdsconform_iid_ivdsasync();
  if (!vdsconform_iid_equal(&iid, &unknown) && !vdsconform_iid_equal(&iid, &async)) {
    *object = nullptr;
    return hr::kNoInterface;
  }
  *object = static_cast<IVdsAsync*>(this);
  AddRef();
  return hr::kOk;
}

ULONG Operation::Release() {
  const ULONG left = --references_;
  if (left == 0) Destroy();
  return left;
}

HRESULT Operation::Cancel() {
  return EndAs(Phase::kCanceled, hr::kOperationCanceled) ? hr::kOk : hr::kCancelTooLate;
}

HRESULT Operation::Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) {
  if (result == nullptr || output == nullptr) return hr::kInvalidArg;
  AwaitEnd();
  *result = state_.load().result;
  *output = VDS_ASYNC_OUTPUT{};
  return hr::kOk;
}

HRESULT Operation::QueryStatus(HRESULT* hr, ULONG* percent) {
  if (hr == nullptr || percent == nullptr) return OnNull(hr, percent);
  return Tell(Look(), hr, percent);
}

Answer Operation::Show(State state) {
  if (state.ended()) return {state.result, 100};
  // 100 is kept for the end (QS-02), and what cannot be estimated stays 0 (QS-05).
  const ULONG percent = state.estimable ? std::min<ULONG>(state.percent, 99) : 0;
  return {hr::kOperationPending, percent};
}

HRESULT Operation::Tell(State state, HRESULT* hr, ULONG* percent) {
  const Answer answer = Show(state);
  *hr = answer.hr;
  *percent = answer.percent;
  return hr::kOk;
}

void Operation::Progress(ULONG percent) {
  State now = state_.load();
  State next;
  do {
    if (now.ended() || percent <= now.percent) return;
    next = now;
    next.percent = static_cast<uint16_t>(std::min<ULONG>(percent, 100));
  } while (!state_.compare_exchange_weak(now, next));
}

bool Operation::EndAs(Phase phase, HRESULT result) {
  State now = state_.load();
  State next;
  do {
    if (now.ended()) return false;
    next = now;
    next.phase = phase;
    next.result = result;
  } while (!state_.compare_exchange_weak(now, next));
  const std::lock_guard lock(mutex_);
  ended_.notify_all();
  return true;
}

void Operation::AwaitEnd() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return state_.load().ended(); });
}

void Linger() {
  for (int i = 0; i < 300; ++i) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    for (volatile int j = 0; j < 10; j = j + 1) {
    }
#endif
  }
}

std::vector<Row> AllRows() {
  std::vector<Row> rows;
  for (const std::span<const Row> group :
       {ValueRows(), NullRows(), MemoryRows(), StateRows(), CountRows(), CancelAndWaitRows(),
        TornRows(), TornNarrowRows(), ConcurrencyRows(), BlockingRows(), BlockingMeansRows(),
        CrashRows(), ObjectRows(), AdvisoryRows(), ConformingStructureRows(),
        ConformingWorkerRows(), ConformingRows()}) {
    rows.insert(rows.end(), group.begin(), group.end());
  }
  return rows;
}

}  // namespace vdsconform::mutants
