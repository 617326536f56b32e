// Consequences: findings that another finding explains (one cause, one requirement).
//
// Some faults show in more ways than one: a percentage that is wrong for good also looks like a
// torn pair where a call happens to overlap the finish, and a state that changes by itself may
// happen to do so after a NULL call. Each of these looks is a finding only where the plain fault,
// which shows without the accident, was not found. Pure and thread-safe.
#ifndef VDSCONFORM_SPEC_CONSEQUENCES_H_
#define VDSCONFORM_SPEC_CONSEQUENCES_H_

#include <vector>

#include "judge.h"

namespace vdsconform {

// True if `cause` explains `finding`.
bool Explains(const Finding& cause, const Finding& finding);

// Removes the findings that others among them explain.
void RemoveConsequences(std::vector<Finding>& findings);

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_CONSEQUENCES_H_
