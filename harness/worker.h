// A worker: one thread that calls into the IUT, and everything others may know about it meanwhile.
//
// Jobs are posted by the executor's own thread, the controller, and run on the worker's. Every call
// into the IUT goes through Perform*, which records an Event, keeps the journal slot and lets the
// controller see from outside whether a call is in flight (supervisor.h). The events belong to the
// worker until its job is done.
#ifndef VDSCONFORM_HARNESS_WORKER_H_
#define VDSCONFORM_HARNESS_WORKER_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/executor.h"
#include "harness/outputs.h"
#include "harness/program.h"
#include "harness/stack_use.h"
#include "harness/thread_state.h"
#include "spec/iut.h"

namespace vdsconform {

// One operation of a Program while it is carried out.
struct LiveOperation {
  uint32_t number = 0;  // Event::op
  bool estimable = true;
  IVdsAsync* async = nullptr;
  void* handle = nullptr;
  std::atomic<bool> starting{false};  // a Begin step has been taken
  std::atomic<bool> begun{false};     // and it gave an object
  std::atomic<bool> ending{false};    // the driver's finish was invoked
  std::atomic<bool> let_go{false};    // `end` was called
  bool waited_for = false;            // the Program has a Wait for it

  std::mutex references_mutex;     // guards what follows, never held during a call
  uint32_t added_references = 0;   // by AddRef steps, not yet released
  std::vector<IUnknown*> queried;  // by QueryInterface steps
  IUnknown* identity = nullptr;    // what QueryInterface gave for IUnknown first

  void Reset(uint32_t new_number, bool is_estimable);
};

// What all workers of an executor share.
struct WorkerShared {
  const vdsconform_iut* iut = nullptr;
  std::vector<const char*> parameters;
  Journal* journal = nullptr;
  std::atomic<bool> stop_polling{false};  // Poll steps end at the next call
  // After each call, end the process if descriptors of its own are gone. Not while racing, where
  // the system call would make races rarer.
  std::atomic<bool> check_descriptors{false};
  // Measure how much of its thread's stack a QueryStatus uses, and keep the most. Not while racing,
  // for the same reason.
  std::atomic<bool> measure_stack{false};
  // Measure how much memory is in use when some of the operations begin. Only where one thread does
  // all, as the others' events are memory, too.
  std::atomic<bool> measure_heap{false};
  std::atomic<uint32_t> stack_bytes{0};
  std::mutex message_mutex;
  std::string inconclusive;  // guarded by message_mutex; the first reason is kept

