// The plan of an exploration: which interleaving of a preempted or explored Program is next, and
// what it is performed for.
//
// First some without stops. Then each preemption's step is traced, where the boundaries are not
// known; where a query follows and reaching all boundaries would cost too many traps, it is swept:
// a query at every boundary of one and the same call tells those at which something changes. Then
// the stops: those at changes, then what interleavings.h chooses, as far as there is time.
//
// Does nothing but decide: what was seen and how much processor time was used it is told. Not
// thread-safe.
#ifndef VDSCONFORM_HARNESS_EXPLORATION_PLAN_H_
#define VDSCONFORM_HARNESS_EXPLORATION_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "harness/boundary.h"
#include "harness/interleavings.h"
#include "harness/program.h"
#include "harness/subject.h"

namespace vdsconform {

class ExplorationPlan {
 public:
  enum class Purpose : uint8_t { kWarmUp, kTrace, kSweep, kStop };

  // Both outlive the plan, which counts in `exploration` what is possible, and as performed what
  // need not be, since it is known what would come of it.
  ExplorationPlan(const Program& program, Exploration& exploration);

  // Goes on to the next interleaving. False: there is none. `cpu_ns`: processor time that this
  // process has used so far.
  bool Next(int64_t cpu_ns);

  Purpose purpose() const { return purpose_; }
  // kTrace: the preemption whose step is traced.
  size_t traced() const { return traced_; }
  // kStop: where the thread of a preemption is stopped.
  const Boundary& boundary(size_t preemption) const { return stops_[preemption].boundary; }

  // After an interleaving of this purpose. kWarmUp: how long it took.
  void NoteWarmUp(int64_t took_ns);
  // kTrace: what was recorded.
  void NoteTrace(std::vector<Boundary> trace);
  // kSweep, for each boundary in turn: what the query there saw, in one number.
  void NoteSeen(const Boundary& boundary, uint64_t seen);
  // kStop: a call waited while the first thread was stopped and before the second was.
  void NoteHeld();

 private:
  // A preemption of the Program.
  struct Stop {
    bool iut_thread = false;
    Boundary boundary;
    std::vector<Boundary> trace;
  };

  bool NextStop(int64_t cpu_ns);
  bool FindStopsInTraces();
  bool CanSweep() const;
  void Choose();
  std::vector<Interleaving> AtChanges() const;
  bool IsKnownToBlock(const Interleaving& interleaving) const;
  bool IsTooSlow(const Interleaving& interleaving, int64_t cpu_ns) const;
  // What the Program may use of the processor.
  int64_t TimeLimitNs() const;

  const Program& program_;
  Exploration& exploration_;
  std::vector<Stop> stops_;
  Purpose purpose_ = Purpose::kWarmUp;
  uint64_t planned_ = 0;  // interleavings, those before the stops included
  size_t traced_ = 0;
  int64_t usual_ns_ = 0;  // an interleaving without stops takes so long
  uint64_t last_seen_ = 0;
  std::vector<Boundary> changes_;
  std::vector<Interleaving> chosen_;
  size_t next_ = 0;     // of these
  size_t certain_ = 0;  // the first of these, which are run even if there is no time left
  int64_t chosen_at_cpu_ns_ = 0;
  // Of two stops: with the first at this boundary, the second thread waits before it comes to that
  // one, so that all interleavings with a later second boundary are the same one.
  std::unordered_map<uint32_t, uint32_t> blocked_from_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_EXPLORATION_PLAN_H_
