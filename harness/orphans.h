// Finds and ends processes that descend from a host and outlived it.
//
// This process adopts them when their parents die (child_process.h). They are told from what else
// descends from it by their session: every host leads one of its own, and a process can never enter
// the session of another. Linux only, not thread-safe.
#ifndef VDSCONFORM_HARNESS_ORPHANS_H_
#define VDSCONFORM_HARNESS_ORPHANS_H_

#include <sys/types.h>

#include <cstddef>
#include <functional>

namespace vdsconform {

// Kills and reaps every process that descends from this one through others in other sessions, but
// from none for which `is_known` is true, until none is left or the bound on rounds and time is
// reached. True if none is left.
bool EndOrphans(const std::function<bool(pid_t)>& is_known);

// How many such processes there are, the known included.
size_t CountDescendants();

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_ORPHANS_H_
