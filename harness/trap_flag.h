// The processor's trap flag, by which a thread traps after each of its instructions, and whether it
// can be used in this process. x86-64 Linux only.
#ifndef VDSCONFORM_HARNESS_TRAP_FLAG_H_
#define VDSCONFORM_HARNESS_TRAP_FLAG_H_

#include <string>

namespace vdsconform {

// Why the flag cannot be used here: a debugger or a sanitizer that takes SIGTRAP, a processor or an
// emulator without it. Empty: it can.
std::string WhyNoTrapFlag();

#if defined(__x86_64__) && defined(__linux__)
// Of the calling thread. Both use the stack below the red zone, which the compiler may be using.
// Inline, as each instruction on the way traps.
inline void SetTrapFlag() {
  __asm__ volatile(
      "lea -128(%%rsp), %%rsp\n\t"
      "pushfq\n\t"
      "orq $0x100, (%%rsp)\n\t"
      "popfq\n\t"
      "lea 128(%%rsp), %%rsp" ::
          : "cc", "memory");
}

inline void ClearTrapFlag() {
  __asm__ volatile(
      "lea -128(%%rsp), %%rsp\n\t"
      "pushfq\n\t"
      "andq $~0x100, (%%rsp)\n\t"
      "popfq\n\t"
      "lea 128(%%rsp), %%rsp" ::
          : "cc", "memory");
}
#endif

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_TRAP_FLAG_H_
