// Where a thread of this process that is asleep in the kernel came from.
//
// Read from outside, so that the thread need not be woken: an interrupted system call would change
// what is looked at. Without unwinding, which cannot be done from outside: the stack is searched
// for addresses that follow a call instruction in the implementation's code. A frame that was left
// long ago may still lie there, so that one too many may be named. Linux, x86-64 and aarch64; no
// frames elsewhere. All functions are thread-safe.
#ifndef VDSCONFORM_HARNESS_BACKTRACE_H_
#define VDSCONFORM_HARNESS_BACKTRACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/code_map.h"

namespace vdsconform {

// The instruction, then what of the implementation called it, innermost first. `stack` is the
// thread's stack pointer and `end` that of the harness when it made the call; nothing is read that
// is not mapped. Meaningless if the thread ran meanwhile.
std::vector<uintptr_t> ReadStack(const CodeMap& code, uintptr_t instruction, uintptr_t stack,
                                 uintptr_t end);

// The same for people, a frame each.
std::vector<std::string> Places(const std::vector<uintptr_t>& frames);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_BACKTRACE_H_
