// Mutants that go wrong when an output pointer is NULL.

#include <cstdlib>
#include <stdexcept>

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {
namespace {

HRESULT SucceedsSilently(HRESULT*, ULONG*) { return hr::kOk; }

HRESULT FillsTheOther(HRESULT* hr, ULONG* percent) {
  if (hr != nullptr) *hr = hr::kOperationPending;
  if (percent != nullptr) *percent = 0;
  return hr::kFalse;
}

HRESULT RawWin32(HRESULT*, ULONG*) { return 87; }  // ERROR_INVALID_PARAMETER reads as a success

HRESULT Ntstatus(HRESULT*, ULONG*) { return ToHresult(0xC000000Du); }

HRESULT NegatedErrno(HRESULT*, ULONG*) { return -22; }

HRESULT Throws(HRESULT*, ULONG*) { throw std::invalid_argument("NULL output"); }

// The volatile pointers keep the compiler from knowing that NULL is written to.
HRESULT WritesThroughHr(HRESULT* hr, ULONG*) {
  volatile HRESULT* volatile target = hr;
  if (hr == nullptr) *target = hr::kOperationPending;
  return hr::kInvalidArg;
}

HRESULT WritesThroughPercent(HRESULT*, ULONG* percent) {
  volatile ULONG* volatile target = percent;
  if (percent == nullptr) *target = 0;
  return hr::kInvalidArg;
}

// Checks each pointer, but as the wrong pair: succeeds if just one is NULL.
HRESULT FailsOnlyForBoth(HRESULT* hr, ULONG* percent) {
  return hr == nullptr && percent == nullptr ? hr::kInvalidArg : hr::kOk;
}

// Remembers the bad argument: if the object is asked, then asked with a NULL output and asked again
// with nothing in between, the last call tells a result that the operation never had.
class SpoilsTheNextCall : public Operation {
 public:
  using Operation::Operation;

  HRESULT QueryInterface(const IID& iid, void** object) override {
    last_ = Last::kOther;
    return Operation::QueryInterface(iid, object);
  }
  ULONG AddRef() override {
    last_ = Last::kOther;
    return Operation::AddRef();
  }
  ULONG Release() override {
    last_ = Last::kOther;
    return Operation::Release();
  }
  HRESULT Cancel() override {
    last_ = Last::kOther;
    return Operation::Cancel();
  }
  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override {
    const HRESULT ret = Operation::Wait(result, output);
    last_ = Last::kOther;
    return ret;
  }
  void Progress(ULONG percent) override {
    last_ = Last::kOther;
    Operation::Progress(percent);
  }
  void Finish(HRESULT result) override {
    last_ = Last::kOther;
    Operation::Finish(result);
    last_ = Last::kOther;
  }

 protected:
  HRESULT OnNull(HRESULT*, ULONG*) override {
    const bool armed = last_ == Last::kAnswered || last_ == Last::kSpoiled;
    last_ = armed ? Last::kSpoiled : Last::kOther;
    return hr::kInvalidArg;
  }
  Answer Show(State state) override {
    const bool spoiled = last_.exchange(Last::kAnswered) == Last::kSpoiled;
    if (spoiled && state.phase != Phase::kCanceled) return {hr::kInvalidArg, 100};
    return Operation::Show(state);
  }

 private:
  enum class Last : uint8_t { kOther, kAnswered, kSpoiled };
  std::atomic<Last> last_{Last::kOther};
};

constexpr Row kRows[] = {
    {"null_s_ok", "Returns S_OK for NULL outputs.", "QS-08", Make<OnNullOutputs<SucceedsSilently>>},
    {"null_fills_the_other", "Fills the output that is there and returns S_FALSE.", "QS-08",
     Make<OnNullOutputs<FillsTheOther>>},
    {"null_raw_win32", "Returns 87, a Win32 error and as HRESULT a success.", "QS-08",
     Make<OnNullOutputs<RawWin32>>},
    {"null_fails_only_for_both", "Refuses NULL outputs only if both are NULL.", "QS-08",
     Make<OnNullOutputs<FailsOnlyForBoth>>},
    {"null_hr_crashes", "Writes through a NULL pHrResult.", "QS-08",
     Make<OnNullOutputs<WritesThroughHr>>},
    {"null_percent_crashes", "Writes through a NULL pulPercentCompleted.", "QS-08",
     Make<OnNullOutputs<WritesThroughPercent>>},
    {"null_throws", "Throws for NULL outputs.", "QS-08", Make<OnNullOutputs<Throws>>},
    {"null_spoils_the_next_call", "The call after one with NULL outputs tells E_INVALIDARG.",
     "QS-08", Make<SpoilsTheNextCall>, "win32", "QS-10 QS-14"},
    {"null_ntstatus", "Returns STATUS_INVALID_PARAMETER, an NTSTATUS, for NULL outputs.", "QS-18",
     Make<OnNullOutputs<Ntstatus>>},
    {"null_negated_errno", "Returns -EINVAL for NULL outputs.", "QS-18",
     Make<OnNullOutputs<NegatedErrno>>},
};

}  // namespace

std::span<const Row> NullRows() { return kRows; }

}  // namespace vdsconform::mutants
