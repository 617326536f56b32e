// Which of many events tell something: a row of equal observations is kept by its first and last.
//
// Pure functions, here so that loops over very many calls have them inline.
#ifndef VDSCONFORM_HARNESS_THINNING_H_
#define VDSCONFORM_HARNESS_THINNING_H_

#include "spec/history.h"

namespace vdsconform {

// True if both calls gave the same answer to the same question.
inline bool SameObservation(const Event& a, const Event& b) {
  return a.op == b.op && a.call == b.call && a.ret == b.ret && a.hr == b.hr &&
         a.percent == b.percent && a.null_outputs == b.null_outputs && a.step == b.step;
}

// True if there is more to the call than its answer.
inline bool Remarkable(const Event& event) {
  return event.fault != Fault::kNone || event.witness != Witness::kNone ||
         !event.slept_in.empty() || !event.clobbered.empty();
}

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_THINNING_H_
