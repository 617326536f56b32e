#include "rules.h"

#include <algorithm>
#include <iterator>

#include "hresult.h"

namespace vdsconform {
namespace {

std::string Percent(const Event& event) {
  return event.percent ? std::to_string(*event.percent) + " %" : "no percentage";
}

// What a conforming call may fail with for the moment: out of memory, a connection that broke.
bool IsTransient(HRESULT ret) {
  constexpr HRESULT kTransient[] = {hr::kOutOfMemory,       ToHresult(0x800706BAu),
                                    ToHresult(0x800706BEu), ToHresult(0x80010108u),
                                    ToHresult(0x8001010Au), ToHresult(0x800401FDu)};
  return std::find(std::begin(kTransient), std::end(kTransient), ret) != std::end(kTransient);
}

// What an executor saw of the call that was held up or failed, in parentheses.
std::string Seen(const Event& event) {
  const std::string seen = event.blocked ? Describe(*event.blocked) : event.detail.str();
  return seen.empty() ? "" : " (" + seen + ")";
}
std::string Place(const Event& event) {
  return event.blocked ? DescribePlace(*event.blocked) : std::string();
}

}  // namespace

Complaint Complain(Req req, std::string cause, const std::string& saw, const std::string& allowed) {
  return {req, std::move(cause), "saw " + saw + "; allowed " + allowed, std::nullopt};
}

bool LooksLikePending(HRESULT hr) {
  return hr == hr::kOperationPendingMisprint || hr == hr::kPending || hr == hr::kInProgress;
}

Blamed Blame(const Context& context, Req otherwise) {
  const Intervening between = context.Between();
  const bool others = context.OthersChanged();
  const int kinds = int{between.own} + int{others} + int{between.null_call} +
                    int{between.failed_cancel} + int{between.reference};
  if (kinds > 1) return {otherwise, false};
  if (others) return {Req::kQs14, true};
  if (between.null_call) return {Req::kQs08, true};
  if (between.failed_cancel) return {Req::kQs17, true};
  if (between.reference) return {Req::kQs15, true};
  // Where anything else ever happened, it may be behind this with a delay.
  return {otherwise, !context.OthersEverChanged() && !context.status.was_meddled_with()};
}

bool Context::SleptForNothing() const {
  return !event.slept_in.empty() &&
         event.slept_in.str().find(kWithTimeLimit) == std::string::npos && !Overlaps();
}

std::optional<Complaint> NeverWaits(const Context& context) {
  const Event& event = context.event;
  if (context.SleptForNothing()) {
    return Complain(Req::kQs06, "sleeps", "QueryStatus asleep in " + event.slept_in + Place(event),
                    "a call that does not sleep");
  }
  if (event.witness == Witness::kNone) return std::nullopt;
  const bool ended = context.status.finish_invoked() ||
                     (!context.status.driven() && event.hr != hr::kOperationPending);
  if (!ended) return std::nullopt;
  return Complain(Req::kQs06, "waits-" + std::string(Name(event.witness)),
                  "QueryStatus " + std::string(Name(event.witness)) +
                      " while the operation was pending" + Seen(event) +
                      "; it came back only after the operation ended",
                  "a call that returns while the operation is held pending");
}

std::optional<Complaint> ReturnValue(const Context& context) {
  const Event& event = context.event;
  if (!event.ret || *event.ret == hr::kOk) return std::nullopt;
  const HRESULT ret = *event.ret;
  const std::string saw = "return value " + Describe(ret);
  const std::string allowed =
      "S_OK; while pending also VDS_E_OPERATION_PENDING (the operation's result belongs into "
      "*pHrResult)";
  if (Succeeded(ret)) return Complain(Req::kQs07, "success-code", saw, allowed);
  if (ret == hr::kOperationPending) {
    const bool finished =
        context.floor.MustBeFinished() ||
        (event.hr && *event.hr != hr::kOperationPending && !LooksLikePending(*event.hr));
    if (!finished) return std::nullopt;
    return Complain(Req::kQs07, "pending-when-finished",
                    saw + " although the operation has finished", "S_OK");
  }
  // A failure that may befall any call tells nothing, also where the operation ended with the same.
  const bool own_result = !IsTransient(ret) && context.floor.MustBeFinished() &&
                          context.status.driven() && context.IsPossibleResult(ret);
  if (own_result) {
    return Complain(Req::kQs07, "own-result", saw + ", which is the operation's own result",
                    allowed);
  }
  // COM objects clear their outputs when they fail: only a pair that answers was given.
  const bool pending_pair = event.hr == hr::kOperationPending && event.percent <= 99u;
  const bool final_pair = event.hr && event.percent == 100u && context.status.driven() &&
                          context.IsPossibleResult(*event.hr);
  if (event.percent && (pending_pair || final_pair)) {
    return Complain(Req::kQs07, "failure-with-outputs", saw, allowed);
  }
  return std::nullopt;
}

std::optional<Complaint> NullOutputsRule(const Context& context) {
  const Event& event = context.event;
  if (!event.ret || Failed(*event.ret)) return std::nullopt;
  const std::string which(Name(event.null_outputs));
  return Complain(
      Req::kQs08, "null-" + which + "-accepted",
      "return value " + Describe(*event.ret) + " for a NULL " +
          (event.null_outputs == NullOutputs::kBoth ? "pHrResult and pulPercentCompleted"
           : event.null_outputs == NullOutputs::kHr ? "pHrResult"
                                                    : "pulPercentCompleted"),
      "a failure such as E_INVALIDARG or E_POINTER");
}

std::optional<Complaint> StaysInOutputs(const Context& context) {
  const Event& event = context.event;
  if (event.clobbered.empty()) return std::nullopt;
  return Complain(Req::kQs12, "writes-elsewhere",
                  "memory around the outputs changed: " + event.clobbered,
                  "writes of 4 bytes at each output and nowhere else");
}

std::optional<Complaint> OutputWrites(const Context& context) {
  const Event& event = context.event;
  if (auto elsewhere = StaysInOutputs(context)) return elsewhere;
  if (event.ret != hr::kOk || (event.hr && event.percent)) return std::nullopt;
  const std::string missing = !event.hr && !event.percent ? "neither output written"
                              : !event.hr                 ? "pHrResult not written"
                                                          : "pulPercentCompleted not written";
  const std::string cause = !event.hr && !event.percent ? "not-written"
                            : !event.hr                 ? "hr-not-written"
                                                        : "percent-not-written";
  return Complain(Req::kQs12, cause, "return value S_OK, but " + missing,
                  "both outputs written by a successful call");
}

std::optional<Complaint> CallsComeBack(const Context& context) {
  const Event& event = context.event;
  if (event.fault == Fault::kNone && event.t1) return std::nullopt;
  // Nothing has ended the operation, so this call waits for it rather than for nothing (QS-06).
  const bool waits = event.call == Call::kQueryStatus && event.fault == Fault::kHung &&
                     event.witness != Witness::kNone && context.KnownPending();
  if (waits) {
    const std::string witness(Name(event.witness));
    return Complain(
        Req::kQs06, "waits-" + witness,
        "QueryStatus " + witness + " while the operation was pending, for ever" + Seen(event),
        "a call that returns while the operation is held pending");
  }
  std::string how;
  switch (event.fault) {
    case Fault::kNone:
      how = "never came back";
      break;
    case Fault::kThrew:
      how = "threw an exception";
      break;
    case Fault::kCrashed:
      how = "crashed";
      break;
    case Fault::kExited:
      how = "ended the process";
      break;
    case Fault::kHung:
      how = "hung, although its operation had ended";
      break;
    case Fault::kClosedDescriptors:
      how = "closed descriptors that are not its own";
      break;
    case Fault::kUsedFreed:
      how = "used its object after that had been freed";
      break;
  }
  how += Seen(event);
  const std::string name(Name(event.call));
  const bool is_null = event.call == Call::kQueryStatus && event.null_outputs != NullOutputs::kNone;
  const Intervening between = context.Between();
  const bool counts = event.call == Call::kAddRef || event.call == Call::kRelease ||
                      event.call == Call::kQueryInterface;
  const bool crashed = event.fault == Fault::kCrashed;
  Req req = Req::kQs13;
  if (is_null) req = Req::kQs08;
  if (event.fault == Fault::kUsedFreed) {
    return Complain(Req::kQs15, "used-freed", name + " " + how,
                    "an object that lives until its last Release");
  }
  if (!is_null && crashed && (counts || between.OnlyReference())) req = Req::kQs15;
  std::string cause =
      (event.fault == Fault::kNone ? std::string("lost") : std::string(Name(event.fault))) + "-" +
      name;
  // It may well be the object that is gone, and not the call that is wrong.
  if (req == Req::kQs13 && crashed && between.reference) cause += kUncertain;
  return Complain(req, cause, name + (is_null ? " with a NULL output " : " ") + how,
                  is_null ? "a failure HRESULT" : "a call that returns");
}

std::optional<Complaint> ComObject(const Context& context) {
  const Event& event = context.event;
  if (event.call == Call::kRelease && event.count == 0u && context.status.client_references() > 1) {
    return Complain(Req::kQs15, "released-early",
                    "Release returned 0 with " +
                        std::to_string(context.status.client_references() - 1) +
                        " of the client's references left",
                    "an object that lives until its last Release");
  }
  if (event.call != Call::kQueryInterface || !event.ret) return std::nullopt;
  const auto saw = [&event] {
    return "QueryInterface for " + std::string(Name(event.interface_id)) + " returned " +
           Describe(*event.ret);
  };
  if (event.interface_id == Interface::kOther) {
    if (*event.ret != hr::kNoInterface) {
      return Complain(Req::kQs15, "unknown-interface", saw(),
                      "E_NOINTERFACE for an unknown interface");
    }
    if (event.out != OutPointer::kNull && event.out != OutPointer::kNotSeen) {
      return Complain(Req::kQs15, "out-pointer-not-null",
                      saw() + " and left the out pointer non-null",
                      "NULL in the out pointer of a refusal");
    }
    return std::nullopt;
  }
  if (*event.ret != hr::kOk) {
    return Complain(Req::kQs15, "interface-refused", saw(), "S_OK for IUnknown and IVdsAsync");
  }
  if (event.out == OutPointer::kNull || event.out == OutPointer::kNotWritten) {
    return Complain(Req::kQs15, "no-pointer", saw() + " without a pointer", "a non-null pointer");
  }
  if (event.interface_id == Interface::kIUnknown && event.out == OutPointer::kDifferent) {
    return Complain(Req::kQs15, "identity", saw() + " with another pointer than before",
                    "one IUnknown pointer for the life of an object");
  }
  return std::nullopt;
}

std::optional<Complaint> AgreesWithWait(const Context& context) {
  const Event& event = context.event;
  if (!event.ret || Failed(*event.ret)) return std::nullopt;
  if (context.KnownPending()) {
    return Complain(Req::kQs16, "wait-returned-early",
                    "Wait returned " + Describe(*event.ret) + " while the operation was pending",
                    "a Wait that returns when the operation has finished");
  }
  if (!event.hr) return std::nullopt;
  const bool impossible = context.status.ResultsKnown() && !context.IsPossibleResult(*event.hr);
  const auto& settled = context.status.settled();
  const bool differs = settled && settled->hr != *event.hr;
  if (!impossible && !differs) return std::nullopt;
  if (context.floor.finished_by_cancel) {
    return Complain(Req::kQs17, "result-after-cancel",
                    "Wait stored " + Describe(*event.hr) + " after Cancel returned S_OK",
                    "VDS_E_OPERATION_CANCELED (0x8004240D)");
  }
  return Complain(Req::kQs16, "wait-result", "Wait stored " + Describe(*event.hr),
                  differs
                      ? Describe(settled->hr) + ", as " + std::string(Name(settled->by)) + " told"
                      : "the result that ended the operation");
}

std::optional<Complaint> AgreesWithCancel(const Context& context) {
  if (context.event.ret != hr::kOk) return std::nullopt;
  const auto& settled = context.status.settled();
  const bool ended_otherwise = settled && settled->hr != hr::kOperationCanceled;
  const bool too_late =
      context.status.ResultsKnown() && !context.IsPossibleResult(hr::kOperationCanceled);
  if (!ended_otherwise && !too_late) return std::nullopt;
  return Complain(Req::kQs17, "late-cancel-succeeds",
                  "Cancel returned S_OK although the operation had ended" +
                      (settled ? " with " + Describe(settled->hr) : std::string()),
                  "a failure such as VDS_E_CANCEL_TOO_LATE");
}

std::optional<Complaint> WellFormed(const Context& context) {
  const Event& event = context.event;
  if (!event.ret || Succeeded(*event.ret)) return std::nullopt;
  const std::string why = WhyNotWellFormed(*event.ret);
  if (why.empty()) return std::nullopt;
  return Complain(Req::kQs18, "malformed", "return value " + ToHex(*event.ret) + ": " + why,
                  "a standard, VDS-specific or HRESULT_FROM_WIN32 code");
}

std::optional<Complaint> NeverBack(const Context& context) {
  const Event& event = context.event;
  const auto& highest = context.floor.highest;
  if (event.hr != hr::kOperationPending || !highest || context.status.driver_went_back()) {
    return std::nullopt;
  }
  if (*event.percent >= highest->percent) return std::nullopt;
  const Req otherwise = context.profile == Profile::kMsVds ? Req::kQs30 : Req::kQa03;
  Complaint complaint = Complain(
      context.Between().OnlyNullCall() ? Req::kQs08 : otherwise, "percent-went-back",
      Percent(event) + " after " + std::to_string(highest->percent) + " % had been reported",
      std::to_string(highest->percent) + " % or more while pending");
  complaint.earlier = highest->ToEvent(event.op);
  return complaint;
}

std::optional<Complaint> StartsAtZero(const Context& context) {
  const Event& event = context.event;
  const bool before =
      context.KnownPending() && !context.status.MayHaveProgressed(event, context.order);
  if (!before || event.hr != hr::kOperationPending || event.percent == 0u) return std::nullopt;
  return Complain(Req::kQs31, "starts-above-zero", Percent(event) + " before any progress", "0 %");
}

std::optional<Complaint> BreaksClients(const Context& context) {
  const Event& event = context.event;
  if (event.ret == hr::kOperationPending) {
    return Complain(
        Req::kQa01, "pending-as-return-value", "return value VDS_E_OPERATION_PENDING while pending",
        "it, but clients that test FAILED(ret) take it for a failure; S_OK breaks none");
  }
  const bool finished = event.hr && *event.hr != hr::kOperationPending;
  if (finished && !context.status.driven() && Succeeded(*event.hr) && *event.hr != hr::kOk &&
      event.percent == 100u) {
    return Complain(Req::kQa01, "success-code-as-result", "final result " + Describe(*event.hr),
                    "it, but two widely used clients compare with S_OK and poll for ever");
  }
  return std::nullopt;
}

}  // namespace vdsconform
