#include "harness/stage.h"

#include <algorithm>

#include "harness/quarantine.h"
#include "spec/hresult.h"

namespace vdsconform {

Stage::Stage(const vdsconform_iut& iut, std::vector<std::string> parameters, Journal* journal)
    : parameters_(std::move(parameters)) {
  shared_.iut = &iut;
  shared_.journal = journal;
  for (const std::string& parameter : parameters_) shared_.parameters.push_back(parameter.c_str());
}

Stage::~Stage() = default;

Worker& Stage::worker(uint32_t index) {
  if (!workers_[index]) workers_[index] = std::make_unique<Worker>(shared_, index);
  return *workers_[index];
}

std::vector<uint32_t> Stage::ThreadsOf(const Program& program) {
  std::vector<uint32_t> threads;
  for (const Step& step : program.steps) {
    if (step.action != Action::kBarrier) threads.push_back(step.thread);
  }
  std::sort(threads.begin(), threads.end());
  threads.erase(std::unique(threads.begin(), threads.end()), threads.end());
  if (threads.empty()) threads.push_back(0);
  return threads;
}

std::vector<pid_t> Stage::WorkerThreads() const {
  std::vector<pid_t> threads;
  for (const auto& worker : workers_) {
    if (worker) threads.push_back(worker->tid());
  }
  return threads;
}

void Stage::Reset(const Program& program) {
  program_ = &program;
  shared_.stop_polling = false;
  shared_.check_descriptors = program.schedule.kind == Schedule::Kind::kInOrder;
  shared_.measure_stack = program.schedule.kind == Schedule::Kind::kInOrder;
  shared_.stack_bytes = 0;
  shared_.measure_heap =
      program.schedule.kind == Schedule::Kind::kRacing && program.measure &&
      std::all_of(program.steps.begin(), program.steps.end(), [&program](const Step& step) {
        return step.thread == program.steps.front().thread;
      });
  shared_.inconclusive.clear();
  operation_deadline_ns_ = NowNs() + int64_t{patience_.operation_ms} * 1'000'000;
  operation_count_ = static_cast<uint32_t>(program.operations.size());
  for (auto& worker : workers_) {
    if (worker) worker->StartProgram();
  }
}

void Stage::StartOperations(uint32_t first_number) {
  for (uint32_t i = 0; i < operation_count_; ++i) {
    operations_[i].Reset(first_number + i, program_->operations[i].estimable);
    operations_[i].waited_for = HasStep(i, Action::kWait);
  }
}

bool Stage::HasStep(uint32_t op, Action action) const {
  return std::any_of(program_->steps.begin(), program_->steps.end(),
                     [=](const Step& step) { return step.action == action && step.op == op; });
}

void Stage::BeginImplicitly() {
  RunOnHelper([this](Worker& w) {
    for (uint32_t i = 0; i < operation_count_; ++i) {
      if (!HasStep(i, Action::kBegin)) w.PerformBegin(-1, operations_[i]);
    }
  });
}

bool Stage::StartRound(Worker& worker, uint32_t round) {
  StartOperations(round * operation_count_);
  bool begun = true;
  for (uint32_t i = 0; i < operation_count_; ++i) {
    if (HasStep(i, Action::kBegin)) continue;
    worker.PerformBegin(-1, operations_[i]);
    begun = begun && operations_[i].begun;
  }
  return begun;
}

void Stage::ConcludeRound(Worker& worker) {
  for (uint32_t i = 0; i < operation_count_; ++i) {
    LiveOperation& operation = operations_[i];
    if (operation.begun && !operation.ending) worker.PerformFinish(-1, operation, 0);
    if (HasStep(i, Action::kEnd)) worker.PerformEnd(-1, operation);
    worker.Conclude(operation);
  }
}

bool Stage::CanRelease(const Worker& worker) const {
  if (worker.call_sequence() % 2 == 0 || !drivable()) return false;
  if (IsDriverCall(worker.call())) return false;
  const LiveOperation* operation = worker.operation();
  return !operation->ending && !operation->let_go;
}

void Stage::Testify(Worker& worker) {
  const uint64_t sequence = worker.call_sequence();
  if (sequence % 2 == 1 && worker.call() != Call::kWait) {
    worker.NoteBlocked(sequence, supervisor_.blockage(worker));
    worker.NoteWitness(sequence, supervisor_.witness(worker));
  }
}

bool Stage::Await(Worker& worker, bool leave_waiting) {
  Backoff backoff;
  while (!worker.WaitDone(backoff.Next())) {
    Beat();
    switch (LookAt(worker)) {
      case Supervisor::State::kOutside:
      case Supervisor::State::kGoesOn:
        break;
      case Supervisor::State::kAtRest:
        if (!worker.done() && (leave_waiting || drivable())) return false;
    }
    if (hung_) return false;
    if (supervisor_.TakeNewSleep()) backoff = Backoff();
  }
  return true;
}

bool Stage::AllDone(const std::vector<Worker*>& workers) {
  return std::all_of(workers.begin(), workers.end(), [](const Worker* w) { return w->done(); });
}

bool Stage::AwaitFirst(const std::vector<Worker*>& workers, Backoff& backoff) {
  const auto first =
      std::find_if(workers.begin(), workers.end(), [](const Worker* w) { return !w->done(); });
  return first != workers.end() && (*first)->WaitDone(backoff.Next());
}

void Stage::AwaitThoseOutsideCalls(const std::vector<Worker*>& workers) {
  for (Worker* worker : workers) {
    Backoff backoff;
    while (!worker->done() && worker->call_sequence() % 2 == 0) worker->WaitDone(backoff.Next());
  }
}

Supervisor::State Stage::LookAt(Worker& worker) {
  if (!drivable()) return LookAtSelfRunning(worker);
  const bool releasable = CanRelease(worker);
  const auto state = releasable ? supervisor_.Look(worker, patience_.rest_ms)
                                : supervisor_.LookForHang(worker, patience_.hang_ms);
  if (state != Supervisor::State::kAtRest) return state;
  if (releasable) {
    Testify(worker);
  } else if (!worker.done()) {
    DeclareHung(worker);
  }
  return state;
}

Supervisor::State Stage::LookAtSelfRunning(Worker& worker) {
  // The operation ends by itself, and until then waiting for it cannot be told from slowness. Only
  // a process in which nothing will ever move again is certain.
  const auto state = supervisor_.Look(worker, patience_.rest_ms);
  if (state == Supervisor::State::kOutside) return state;
  const Call call = worker.call();
  if (state == Supervisor::State::kAtRest) Testify(worker);
  if (supervisor_.LookForHang(worker, UINT32_MAX) == Supervisor::State::kAtRest) {
    DeclareHung(worker);
    return Supervisor::State::kAtRest;
  }
  if (NowNs() > operation_deadline_ns_) {
    shared_.stop_polling = true;
    shared_.Inconclusive("the operation did not end within its time; see --operation-timeout");
    if (supervisor_.LookForHang(worker, patience_.hang_ms) == Supervisor::State::kAtRest) {
      hung_ = true;
      return Supervisor::State::kAtRest;
    }
  }
  return call == Call::kWait ? state : Supervisor::State::kGoesOn;
}

void Stage::DeclareHung(Worker& worker) {
  hung_ = true;
  lost_.emplace_back(&worker, supervisor_.Explain(worker));
}

bool Stage::RunOnHelper(std::function<void(Worker&)> job) {
  helper().Post(std::move(job));
  Backoff backoff;
  supervisor_.Restart(helper());
  while (!helper().WaitDone(backoff.Next())) {
    Beat();
    if (supervisor_.LookForHang(helper(), patience_.hang_ms) == Supervisor::State::kAtRest &&
        !helper().done()) {
      DeclareHung(helper());
      return false;
    }
  }
  return true;
}

HRESULT Stage::NextResult(uint32_t op, int32_t after_step) const {
  for (size_t i = static_cast<size_t>(std::max(after_step, 0)); i < program_->steps.size(); ++i) {
    const Step& step = program_->steps[i];
    if (step.action == Action::kFinish && step.op == op) return step.result;
  }
  return hr::kOk;
}

void Stage::Release(Worker& worker) {
  if (!CanRelease(worker)) return;
  LiveOperation* operation = worker.operation();
  const auto op = static_cast<uint32_t>(operation - operations_.data());
  const HRESULT result = NextResult(op, worker.step());
  RunOnHelper([operation, result](Worker& w) { w.PerformFinish(-1, *operation, result); });
  supervisor_.Restart(worker);
}

void Stage::EndPending(int32_t step) {
  if (!drivable()) return;
  RunOnHelper([this, step](Worker& w) {
    for (uint32_t i = 0; i < operation_count_; ++i) {
      LiveOperation& operation = operations_[i];
      if (operation.begun && !operation.ending) {
        w.PerformFinish(-1, operation, NextResult(i, step));
      }
    }
  });
}

void Stage::Conclude() {
  RunOnHelper([this](Worker& w) {
    for (uint32_t i = 0; i < operation_count_; ++i) w.Conclude(operations_[i]);
  });
}

std::string Stage::inconclusive() {
  const std::lock_guard lock(shared_.message_mutex);
  return shared_.inconclusive;
}

std::vector<Event> Stage::TakeEvents() {
  std::vector<Event> events;
  for (auto& worker : workers_) {
    if (!worker) continue;
    const bool lost = std::any_of(lost_.begin(), lost_.end(),
                                  [&](const auto& entry) { return entry.first == worker.get(); });
    // Of a worker that is neither done nor lost, nothing may be read.
    if (!lost && hung_ && !worker->done()) continue;
    events.insert(events.end(), std::make_move_iterator(worker->events().begin()),
                  std::make_move_iterator(worker->events().end()));
    worker->events().clear();
  }
  if (hung_ && program_->schedule.kind != Schedule::Kind::kInOrder) {
    // Without the calls of those others, what raced cannot be judged; the hang can.
    std::erase_if(events, [](const Event& event) { return event.call != Call::kBegin; });
  }
  for (const auto& [worker, how] : lost_) {
    Event event = worker->InFlight();
    event.fault = Fault::kHung;
    event.detail = how;
    // A lock in poisoned memory, say, is never released.
    const bool uses_object = !IsDriverCall(event.call) && event.call != Call::kRelease;
    if (uses_object && IsQuarantined(worker->operation()->async)) event.fault = Fault::kUsedFreed;
    event.witness = supervisor_.witness(*worker);
    event.blocked = supervisor_.blockage(*worker);
    events.push_back(std::move(event));
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.t0 < b.t0; });
  return events;
}

}  // namespace vdsconform
