#include "harness/exploration_plan.h"

#include <algorithm>
#include <utility>

namespace vdsconform {
namespace {

// What happens only at a first call is over then.
constexpr uint64_t kWarmUps = 2;

// With two stops less is left to each pair.
constexpr uint64_t kTrapBudgetOfPairs = 5'000;
// What a Program may use of the processor, for each of its traps: several times what one takes. Of
// implementations whose calls are slow fewer interleavings are run. Those without a trap on the way
// are left out only after so many times that.
constexpr int64_t kNsOfTrap = 50'000;
constexpr int64_t kCheapTimes = 5;
// Of the boundaries at which a sweep saw something change, so many are looked at.
constexpr size_t kMaxChanges = 200;

// The boundary of a trace that has the numbers of `wanted`.
std::vector<Boundary>::const_iterator FindIn(const std::vector<Boundary>& trace,
                                             const Boundary& wanted) {
  return std::find_if(trace.begin(), trace.end(), [&](const Boundary& boundary) {
    return boundary.instruction == wanted.instruction && boundary.beyond == wanted.beyond;
  });
}

}  // namespace

ExplorationPlan::ExplorationPlan(const Program& program, Exploration& exploration)
    : program_(program), exploration_(exploration) {
  for (const Preemption& preemption : program.schedule.preemptions) {
    Stop& stop = stops_.emplace_back();
    stop.iut_thread = preemption.point.iut_thread;
    stop.boundary.instruction = preemption.point.instruction;
    stop.boundary.beyond = preemption.point.beyond;
  }
}

bool ExplorationPlan::Next(int64_t cpu_ns) {
  const uint64_t planned = planned_++;
  purpose_ = Purpose::kWarmUp;
  if (planned < kWarmUps) return true;
  const uint64_t number = planned - kWarmUps;
  const bool explores = program_.schedule.kind == Schedule::Kind::kExplored;
  const bool traces = explores || std::any_of(stops_.begin(), stops_.end(),
                                              [](const Stop& stop) { return stop.iut_thread; });
  if (traces && number < stops_.size()) {
    purpose_ = Purpose::kTrace;
    traced_ = number;
    return true;
  }
  if (explores && number == stops_.size() && CanSweep()) {
    purpose_ = Purpose::kSweep;
    last_seen_ = 0;
    return true;
  }
  purpose_ = Purpose::kStop;
  if (!explores) return number == (traces ? stops_.size() : 0) && FindStopsInTraces();
  if (exploration_.possible == 0) {
    Choose();
    chosen_at_cpu_ns_ = cpu_ns;
  }
  return NextStop(cpu_ns);
}

bool ExplorationPlan::NextStop(int64_t cpu_ns) {
  for (; next_ < chosen_.size(); ++next_) {
    const Interleaving& interleaving = chosen_[next_];
    if (IsKnownToBlock(interleaving)) {
      ++exploration_.performed;
      ++exploration_.held;
    } else if (!IsTooSlow(interleaving, cpu_ns)) {
      break;
    }
  }
  if (next_ == chosen_.size()) return false;
  const Interleaving& interleaving = chosen_[next_++];
  for (size_t i = 0; i < stops_.size(); ++i) {
    stops_[i].boundary = stops_[i].trace[interleaving[i]];
  }
  return true;
}

// The implementation's own threads are stopped by breakpoints only, whose places the trace tells.
bool ExplorationPlan::FindStopsInTraces() {
  for (Stop& stop : stops_) {
    if (!stop.iut_thread) continue;
    const auto found = FindIn(stop.trace, stop.boundary);
    if (found == stop.trace.end()) return false;
    stop.boundary = *found;
  }
  return true;
}

// One step is stopped by a trap each time, and what follows is a query of another thread.
bool ExplorationPlan::CanSweep() const {
  if (stops_.size() != 1 || stops_.front().iut_thread) return false;
  uint64_t traps = 0;
  for (const Boundary& boundary : stops_.front().trace) traps += TrapsOnTheWay(boundary);
  const uint32_t at = program_.schedule.preemptions.front().step;
  const size_t after = size_t{at} + 1;
  return traps > program_.schedule.traps && after < program_.steps.size() &&
         program_.steps[after].action == Action::kQuery &&
         program_.steps[after].thread != program_.steps[at].thread;
}

int64_t ExplorationPlan::TimeLimitNs() const {
  return static_cast<int64_t>(program_.schedule.traps) * kNsOfTrap;
}

void ExplorationPlan::Choose() {
  std::vector<std::vector<Boundary>> traces;
  for (const Stop& stop : stops_) traces.push_back(stop.trace);
  exploration_.possible = CountInterleavings(traces);
  const Schedule& schedule = program_.schedule;
  const uint64_t traps =
      stops_.size() < 2 ? schedule.traps : std::min(schedule.traps, kTrapBudgetOfPairs);
  chosen_ = ChooseInterleavings(traces, schedule.budget, traps, schedule.seed);
  chosen_ =
      SpreadOut(chosen_, static_cast<uint64_t>(TimeLimitNs() / std::max<int64_t>(usual_ns_, 1)));
  const std::vector<Interleaving> first = AtChanges();
  for (const Interleaving& interleaving : first) std::erase(chosen_, interleaving);
  chosen_.insert(chosen_.begin(), first.begin(), first.end());
  certain_ = first.size();
}

// Where a sweep saw something change, and just before.
std::vector<Interleaving> ExplorationPlan::AtChanges() const {
  std::vector<Interleaving> there;
  const std::vector<Boundary>& trace = stops_.front().trace;
  for (const Boundary& change : changes_) {
    const auto here = FindIn(trace, change);
    if (here == trace.end() || there.size() > kMaxChanges) continue;
    const auto index = static_cast<uint32_t>(here - trace.begin());
    for (const uint32_t near : {index, index == 0 ? index : index - 1}) {
      const Interleaving interleaving{near};
      if (std::find(there.begin(), there.end(), interleaving) == there.end()) {
        there.push_back(interleaving);
      }
    }
  }
  return there;
}

bool ExplorationPlan::IsKnownToBlock(const Interleaving& interleaving) const {
  if (interleaving.size() < 2) return false;
  const auto blocked = blocked_from_.find(interleaving[0]);
  return blocked != blocked_from_.end() && interleaving[1] >= blocked->second;
}

// Whether there is no time left for it. What a sweep has found is run in any case.
bool ExplorationPlan::IsTooSlow(const Interleaving& interleaving, int64_t cpu_ns) const {
  if (next_ < certain_) return false;
  bool cheap = true;
  for (size_t i = 0; i < stops_.size(); ++i) {
    cheap = cheap && TrapsOnTheWay(stops_[i].trace[interleaving[i]]) == 0;
  }
  return cpu_ns - chosen_at_cpu_ns_ > (cheap ? kCheapTimes : 1) * TimeLimitNs();
}

// The shortest counts, as any may have waited for a processor.
void ExplorationPlan::NoteWarmUp(int64_t took_ns) {
  usual_ns_ = usual_ns_ == 0 ? took_ns : std::min(usual_ns_, took_ns);
}

void ExplorationPlan::NoteTrace(std::vector<Boundary> trace) {
  stops_[traced_].trace = std::move(trace);
}

void ExplorationPlan::NoteSeen(const Boundary& boundary, uint64_t seen) {
  if (seen != last_seen_) changes_.push_back(boundary);
  last_seen_ = seen;
}

void ExplorationPlan::NoteHeld() {
  if (stops_.size() < 2 || purpose_ != Purpose::kStop || next_ == 0) return;
  const Interleaving& interleaving = chosen_[next_ - 1];
  const auto [known, is_new] = blocked_from_.try_emplace(interleaving[0], interleaving[1]);
  if (!is_new) known->second = std::min(known->second, interleaving[1]);
}

}  // namespace vdsconform
