// The supervisor: looks at workers from outside and tells whether their calls still go on.
//
// It decides "at rest" and "hung" from the state of threads (thread_state.h), never from elapsed
// time: a call that waits for a processor, however long, goes on. Used by one thread, the
// executor's own.
#ifndef VDSCONFORM_HARNESS_SUPERVISOR_H_
#define VDSCONFORM_HARNESS_SUPERVISOR_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/code_map.h"
#include "harness/subject.h"
#include "harness/thread_state.h"
#include "harness/worker.h"

namespace vdsconform {

class Supervisor {
 public:
  enum class State : uint8_t {
    kOutside,  // no call in flight
    kGoesOn,   // in a call that may come back by itself
    kAtRest,   // in a call that will not, as far as can be told
  };

  // Samples the worker once. A call is at rest when nothing in the process could wake it, or when
  // it has used `patience_ms` of its own time; a Wait as soon as it is seen asleep, since waiting
  // is its purpose.
  State Look(Worker& worker, uint32_t patience_ms);

  // The same for a call whose operation has ended, Wait included.
  State LookForHang(Worker& worker, uint32_t patience_ms);

  // Why the worker's call was found at rest last, for its event and for a person.
  Witness witness(const Worker& worker) const { return watches_[worker.index()].witness; }
  std::string Explain(const Worker& worker) const;
  // What held it up, for its event.
  Blockage blockage(const Worker& worker) const;

  // True if the last look at a worker told nothing: its thread can no longer be looked at.
  bool is_blind() const { return is_blind_; }

  // True once after a look was the first to see a sleep with a time limit in a call. Others like it
  // may follow soon, and be over soon.
  bool TakeNewSleep() { return std::exchange(saw_new_sleep_, false); }

  // Forgets how long the worker's call has been going on, after something was done to release it.
  void Restart(const Worker& worker) { watches_[worker.index()].sequence = 0; }

 private:
  struct Watch {
    uint64_t sequence = 0;  // the call being watched
    CallClock clock;
    ThreadSample last;
    Witness witness = Witness::kNone;
    int quiescent_looks = 0;  // in a row
    bool quiescent = false;
    uint32_t sleeping_looks = 0;
    bool slept_timed = false;
    long slept_in = -1;             // the system call it was last seen asleep in
    std::vector<uintptr_t> frames;  // where that was
  };
  void NoteSleep(Worker& worker, Watch& watch);
  void ReadFrames(const Worker& worker, Watch& watch);
  State LookAt(Worker& worker, uint32_t patience_ms, bool wait_rests_when_asleep);

  std::array<Watch, kMaxThreads + 1> watches_;
  const CodeMap code_;
  bool is_blind_ = false;
  bool saw_new_sleep_ = false;
};

// Waits between looks: short at first, so that quick calls are not held up, then longer.
class Backoff {
 public:
  std::chrono::nanoseconds Next() {
    const std::chrono::nanoseconds now = next_;
    next_ = std::min(next_ * 2, kLongest);
    return now;
  }

 private:
  static constexpr std::chrono::nanoseconds kLongest = std::chrono::milliseconds(4);
  std::chrono::nanoseconds next_ = std::chrono::microseconds(20);
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_SUPERVISOR_H_
