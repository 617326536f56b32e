#include "harness/one_interleaving.h"

#include <algorithm>
#include <utility>

namespace vdsconform {

std::optional<Program> OneInterleaving(const Program& explored, const Execution& execution,
                                       const Finding& finding) {
  if (explored.schedule.kind != Schedule::Kind::kExplored || finding.witnesses.empty()) {
    return std::nullopt;
  }
  Program one = explored;
  one.schedule = Schedule{};
  one.schedule.kind = Schedule::Kind::kPreempted;
  if (!execution.stops_at_death.empty()) {
    one.schedule.preemptions = execution.stops_at_death;
    return one;
  }
  // Interleaving n has operations n * size and up.
  const auto count = static_cast<uint32_t>(std::max<size_t>(1, explored.operations.size()));
  const uint32_t interleaving = finding.witnesses.back().op / count;
  for (Preemption preemption : explored.schedule.preemptions) {
    const auto& events = execution.history.events;
    const auto stopped = std::find_if(events.begin(), events.end(), [&](const Event& event) {
      return event.op / count == interleaving && event.step == preemption.step && event.stopped;
    });
    if (stopped == events.end()) continue;
    preemption.point = *stopped->stopped;
    one.schedule.preemptions.push_back(std::move(preemption));
  }
  if (one.schedule.preemptions.empty()) return std::nullopt;
  return one;
}

}  // namespace vdsconform
