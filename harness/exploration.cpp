#include "harness/exploration.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>

#include "harness/affinity.h"
#include "harness/fingerprint.h"

namespace vdsconform {
namespace {

// How often a stopped thread looks for the baton before it looks at who has it, and how long it
// then sleeps between looks.
constexpr int kSpins = 40'000;
constexpr int kQuickLooks = 4;
constexpr std::chrono::microseconds kLook{100};
// The onlooker's where there is but one interleaving, which is to go the same way each time: the
// time that a virtual machine did not run is counted as that of the thread which ran.
constexpr int64_t kPatienceForOne = 100;

}  // namespace

ExplorationRun::ExplorationRun(Stage& stage, const CodeMap& code, bool breakpoints,
                               const Program& program)
    : stage_(stage),
      program_(program),
      code_(code),
      breakpoints_(breakpoints),
      plan_(program, exploration_),
      threads_(Stage::ThreadsOf(program)) {
  own_threads_.push_back(static_cast<pid_t>(syscall(SYS_gettid)));
  Stepper::MarkOwnThread();
  for (const uint32_t thread : threads_) {
    workers_.push_back(&stage.worker(thread));
    kept_events_.push_back(0);
  }
  kept_events_.push_back(0);  // of the helper, which ends operations that are waited for
  static_cast<void>(stage.worker(kMaxThreads));
  // The helper and workers of earlier Programs sleep, but are threads, too.
  for (const pid_t tid : stage.WorkerThreads()) own_threads_.push_back(tid);
  onlooker_.SetOwnThreads(own_threads_);
  if (program.schedule.kind == Schedule::Kind::kPreempted) onlooker_.SetPatience(kPatienceForOne);
  for (const Step& step : program.steps) {
    const auto at = std::find(threads_.begin(), threads_.end(), step.thread) - threads_.begin();
    // A barrier, which means nothing here, may be on a thread without other steps.
    at_.push_back(at == static_cast<std::ptrdiff_t>(threads_.size()) ? 0
                                                                     : static_cast<uint32_t>(at));
  }
  for (const Preemption& preemption : program.schedule.preemptions) {
    Stop& stop = stops_.emplace_back();
    stop.run = this;
    stop.at = at_[preemption.step];
    stop.preemption = stops_.size() - 1;
    stop.iut_thread = preemption.point.iut_thread;
  }
}

void ExplorationRun::Run() {
  stepper_ = std::make_unique<Stepper>(&code_);
  for (size_t i = 0; i < workers_.size(); ++i) {
    const auto at = static_cast<uint32_t>(i);
    workers_[i]->Post([this, at](Worker& w) { RunTurns(w, at); });
  }
  Supervise();
  stage_.journal().stopping = 0;
  // A hung thread may come back and meet a trap.
  if (abandoned_) {
    static_cast<void>(stepper_.release());
  } else {
    stepper_.reset();
  }
}

std::string ExplorationRun::unreached() const {
  for (size_t i = 0; i < stops_.size(); ++i) {
    if (stops_[i].reached) continue;
    const Preemption& preemption = program_.schedule.preemptions[i];
    return "step " + std::to_string(preemption.step + 1) + " did not come to instruction " +
           std::to_string(preemption.point.instruction) +
           (preemption.point.beyond == 0
                ? ""
                : " and " + std::to_string(preemption.point.beyond) + " beyond it, in a library");
  }
  return {};
}

ExplorationRun::Stop* ExplorationRun::StopOf(uint32_t step) {
  for (size_t i = 0; i < stops_.size(); ++i) {
    if (program_.schedule.preemptions[i].step == step) return &stops_[i];
  }
  return nullptr;
}

int32_t ExplorationRun::AnyStopped(uint32_t but) const {
  for (uint32_t at = 0; at < threads_.size(); ++at) {
    if (at != but && stopped_[at].load()) return static_cast<int32_t>(at);
  }
  return -1;
}

void ExplorationRun::RunTurns(Worker& worker, uint32_t at) {
  const PinnedThread pinned(at);
  while (baton_.Await(at)) {
    if (at == 0 && between_) {
      if (begin_starts_threads_ || performed_ == 0) pinned.Release();
      const auto before = performed_ == 0 ? OwnThreads() : std::vector<pid_t>{};
      const bool started = StartNext(worker);
      if (performed_ == 0) begin_starts_threads_ = HasOtherThreads(before);
      if (begin_starts_threads_ || performed_ == 0) pinned.Pin();
      if (!started) return baton_.ThrowAway();
    }
    TakeTurn(worker, at);
  }
}

// Takes the steps that are next and its own, then hands the baton on.
void ExplorationRun::TakeTurn(Worker& worker, uint32_t at) {
  if (sweeping_ && at == at_[next_]) {
    busy_[at].store(true, std::memory_order_relaxed);
    LookAround(worker);
    busy_[at].store(false, std::memory_order_release);
    sweeping_ = false;
    return baton_.Pass(stops_.front().at);
  }
  while (next_ < program_.steps.size() && at_[next_] == at) {
    TakeStep(worker, at, next_++);
    // Stopped and let go meanwhile: another thread takes the steps.
    if (baton_.holder() != at || baton_.thrown_away()) return;
  }
  if (next_ < program_.steps.size()) return baton_.Pass(at_[next_]);
  if (const int32_t stopped = AnyStopped(at); stopped >= 0) {
    return baton_.Pass(static_cast<uint32_t>(stopped));
  }
  if (at != 0) return baton_.Pass(0);
  EndInterleaving(worker);
}

void ExplorationRun::Perform(Worker& worker, uint32_t index) {
  const Step& step = program_.steps[index];
  worker.Perform(step, static_cast<int32_t>(index), stage_.operation(step.op), false);
}

// With the stepper following the call; `point`: until it is stopped there.
void ExplorationRun::PerformFollowed(Worker& worker, uint32_t index, const StopPoint* point) {
  worker.Follow(point);
  Perform(worker, index);
  worker.Unfollow();
}

void ExplorationRun::TakeStep(Worker& worker, uint32_t at, uint32_t index) {
  Stop* stop = StopOf(index);
  const Purpose purpose = plan_.purpose();
  busy_[at].store(true, std::memory_order_relaxed);
  if (stop != nullptr && purpose == Purpose::kTrace && stop->preemption == plan_.traced()) {
    TraceStep(worker, index, *stop);
  } else if (stop != nullptr && purpose == Purpose::kSweep) {
    SweepStep(worker, index, *stop);
  } else if (stop != nullptr && purpose == Purpose::kStop) {
    StopInStep(worker, index, *stop);
  } else {
    const size_t before = worker.events().size();
    Perform(worker, index);
    if (purpose == Purpose::kWarmUp && worker.events().size() > before) {
      const Event& event = worker.events().back();
      onlooker_.NoteUsual(event.t1.value_or(event.t0) - event.t0);
    }
  }
  busy_[at].store(false, std::memory_order_release);
}

void ExplorationRun::TraceStep(Worker& worker, uint32_t index, Stop& stop) {
  if (stop.iut_thread) {
    stop.where = Where::kInCall;
    // One that has just been made still blocks all signals, and what a thread does until it waits
    // for work is done before the step or amid it, as it happens.
    AwaitIutThreads(stop);
    NoteMaskedThreads();
    stepper_->TraceIutThreads(masked_threads_ ? std::vector<pid_t>{} : IutThreads());
  } else {
    stepper_->Trace();
  }
  PerformFollowed(worker, index, nullptr);
  if (stop.iut_thread) AwaitIutThreads(stop);
  NoteMaskedThreads();
  bool complete = false;
  std::vector<Boundary> trace = stepper_->TakeTrace(&complete);
  if (!breakpoints_ || masked_threads_) {
    for (size_t i = 0; i < trace.size(); ++i) trace[i].steps = i + 1;
  }
  plan_.NoteTrace(std::move(trace));
  if (!complete) exploration_.truncated = true;
}

void ExplorationRun::StopInStep(Worker& worker, uint32_t index, Stop& stop) {
  const Boundary& boundary = plan_.boundary(stop.preemption);
  StopPoint point;
  point.instruction = boundary.instruction;
  point.beyond = boundary.beyond;
  point.iut_thread = stop.iut_thread;
  const bool by_steps = boundary.steps != 0 || program_.schedule.kind == Schedule::Kind::kPreempted;
  stop.where = Where::kInCall;
  if (stop.iut_thread) AwaitIutThreads(stop);
  const bool alone = boundary.visit_beyond != 0 && !stop.iut_thread && !again_by_steps_ &&
                     !HasOtherThreads(own_threads_);
  if (!stop.iut_thread || (boundary.anchor != 0 && boundary.steps == 0)) {
    stepper_->Arm({boundary, by_steps, false, stop.iut_thread, alone, OnStopped, &stop});
  }
  PerformFollowed(worker, index, &point);
  if (stop.iut_thread) {
    // A call that only hands work to another thread comes back before the work is done.
    AwaitIutThreads(stop);
    Where in_call = Where::kInCall;
    stop.where.compare_exchange_strong(in_call, Where::kBack);
  }
  stop.reached = stepper_->Disarm();
  lost_in_library_ = lost_in_library_ || (alone && !stop.reached);
}

void ExplorationRun::SweepStep(Worker& worker, uint32_t index, Stop& stop) {
  Stepper::Target target;
  target.everywhere = true;
  target.stopped = OnSwept;
  target.argument = &stop;
  stepper_->Arm(target);
  PerformFollowed(worker, index, nullptr);
  stepper_->Disarm();
}

// The other thread, while a step is swept: a query, whose answer alone counts.
void ExplorationRun::LookAround(Worker& worker) {
  const size_t before = worker.events().size();
  Perform(worker, next_);
  Fingerprint seen;
  for (size_t i = before; i < worker.events().size(); ++i) {
    Event event = worker.events()[i];
    event.held = false;
    seen.Add(event);
  }
  worker.events().resize(before);
  plan_.NoteSeen(sweep_at_, seen.value());
}

std::vector<pid_t> ExplorationRun::IutThreads() const {
  std::vector<pid_t> threads;
  ForEachOwnThread([&](pid_t tid) {
    if (std::find(own_threads_.begin(), own_threads_.end(), tid) == own_threads_.end()) {
      threads.push_back(tid);
    }
  });
  return threads;
}

// While an operation is alive: those that it has may be there no longer between interleavings.
void ExplorationRun::NoteMaskedThreads() {
  const std::vector<pid_t> threads = IutThreads();
  masked_threads_ = masked_threads_ || std::any_of(threads.begin(), threads.end(), [](pid_t tid) {
                      return BlocksSignal(tid, SIGTRAP);
                    });
}

// Until none of the implementation's threads is doing anything, or one was stopped.
void ExplorationRun::AwaitIutThreads(const Stop& stop) const {
  constexpr int kLooks = 1'000;
  constexpr int kAsleepInARow = 2;
  int asleep = 0;
  for (int i = 0; i < kLooks && asleep < kAsleepInARow; ++i) {
    if (stop.where.load() == Where::kStopped) return;
    bool all = true;
    for (const pid_t tid : IutThreads()) {
      const std::optional<ThreadSample> sample = SampleThread(tid);
      all = all && (!sample || sample->asleep);
    }
    asleep = all ? asleep + 1 : 0;
    std::this_thread::yield();
  }
}

// ---- between interleavings ----------------------------------------------------------------------

bool ExplorationRun::StartNext(Worker& worker) {
  again_by_steps_ = std::exchange(lost_in_library_, false);
  if (stop_ || abandoned_ || (!again_by_steps_ && !plan_.Next(ProcessCpuNs()))) return false;
  const bool stops = plan_.purpose() == Purpose::kStop;
  Journal& journal = stage_.journal();
  for (size_t i = 0; i < stops_.size(); ++i) {
    stops_[i].reached = false;
    const Boundary& boundary = plan_.boundary(i);
    Journal::Stop& noted = journal.stops[i];
    noted.instruction = boundary.instruction;
    noted.beyond = boundary.beyond;
    noted.iut_thread = stops_[i].iut_thread ? 1 : 0;
    noted.at[0] = '\0';
    if (stops && boundary.address != 0) {
      const std::string& place = PlaceOf(boundary.address);
      noted.at[place.copy(noted.at, sizeof noted.at - 1)] = '\0';
    }
  }
  journal.stopping = stops ? 2 : 1;
  busy_[0] = true;
  const bool begun = stage_.StartRound(worker, kept_);
  busy_[0] = false;
  if (!begun) {
    KeepOrDrop();
    return false;
  }
  started_ns_ = NowNs();
  next_ = 0;
  stopped_count_ = 0;
  held_before_second_ = false;
  between_ = false;
  return true;
}

const std::string& ExplorationRun::PlaceOf(uintptr_t address) {
  std::string& place = places_[address];
  if (place.empty()) place = CodeMap::Place(address);
  return place;
}

void ExplorationRun::EndInterleaving(Worker& worker) {
  // Threads that were let go may not be back yet.
  for (uint32_t at = 1; at < threads_.size(); ++at) {
    while (busy_[at].load() && !abandoned_) std::this_thread::yield();
  }
  if (abandoned_) return;
  stage_.ConcludeRound(worker);
  KeepOrDrop();
  between_ = true;
  ++performed_;
  const int64_t took = NowNs() - started_ns_;
  if (plan_.purpose() == Purpose::kWarmUp) plan_.NoteWarmUp(took);
  if (plan_.purpose() != Purpose::kStop || lost_in_library_) return;
  ++exploration_.performed;
  exploration_.stops_ns += static_cast<uint64_t>(took);
  if (stops_.front().reached && held_before_second_) plan_.NoteHeld();
  for (const Stop& stop : stops_) {
    if (!stop.reached) {
      ++exploration_.missed;
      break;
    }
  }
}

// Keeps the events of the interleaving if what they tell was not seen before.
void ExplorationRun::KeepOrDrop() {
  const bool news = IsNews();
  if (news) ++kept_;
  for (size_t i = 0; i < workers_.size(); ++i) {
    std::vector<Event>& events = workers_[i]->events();
    if (!news) events.resize(kept_events_[i]);
    for (size_t j = kept_events_[i]; j < events.size(); ++j) {
      if (!events[j].stopped) continue;
      const Stop* stop = events[j].step ? StopOf(*events[j].step) : nullptr;
      if (stop == nullptr) continue;
      const uintptr_t address = plan_.boundary(stop->preemption).address;
      if (address != 0) events[j].stopped->at = PlaceOf(address);
    }
    kept_events_[i] = events.size();
  }
  Worker& helper = stage_.worker(kMaxThreads);
  while (!helper.done() && !abandoned_) std::this_thread::yield();
  if (abandoned_) return;
  if (!news) helper.events().resize(kept_events_.back());
  kept_events_.back() = helper.events().size();
}

bool ExplorationRun::IsNews() {
  Fingerprint fingerprint;
  struct Moment {
    int64_t time;
    uint32_t which;
  };
  constexpr size_t kMoments = 64;
  std::array<Moment, kMoments> moments;
  size_t count = 0;
  bool held = false;
  for (size_t i = 0; i < workers_.size(); ++i) {
    const std::vector<Event>& events = workers_[i]->events();
    for (size_t j = kept_events_[i]; j < events.size(); ++j) {
      const Event& event = events[j];
      fingerprint.Add(event);
      held = held || event.held;
      if (count + 2 > kMoments || !event.t1) continue;
      moments[count] = {event.t0, static_cast<uint32_t>(count)};
      moments[count + 1] = {*event.t1, static_cast<uint32_t>(count + 1)};
      count += 2;
    }
  }
  if (held) ++exploration_.held;
  // One thread at a time runs, so that times tell the order of everything.
  std::sort(moments.begin(), moments.begin() + static_cast<std::ptrdiff_t>(count),
            [](const Moment& a, const Moment& b) { return a.time < b.time; });
  for (size_t i = 0; i < count; ++i) fingerprint.Add(moments[i].which);
  return outcomes_.insert(fingerprint.value()).second;
}

// ---- in a stopped thread ------------------------------------------------------------------------

void ExplorationRun::OnStopped(void* argument) {
  auto* stop = static_cast<Stop*>(argument);
  ExplorationRun& run = *stop->run;
  const uint32_t at = stop->at;
  if (stop->iut_thread) {
    Where in_call = Where::kInCall;
    if (!stop->where.compare_exchange_strong(in_call, Where::kStopped)) return;
  }
  const int32_t other = run.AnyStopped(at);
  const bool steps_left = run.next_ < run.program_.steps.size();
  if (other < 0 && (!steps_left || run.at_[run.next_] == at)) return;
  run.workers_[at]->NoteStopped();
  run.stopped_[at] = true;
  ++run.stopped_count_;
  run.progress_.fetch_add(1, std::memory_order_relaxed);
  run.onlooker_.Restart();
  run.baton_.Pass(other >= 0 ? static_cast<uint32_t>(other) : run.at_[run.next_]);
  run.WaitToGoOn(at);
  run.stopped_[at] = false;
  run.progress_.fetch_add(1, std::memory_order_relaxed);
}

// At every boundary of a swept step, inside the signal handler.
void ExplorationRun::OnSwept(void* argument) {
  auto* stop = static_cast<Stop*>(argument);
  ExplorationRun& run = *stop->run;
  const uint32_t at = stop->at;
  // The query before waits for this thread: there is none here.
  if (run.baton_.holder() != at || run.baton_.thrown_away()) return;
  run.sweep_at_ = Stepper::Here();
  run.sweeping_ = true;
  run.stopped_[at] = true;
  run.onlooker_.Restart();
  run.baton_.Pass(run.at_[run.next_]);
  run.WaitToGoOn(at);
  run.stopped_[at] = false;
}

void ExplorationRun::WaitToGoOn(uint32_t at) {
  for (int i = 0; i < kSpins; ++i) {
    if (baton_.holder() == at || baton_.thrown_away()) return;
  }
  for (int looks = 0; !baton_.thrown_away(); ++looks) {
    const uint32_t holder = baton_.holder();
    if (holder == at) return;
    const Worker& runner = *workers_[holder];
    const uint64_t sequence = runner.call_sequence();
    // Whoever is stopped watches; a second thread is stopped only once the first goes on.
    const Onlooker::Sight sight = onlooker_.Look(runner);
    // One that has been stopped and has handed the baton on meanwhile sleeps in here, not in its
    // call.
    if (baton_.holder() != holder) continue;
    if (sight == Onlooker::Sight::kWaits) {
      workers_[holder]->NoteHeld(sequence);
      if (stopped_count_ == 1) held_before_second_ = true;
      return;
    }
    // One that sleeps is told from one about to wake by a second look.
    // One that comes to a lock does so soon.
    if (sight == Onlooker::Sight::kGoesOn && looks >= kQuickLooks && baton_.AwaitFor(at, kLook)) {
      return;
    }
  }
}

// ---- the controller -----------------------------------------------------------------------------

uint64_t ExplorationRun::Progress() const {
  return baton_.turns() + progress_.load() + Stepper::traps();
}

void ExplorationRun::GiveUp() {
  abandoned_ = true;
  baton_.ThrowAway();
  // Those that wait for the baton leave now; those in calls may never.
  Stage::AwaitThoseOutsideCalls(workers_);
}

void ExplorationRun::Supervise() {
  Backoff backoff;
  uint64_t progress = Progress();
  while (!Stage::AllDone(workers_)) {
    if (Stage::AwaitFirst(workers_, backoff)) continue;
    stage_.Beat();
    for (size_t i = 0; i < workers_.size(); ++i) {
      Worker& worker = *workers_[i];
      if (worker.done() || stopped_[i]) continue;
      // What was seen before a turn, a stop or a trap tells nothing about now.
      if (const uint64_t now = Progress(); now != progress) {
        progress = now;
        for (const Worker* each : workers_) stage_.Restart(*each);
      }
      if (stage_.LookAt(worker) != Supervisor::State::kAtRest) continue;
      if (stage_.hung()) return GiveUp();
      // What others would show of a QueryStatus that waits, this one has shown.
      if (worker.call() == Call::kQueryStatus) stop_ = true;
      stage_.Release(worker);
      if (stage_.hung()) return GiveUp();
    }
  }
}

}  // namespace vdsconform
