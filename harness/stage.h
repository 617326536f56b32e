// The stage: the workers, operations and supervision that every schedule uses.
//
// What in-order and racing runs share: waiting for a worker until it is done or at rest, releasing
// a call by ending its operation, and the end of every Program. Used by one thread, the
// executor's own; what it says of calls that never come back is in hung().
#ifndef VDSCONFORM_HARNESS_STAGE_H_
#define VDSCONFORM_HARNESS_STAGE_H_

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/executor.h"
#include "harness/supervisor.h"
#include "harness/worker.h"

namespace vdsconform {

class Stage {
 public:
  Stage(const vdsconform_iut& iut, std::vector<std::string> parameters, Journal* journal);
  ~Stage();

  void set_patience(const Patience& patience) { patience_ = patience; }

  // Makes everything ready for a Program.
  void Reset(const Program& program);
  // Gives its operations new numbers, `first_number` and up.
  void StartOperations(uint32_t first_number);
  // Starts the operations that no Begin step starts, on a watched thread.
  void BeginImplicitly();
  // The same on the worker's own thread, for round `round` of many with fresh operations. False:
  // one could not be started.
  bool StartRound(Worker& worker, uint32_t round);
  // On the worker's own thread: ends what is still pending in a round and lets everything go.
  void ConcludeRound(Worker& worker);

  // The threads that have steps other than barriers, in order; thread 0 if none has.
  static std::vector<uint32_t> ThreadsOf(const Program& program);

  // Made when first used.
  Worker& worker(uint32_t index);
  LiveOperation& operation(uint32_t index) { return operations_[index]; }
  // The threads of all workers there are.
  std::vector<pid_t> WorkerThreads() const;
  Journal& journal() { return *shared_.journal; }
  bool drivable() const { return shared_.iut->finish != nullptr; }

  // Tells whoever watches this process that it is being supervised.
  // Where it can no longer be, for want of descriptors, say, its silence tells that a call is
  // stuck.
  void Beat() {
    if (supervisor_.is_blind()) return;
    __atomic_fetch_add(&shared_.journal->heartbeat, 1, __ATOMIC_RELAXED);
  }

  // Waits until the worker's job is done (true) or its call is at rest (false). A call that cannot
  // be released and does not come back makes the stage hung. A Wait for an operation that runs by
  // itself is at rest, and cannot be released: with `leave_waiting` false it is waited for.
  bool Await(Worker& worker, bool leave_waiting = true);
  // Of workers that run together: whether all jobs are done...
  static bool AllDone(const std::vector<Worker*>& workers);
  // ...whether the first one that was not is, for which this waits a moment...
  static bool AwaitFirst(const std::vector<Worker*>& workers, Backoff& backoff);
  // ...and waits until each is done or in a call, which may never come back.
  static void AwaitThoseOutsideCalls(const std::vector<Worker*>& workers);
  // Forgets how long the worker's call has been going on.
  void Restart(const Worker& worker) { supervisor_.Restart(worker); }
  // Looks at the worker's call once, with the patience that suits it, and notes what it finds.
  Supervisor::State LookAt(Worker& worker);
  // Ends the operation of the call that the worker is in, with the result of the Program's next
  // Finish of it. Nothing where that could not bring the call back.
  void Release(Worker& worker);
  // Ends what is still pending, as at the end of a Program; `step`: steps before it are over.
  void EndPending(int32_t step);
  // Concludes every operation.
  void Conclude();
  // Whether ending its operation could bring the worker's call back.
  bool CanRelease(const Worker& worker) const;

  bool hung() const { return hung_; }
  uint32_t stack_bytes() const { return shared_.stack_bytes; }
  std::string inconclusive();
  // All workers' events and the calls that never came back, in order.
  std::vector<Event> TakeEvents();

 private:
  Worker& helper() { return worker(kMaxThreads); }
  Supervisor::State LookAtSelfRunning(Worker& worker);
  // Notes the witness on the call in flight that was found at rest.
  void Testify(Worker& worker);
  void DeclareHung(Worker& worker);
  bool RunOnHelper(std::function<void(Worker&)> job);
  HRESULT NextResult(uint32_t op, int32_t after_step) const;
  bool HasStep(uint32_t op, Action action) const;

  WorkerShared shared_;
  std::vector<std::string> parameters_;
  Patience patience_;
  Supervisor supervisor_;
  std::array<std::unique_ptr<Worker>, kMaxThreads + 1> workers_;
  std::array<LiveOperation, kMaxOperations> operations_;
  uint32_t operation_count_ = 0;
  const Program* program_ = nullptr;
  int64_t operation_deadline_ns_ = 0;
  std::vector<std::pair<Worker*, std::string>> lost_;  // calls that never came back, and how
  bool hung_ = false;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_STAGE_H_
