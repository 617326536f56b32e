// The fuzzing processes of one `vdsconform fuzz`: starts them, takes what they say, and tells what
// any of them suspects or ended of.
//
// Not thread-safe. Linux only.
#ifndef VDSCONFORM_HARNESS_FUZZ_POOL_H_
#define VDSCONFORM_HARNESS_FUZZ_POOL_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/campaign.h"
#include "harness/fuzz_job.h"
#include "harness/options.h"

namespace vdsconform {

class FuzzPool {
 public:
  // What a process said it had found, or was running when it came to its end.
  struct Suspicion {
    FuzzJob::Claim claim;
    uint64_t executions = 0;  // of all processes by then
  };
  // As far as any process came: they share what they learn.
  struct Reach {
    uint64_t coverage = 0;  // edges of instrumented code
    uint64_t features = 0;
    uint64_t corpus = 0;  // inputs kept
  };

  // `corpus`: the folder that the processes share. The options and the campaign must outlive it.
  FuzzPool(const Options& options, const Campaign& campaign, std::string corpus);

  // Starts a process in each place that waits for one. What ended the one before may end it, too:
  // suspicions are looked into first.
  void Start();
  // Waits a moment, takes what the processes say, and clears the places of those that have ended.
  void Look();
  // Ends them all, having taken what they said.
  void Stop();
  // Time from the call on is not counted against what the processes run now.
  void Forgive();

  // Nothing runs and nothing waits to be started.
  bool over() const;
  std::deque<Suspicion> TakeSuspicions() { return std::exchange(suspicions_, {}); }
  uint64_t executions() const;
  Reach reach();
  // Processes that came to their end before their time.
  uint64_t ends() const { return ends_; }
  // Why there can be no fuzzing; empty: there can.
  const std::string& error() const { return error_; }

 private:
  struct Place {
    std::unique_ptr<FuzzJob> job;
    bool waits = true;               // for a process to be started
    uint64_t executions_before = 0;  // of processes that have ended
    uint32_t vain_starts = 0;
  };

  FuzzWorkerOptions WorkerOptions();
  void StartIn(Place& place);
  void LookAfter(Place& place);
  void NoteEnd(Place& place, FuzzJob::State state);
  void TakeClaims(Place& place);
  void NoteReach(const FuzzJob& job);
  void Clear(Place& place);

  const Options& options_;
  const Campaign& campaign_;
  const std::string corpus_;
  std::vector<Place> places_;
  std::deque<Suspicion> suspicions_;
  Reach reach_;
  std::string error_;
  uint64_t starts_ = 0;
  uint64_t ends_ = 0;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_FUZZ_POOL_H_
