// How much of its thread's stack a call uses.
//
// What lies below the stack pointer is painted before the call; how far the paint is gone after it
// tells how deep the call went, what the C library or a signal handler used on the way included.
// One thread, its own. Under valgrind nothing is painted: it takes each such access for an error,
// and the implementation's own would drown in them.
#ifndef VDSCONFORM_HARNESS_STACK_USE_H_
#define VDSCONFORM_HARNESS_STACK_USE_H_

#include <cstddef>
#include <cstdint>

namespace vdsconform {

class StackUse {
 public:
  // Right before the call, from the function that makes it.
  void Paint();
  // Right after it, from the same. Bytes, 0: not measured; what is beyond the paint is painted the
  // next time.
  uint32_t Measure();

 private:
  size_t Room() const;

  size_t depth_ = size_t{16} << 10;  // how far to paint
  uintptr_t top_ = 0;                // the stack pointer of the function that makes the call
  uintptr_t first_ = 0;              // the lowest painted word
  uintptr_t last_ = 0;               // one past the highest
  uintptr_t lowest_ = 0;             // where the thread's stack ends; 0: not asked yet
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_STACK_USE_H_
