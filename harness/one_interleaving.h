// From a finding of an explored Program to the Program that shows it again.
//
// Pure; thread-safe.
#ifndef VDSCONFORM_HARNESS_ONE_INTERLEAVING_H_
#define VDSCONFORM_HARNESS_ONE_INTERLEAVING_H_

#include <optional>

#include "harness/program.h"
#include "harness/subject.h"
#include "spec/judge.h"

namespace vdsconform {

// `explored`, with its threads stopped only where they were in the interleaving that showed
// `finding`. None: no thread was stopped there.
std::optional<Program> OneInterleaving(const Program& explored, const Execution& execution,
                                       const Finding& finding);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_ONE_INTERLEAVING_H_
