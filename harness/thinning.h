// Which of many events tell something: a row of equal observations is kept by its first and last.
//
// Pure functions.
#ifndef VDSCONFORM_HARNESS_THINNING_H_
#define VDSCONFORM_HARNESS_THINNING_H_

#include "spec/history.h"

namespace vdsconform {

// True if both calls gave the same answer to the same question.
bool SameObservation(const Event& a, const Event& b);

// True if there is more to the call than its answer.
bool Remarkable(const Event& event);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_THINNING_H_
