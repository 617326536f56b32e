// The stepper: follows a thread instruction by instruction through a call, and stops it before a
// chosen one while other threads run. x86-64 Linux, on machine code as it is: no source, symbols
// or instrumentation are needed.
//
// A first call is traced with the processor's trap flag, which gives the boundaries: every
// instruction reached from the implementation, its own ones and those of libraries that it calls,
// but not the harness's. A later call is then stopped at one of them: at the implementation's own
// by a breakpoint in its code, written and taken back each time, since that costs a fraction of
// stepping there; at a library's by a breakpoint before the library is called and from there by a
// second one in the library, or by steps where that is not safe: other threads may come by there,
// with the signal blocked; and by steps alone where code cannot be written.
//
// What it cannot do: it sees sequentially consistent interleavings of whole instructions only.
// What a library does after it has made a thread or process is no boundary.
//
// One stepper at a time in a process. A thread traces or arms for itself. What happens while a
// thread is stopped happens inside a signal handler of it: see Target::stopped.
#ifndef VDSCONFORM_HARNESS_STEPPER_H_
#define VDSCONFORM_HARNESS_STEPPER_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/boundary.h"
#include "harness/code_map.h"
#include "spec/history.h"

namespace vdsconform {

class Stepper {
 public:
  // `code` outlives the stepper. Takes SIGTRAP until it is destroyed, and longer where nobody had
  // taken it: a thread that has met a breakpoint may not have come to its handler yet. Then it
  // does what it would have done without us.
  explicit Stepper(const CodeMap* code);
  // Waits until threads that are stopped have gone on.
  ~Stepper();
  Stepper(const Stepper&) = delete;
  Stepper& operator=(const Stepper&) = delete;

  // Why threads cannot be stopped here: another processor, a debugger, an emulator, a sanitizer;
  // empty if they can.
  static std::string WhyNot();

  // The calling thread's next call, from Enter to Leave, is recorded.
  void Trace();
  // Of the implementation's own threads `tids`, the first that executes an instruction of it is
  // recorded, until TakeTrace. Threads that block the signal this needs are left out.
  void TraceIutThreads(const std::vector<pid_t>& tids);
  // What was recorded; incomplete if there was too much of it.
  std::vector<Boundary> TakeTrace(bool* complete);

  struct Target {
    Boundary boundary;
    // By steps from the call's first instruction instead of a breakpoint; then only the numbers of
    // `boundary` matter.
    bool by_steps = false;
    // Stop at every boundary, by steps.
    bool everywhere = false;
    // The first of the implementation's own threads to come there is stopped, not the caller.
    bool iut_thread = false;
    // The process has no threads but the harness's: code of libraries may hold a breakpoint. It
    // is not reached where another thread happens to come by at that moment.
    bool alone = false;
    // Called on the thread, inside a signal handler, when it is there; the thread goes on when
    // this returns. It may be called from within any function of the implementation or of libc,
    // one that holds a lock too.
    void (*stopped)(void* argument) = nullptr;
    void* argument = nullptr;
  };
  // The calling thread stops there during its next call.
  void Arm(const Target& target);
  // Afterwards. True if it stopped.
  bool Disarm();

  // The calling thread is not the implementation's, from now on.
  static void MarkOwnThread();

  // Around the call into the implementation, on the thread that has called Trace or Arm.
  static void Enter();
  static void Leave();

  // In a stopped thread: the numbers of the boundary it is at.
  static Boundary Here();

  // Grows with each trap, so that a call that is followed is seen to go on.
  static uint64_t traps();

 private:
  bool MakeLibraryWritable(uintptr_t address);

  std::vector<uintptr_t> writable_;  // pages of libraries
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_STEPPER_H_