  void Inconclusive(const std::string& reason);
};

class Worker {
 public:
  Worker(WorkerShared& shared, uint32_t index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Controller: one job at a time.
  void Post(std::function<void(Worker&)> job);
  // Controller: true once the posted job is done; waits for it no longer than `limit`.
  bool WaitDone(std::chrono::nanoseconds limit);
  bool done() const { return done_.load(std::memory_order_acquire) == posted_; }
  // Controller: the thread never comes back; it is left behind when the process ends.
  void Abandon();

  // Controller: odd while a call into the IUT is in flight.
  uint64_t call_sequence() const { return sequence_.load(std::memory_order_acquire); }
  Call call() const { return call_.load(std::memory_order_relaxed); }
  LiveOperation* operation() const { return operation_.load(std::memory_order_relaxed); }
  int32_t step() const { return step_.load(std::memory_order_relaxed); }
  pid_t tid() const { return tid_; }
  // Where the thread's stack ended when it made its last call.
  uintptr_t stack() const { return stack_.load(std::memory_order_relaxed); }
  uint32_t index() const { return index_; }
  // Controller: notes on the call `sequence`, for its event.
  void NoteWitness(uint64_t sequence, Witness witness);
  void NoteSlept(uint64_t sequence, const ThreadSample& sample);
  // Before either of these, so that the event that has them has this.
  void NoteBlocked(uint64_t sequence, Blockage blockage);
  // How long it has slept by now, where NoteBlocked was called for it.
  void NoteAsleep(uint64_t sequence, uint64_t asleep_ns);
  // Another thread: the call `sequence` waits for a stopped thread.
  void NoteHeld(uint64_t sequence) { held_note_.store(sequence, std::memory_order_relaxed); }
  // The event of the call in flight: it did not come back.
  Event InFlight() const;

  // Worker: one step of a Program, with what it repeats.
  void Perform(const Step& step, int32_t index, LiveOperation& operation, bool measure);
  void PerformBegin(int32_t step, LiveOperation& operation);
  void PerformFinish(int32_t step, LiveOperation& operation, HRESULT result);
  void PerformEnd(int32_t step, LiveOperation& operation);
  // Queries once more, lets go and releases every reference that is left.
  void Conclude(LiveOperation& operation);

  // Worker: the stepper follows the calls from now on, until `point`, if it is not null, or without
  // a stop. Then, while the call is stopped there, from within its signal handler: it is.
  void Follow(const StopPoint* point);
  void Unfollow() { followed_ = false; }
  void NoteStopped() { stopped_sequence_ = sequence_.load(std::memory_order_relaxed); }

  std::vector<Event>& events() { return events_; }
  // Controller, before a Program: forgets what is not of it.
  void StartProgram();

  // Racing: how many barriers this worker has arrived at, and whether it is at rest in a call.
  std::atomic<uint64_t> arrived{0};
  std::atomic<bool> resting{false};
  std::atomic<uint64_t> awake_at{0};  // the last barrier it was seen running behind

 private:
  void Loop();
  template <class Body>
  Event Invoke(Call call, int32_t step, LiveOperation& operation, NullOutputs nulls, Body&& body);
  std::optional<Blockage> TakeBlocked(uint64_t sequence);
  std::optional<uint64_t> MeasureHeap(const LiveOperation& operation);
  Event Query(const Step& step, int32_t index, LiveOperation& operation, bool measure);
  void RepeatQuery(const Step& step, int32_t index, LiveOperation& operation, bool measure);
  void Poll(const Step& step, int32_t index, LiveOperation& operation);
  void PerformProgress(int32_t step, LiveOperation& operation, uint32_t percent);
  void PerformWait(int32_t step, LiveOperation& operation);
  void PerformCancel(int32_t step, LiveOperation& operation);
  void PerformAddRef(int32_t step, LiveOperation& operation);
  void PerformRelease(int32_t step, LiveOperation& operation, IUnknown* object);
  void PerformQueryInterface(const Step& step, int32_t index, LiveOperation& operation);

  WorkerShared& shared_;
  const uint32_t index_;
  Journal::Slot& slot_;
  std::unique_ptr<OutputBuffers> buffers_;  // the thread's, as long as its job loop runs
  StackUse stack_use_;
  std::vector<Event> events_;
  size_t plain_events_ = 0;  // of the first of these it is known that they own no memory

  std::atomic<uint64_t> sequence_{0};
  std::atomic<Call> call_{Call::kBegin};
  std::atomic<LiveOperation*> operation_{nullptr};
  std::atomic<int32_t> step_{-1};
  std::atomic<uintptr_t> stack_{0};
  std::atomic<uint32_t> argument_{0};
  std::atomic<uint64_t> witness_note_{0};  // sequence << 8 | Witness
  std::atomic<uint64_t> slept_note_{0};    // sequence << 16 | not a pure sleep << 15 | system call
  std::atomic<uint64_t> held_note_{0};     // sequence
  bool followed_ = false;
  uint64_t stopped_sequence_ = 0;
  StopPoint stop_point_;

  std::mutex blocked_mutex_;
  uint64_t blocked_sequence_ = 0;  // guarded by blocked_mutex_, like blocked_
  Blockage blocked_;

  uint32_t posted_ = 0;  // jobs posted so far; the controller's
  std::atomic<uint32_t> command_{0};
  std::atomic<uint32_t> done_{0};
  std::function<void(Worker&)> job_;
  std::atomic<bool> quit_{false};
  std::atomic<pid_t> tid_{0};
  std::thread thread_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_WORKER_H_
