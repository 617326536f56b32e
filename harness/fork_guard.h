// Tells a forked copy of this process from the process itself.
//
// An IUT that forks inside a call gives the call two returns. The copy has the harness's memory and
// descriptors and must do nothing with them: whoever calls into an IUT asks InForkedChild() after
// each call and ends the copy at once. The answer comes from a page that the kernel empties in the
// copy, so that it is one memory read. A child made by vfork, or by clone with shared memory, has
// the very same page and is told by its number, for which the kernel has to be asked.
#ifndef VDSCONFORM_HARNESS_FORK_GUARD_H_
#define VDSCONFORM_HARNESS_FORK_GUARD_H_

#include <atomic>
#include <cstdint>

namespace vdsconform {

namespace internal {
// Points at a word that is 1 in the process that made it and 0 in every forked copy.
inline std::atomic<const volatile uint32_t*> guard_word{nullptr};
}  // namespace internal

// Call once before the first call into an IUT; later calls do nothing. Thread-safe.
void InstallForkGuard();

// True in a copy of the process that was forked after InstallForkGuard. False where the guard is
// not installed or the kernel does not offer it. Thread-safe and async-signal-safe.
inline bool InForkedChild() {
  const volatile uint32_t* word = internal::guard_word.load(std::memory_order_acquire);
  return word != nullptr && *word == 0;
}

// True in a process that shares the memory of the one that called InstallForkGuard. It must end at
// once: a process that made it by vfork stands still until then, and goes on where it was. Costs a
// system call. Thread-safe and async-signal-safe.
bool InSharingChild();

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_FORK_GUARD_H_
