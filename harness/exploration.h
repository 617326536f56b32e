// Exploration: a Program whose threads are stopped at chosen instructions, once or in every way.
//
// The steps are taken in the order of the list by the threads they are on, which hand a baton on,
// so that exactly one thread runs at a time. A thread that is to be stopped during a step hands the
// baton on at that instruction, inside the call:
//  - to the thread of the next step, which takes it while the other is stopped;
//  - or, if another thread is stopped already, to that one, which thereby finishes its call first.
// A stopped thread gets the baton back when the next step is its own, or when no steps are left.
// So [progress, finish*, query on 1] has the query see a half-done finish, [progress, query* on 1,
// finish] has a finish happen amid a query, and [progress, query* on 1, finish*, query on 1] both.
//
// An implementation with locks makes the running thread wait for the stopped one. The stopped one
// watches, by the other's state and CPU time: once the other waits it is let go, and both run
// freely until they meet again. The call that waited is marked as held.
//
// Where a preemption is of the implementation's own threads, the first of them to come there while
// the step's call is on its way is stopped, and stands for the thread of the step. If one of them
// blocks SIGTRAP, as many libraries' threads block all signals, none is stopped, and callers are
// stopped by steps, as a breakpoint that such a thread comes to would end the process.
//
// kPreempted performs the Program once with the given points, counted by steps; before, it is
// performed without stops, so that what happens only at a first call is over. kExplored traces each
// step with a preemption and then performs the Program with every combination of the boundaries
// found, or those that are worth it (exploration_plan.h), each time with fresh operations. Of
// interleavings in which the same was observed the first is kept: the
// history holds every distinct outcome once, its n-th with operations n * operations.size() and up.
// A call at rest has its operation ended, as in a race.
#ifndef VDSCONFORM_HARNESS_EXPLORATION_H_
#define VDSCONFORM_HARNESS_EXPLORATION_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "harness/baton.h"
#include "harness/code_map.h"
#include "harness/exploration_plan.h"
#include "harness/onlooker.h"
#include "harness/stage.h"
#include "harness/stepper.h"

namespace vdsconform {

class ExplorationRun {
 public:
  // `code` outlives the run. `breakpoints`: the implementation's code can be written.
  ExplorationRun(Stage& stage, const CodeMap& code, bool breakpoints, const Program& program);
  void Run();

  const Exploration& exploration() const { return exploration_; }
  // The stop of a kPreempted Program that was not reached; empty: all were.
  std::string unreached() const;

 private:
  using Purpose = ExplorationPlan::Purpose;
  // Whether the implementation's thread was stopped before the call it works for came back.
  enum class Where : uint8_t { kInCall, kStopped, kBack };
  // A preemption of the Program in the current interleaving.
  struct Stop {
    ExplorationRun* run = nullptr;
    size_t preemption = 0;
    uint32_t at = 0;  // of threads_; with iut_thread, of the caller
    bool iut_thread = false;
    std::atomic<Where> where{Where::kInCall};  // with iut_thread
    bool reached = false;
  };

  // Worker: its turns, for all interleavings.
  void RunTurns(Worker& worker, uint32_t at);
  void TakeTurn(Worker& worker, uint32_t at);
  void TakeStep(Worker& worker, uint32_t at, uint32_t index);
  void Perform(Worker& worker, uint32_t index);
  void PerformFollowed(Worker& worker, uint32_t index, const StopPoint* point);
  void TraceStep(Worker& worker, uint32_t index, Stop& stop);
  void StopInStep(Worker& worker, uint32_t index, Stop& stop);
  void SweepStep(Worker& worker, uint32_t index, Stop& stop);
  void LookAround(Worker& worker);
  std::vector<pid_t> IutThreads() const;
  void AwaitIutThreads(const Stop& stop) const;
  void NoteMaskedThreads();
  // The leader: between interleavings.
  bool StartNext(Worker& worker);
  void EndInterleaving(Worker& worker);
  const std::string& PlaceOf(uintptr_t address);
  bool IsNews();
  void KeepOrDrop();

  // In a stopped thread, inside its signal handler.
  static void OnStopped(void* stop);
  static void OnSwept(void* stop);
  void WaitToGoOn(uint32_t at);

  // Controller.
  void Supervise();
  uint64_t Progress() const;
  void GiveUp();

  Stop* StopOf(uint32_t step);
  int32_t AnyStopped(uint32_t but) const;

  Stage& stage_;
  const Program& program_;
  const CodeMap& code_;
  const bool breakpoints_;
  std::unique_ptr<Stepper> stepper_;
  Onlooker onlooker_;
  Exploration exploration_;
  ExplorationPlan plan_;

  std::vector<uint32_t> threads_;  // those that have steps; the first one leads
  std::vector<Worker*> workers_;   // theirs
  std::vector<uint32_t> at_;       // of each step: index into threads_
  std::deque<Stop> stops_;         // of each preemption
  std::vector<pid_t> own_threads_;

  // The baton's holder's.
  Baton baton_;
  bool between_ = true;              // no interleaving is running
  uint64_t performed_ = 0;           // interleavings, those for warming up and tracing included
  uint32_t next_ = 0;                // step
  uint32_t stopped_count_ = 0;       // threads so far
  bool held_before_second_ = false;  // a call waited for the first stopped thread
  bool lost_in_library_ = false;     // a breakpoint in a library was not reached
  bool again_by_steps_ = false;      // the interleaving, because of that
  bool sweeping_ = false;            // a query amid a swept step is on its way
  Boundary sweep_at_;
  int64_t started_ns_ = 0;  // the interleaving
  bool begin_starts_threads_ = false;
  bool masked_threads_ = false;            // some of the implementation's would die of a breakpoint
  std::unordered_set<uint64_t> outcomes_;  // what was seen, hashed
  std::unordered_map<uintptr_t, std::string> places_;
  uint32_t kept_ = 0;                // interleavings whose events are kept
  std::vector<size_t> kept_events_;  // of each worker

  std::array<std::atomic<bool>, kMaxThreads> stopped_{};
  std::array<std::atomic<bool>, kMaxThreads> busy_{};  // in a step
  std::atomic<uint64_t> progress_{0};                  // stops and releases
  std::atomic<bool> stop_{false};
  std::atomic<bool> abandoned_{false};
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_EXPLORATION_H_
