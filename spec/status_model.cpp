#include "status_model.h"

#include <algorithm>

#include "hresult.h"

namespace vdsconform {
namespace {

constexpr size_t kMaxPossible = 8;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

}  // namespace

Event PercentSeen::ToEvent(uint32_t op) const {
  Event event;
  event.op = op;
  event.thread = thread;
  event.call = Call::kQueryStatus;
  event.t0 = t0;
  event.t1 = t1;
  event.ret = hr::kOk;
  event.hr = hr::kOperationPending;
  event.percent = percent;
  return event;
}

void OperationStatus::AddPossibleResult(HRESULT hr, bool by_cancel) {
  for (const PossibleResult& known : possible_) {
    if (known.hr == hr && known.by_cancel == by_cancel) return;
  }
  if (possible_.size() == kMaxPossible) {
    results_unknown_ = true;
    return;
  }
  possible_.push_back({hr, by_cancel});
}

bool OperationStatus::IsPossibleResult(HRESULT hr) const {
  return std::any_of(possible_.begin(), possible_.end(),
                     [hr](const PossibleResult& known) { return known.hr == hr; });
}

void OperationStatus::NoteTransition(const Event& event) {
  transition_until_ = std::max(transition_until_, event.t1.value_or(kNever));
  ++own_transitions_;
  intervening_.own = true;
}

void OperationStatus::Invoked(const Event& event) {
  const int64_t until = event.t1.value_or(kNever);
  if (longest_.thread == event.thread) {
    longest_.until = std::max(longest_.until, until);
  } else if (until > longest_.until) {
    second_ = longest_;
    longest_ = {event.thread, until};
  } else if (second_.thread == event.thread || until > second_.until) {
    second_ = {event.thread, std::max(second_.until, until)};
  }

  switch (event.call) {
    case Call::kBegin:
      estimable_ = event.estimable;
      driven_ = driven_ || event.driven;
      break;
    case Call::kProgress: {
      const uint32_t percent = std::min(event.percent.value_or(0), 100u);
      driven_ = progress_invoked_ = true;
      driver_went_back_ = driver_went_back_ || percent < driver_percent_;
      progress_awaits_report_ = progress_awaits_report_ || percent != driver_percent_;
      driver_percent_ = percent;
      highest_driver_percent_ = std::max(highest_driver_percent_, percent);
      given_[percent] = true;
      NoteTransition(event);
      break;
    }
    case Call::kFinish:
      driven_ = true;
      // A finish of an operation that has surely ended changes nothing.
      if (!floor_.MustBeFinished()) AddPossibleResult(event.result.value_or(hr::kOk), false);
      finish_invoked_ = true;
      first_ending_t0_ = std::min(first_ending_t0_, event.t0);
      NoteTransition(event);
      break;
    case Call::kCancel:
      if (!event.t1 || event.ret == hr::kOk) {
        if (!floor_.MustBeFinished()) AddPossibleResult(hr::kOperationCanceled, true);
        cancel_may_succeed_ = true;
        first_ending_t0_ = std::min(first_ending_t0_, event.t0);
        NoteTransition(event);
      } else {
        intervening_.failed_cancel = true;
      }
      break;
    case Call::kWait:
      break;
    case Call::kEnd:
      let_go_ = true;
      intervening_.reference = true;
      break;
    case Call::kAddRef:
    case Call::kRelease:
    case Call::kQueryInterface:
      intervening_.reference = true;
      break;
    case Call::kQueryStatus:
      if (event.null_outputs != NullOutputs::kNone) intervening_.null_call = true;
      break;
  }
}

void OperationStatus::Returned(const Event& event) {
  switch (event.call) {
    case Call::kFinish:
      floor_.finished_by_driver = true;
      break;
    case Call::kWait:
      if (!event.ret || Failed(*event.ret)) break;
      floor_.finished_by_wait = true;
      if (event.hr) wait_result_ = event.hr;
      break;
    case Call::kCancel:
      if (event.ret == hr::kOk) floor_.finished_by_cancel = true;
      break;
    case Call::kAddRef:
      ++client_references_;
      break;
    case Call::kRelease:
      --client_references_;
      break;
    case Call::kQueryInterface:
      if (event.ret == hr::kOk) ++client_references_;
      break;
    case Call::kBegin:
    case Call::kProgress:
    case Call::kEnd:
    case Call::kQueryStatus:
      break;
  }
}

void OperationStatus::Reported(const Event& event, uint64_t other_transitions) {
  intervening_ = Intervening{};
  other_transitions_at_report_ = other_transitions;
  if (event.hr != hr::kOperationPending) {
    floor_.reported = true;
    floor_.reported_hr = event.hr;
    floor_.reported_hundred = event.percent == 100u;
    return;
  }
  const uint32_t percent = event.percent.value_or(0);
  if (!floor_.highest || percent > floor_.highest->percent) {
    floor_.highest = PercentSeen{percent, event.thread, event.t0, event.t1.value_or(kNever)};
  }
  if (first_percent_ && *first_percent_ != percent) percent_moved_ = true;
  if (!first_percent_) first_percent_ = percent;
  if (progress_awaits_report_) ++progress_followed_;
  progress_awaits_report_ = false;
}

bool OperationStatus::OverlapsOtherThread(const Event& event) const {
  const ThreadUntil& other = longest_.thread == event.thread ? second_ : longest_;
  return other.until >= event.t0;
}

void OperationStatus::ForgetReports() {
  floor_.reported = false;
  floor_.reported_hr.reset();
  floor_.reported_hundred = false;
  floor_.finished_by_wait = false;
  wait_result_.reset();
}

}  // namespace vdsconform
