// Racing: the steps between two barriers run on all their threads at once, round after round.
//
// Workers run all rounds by themselves and meet at barriers of their own, so that a round costs
// microseconds; the controller only supervises. At a barrier between segments a worker that is at
// rest in a call, in Wait for instance, counts as arrived; at a round's end it is released first.
#ifndef VDSCONFORM_HARNESS_RACING_H_
#define VDSCONFORM_HARNESS_RACING_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "harness/stage.h"

namespace vdsconform {

class RacingRun {
 public:
  RacingRun(Stage& stage, const Program& program);
  void Run();

 private:
  // Worker: one thread's part of all rounds.
  void RunRounds(Worker& worker, uint32_t thread);
  void Arrive(Worker& worker);
  // Opens every barrier for which all are there.
  void TryOpen();
  void MeetAwake(Worker& worker);
  bool IsMidRound(uint64_t barrier) const;
  // More than one thread has steps in the segment.
  bool IsRace(size_t segment) const;

  // Controller.
  void Supervise();
  // True if no worker will get further unless a call is released.
  bool Stuck() const;
  void ReleaseResting();
  void GiveUp();

  Stage& stage_;
  const Program& program_;
  std::vector<uint32_t> threads_;  // those that have steps; the first one leads
  std::vector<Worker*> workers_;   // theirs
  // segments_[s][i]: the steps of threads_[i] between barriers s and s + 1
  std::vector<std::vector<std::vector<uint32_t>>> segments_;
  std::atomic<uint64_t> opened_{0};    // barriers that have been passed
  bool begin_starts_threads_ = false;  // the leader's
  std::atomic<bool> abandoned_{false};
  std::atomic<bool> stop_{false};
  // The controller is ending an operation: no round may be concluded meanwhile.
  std::atomic<bool> releasing_{false};
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_RACING_H_
