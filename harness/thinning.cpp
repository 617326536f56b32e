#include "harness/thinning.h"

namespace vdsconform {

bool SameObservation(const Event& a, const Event& b) {
  return a.op == b.op && a.call == b.call && a.ret == b.ret && a.hr == b.hr &&
         a.percent == b.percent && a.null_outputs == b.null_outputs && a.step == b.step;
}

bool Remarkable(const Event& event) {
  return event.fault != Fault::kNone || event.witness != Witness::kNone ||
         !event.slept_in.empty() || !event.clobbered.empty();
}

}  // namespace vdsconform
