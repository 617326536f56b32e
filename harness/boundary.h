// Where a thread can be stopped.
#ifndef VDSCONFORM_HARNESS_BOUNDARY_H_
#define VDSCONFORM_HARNESS_BOUNDARY_H_

#include <cstdint>

namespace vdsconform {

// An instruction of a traced call. A thread stopped here has executed all before it.
struct Boundary {
  uintptr_t address = 0;  // of the instruction
  uintptr_t anchor = 0;   // of the implementation's own instruction with number `instruction`
  uint32_t visit = 0;     // that instruction is reached for the visit-th time, from 1
  uint64_t instruction = 0;
  uint32_t beyond = 0;
  // In a library: `address` is reached from the anchor on for the so-manyeth time, from 1. 0: a
  // breakpoint there would not do, as what came before may have blocked the signal or made a
  // thread, or the instruction is being repeated.
  uint32_t visit_beyond = 0;
  // Where no breakpoint can be set, as the code cannot be written or the call has SIGTRAP blocked:
  // how many steps from the call's first instruction. 0: one can.
  uint64_t steps = 0;

  friend bool operator==(const Boundary&, const Boundary&) = default;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_BOUNDARY_H_
