// The rule for the pair (hr, percent): which requirement a wrong pair breaks.
#include "hresult.h"
#include "rules.h"

namespace vdsconform {
namespace {

std::string Pair(const Event& event) {
  return Describe(*event.hr) + " with " + std::to_string(*event.percent) + " %";
}

// A call that overlapped this one told rightly: this one may as well have come after it, so that
// the state changed. Then the ending of an uncertain cause.
std::string UncertainIfTold(const Context& context) {
  const auto& settled = context.status.settled();
  const bool told = settled && settled->by == Call::kQueryStatus;
  return std::string(told ? kUncertain : "");
}

// The state changed although nothing that should change it happened.
Complaint Changed(const Context& context, Req otherwise, std::string cause, const std::string& saw,
                  const std::string& allowed) {
  const Blamed blamed = Blame(context, otherwise);
  if (!blamed.certain) cause += kUncertain;
  return Complain(blamed.req, std::move(cause), saw, allowed);
}

const char* const kPendingPair = "VDS_E_OPERATION_PENDING (0x80042409) with 0..99";

// QS-01: which confusion the code looks like.
std::string Confusion(HRESULT hr) {
  if (hr == hr::kOperationPendingMisprint) {
    return "the misprint of [MS-VDS], without the error bit";
  }
  if (hr == hr::kPending) return "E_PENDING, COM's code and not VDS's";
  if (hr == hr::kInProgress) return "VDS_S_IN_PROGRESS, which means something else";
  if (hr == hr::kOk) return "S_OK, which clients take for success";
  return "not the code for pending";
}

Complaint WrongPendingCode(const Event& event) {
  const bool known = LooksLikePending(*event.hr) || *event.hr == hr::kOk;
  return Complain(Req::kQs01, "pending-as-" + (known ? ToHex(*event.hr) : "another-code"),
                  Describe(*event.hr) + " while pending: " + Confusion(*event.hr),
                  "VDS_E_OPERATION_PENDING (0x80042409)");
}

// QS-02, QS-05 and QS-14: the percentage of a pending answer. `torn` if it could be the percentage
// of a finish that overlaps.
std::optional<Complaint> PendingPercent(const Context& context) {
  const Event& event = context.event;
  const uint32_t percent = *event.percent;
  const OperationStatus& status = context.status;
  if (percent == 100 && context.Overlaps() && status.MayBeFinished(event, context.order)) {
    return Complain(Req::kQs09, "pending-with-100",
                    Pair(event) + " while the operation was finishing",
                    std::string(kPendingPair) + ", or the result with 100");
  }
  if (!status.estimable() && percent != 0) {
    const std::string minus_one =
        percent == 0xFFFFFFFFu ? ", the -1 that vdscmmn.idl remarks on" : "";
    return Complain(Req::kQs05, "not-estimable-percent",
                    std::to_string(percent) + " %" + minus_one +
                        " while pending, though progress cannot be estimated",
                    "0 %");
  }
  if (percent > 99) {
    return Complain(Req::kQs02, percent == 100 ? "pending-percent-100" : "pending-percent-over-100",
                    std::to_string(percent) + " % while pending", "0..99");
  }
  if (context.percent_of_other) {
    return Complain(
        Req::kQs14, "percent-of-another-operation",
        std::to_string(percent) + " %, which another operation was given and this one not",
        "the operation's own progress");
  }
  return std::nullopt;
}

// The operation is surely pending, and the answer says it is finished.
Complaint FinishedTooEarly(const Context& context) {
  const Event& event = context.event;
  const bool pending_like = LooksLikePending(*event.hr);
  if (context.result_of_other && !pending_like) {
    return Complain(Req::kQs14, "result-of-another-operation",
                    Pair(event) + ", the end of another operation", kPendingPair);
  }
  if (*event.percent != 100 || pending_like) return WrongPendingCode(event);
  return Changed(context, Req::kQs11, "finished-too-early",
                 Pair(event) + " although nothing has ended the operation", kPendingPair);
}

// The operation is surely finished, and the answer says it is pending.
Complaint StillPending(const Context& context) {
  const Event& event = context.event;
  const Floor& floor = context.floor;
  const std::string saw = Pair(event);
  if (floor.reported) {
    return Changed(context, Req::kQs10, "went-back-to-pending",
                   saw + " after a call had reported " +
                       (floor.reported_hr ? Describe(*floor.reported_hr) : "finished"),
                   "the same result with 100 for ever");
  }
  if (floor.finished_by_cancel) {
    return Complain(Req::kQs17, "pending-after-cancel", saw + " after Cancel returned S_OK",
                    "VDS_E_OPERATION_CANCELED (0x8004240D) with 100");
  }
  const std::string ended =
      floor.finished_by_driver ? "the operation had ended" : "Wait had returned";
  return Complain(Req::kQs11, "stale-pending" + UncertainIfTold(context),
                  saw + " in a call made after " + ended, "the operation's result with 100");
}

std::string PossibleResults(const OperationStatus& status) {
  std::string text;
  for (const PossibleResult& possible : status.possible_results()) {
    if (!text.empty()) text += " or ";
    text += Describe(possible.hr);
  }
  return text.empty() ? "the operation's result" : text;
}

bool ResultIsWrong(const Context& context) {
  const HRESULT hr = *context.event.hr;
  if (context.floor.finished_by_cancel && hr != hr::kOperationCanceled) return true;
  if (context.status.ResultsKnown() && !context.IsPossibleResult(hr)) return true;
  const auto& settled = context.status.settled();
  return settled && settled->hr != hr;
}

// Whose word the result is that the answer contradicts, though each alone would be possible.
Complaint AnotherResult(const Context& context, const SettledResult& settled) {
  const std::string allowed = Describe(settled.hr) + " with 100";
  const std::string saw = Pair(context.event);
  if (settled.by == Call::kWait) {
    return Complain(Req::kQs16, "differs-from-wait",
                    saw + ", but Wait stored " + Describe(settled.hr), allowed);
  }
  if (settled.by == Call::kCancel) {
    return Complain(Req::kQs17, "differs-from-cancel", saw + ", but a Cancel returned S_OK",
                    allowed);
  }
  return Complain(Req::kQs03, "two-results",
                  saw + ", but another call reported " + Describe(settled.hr), "one result");
}

// The answer says finished, with another result than the operation can have.
Complaint WrongResult(const Context& context) {
  const Event& event = context.event;
  const Floor& floor = context.floor;
  const HRESULT hr = *event.hr;
  const std::string allowed = PossibleResults(context.status) + " with 100";
  const bool was_canceled = floor.finished_by_cancel &&
                            floor.reported_hr == hr::kOperationCanceled &&
                            hr != hr::kOperationCanceled;
  if (floor.finished_by_cancel && !was_canceled) {
    if (hr == hr::kOperationCanceled) {
      return Complain(Req::kQs17, "cancel-rewrote-result",
                      Pair(event) + " after a Cancel of an operation that had finished",
                      (floor.reported_hr ? Describe(*floor.reported_hr) : "its own result") +
                          " with 100, and a Cancel that fails");
    }
    return Complain(Req::kQs17, "result-after-cancel", Pair(event) + " after Cancel returned S_OK",
                    "VDS_E_OPERATION_CANCELED (0x8004240D) with 100");
  }
  if (floor.reported_hr && *floor.reported_hr != hr) {
    const std::string saw =
        Pair(event) + " after " + Describe(*floor.reported_hr) + " had been reported";
    const std::string same = Describe(*floor.reported_hr) + " with 100 for ever";
    if (hr == hr::kOperationCanceled && context.status.cancel_invoked()) {
      return Complain(Req::kQs17, "cancel-changed-result", saw, same);
    }
    // Beside a transition either of the two may be what a torn pair showed.
    const auto& settled = context.status.settled();
    const bool quiet = settled && settled->quiet && !context.Overlaps();
    if (!quiet && context.status.driven()) {
      return Complain(Req::kQs10, "result-changed" + std::string(kUncertain), saw, same);
    }
    return Changed(context, Req::kQs10, "result-changed", saw, same);
  }
  const bool explained = !context.status.ResultsKnown() || context.IsPossibleResult(hr);
  if (context.status.settled() && explained) {
    return AnotherResult(context, *context.status.settled());
  }
  if (context.Overlaps() && context.status.driven()) {
    return Complain(Req::kQs09, "torn-result", Pair(event) + " while the operation was finishing",
                    std::string(kPendingPair) + ", or " + allowed);
  }
  if (context.result_of_other) {
    return Complain(Req::kQs14, "result-of-another-operation",
                    Pair(event) + ", the result of another operation", allowed);
  }
  if (hr == hr::kOperationCanceled && context.status.cancel_invoked()) {
    return Complain(Req::kQs17, "cancel-changed-result",
                    Pair(event) + " although no Cancel succeeded in time", allowed);
  }
  return Complain(Req::kQs03, "wrong-result" + UncertainIfTold(context),
                  Pair(event) + " once finished", allowed);
}

// QS-04, and QS-09 or QS-10: finished with less, or more, than 100.
std::optional<Complaint> FinishedPercent(const Context& context) {
  const Event& event = context.event;
  if (*event.percent == 100) return std::nullopt;
  // C1: after failure or cancellation [MS-VDS] also has 0.
  if (context.profile == Profile::kMsVds && Failed(*event.hr) && *event.percent == 0) {
    return std::nullopt;
  }
  if (context.floor.reported_hundred) {
    return Changed(context, Req::kQs10, "percent-changed",
                   Pair(event) + " after 100 had been reported", "100 for ever");
  }
  if (context.Overlaps() && context.status.driven()) {
    return Complain(Req::kQs09, "finished-with-less",
                    Pair(event) + " while the operation was finishing",
                    std::string(kPendingPair) + ", or the result with 100");
  }
  // C3: Windows itself answers so for some operations.
  const bool known_deviation = Succeeded(*event.hr) && *event.percent == 0;
  return Complain(
      Req::kQs04, "finished-percent" + UncertainIfTold(context),
      Pair(event) + " once finished" +
          (known_deviation ? " (a known deviation of Windows for Extend and Shrink)" : ""),
      "100");
}

}  // namespace

std::optional<Complaint> PairRule(const Context& context) {
  const Event& event = context.event;
  const bool says_pending = event.hr == hr::kOperationPending;
  if (context.KnownPending()) {
    return says_pending ? PendingPercent(context) : FinishedTooEarly(context);
  }
  if (says_pending) {
    return context.floor.MustBeFinished() ? StillPending(context) : PendingPercent(context);
  }
  // A code that is confused with pending, below 100: the operation may well have been pending.
  const bool may_be_pending = !context.floor.MustBeFinished() && *event.percent != 100;
  if (may_be_pending && LooksLikePending(*event.hr) && !context.IsPossibleResult(*event.hr)) {
    return WrongPendingCode(event);
  }
  if (ResultIsWrong(context)) return WrongResult(context);
  return FinishedPercent(context);
}

}  // namespace vdsconform
