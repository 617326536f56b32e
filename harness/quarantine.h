// Quarantine: memory that an implementation has freed stays poisoned, and unused, for a while.
//
// An object that is destroyed too early and called all the same then crashes where it is called,
// each time and not only where its memory happens to have been used again: its table of methods is
// at an address where nothing is. Nothing is instrumented; the program's own `free` stands before
// the library's, which `operator delete` comes to as well. A block freed twice ends the process.
//
// Not covered: memory that does not go through `free` of the process (an allocator of the
// implementation's own, linked into it), what `realloc` moves, and what is used later than some
// thousand frees. Absent where a sanitizer does the same and where the C library is not glibc:
// nothing is ever held there. All functions are thread-safe and lock-free, and what holds for
// `free` itself holds here, also in a forked copy.
#ifndef VDSCONFORM_HARNESS_QUARANTINE_H_
#define VDSCONFORM_HARNESS_QUARANTINE_H_

#include <cstddef>
#include <cstdint>
#include <utility>

namespace vdsconform {

// Whether this build has one.
bool QuarantineIsSupported();

// From now on what is freed is kept for a while. False: that is not possible here.
bool StartQuarantine();

// Gives all that is kept back to the C library, which may find then, and end the process for it,
// that it was written beyond its end.
void EmptyQuarantine();

// True if `address` is in a block that was freed and is kept. Async-signal-safe.
bool IsQuarantined(const void* address);

// True if using a pointer from poisoned memory may have failed at `address`. Async-signal-safe.
bool IsNearPoison(const void* address);

namespace internal {
inline constinit thread_local bool frees_are_own = false;
}

// While one lives, what its thread frees is the harness's own and is not kept. The threads of the
// harness have one, so that the implementation's memory is kept the longer.
class OwnFrees {
 public:
  OwnFrees() : before_(std::exchange(internal::frees_are_own, true)) {}
  ~OwnFrees() { internal::frees_are_own = before_; }
  OwnFrees(const OwnFrees&) = delete;
  OwnFrees& operator=(const OwnFrees&) = delete;

 private:
  const bool before_;
};

// The reverse, for a call into the implementation.
class IutFrees {
 public:
  IutFrees() : before_(std::exchange(internal::frees_are_own, false)) {}
  ~IutFrees() { internal::frees_are_own = before_; }
  IutFrees(const IutFrees&) = delete;
  IutFrees& operator=(const IutFrees&) = delete;

 private:
  const bool before_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_QUARANTINE_H_
