// Finds and ends processes that descend from a host and outlived it.
//
// This process adopts them when their parents die (child_process.h). They are told from its other
// children by their session: every host leads one of its own, and a process can never enter the
// session of another. Linux only, not thread-safe.
#ifndef VDSCONFORM_HARNESS_ORPHANS_H_
#define VDSCONFORM_HARNESS_ORPHANS_H_

#include <sys/types.h>

#include <functional>

namespace vdsconform {

// Kills and reaps every child of this process that is in another session and for which `is_known`
// is false, then the children that these leave, until none is left or the bound on rounds and time
// is reached. True if none is left.
bool EndOrphans(const std::function<bool(pid_t)>& is_known);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_ORPHANS_H_
