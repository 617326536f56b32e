#include "event_check.h"

#include "hresult.h"

namespace vdsconform {
namespace {

std::string Needs(Call call, std::string_view field) {
  return '"' + std::string(Name(call)) + "\" needs \"" + std::string(field) + '"';
}

}  // namespace

std::string WhyNotInHistory(const Event& event) {
  if (event.t1 && *event.t1 < event.t0) {
    return "\"t1\" is " + std::to_string(*event.t1) + " but \"t0\" is " + std::to_string(event.t0) +
           ": a call cannot return before it was invoked";
  }
  switch (event.call) {
    case Call::kProgress:
      if (!event.percent) return Needs(event.call, "percent");
      if (*event.percent > 100) {
        return "\"percent\" of \"progress\" must be 0 to 100, found " +
               std::to_string(*event.percent);
      }
      return {};
    case Call::kFinish:
      if (!event.result) return Needs(event.call, "result");
      // C13: the code that says "in progress" cannot say how it ended.
      if (*event.result == hr::kOperationPending) {
        return "\"result\" is VDS_E_OPERATION_PENDING: no operation can end with the code that "
               "says it has not ended";
      }
      return {};
    case Call::kQueryStatus:
    case Call::kWait:
    case Call::kCancel:
    case Call::kQueryInterface:
      if (event.ret || !event.t1 || event.fault != Fault::kNone) return {};
      return Needs(event.call, "ret") + ", for it came back without a \"fault\"";
    case Call::kBegin:
    case Call::kEnd:
    case Call::kAddRef:
    case Call::kRelease:
      break;
  }
  return {};
}

}  // namespace vdsconform
