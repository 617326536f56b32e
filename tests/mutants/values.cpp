// Mutants whose state is right and whose answers are not: codes, percents, the return value.

#include <atomic>

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {
namespace {

// What is stored while pending (QS-01, QS-02, QS-05, QS-31).

Answer PendingMisprint(State state, Answer a) {
  if (state.pending()) a.hr = hr::kOperationPendingMisprint;
  return a;
}

Answer PendingEPending(State state, Answer a) {
  if (state.pending()) a.hr = hr::kPending;
  return a;
}

Answer PendingInProgress(State state, Answer a) {
  if (state.pending()) a.hr = hr::kInProgress;
  return a;
}

Answer PendingSOk(State state, Answer a) {
  if (state.pending()) a.hr = hr::kOk;
  return a;
}

Answer PendingSOkUnlessMoved(State state, Answer a) {
  if (state.pending() && state.estimable && a.percent == 0) a.hr = hr::kOk;
  return a;
}

Answer PendingSOkAt57(State state, Answer a) {
  if (state.pending() && state.percent == 57) a.hr = hr::kOk;
  return a;
}

Answer Pending157At57(State state, Answer a) {
  if (state.pending() && a.percent == 57) a.percent = 157;
  return a;
}

Answer PendingPercent100(State state, Answer a) {
  if (state.pending() && state.estimable && state.percent == 100) a.percent = 100;
  return a;
}

Answer PendingPercentOf255(State state, Answer a) {
  if (state.pending()) a.percent = a.percent * 255 / 100;
  return a;
}

Answer UnestimatedMinusOne(State state, Answer a) {
  if (state.pending() && !state.estimable) a.percent = 0xFFFFFFFFu;
  return a;
}

Answer UnestimatedMoves(State state, Answer a) {
  if (state.pending() && !state.estimable && state.percent < 100) a.percent = state.percent;
  return a;
}

Answer StartsAt5(State state, Answer a) {
  if (state.pending() && state.estimable && a.percent < 5) a.percent = 5;
  return a;
}

// What is stored once finished (QS-03, QS-04). Cancelled operations answer rightly unless the name
// says otherwise, as their result belongs to QS-17.

Answer FinishedPercentStuck(State state, Answer a) {
  if (state.ended()) a.percent = state.percent < 100 ? state.percent : 99;
  return a;
}

Answer FailurePercent0(State state, Answer a) {
  if (state.finished() && Failed(a.hr)) a.percent = 0;
  return a;
}

Answer FailurePercentStuckAt57(State state, Answer a) {
  if (state.finished() && Failed(a.hr) && state.percent == 57) a.percent = 57;
  return a;
}

// Both the result and the percent before it have to be these.
Answer PackExistsPercentStuckAt50(State state, Answer a) {
  const bool pack_exists = a.hr == ToHresult(0x80042464u);
  if (state.finished() && pack_exists && state.percent == 50) a.percent = 50;
  return a;
}

Answer CanceledPercent0(State state, Answer a) {
  if (state.phase == Phase::kCanceled) a.percent = 0;
  return a;
}

Answer SuccessPercent99(State state, Answer a) {
  if (state.finished() && Succeeded(a.hr)) a.percent = 99;
  return a;
}

Answer UnestimatedFinishedPercent0(State state, Answer a) {
  if (state.ended() && !state.estimable) a.percent = 0;
  return a;
}

Answer ResultTruncated(State state, Answer a) {
  if (state.finished()) a.hr = ToHresult(ToBits(a.hr) & 0xFFFFu);
  return a;
}

// E_UNEXPECTED rather than E_FAIL, which may well be the result of another operation (QS-14).
Answer ResultAnyFailureIsUnexpected(State state, Answer a) {
  if (state.finished() && Failed(a.hr)) a.hr = ToHresult(0x8000FFFFu);
  return a;
}

Answer ResultAnySuccessIsSOk(State state, Answer a) {
  if (state.finished() && Succeeded(a.hr)) a.hr = hr::kOk;
  return a;
}

Answer ResultOneCodeWrong(State state, Answer a) {
  const HRESULT online_pack_exists = ToHresult(0x80042464u);
  if (state.finished() && a.hr == online_pack_exists) a.hr = ToHresult(0x80042463u);
  return a;
}

Answer ResultSignLost(State state, Answer a) {
  if (state.finished()) a.hr = ToHresult(ToBits(a.hr) & 0x7FFFFFFFu);
  return a;
}

// Bit 3 is set in every code that could be taken for pending, so none comes of losing it.
Answer ResultOneBitLost(State state, Answer a) {
  if (state.finished()) a.hr = ToHresult(ToBits(a.hr) & ~0x00000008u);
  return a;
}

// A table looked up by the low 16 bits takes VDS_S_BOOT_PARTITION_NUMBER_CHANGE for the VDS_E_ code
// that shares them.
Answer ResultByCodePart(State state, Answer a) {
  const uint32_t code = ToBits(a.hr) & 0xFFFFu;
  const bool shared = code == 0x2436u || code == 0x245Au || code == 0x258Bu;
  if (state.finished() && shared) a.hr = ToHresult(0x80040000u | code);
  return a;
}

Answer ResultWin32Unwrapped(State state, Answer a) {
  if (state.finished() && (ToBits(a.hr) >> 16) == 0x8007u) a.hr = a.hr & 0xFFFF;
  return a;
}

// The return value (QS-07).

HRESULT RetSFalseWhilePending(State state, Answer) {
  return state.pending() ? hr::kFalse : hr::kOk;
}

HRESULT RetIsResult(State state, Answer a) { return state.ended() ? a.hr : hr::kOk; }

HRESULT RetPendingAlways(State, Answer) { return hr::kOperationPending; }

HRESULT RetPercent(State, Answer a) { return static_cast<HRESULT>(a.percent); }

// Answers every call with E_FAIL and stores nothing.
class FailsAlways : public Operation {
 public:
  using Operation::Operation;

 protected:
  HRESULT Tell(State, HRESULT*, ULONG*) override { return hr::kFail; }
};

// Every fourth call fails without storing anything, with a code that is no HRESULT (QS-18).
template <uint32_t kRet>
class FailsNowAndThen : public Operation {
 public:
  using Operation::Operation;

 protected:
  HRESULT Tell(State state, HRESULT* hr, ULONG* percent) override {
    if (++calls_ % 4 == 2) return ToHresult(kRet);
    return Operation::Tell(state, hr, percent);
  }

 private:
  std::atomic<uint32_t> calls_{0};
};

// A quick run takes one of eight known codes, a whole one takes them all.
constexpr const char* kAllCodes = "--filter QS03.*";
// The same of percents.
constexpr const char* kAllPercents = "--filter QS01.*:QS02.*:QS04.*";

constexpr Row kRows[] = {
    {"pending_misprint", "Stores 0x00042409 while pending.", "QS-01", Make<Says<PendingMisprint>>},
    {"pending_e_pending", "Stores E_PENDING while pending.", "QS-01", Make<Says<PendingEPending>>},
    {"pending_vds_s_in_progress", "Stores VDS_S_IN_PROGRESS while pending.", "QS-01",
     Make<Says<PendingInProgress>>},
    {"pending_s_ok", "Stores S_OK while pending.", "QS-01", Make<Says<PendingSOk>>},
    {"pending_s_ok_before_progress", "Stores S_OK until the first progress.", "QS-01",
     Make<Says<PendingSOkUnlessMoved>>},
    {"pending_s_ok_at_57", "Stores S_OK at 57 percent.", "QS-01", Make<Says<PendingSOkAt57>>,
     "win32", "", kEverything, kAllPercents},
    {"pending_percent_157", "Shows 157 instead of 57.", "QS-02", Make<Says<Pending157At57>>,
     "win32", "", kEverything, kAllPercents},
    {"pending_percent_100", "Shows 100 while pending once the driver has reported 100.", "QS-02",
     Make<Says<PendingPercent100>>},
    {"pending_percent_of_255", "Counts progress to 255 instead of 100.", "QS-02",
     Make<Says<PendingPercentOf255>>},
    {"unestimated_minus_one", "Shows 0xFFFFFFFF where progress cannot be estimated.", "QS-05",
     Make<Says<UnestimatedMinusOne>>},
    {"unestimated_moves", "Shows progress where it cannot be estimated.", "QS-05",
     Make<Says<UnestimatedMoves>>},
    {"starts_at_5", "Shows 5 before any progress.", "QS-31", Make<Says<StartsAt5>>, "ms-vds"},
    {"finished_percent_stuck", "Leaves percent where progress ended.", "QS-04",
     Make<Says<FinishedPercentStuck>>},
    {"failure_percent_0", "Shows 0 after a failure.", "QS-04", Make<Says<FailurePercent0>>},
    {"failure_percent_stuck_at_57", "Leaves percent at 57 after a failure there.", "QS-04",
     Make<Says<FailurePercentStuckAt57>>, "win32", "", kEverything, kAllPercents},
    {"one_code_percent_stuck_at_50", "Leaves percent at 50 after VDS_E_ONLINE_PACK_EXISTS there.",
     "QS-04", Make<Says<PackExistsPercentStuckAt50>>, "win32", "", kEverything, kAllPercents},
    {"canceled_percent_0", "Shows 0 after a Cancel.", "QS-04", Make<Says<CanceledPercent0>>},
    {"success_percent_99", "Shows 99 after a success.", "QS-04", Make<Says<SuccessPercent99>>},
    {"unestimated_finished_percent_0", "Shows 0 at the end if progress could not be estimated.",
     "QS-04", Make<Says<UnestimatedFinishedPercent0>>},
    {"success_percent_99_ms_vds", "Shows 99 after a success, where 0 after a failure is allowed.",
     "QS-04", Make<Says<SuccessPercent99>>, "ms-vds"},
    {"result_truncated", "Stores the low 16 bits of the result.", "QS-03",
     Make<Says<ResultTruncated>>},
    {"result_any_failure_is_e_unexpected", "Stores E_UNEXPECTED for every failure.", "QS-03",
     Make<Says<ResultAnyFailureIsUnexpected>>},
    {"result_any_success_is_s_ok", "Stores S_OK for every success code.", "QS-03",
     Make<Says<ResultAnySuccessIsSOk>>},
    {"result_one_code_wrong", "Stores another code for VDS_E_ONLINE_PACK_EXISTS alone.", "QS-03",
     Make<Says<ResultOneCodeWrong>>, "win32", "", kEverything, kAllCodes},
    {"result_sign_lost", "Stores the result without its sign bit.", "QS-03",
     Make<Says<ResultSignLost>>},
    {"result_one_bit_lost", "Stores the result without bit 3.", "QS-03",
     Make<Says<ResultOneBitLost>>},
    {"result_by_code_part", "Takes a VDS_S_ result for the VDS_E_ code with the same low 16 bits.",
     "QS-03", Make<Says<ResultByCodePart>>, "win32", "", kEverything, kAllCodes},
    {"result_win32_unwrapped", "Stores the Win32 error instead of its HRESULT.", "QS-03",
     Make<Says<ResultWin32Unwrapped>>},
    {"ret_s_false_while_pending", "Returns S_FALSE while pending.", "QS-07",
     Make<Returns<RetSFalseWhilePending>>},
    {"ret_is_result", "Returns the operation's own result.", "QS-07", Make<Returns<RetIsResult>>},
    {"ret_pending_always", "Returns VDS_E_OPERATION_PENDING when finished, too.", "QS-07",
     Make<Returns<RetPendingAlways>>},
    {"ret_percent", "Returns the percent.", "QS-07", Make<Returns<RetPercent>>},
    {"ret_fails_always", "Fails every call and stores nothing.", "QS-07", Make<FailsAlways>},
    {"ret_negated_errno", "Every fourth call returns -ENOMEM.", "QS-18",
     Make<FailsNowAndThen<0xFFFFFFF4u>>},
    {"ret_ntstatus", "Every fourth call returns STATUS_NO_MEMORY, an NTSTATUS.", "QS-18",
     Make<FailsNowAndThen<0xC0000017u>>},
};

}  // namespace

std::span<const Row> ValueRows() { return kRows; }

}  // namespace vdsconform::mutants
