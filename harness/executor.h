// The executor: performs a Program on an IUT and records what it sees. It judges nothing.
//
// It waits on conditions, never on time: a step is over when its call has returned or is at rest,
// that is asleep with nothing left in the process that could wake it, or has consumed its patience
// (thread_state.h). What a Program means:
//  - Operations without a Begin step start before the first step. Steps of an operation that has
//    not begun, and driver steps after its End, do nothing. An End of a pending operation that the
//    Program also waits for is put off to the Program's end, since nobody could end it afterwards.
//  - In order: steps are taken one after another. A call at rest is left there, its event carrying
//    the witness, and the next step is taken; a step on a thread that is still in a call first
//    releases that call by ending its operation with the result of the Program's next Finish of
//    it (S_OK without one), recorded as a finish like any other.
//  - Racing: the steps between two barriers run thread by thread, all at once; a barrier is passed
//    when every thread has arrived or is at rest in a call. End steps are taken when the round is
//    over. Every round starts fresh operations: in round r, operation i has the number
//    r * operations.size() + i.
//  - After the last step what is still pending is ended in the same way (DRIVE only), every call
//    awaited, each operation queried once more, references are released and the driver lets go.
//    These calls carry no step index.
//
//  - Preempted and explored: threads are stopped at instructions, see exploration.h.
//
// An executor owns its threads and serves one Program at a time. A call that never comes back
// leaves its thread unusable: `hung` is then true and the process should be given up.
#ifndef VDSCONFORM_HARNESS_EXECUTOR_H_
#define VDSCONFORM_HARNESS_EXECUTOR_H_

#include <memory>
#include <string>
#include <vector>

#include "harness/program.h"
#include "harness/subject.h"
#include "spec/iut.h"

namespace vdsconform {

// Where the executor leaves word of what it is doing, for whoever outlives the process. One slot a
// thread, plain memory that may be shared with another process.
struct Journal {
  struct Slot {
    // Written before a call, set to -1 after it; the rest then still tells the last call.
    int32_t call;  // a Call; -1: no call in flight
    int32_t step;  // index of the step; -1: after the last step
    uint32_t op;
    uint32_t null_outputs;
    int64_t t0;
    int32_t tid;      // of the thread; 0: there is none
    uint64_t object;  // the address of the operation's object; 0: there is none yet
  };
  // One for each worker thread, then one for the executor's own.
  Slot slots[kMaxThreads + 1];
  // Non-zero: the process ends itself because descriptors of its own were closed during the call
  // of slot closed_descriptors - 1.
  uint32_t closed_descriptors;
  // Grows as long as the executor supervises what it runs.
  uint64_t heartbeat;
  // The thread that got a fatal signal; 0: none.
  int32_t fatal_tid;
  // What of freed memory that thread had used.
  enum Freed : int32_t { kNothing, kOwnObject, kOtherMemory } freed;
  // Where the threads of a Program are to be stopped in the interleaving that runs: of each of its
  // preemptions.
  struct Stop {
    uint64_t instruction;
    uint32_t beyond;
    uint32_t iut_thread;
    char at[96];  // as StopPoint::at, cut off if it is longer
  };
  Stop stops[kMaxPreemptions];
  uint32_t stopping;  // threads are being stopped or traced; 2: `stops` are those
};

class Executor {
 public:
  // `iut` and `journal` outlive the executor. `parameters` are "key=value" strings for begin.
  Executor(const vdsconform_iut& iut, std::vector<std::string> parameters, Journal* journal);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  void set_patience(const Patience& patience);

  // Why threads cannot be stopped at instructions here (exploration.h); empty: they can.
  std::string WhyNotExplored();

  struct Outcome {
    History history;
    Exploration exploration;
    uint32_t stack_bytes = 0;  // as in Execution
    std::string inconclusive;  // as in Execution
    bool hung = false;         // a call never came back
  };
  Outcome Run(const Program& program);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_EXECUTOR_H_
