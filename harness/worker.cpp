#include "harness/worker.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "harness/fork_guard.h"
#include "harness/heap_use.h"
#include "harness/own_descriptors.h"
#include "harness/quarantine.h"
#include "harness/stepper.h"
#include "harness/thinning.h"
#include "harness/thread_state.h"
#include "harness/thrown.h"
#include "spec/hresult.h"

namespace vdsconform {
namespace {

// How often a waiting thread looks before it sleeps: a few microseconds, about what a wake-up
// costs.
constexpr int kSpins = 400;

void WakeAll(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

// std::atomic::wait has no limit, which the controller needs.
void WaitWhile(std::atomic<uint32_t>& word, uint32_t old, std::chrono::nanoseconds limit) {
  timespec time{};
  time.tv_sec = static_cast<time_t>(limit.count() / 1'000'000'000);
  time.tv_nsec = static_cast<long>(limit.count() % 1'000'000'000);
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, old, &time, nullptr, 0);
}

// Has the stepper follow a call, however it is left.
class FollowedCall {
 public:
  explicit FollowedCall(bool followed) : followed_(followed) {
    if (followed_) Stepper::Enter();
  }
  ~FollowedCall() {
    if (followed_) Stepper::Leave();
  }
  FollowedCall(const FollowedCall&) = delete;
  FollowedCall& operator=(const FollowedCall&) = delete;

 private:
  const bool followed_;
};

}  // namespace

void LiveOperation::Reset(uint32_t new_number, bool is_estimable) {
  number = new_number;
  estimable = is_estimable;
  async = nullptr;
  handle = nullptr;
  starting = begun = ending = let_go = false;
  added_references = 0;
  queried.clear();
  identity = nullptr;
}

void WorkerShared::Inconclusive(const std::string& reason) {
  const std::lock_guard lock(message_mutex);
  if (inconclusive.empty()) inconclusive = reason;
}

Worker::Worker(WorkerShared& shared, uint32_t index)
    : shared_(shared), index_(index), slot_(shared.journal->slots[index]) {
  slot_.call = -1;
  thread_ = std::thread([this] { Loop(); });
  while (tid_.load() == 0) std::this_thread::yield();
}

Worker::~Worker() {
  if (!thread_.joinable()) return;
  quit_ = true;
  command_.fetch_add(1);
  command_.notify_all();
  thread_.join();
}

void Worker::Abandon() {
  if (thread_.joinable()) thread_.detach();
}

void Worker::Loop() {
  const OwnFrees frees;
  // Here rather than in the frame of a call, so that what is written too late harms nobody else.
  OutputFrame frame;
  buffers_ = std::make_unique<OutputBuffers>(&frame);
  Stepper::MarkOwnThread();
  slot_.tid = static_cast<int32_t>(syscall(SYS_gettid));
  tid_ = slot_.tid;
  for (uint32_t seen = 0;; ++seen) {
    for (int i = 0; i < kSpins && command_.load(std::memory_order_acquire) == seen; ++i) {
    }
    command_.wait(seen);
    if (quit_) return;
    job_(*this);
    done_.store(seen + 1, std::memory_order_release);
    WakeAll(done_);
  }
}

void Worker::StartProgram() {
  events_.clear();
  plain_events_ = 0;
  buffers_->Forget();
  arrived = 0;
  resting = false;
  awake_at = 0;
}

void Worker::Post(std::function<void(Worker&)> job) {
  job_ = std::move(job);
  ++posted_;
  command_.store(posted_, std::memory_order_release);
  command_.notify_one();
}

bool Worker::WaitDone(std::chrono::nanoseconds limit) {
  for (int i = 0; i < kSpins; ++i) {
    if (done()) return true;
  }
  WaitWhile(done_, posted_ - 1, limit);
  return done();
}

void Worker::NoteWitness(uint64_t sequence, Witness witness) {
  witness_note_.store(sequence << 8 | static_cast<uint64_t>(witness), std::memory_order_relaxed);
}

void Worker::NoteSlept(uint64_t sequence, const ThreadSample& sample) {
  const uint64_t call = static_cast<uint64_t>(sample.system_call) & 0x7FFF;
  const uint64_t limited = sample.pure_sleep ? 0 : 0x8000;
  slept_note_.store(sequence << 16 | limited | call, std::memory_order_relaxed);
}

void Worker::NoteBlocked(uint64_t sequence, Blockage blockage) {
  const std::lock_guard lock(blocked_mutex_);
  blocked_sequence_ = sequence;
  blocked_ = std::move(blockage);
}

void Worker::NoteAsleep(uint64_t sequence, uint64_t asleep_ns) {
  const std::lock_guard lock(blocked_mutex_);
  if (blocked_sequence_ == sequence) blocked_.asleep_ns = asleep_ns;
}

std::optional<Blockage> Worker::TakeBlocked(uint64_t sequence) {
  const std::lock_guard lock(blocked_mutex_);
  if (blocked_sequence_ != sequence) return std::nullopt;
  return std::move(blocked_);
}

Event Worker::InFlight() const {
  Event event;
  event.op = slot_.op;
  event.thread = index_;
  event.call = call();
  event.t0 = slot_.t0;
  event.null_outputs = static_cast<NullOutputs>(slot_.null_outputs);
  if (slot_.step >= 0) event.step = static_cast<uint32_t>(slot_.step);
  const uint32_t argument = argument_.load(std::memory_order_relaxed);
  if (event.call == Call::kProgress) event.percent = argument;
  if (event.call == Call::kFinish) event.result = ToHresult(argument);
  if (event.call == Call::kBegin) {
    const LiveOperation* begun = operation_.load(std::memory_order_relaxed);
    event.estimable = begun->estimable;
    event.driven = shared_.iut->finish != nullptr;
  }
  return event;
}

void Worker::Follow(const StopPoint* point) {
  followed_ = true;
  stopped_sequence_ = 0;
  stop_point_ = point == nullptr ? StopPoint{} : *point;
}

template <class Body>
Event Worker::Invoke(Call call, int32_t step, LiveOperation& operation, NullOutputs nulls,
                     Body&& body) {
  Event event;
  event.op = operation.number;
  event.thread = index_;
  event.call = call;
  event.null_outputs = nulls;
  if (step >= 0) event.step = static_cast<uint32_t>(step);

  call_.store(call, std::memory_order_relaxed);
  operation_.store(&operation, std::memory_order_relaxed);
  step_.store(step, std::memory_order_relaxed);
  stack_.store(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)), std::memory_order_relaxed);
  slot_.op = operation.number;
  slot_.step = step;
  slot_.null_outputs = static_cast<uint32_t>(nulls);
  slot_.object = reinterpret_cast<uintptr_t>(operation.async);
  event.t0 = slot_.t0 = NowNs();
  slot_.call = static_cast<int32_t>(call);
  const uint64_t sequence = sequence_.load(std::memory_order_relaxed) + 1;
  sequence_.store(sequence, std::memory_order_release);
  const bool measures_stack = call == Call::kQueryStatus && !followed_ &&
                              shared_.measure_stack.load(std::memory_order_relaxed);
  if (measures_stack) stack_use_.Paint();
  try {
    const IutFrees frees;
    const FollowedCall followed(followed_);
    body(event);
  } catch (...) {
    NoteThrown(&event);
  }
  if (InForkedChild()) _exit(0);
  if (measures_stack && event.fault == Fault::kNone) {
    shared_.stack_bytes = std::max(shared_.stack_bytes.load(), stack_use_.Measure());
  }
  const bool checks = shared_.check_descriptors.load(std::memory_order_relaxed);
  if (checks && InSharingChild()) _exit(0);
  if (checks && !OwnDescriptorsIntact()) {
    shared_.journal->closed_descriptors = index_ + 1;
    _exit(3);
  }
  event.t1 = NowNs();
  sequence_.store(sequence + 1, std::memory_order_release);
  slot_.call = -1;
  resting.store(false, std::memory_order_relaxed);

