// Tells a forked copy of this process from the process itself.
//
// An IUT that forks inside a call gives the call two returns. The copy has the harness's memory and
// descriptors and must do nothing with them: whoever calls into an IUT asks InForkedChild() after
// each call and ends the copy at once. The answer comes from a page that the kernel empties in the
// copy, so that it is one memory read. A child made by vfork, or by clone with shared memory, has
// the very same page and is told by its number, for which the kernel has to be asked.
#ifndef VDSCONFORM_HARNESS_FORK_GUARD_H_
#define VDSCONFORM_HARNESS_FORK_GUARD_H_

namespace vdsconform {

// Call once before the first call into an IUT; later calls do nothing. Thread-safe.
void InstallForkGuard();

// True in a copy of the process that was forked after InstallForkGuard. False where the guard is
// not installed or the kernel does not offer it. Thread-safe and async-signal-safe.
bool InForkedChild();

// True in a process that shares the memory of the one that called InstallForkGuard. It must end at
// once: a process that made it by vfork stands still until then, and goes on where it was. Costs a
// system call. Thread-safe and async-signal-safe.
bool InSharingChild();

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_FORK_GUARD_H_
