#include "call_habits.h"

#include <string>

namespace vdsconform {
namespace {

// One timed sleep of a call is a fact; a wait with a time limit is one only as a habit.
constexpr uint64_t kHabitCalls = 5;
// Of those that gave way, one of so many has to be seen asleep with a time limit: the others may
// have met a lock.
constexpr uint64_t kSeenShare = 4;
// QA-02: one switch may be a page fault.
constexpr uint64_t kContendedCalls = 2;

}  // namespace

bool CallHabits::Observe(const Context& context) {
  const Event& event = context.event;
  if (event.held && ++contended_calls_ == kContendedCalls) contended_ = event;
  if (!event.switches) return event.held;
  const bool slept = !event.slept_in.empty();
  const bool gave_way = slept || *event.switches > 0;
  if (context.KnownPending()) {
    ++pending_calls_;
    if (gave_way) ++pending_gave_way_;
    // What is complained of by itself already is no habit besides.
    if (slept && !context.SleptForNothing()) {
      ++pending_slept_;
      sleeper_ = event;
    }
  } else if (context.floor.MustBeFinished()) {
    ++finished_calls_;
    if (gave_way) ++finished_gave_way_;
  }
  if (!context.status.OverlapsOtherThread(event)) return false;
  if (*event.switches > 0 && !slept && ++contended_calls_ == kContendedCalls) contended_ = event;
  return true;
}

std::vector<std::pair<Complaint, Event>> CallHabits::Complaints() const {
  std::vector<std::pair<Complaint, Event>> complaints;
  const auto add = [&complaints](Req req, std::string cause, std::string message,
                                 const Event& event) {
    complaints.emplace_back(Complaint{req, std::move(cause), std::move(message), std::nullopt},
                            event);
  };
  // A short sleep is over before it can be looked at every time; that the call gave way is counted.
  const bool while_pending = pending_slept_ >= kHabitCalls &&
                             kSeenShare * pending_slept_ >= pending_gave_way_ &&
                             2 * pending_gave_way_ >= pending_calls_;
  const bool once_finished =
      finished_calls_ < kHabitCalls || 10 * finished_gave_way_ >= finished_calls_;
  if (while_pending && !once_finished) {
    add(Req::kQs06, "time-waits",
        "saw QueryStatus sleep in " + std::to_string(pending_gave_way_) + " of " +
            std::to_string(pending_calls_) + " calls while pending, where it was seen in " +
            sleeper_->slept_in + ", but in " + std::to_string(finished_gave_way_) + " of " +
            std::to_string(finished_calls_) + " once finished" +
            (sleeper_->blocked ? "; one" + DescribePlace(*sleeper_->blocked) : "") +
            "; allowed a call that does not wait",
        *sleeper_);
  }
  if (contended_) {
    add(Req::kQa02, "waits-for-threads",
        "saw QueryStatus held up " + std::to_string(contended_calls_) +
            " times by other threads inside the object; allowed, but a preempted thread holds up "
            "the callers",
        *contended_);
  }
  return complaints;
}

}  // namespace vdsconform