  const uint64_t witness = witness_note_.load(std::memory_order_relaxed);
  if (witness >> 8 == sequence) event.witness = static_cast<Witness>(witness & 0xFF);
  const uint64_t slept = slept_note_.load(std::memory_order_relaxed);
  if (slept != 0 && slept >> 16 == sequence) {
    event.slept_in = SystemCallName(static_cast<long>(slept & 0x7FFF));
    if ((slept & 0x8000) != 0) event.slept_in += kWithTimeLimit;
  }
  if (event.witness != Witness::kNone || !event.slept_in.empty()) {
    event.blocked = TakeBlocked(sequence);
  }
  event.held = held_note_.load(std::memory_order_relaxed) == sequence;
  if (followed_ && stopped_sequence_ == sequence) {
    event.stopped = stop_point_;
    // It was we who slept.
    event.slept_in.clear();
    if (event.witness == Witness::kNone) event.blocked.reset();
  }
  return event;
}

Event Worker::Query(const Step& step, int32_t index, LiveOperation& operation, bool measure) {
  const OutputBuffers::Target target = buffers_->Prepare(step);
  const auto nulls = static_cast<uint8_t>(step.null_outputs);
  HRESULT* hr = (nulls & static_cast<uint8_t>(NullOutputs::kHr)) != 0 ? nullptr : target.hr;
  ULONG* percent =
      (nulls & static_cast<uint8_t>(NullOutputs::kPercent)) != 0 ? nullptr : target.percent;
  const uint64_t switches = measure ? OwnVoluntarySwitches() : 0;
  Event event = Invoke(Call::kQueryStatus, index, operation, step.null_outputs,
                       [&](Event& e) { e.ret = operation.async->QueryStatus(hr, percent); });
  if (measure) event.switches = static_cast<uint32_t>(OwnVoluntarySwitches() - switches);
  OutputBuffers::Seen seen = buffers_->Inspect(step);
  event.aliased = step.outputs == Outputs::kAliased && step.null_outputs == NullOutputs::kNone;
  if (step.null_outputs == NullOutputs::kNone && !event.aliased && event.fault == Fault::kNone) {
    event.hr = seen.hr;
    event.percent = seen.percent;
  }
  event.clobbered = std::move(seen.clobbered);
  return event;
}

void Worker::RepeatQuery(const Step& step, int32_t index, LiveOperation& operation, bool measure) {
  for (uint32_t i = 0; i < step.repeat; ++i) {
    Event event = Query(step, index, operation, measure);
    // Of a row of equal observations the first and the last tell all that the judge needs. Where
    // switches are counted every call is kept.
    const size_t n = events_.size();
    if (!measure && n >= 2 && i >= 2 && !Remarkable(event) && !Remarkable(events_[n - 1]) &&
        SameObservation(event, events_[n - 1]) && SameObservation(event, events_[n - 2])) {
      events_[n - 1] = std::move(event);
    } else {
      events_.push_back(std::move(event));
    }
  }
}

void Worker::Poll(const Step& step, int32_t index, LiveOperation& operation) {
  const size_t first = events_.size();
  while (true) {
    Event event = Query(step, index, operation, true);
    const bool pending = event.fault == Fault::kNone && event.ret && !event.hr.has_value()
                             ? Failed(*event.ret) && *event.ret == hr::kOperationPending
                             : event.hr == hr::kOperationPending;
    const bool failed = event.fault != Fault::kNone;
    // A poll of a long operation makes millions of equal observations: thinned as in RepeatQuery.
    const size_t n = events_.size();
    if (n >= first + 2 && !Remarkable(event) && event.switches == 0u &&
        SameObservation(event, events_[n - 1]) && SameObservation(event, events_[n - 2])) {
      events_[n - 1] = std::move(event);
    } else {
      events_.push_back(std::move(event));
    }
    // While an operation is driven nothing would ever end it here: one query is what it gets.
    if (!pending || failed || shared_.iut->finish != nullptr) return;
    if (shared_.stop_polling) return;
    std::this_thread::yield();
  }
}

std::optional<uint64_t> Worker::MeasureHeap(const LiveOperation& operation) {
  constexpr uint32_t kEvery = 128;
  if (!shared_.measure_heap || operation.number % kEvery != 0) return std::nullopt;
  // Texts in events are memory, too: once there are some, no more can be said.
  while (plain_events_ < events_.size() && !Remarkable(events_[plain_events_])) ++plain_events_;
  if (plain_events_ < events_.size()) return std::nullopt;
  std::optional<uint64_t> heap = HeapInUse();
  const uint64_t own = uint64_t{events_.capacity()} * sizeof(Event);
  if (heap) heap = *heap > own ? *heap - own : 0;
  return heap;
}

void Worker::PerformBegin(int32_t step, LiveOperation& operation) {
  if (operation.starting.exchange(true)) return;
  vdsconform_plan plan{};
  plan.size = sizeof plan;
  plan.estimable = operation.estimable ? 1 : 0;
  plan.parameters = shared_.parameters.data();
  plan.parameter_count = static_cast<uint32_t>(shared_.parameters.size());
  const std::optional<uint64_t> heap = MeasureHeap(operation);
  Event event = Invoke(Call::kBegin, step, operation, NullOutputs::kNone, [&](Event& e) {
    e.ret = shared_.iut->begin(&plan, &operation.async, &operation.handle);
  });
  event.estimable = operation.estimable;
  event.driven = shared_.iut->finish != nullptr;
  event.heap = heap;
  if (event.fault == Fault::kNone && (Failed(*event.ret) || operation.async == nullptr)) {
    shared_.Inconclusive(Failed(*event.ret)
                             ? "begin failed with " + vdsconform::Describe(*event.ret)
                             : "begin succeeded but gave no object");
    return;
  }
  events_.push_back(std::move(event));
  if (events_.back().fault == Fault::kNone) operation.begun = true;
}

void Worker::PerformProgress(int32_t step, LiveOperation& operation, uint32_t percent) {
  if (shared_.iut->progress == nullptr || operation.let_go) return;
  argument_.store(percent, std::memory_order_relaxed);
  Event event = Invoke(Call::kProgress, step, operation, NullOutputs::kNone, [&](Event& e) {
    e.percent = percent;
    shared_.iut->progress(operation.handle, percent);
  });
  events_.push_back(std::move(event));
}

void Worker::PerformFinish(int32_t step, LiveOperation& operation, HRESULT result) {
  if (shared_.iut->finish == nullptr || operation.let_go) return;
  operation.ending = true;
  argument_.store(ToBits(result), std::memory_order_relaxed);
  Event event = Invoke(Call::kFinish, step, operation, NullOutputs::kNone, [&](Event& e) {
    e.result = result;
    shared_.iut->finish(operation.handle, result);
  });
  events_.push_back(std::move(event));
}

void Worker::PerformEnd(int32_t step, LiveOperation& operation) {
  if (operation.let_go.exchange(true) || shared_.iut->end == nullptr) return;
  events_.push_back(Invoke(Call::kEnd, step, operation, NullOutputs::kNone,
                           [&](Event&) { shared_.iut->end(operation.handle); }));
}

void Worker::PerformWait(int32_t step, LiveOperation& operation) {
  HRESULT hr = hr::kOperationPending;
  VDS_ASYNC_OUTPUT output{};
  Event event = Invoke(Call::kWait, step, operation, NullOutputs::kNone,
                       [&](Event& e) { e.ret = operation.async->Wait(&hr, &output); });
  if (event.fault == Fault::kNone && Succeeded(*event.ret)) event.hr = hr;
  events_.push_back(std::move(event));
}

void Worker::PerformCancel(int32_t step, LiveOperation& operation) {
  events_.push_back(Invoke(Call::kCancel, step, operation, NullOutputs::kNone,
                           [&](Event& e) { e.ret = operation.async->Cancel(); }));
}

void Worker::PerformAddRef(int32_t step, LiveOperation& operation) {
  events_.push_back(Invoke(Call::kAddRef, step, operation, NullOutputs::kNone,
                           [&](Event& e) { e.count = operation.async->AddRef(); }));
  const std::lock_guard lock(operation.references_mutex);
  ++operation.added_references;
}

void Worker::PerformRelease(int32_t step, LiveOperation& operation, IUnknown* object) {
  events_.push_back(Invoke(Call::kRelease, step, operation, NullOutputs::kNone,
                           [&](Event& e) { e.count = object->Release(); }));
}

void Worker::PerformQueryInterface(const Step& step, int32_t index, LiveOperation& operation) {
  static char poison_target;
  void* const poison = &poison_target;
  void* object = poison;
  const IID iid = IidOf(step.interface_id);
  Event event = Invoke(Call::kQueryInterface, index, operation, NullOutputs::kNone, [&](Event& e) {
    e.interface_id = step.interface_id;
    e.ret = operation.async->QueryInterface(iid, &object);
  });
  if (event.fault == Fault::kNone) {
    const std::lock_guard lock(operation.references_mutex);
    if (object == poison) {
      event.out = OutPointer::kNotWritten;
    } else if (object == nullptr) {
      event.out = OutPointer::kNull;
    } else {
      auto* unknown = static_cast<IUnknown*>(object);
      const bool is_identity = step.interface_id == Interface::kIUnknown;
      if (is_identity && operation.identity == nullptr) operation.identity = unknown;
      const bool same = is_identity ? unknown == operation.identity : object == operation.async;
      event.out = same ? OutPointer::kSame : OutPointer::kDifferent;
      // What a failed call left there is not a reference of ours.
      if (Succeeded(*event.ret)) operation.queried.push_back(unknown);
    }
  }
  events_.push_back(std::move(event));
}

void Worker::Perform(const Step& step, int32_t index, LiveOperation& operation, bool measure) {
  if (step.action == Action::kBegin) return PerformBegin(index, operation);
  if (step.action == Action::kBarrier || !operation.begun) return;
  switch (step.action) {
    case Action::kProgress:
      return PerformProgress(index, operation, step.percent);
    case Action::kFinish:
      return PerformFinish(index, operation, step.result);
    case Action::kEnd:
      // Without a driver nobody could end the operation any more, and a Wait would rightly never
      // return: then the driver lets go at the end of the Program.
      if (operation.waited_for && !operation.ending) return;
      return PerformEnd(index, operation);
    case Action::kQuery:
      return RepeatQuery(step, index, operation, measure);
    case Action::kPoll:
      return Poll(step, index, operation);
    case Action::kWait:
      return PerformWait(index, operation);
    case Action::kCancel:
      return PerformCancel(index, operation);
    case Action::kAddRef:
      for (uint32_t i = 0; i < step.repeat; ++i) PerformAddRef(index, operation);
      return;
    case Action::kQueryInterface:
      return PerformQueryInterface(step, index, operation);
    case Action::kRelease:
      for (uint32_t i = 0; i < step.repeat; ++i) {
        {
          const std::lock_guard lock(operation.references_mutex);
          if (operation.added_references == 0) return;
          --operation.added_references;
        }
        PerformRelease(index, operation, operation.async);
      }
      return;
    case Action::kBegin:
    case Action::kBarrier:
      return;
  }
}

void Worker::Conclude(LiveOperation& operation) {
  if (!operation.begun) return;
  events_.push_back(Query(Step{}, -1, operation, false));
  PerformEnd(-1, operation);
  for (IUnknown* object : operation.queried) PerformRelease(-1, operation, object);
  for (uint32_t i = 0; i <= operation.added_references; ++i) {
    PerformRelease(-1, operation, operation.async);
  }
  operation.begun = false;
}

}  // namespace vdsconform
