#include "harness/exploration.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <thread>
#include <utility>

#include "harness/affinity.h"

namespace vdsconform {
namespace {

// What happens only at a first call is over then.
constexpr uint64_t kWarmUps = 2;

// How often a stopped thread looks for the baton before it looks at who has it, and how long it
// then sleeps between looks.
constexpr int kSpins = 2'000;
constexpr int kQuickLooks = 4;
constexpr std::chrono::microseconds kLook{100};

// With two stops less is left to each pair.
constexpr uint64_t kTrapBudgetOfPairs = 5'000;
// What a Program may use of the processor, for each of its traps: several times what one takes. Of
// implementations whose calls are slow fewer interleavings are run. Those without a trap on the way
// are left out only after so many times that.
constexpr int64_t kNsOfTrap = 50'000;
constexpr int64_t kCheapTimes = 5;
// Of the boundaries at which a sweep saw something change, so many are looked at.
constexpr size_t kMaxChanges = 200;

// Time that others use of a busy machine does not count.
int64_t ProcessCpuNs() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// What a caller can see of a call, and in which order calls came, in one number.
class Fingerprint {
 public:
  void Add(uint64_t value) {
    hash_ = (hash_ ^ value) * 0x9E3779B97F4A7C15u;
    hash_ ^= hash_ >> 32;
  }
  void Add(const Event& event) {
    Add(uint64_t{event.thread} << 32 | static_cast<uint64_t>(event.call) << 24 |
        static_cast<uint64_t>(event.witness) << 16 | static_cast<uint64_t>(event.fault) << 8 |
        (event.t1 ? 1 : 0) | (event.held ? 2 : 0) | (event.stopped ? 4 : 0) |
        (event.clobbered.empty() ? 0 : 8) | (event.slept_in.empty() ? 0 : 16));
    Add(event.step ? uint64_t{*event.step} + 1 : 0);
    Add(event.ret ? uint64_t{1} << 32 | static_cast<uint32_t>(*event.ret) : 0);
    Add(event.hr ? uint64_t{1} << 32 | static_cast<uint32_t>(*event.hr) : 0);
    Add(event.percent ? uint64_t{1} << 32 | *event.percent : 0);
    Add(event.count ? uint64_t{1} << 32 | *event.count : 0);
    Add(static_cast<uint64_t>(event.out));
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xCBF29CE484222325u;
};

// The boundary of a trace that has the numbers of `wanted`.
std::vector<Boundary>::const_iterator FindIn(const std::vector<Boundary>& trace,
                                             const Boundary& wanted) {
  return std::find_if(trace.begin(), trace.end(), [&](const Boundary& boundary) {
    return boundary.instruction == wanted.instruction && boundary.beyond == wanted.beyond;
  });
}

}  // namespace

ExplorationRun::ExplorationRun(Stage& stage, const CodeMap& code, bool breakpoints,
                               const Program& program)
    : stage_(stage),
      program_(program),
      code_(code),
      breakpoints_(breakpoints),
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
    stop.iut_thread = preemption.point.iut_thread;
    stop.boundary.instruction = preemption.point.instruction;
    stop.boundary.beyond = preemption.point.beyond;
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
      const size_t threads = performed_ == 0 ? OwnThreads().size() : 0;
      const bool started = StartNext(worker);
      if (performed_ == 0) begin_starts_threads_ = OwnThreads().size() > threads;
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

void ExplorationRun::TakeStep(Worker& worker, uint32_t at, uint32_t index) {
  const Step& step = program_.steps[index];
  Stop* stop = StopOf(index);
  busy_[at].store(true, std::memory_order_relaxed);
  if (stop != nullptr && purpose_ == Purpose::kTrace && stop == &stops_[traced_]) {
    TraceStep(worker, index, *stop);
  } else if (stop != nullptr && purpose_ == Purpose::kSweep) {
    SweepStep(worker, index, *stop);
  } else if (stop != nullptr && purpose_ == Purpose::kStop) {
    StopInStep(worker, index, *stop);
  } else {
    const size_t before = worker.events().size();
    worker.Perform(step, static_cast<int32_t>(index), stage_.operation(step.op), false);
    if (purpose_ == Purpose::kWarmUp && worker.events().size() > before) {
      const Event& event = worker.events().back();
      onlooker_.NoteUsual(event.t1.value_or(event.t0) - event.t0);
    }
  }
  busy_[at].store(false, std::memory_order_release);
}

void ExplorationRun::TraceStep(Worker& worker, uint32_t index, Stop& stop) {
  const Step& step = program_.steps[index];
  if (stop.iut_thread) {
    stop.where = Where::kInCall;
    // One that has just been made still blocks all signals, and what a thread does until it waits
    // for work is done before the step or amid it, as it happens.
    AwaitIutThreads(stop);
    stepper_->TraceIutThreads(IutThreads());
  } else {
    stepper_->Trace();
  }
  worker.Follow(nullptr);
  worker.Perform(step, static_cast<int32_t>(index), stage_.operation(step.op), false);
  worker.Unfollow();
  if (stop.iut_thread) AwaitIutThreads(stop);
  bool complete = false;
  stop.trace = stepper_->TakeTrace(&complete);
  if (!complete) exploration_.truncated = true;
}

void ExplorationRun::StopInStep(Worker& worker, uint32_t index, Stop& stop) {
  const Step& step = program_.steps[index];
  StopPoint point;
  point.instruction = stop.boundary.instruction;
  point.beyond = stop.boundary.beyond;
  point.iut_thread = stop.iut_thread;
  const bool by_steps = !breakpoints_ || program_.schedule.kind == Schedule::Kind::kPreempted;
  stop.where = Where::kInCall;
  if (stop.iut_thread) AwaitIutThreads(stop);
  if (!stop.iut_thread || stop.boundary.anchor != 0) {
    stepper_->Arm({stop.boundary, by_steps, false, stop.iut_thread, OnStopped, &stop});
  }
  worker.Follow(&point);
  worker.Perform(step, static_cast<int32_t>(index), stage_.operation(step.op), false);
  worker.Unfollow();
  if (stop.iut_thread) {
    // A call that only hands work to another thread comes back before the work is done.
    AwaitIutThreads(stop);
    Where in_call = Where::kInCall;
    stop.where.compare_exchange_strong(in_call, Where::kBack);
  }
  stop.reached = stepper_->Disarm();
}

void ExplorationRun::SweepStep(Worker& worker, uint32_t index, Stop& stop) {
  const Step& step = program_.steps[index];
  Stepper::Target target;
  target.everywhere = true;
  target.stopped = OnSwept;
  target.argument = &stop;
  stepper_->Arm(target);
  worker.Follow(nullptr);
  worker.Perform(step, static_cast<int32_t>(index), stage_.operation(step.op), false);
  worker.Unfollow();
  stepper_->Disarm();
}

// The other thread, while a step is swept: a query, whose answer alone counts.
void ExplorationRun::LookAround(Worker& worker) {
  const Step& step = program_.steps[next_];
  const size_t before = worker.events().size();
  worker.Perform(step, static_cast<int32_t>(next_), stage_.operation(step.op), false);
  Fingerprint seen;
  for (size_t i = before; i < worker.events().size(); ++i) {
    Event event = worker.events()[i];
    event.held = false;
    seen.Add(event);
  }
  worker.events().resize(before);
  if (seen.value() != last_seen_) changes_.push_back(sweep_at_);
  last_seen_ = seen.value();
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

bool ExplorationRun::PlanNext() {
  if (stop_ || abandoned_) return false;
  const bool explores = program_.schedule.kind == Schedule::Kind::kExplored;
  if (performed_ < kWarmUps) {
    purpose_ = Purpose::kWarmUp;
    return true;
  }
  uint64_t number = performed_ - kWarmUps;
  const bool traces = explores || stops_.front().iut_thread;
  if (traces && number < stops_.size()) {
    purpose_ = Purpose::kTrace;
    traced_ = static_cast<uint32_t>(number);
    return true;
  }
  if (explores && number == stops_.size() && CanSweep()) {
    purpose_ = Purpose::kSweep;
    last_seen_ = 0;
    return true;
  }
  purpose_ = Purpose::kStop;
  if (!explores) return number == (traces ? stops_.size() : 0) && FindStopsInTraces();
  if (chosen_next_ == 0) Choose();
  for (; chosen_next_ < chosen_.size(); ++chosen_next_) {
    const Interleaving& next = chosen_[chosen_next_];
    if (IsKnownToBlock(next)) {
      ++exploration_.performed;
      ++exploration_.held;
    } else if (!IsTooSlow(next)) {
      break;
    }
  }
  if (chosen_next_ == chosen_.size()) return false;
  const Interleaving& interleaving = chosen_[chosen_next_++];
  for (size_t i = 0; i < stops_.size(); ++i) {
    stops_[i].boundary = stops_[i].trace[interleaving[i]];
  }
  return true;
}

// Whether there is no time left for it. What a sweep has found is run in any case.
bool ExplorationRun::IsTooSlow(const Interleaving& interleaving) const {
  if (chosen_next_ < certain_) return false;
  bool cheap = true;
  for (size_t i = 0; i < stops_.size(); ++i) {
    cheap = cheap && TrapsUntil(stops_[i].trace[interleaving[i]]) == 1;
  }
  const auto limit = static_cast<int64_t>(program_.schedule.traps) * kNsOfTrap;
  return ProcessCpuNs() - chosen_at_cpu_ns_ > (cheap ? kCheapTimes * limit : limit);
}

// The implementation's own threads are stopped by breakpoints only, whose places the trace tells.
bool ExplorationRun::FindStopsInTraces() {
  for (Stop& stop : stops_) {
    if (!stop.iut_thread) continue;
    const auto found = FindIn(stop.trace, stop.boundary);
    if (found == stop.trace.end()) return false;
    stop.boundary = *found;
  }
  return true;
}

bool ExplorationRun::IsKnownToBlock(const Interleaving& interleaving) const {
  if (interleaving.size() < 2) return false;
  const auto blocked = blocked_from_.find(interleaving[0]);
  return blocked != blocked_from_.end() && interleaving[1] >= blocked->second;
}

// After an interleaving with two stops in which a call waited while the first thread was stopped.
void ExplorationRun::NoteBlocked() {
  if (stops_.size() < 2 || purpose_ != Purpose::kStop || chosen_next_ == 0) return;
  if (!stops_[0].reached || !held_before_second_) return;
  const Interleaving& interleaving = chosen_[chosen_next_ - 1];
  const auto [known, is_new] = blocked_from_.try_emplace(interleaving[0], interleaving[1]);
  if (!is_new) known->second = std::min(known->second, interleaving[1]);
}

// One step is stopped by a trap each time, and what follows is a query of another thread.
bool ExplorationRun::CanSweep() const {
  if (stops_.size() != 1 || stops_.front().iut_thread) return false;
  uint64_t traps = 0;
  for (const Boundary& boundary : stops_.front().trace) traps += TrapsUntil(boundary);
  const size_t after = program_.schedule.preemptions.front().step + 1;
  return traps > program_.schedule.traps && after < program_.steps.size() &&
         program_.steps[after].action == Action::kQuery && at_[after] != stops_.front().at;
}

void ExplorationRun::Choose() {
  std::vector<std::vector<Boundary>> traces;
  for (const Stop& stop : stops_) traces.push_back(stop.trace);
  exploration_.possible = CountInterleavings(traces);
  const Schedule& schedule = program_.schedule;
  const uint64_t budget =
      stops_.size() < 2 ? schedule.traps : std::min(schedule.traps, kTrapBudgetOfPairs);
  chosen_ = ChooseInterleavings(traces, schedule.budget, budget, schedule.seed);
  const auto limit = static_cast<int64_t>(schedule.traps) * kNsOfTrap;
  chosen_ = SpreadOut(chosen_, static_cast<uint64_t>(limit / std::max<int64_t>(usual_ns_, 1)));
  // What a sweep found comes first: there, and just before.
  std::vector<Interleaving> first;
  for (const Boundary& change : changes_) {
    const std::vector<Boundary>& trace = traces.front();
    const auto here = FindIn(trace, change);
    if (here == trace.end() || first.size() > kMaxChanges) continue;
    const auto index = static_cast<uint32_t>(here - trace.begin());
    for (const uint32_t near : {index, index == 0 ? index : index - 1}) {
      const Interleaving interleaving{near};
      std::erase(chosen_, interleaving);
      if (std::find(first.begin(), first.end(), interleaving) == first.end()) {
        first.push_back(interleaving);
      }
    }
  }
  chosen_.insert(chosen_.begin(), first.begin(), first.end());
  certain_ = first.size();
  chosen_at_cpu_ns_ = ProcessCpuNs();
}

bool ExplorationRun::StartNext(Worker& worker) {
  if (!PlanNext()) return false;
  Journal& journal = stage_.journal();
  for (size_t i = 0; i < stops_.size(); ++i) {
    stops_[i].reached = false;
    const Boundary& boundary = stops_[i].boundary;
    Journal::Stop& noted = journal.stops[i];
    noted.instruction = boundary.instruction;
    noted.beyond = boundary.beyond;
    noted.iut_thread = stops_[i].iut_thread ? 1 : 0;
    noted.at[0] = '\0';
    if (purpose_ == Purpose::kStop && boundary.address != 0) {
      const std::string& place = PlaceOf(boundary.address);
      noted.at[place.copy(noted.at, sizeof noted.at - 1)] = '\0';
    }
  }
  journal.stopping = purpose_ == Purpose::kStop ? 2 : 1;
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
  if (purpose_ == Purpose::kWarmUp) {
    // The shortest, as any may have waited for a processor.
    const int64_t took = NowNs() - started_ns_;
    usual_ns_ = usual_ns_ == 0 ? took : std::min(usual_ns_, took);
  }
  if (purpose_ != Purpose::kStop) return;
  ++exploration_.performed;
  exploration_.stops_ns += static_cast<uint64_t>(NowNs() - started_ns_);
  NoteBlocked();
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
      if (stop != nullptr && stop->boundary.address != 0) {
        events[j].stopped->at = PlaceOf(stop->boundary.address);
      }
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
