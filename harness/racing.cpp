#include "harness/racing.h"

#include <algorithm>
#include <thread>

#include "harness/affinity.h"

namespace vdsconform {
namespace {

// How often a thread looks at a barrier before it sleeps: longer than a wake-up takes, so that
// threads that have a processor each leave the barrier together.
constexpr int kSpins = 20'000;

// How long a thread that has passed a barrier spins for others that are still being woken.
constexpr int64_t kMeetingNs = 200'000;

// How long a thread holds back after a barrier, in nanoseconds: another time in each round, so that
// over the rounds each call meets each moment of the others. About as long as a few dozen calls.
int64_t StaggerNs(uint64_t round, uint64_t thread) {
  uint64_t mixed = (round * 8 + thread + 1) * 0x9E3779B97F4A7C15u;
  mixed ^= mixed >> 29;
  return static_cast<int64_t>(mixed % 4'096);
}

void HoldBack(int64_t duration_ns) {
  const int64_t until = NowNs() + duration_ns;
  while (NowNs() < until) {
  }
}

}  // namespace

RacingRun::RacingRun(Stage& stage, const Program& program)
    : stage_(stage), program_(program), threads_(Stage::ThreadsOf(program)) {
  for (const uint32_t thread : threads_) workers_.push_back(&stage.worker(thread));

  segments_.emplace_back(threads_.size());
  for (uint32_t i = 0; i < program.steps.size(); ++i) {
    const Step& step = program.steps[i];
    if (step.action == Action::kBarrier) {
      segments_.emplace_back(threads_.size());
      continue;
    }
    const auto at = std::find(threads_.begin(), threads_.end(), step.thread) - threads_.begin();
    segments_.back()[static_cast<size_t>(at)].push_back(i);
  }
}

void RacingRun::Run() {
  for (size_t i = 0; i < workers_.size(); ++i) {
    const auto at = static_cast<uint32_t>(i);
    workers_[i]->Post([this, at](Worker& w) { RunRounds(w, at); });
  }
  Supervise();
}

void RacingRun::RunRounds(Worker& worker, uint32_t thread) {
  const bool leads = thread == 0;
  const PinnedThread pinned(thread);
  for (uint32_t round = 0; round < program_.schedule.rounds; ++round) {
    if (leads && !stop_) {
      // Threads that begin starts should run anywhere. Moving costs more than a round, so where it
      // starts none that is done once.
      const bool unpin = round == 0 || begin_starts_threads_;
      const auto before = round == 0 ? OwnThreads() : std::vector<pid_t>{};
      if (unpin) pinned.Release();
      if (!stage_.StartRound(worker, round)) stop_ = true;
      if (round == 0) begin_starts_threads_ = HasOtherThreads(before);
      if (unpin) pinned.Pin();
    }
    Arrive(worker);
    if (stop_ || abandoned_) return;
    for (size_t segment = 0; segment < segments_.size(); ++segment) {
      if (segment != 0) Arrive(worker);
      if (IsRace(segment)) {
        MeetAwake(worker);
        HoldBack(StaggerNs(round, thread));
      }
      for (const uint32_t i : segments_[segment][thread]) {
        if (abandoned_) return;
        const Step& step = program_.steps[i];
        if (step.action == Action::kEnd) continue;
        worker.Perform(step, static_cast<int32_t>(i), stage_.operation(step.op), program_.measure);
      }
    }
    Arrive(worker);
    if (abandoned_) return;
    if (leads) stage_.ConcludeRound(worker);
  }
}

// On a busy machine the one that opens a barrier would be through before the others have been put
// on a processor, and nothing would race. How long it waits for them changes only how much is seen.
void RacingRun::MeetAwake(Worker& worker) {
  const uint64_t barrier = worker.arrived.load();
  worker.awake_at.store(barrier);
  const size_t processors = std::max(1u, std::thread::hardware_concurrency());
  const auto wanted = static_cast<std::ptrdiff_t>(std::min(workers_.size(), processors));
  const int64_t until = NowNs() + kMeetingNs;
  while (std::count_if(workers_.begin(), workers_.end(),
                       [&](const Worker* w) { return w->awake_at.load() >= barrier; }) < wanted) {
    if (NowNs() > until) return;
  }
}

bool RacingRun::IsRace(size_t segment) const {
  return std::count_if(segments_[segment].begin(), segments_[segment].end(),
                       [](const auto& steps) { return !steps.empty(); }) > 1;
}

bool RacingRun::IsMidRound(uint64_t barrier) const {
  const uint64_t per_round = segments_.size() + 1;
  const uint64_t place = barrier % per_round;
  return place != 0 && place != per_round - 1;
}

void RacingRun::TryOpen() {
  while (true) {
    uint64_t barrier = opened_.load();
    if (releasing_ && !IsMidRound(barrier)) return;
    const bool open = std::all_of(workers_.begin(), workers_.end(), [&](const Worker* w) {
      return w->arrived.load() > barrier || (IsMidRound(barrier) && w->resting.load());
    });
    if (!open) return;
    if (opened_.compare_exchange_strong(barrier, barrier + 1)) opened_.notify_all();
  }
}

void RacingRun::Arrive(Worker& worker) {
  const uint64_t wanted = worker.arrived.fetch_add(1) + 1;
  TryOpen();
  for (int i = 0; i < kSpins; ++i) {
    if (opened_.load(std::memory_order_acquire) >= wanted || abandoned_) return;
  }
  for (uint64_t opened = opened_.load(); opened < wanted && !abandoned_; opened = opened_.load()) {
    opened_.wait(opened);
  }
}

bool RacingRun::Stuck() const {
  const uint64_t opened = opened_.load();
  bool resting = false;
  for (const Worker* worker : workers_) {
    if (worker->resting.load()) {
      resting = true;
    } else if (worker->arrived.load() <= opened && !worker->done()) {
      return false;
    }
  }
  return resting;
}

void RacingRun::ReleaseResting() {
  // Only what still rests once no round can be concluded any more is there to be released.
  releasing_ = true;
  const bool stuck = Stuck();
  for (Worker* worker : workers_) {
    if (!stuck || !worker->resting.load() || stage_.hung()) continue;
    // What the next rounds would show of a QueryStatus that waits, this one has shown.
    if (worker->call() == Call::kQueryStatus) stop_ = true;
    stage_.Release(*worker);
  }
  releasing_ = false;
  TryOpen();
}

void RacingRun::GiveUp() {
  abandoned_ = true;
  opened_.fetch_add(1);
  opened_.notify_all();
  // Those that wait at a barrier leave it now; those in calls may never.
  Stage::AwaitThoseOutsideCalls(workers_);
}

void RacingRun::Supervise() {
  Backoff backoff;
  while (!Stage::AllDone(workers_)) {
    if (Stage::AwaitFirst(workers_, backoff)) continue;
    stage_.Beat();
    for (Worker* worker : workers_) {
      if (worker->done()) continue;
      const uint64_t sequence = worker->call_sequence();
      if (stage_.LookAt(*worker) != Supervisor::State::kAtRest) continue;
      if (stage_.hung()) return GiveUp();
      worker->resting = true;
      // The call may have come back in between: then it is not at rest, and what was set for it
      // must not stand for a later one.
      if (worker->call_sequence() != sequence) worker->resting = false;
    }
    TryOpen();
    if (Stuck()) ReleaseResting();
    if (stage_.hung()) return GiveUp();
  }
}

}  // namespace vdsconform
