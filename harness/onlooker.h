// The onlooker: a stopped thread's view of the one that runs, to see whether it waits for the
// stopped one. Decided by the other's state and CPU time, see thread_state.h. Linux; may be used
// from a signal handler.
#ifndef VDSCONFORM_HARNESS_ONLOOKER_H_
#define VDSCONFORM_HARNESS_ONLOOKER_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/thread_state.h"
#include "harness/worker.h"

namespace vdsconform {

class Onlooker {
 public:
  // `own`: the threads that are not the implementation's.
  void SetOwnThreads(std::vector<pid_t> own) { own_ = std::move(own); }

  // How many times as long as usual it looks before it takes a call to wait that spins, or sleeps
  // while others might wake it: where that is seen seldom, it may take its time.
  void SetPatience(int64_t times) { patience_ = times; }

  // The longest that a call of this Program took while nobody was stopped.
  void NoteUsual(int64_t duration_ns) { usual_ns_ = std::max(usual_ns_, duration_ns); }

  // Forgets what it saw.
  void Restart() { sequence_ = 0; }

  enum class Sight : uint8_t {
    kGoesOn,
    kSleeps,  // may be about to wake: to be looked at again
    kWaits,   // will not come back as long as the calling thread does not go on
  };
  // One look. A call waits that is asleep until another thread wakes it while none is left to do
  // so; that is asleep, again and again or for milliseconds; or that uses far more CPU time than
  // usual, beside what it takes to step through it.
  Sight Look(const Worker& worker);

 private:
  bool OthersAsleep(pid_t but) const;

  std::vector<pid_t> own_;
  int64_t patience_ = 1;
  int spins_seen_ = 0;
  int64_t usual_ns_ = 0;
  uint64_t sequence_ = 0;  // of the call that is looked at
  ThreadSample last_;      // of that call
  int64_t used_ns_ = 0;
  uint64_t first_run_count_ = 0;
  uint64_t first_traps_ = 0;
  int64_t asleep_since_ns_ = 0;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_ONLOOKER_H_
