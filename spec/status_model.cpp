#include "status_model.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "hresult.h"

namespace vdsconform {
namespace {

constexpr size_t kMaxPossible = 8;
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

void Floor::Note(const Event& event) {
  switch (event.call) {
    case Call::kFinish:
      finished_by_driver = true;
      break;
    case Call::kWait:
      if (event.ret && Succeeded(*event.ret)) finished_by_wait = true;
      break;
    case Call::kCancel:
      if (event.ret == hr::kOk) finished_by_cancel = true;
      break;
    case Call::kQueryStatus: {
      if (event.hr != hr::kOperationPending) {
        reported = true;
        reported_hr = event.hr;
        reported_hundred = event.percent == 100u;
        break;
      }
      const uint32_t percent = event.percent.value_or(0);
      if (!highest || percent > highest->percent) {
        highest = PercentSeen{percent, event.thread, event.t0, event.t1.value_or(kNever)};
      }
      break;
    }
    default:
      break;
  }
}

void Floor::Add(const Floor& other) {
  finished_by_driver = finished_by_driver || other.finished_by_driver;
  finished_by_wait = finished_by_wait || other.finished_by_wait;
  finished_by_cancel = finished_by_cancel || other.finished_by_cancel;
  if (other.reported) {
    reported = true;
    reported_hr = other.reported_hr;
    reported_hundred = other.reported_hundred;
  }
  if (other.highest && (!highest || other.highest->percent > highest->percent)) {
    highest = other.highest;
  }
}

void FirstInvoked::Note(const Event& event, uint64_t order) {
  if (event.t0 > t0_) return;
  if (event.t0 == t0_ && order_ != order) {
    several_threads_ = several_threads_ || event.thread != thread_;
    return;
  }
  t0_ = event.t0;
  thread_ = event.thread;
  order_ = order;
}

void OperationStatus::AddPossibleResult(HRESULT hr, bool by_cancel, const Event& event,
                                        uint64_t order) {
  for (PossibleResult& known : possible_) {
    if (known.hr != hr || known.by_cancel != by_cancel) continue;
    known.invoked.Note(event, order);
    return;
  }
  if (possible_.size() == kMaxPossible) {
    results_unknown_ = true;
    return;
  }
  possible_.push_back({hr, by_cancel, {}});
  possible_.back().invoked.Note(event, order);
}

bool OperationStatus::IsPossibleResult(HRESULT hr, const Event& event, uint64_t order) const {
  return std::any_of(possible_.begin(), possible_.end(), [&](const PossibleResult& known) {
    return known.hr == hr && known.invoked.NotAfter(event, order);
  });
}

void OperationStatus::Meddle(Meddling kind, const Event& event, uint64_t order) {
  was_meddled_with_ = was_meddled_with_ || kind != Meddling::kOwn;
  Meddler& meddler = meddlers_[static_cast<size_t>(kind)];
  const int64_t until = event.t1.value_or(std::numeric_limits<int64_t>::max());
  meddler = {true, event.thread, order, meddler.there ? std::max(meddler.until, until) : until};
}

void OperationStatus::NoteTransition(const Event& event, uint64_t order) {
  transitions_.Note(event);
  ++own_transitions_;
  Meddle(Meddling::kOwn, event, order);
}

void OperationStatus::Invoked(const Event& event, const Floor& floor, uint64_t order) {
  calls_.Note(event);
  switch (event.call) {
    case Call::kBegin:
      estimable_ = event.estimable;
      driven_ = driven_ || event.driven;
      break;
    case Call::kProgress: {
      const uint32_t percent = std::min(event.percent.value_or(0), 100u);
      driven_ = true;
      progress_.Note(event, order);
      driver_went_back_ = driver_went_back_ || percent < driver_percent_;
      // 99 is the most that may show, and what does not exceed what was reported need not show.
      if (std::min(percent, 99u) > std::min(highest_driver_percent_, 99u)) {
        unreported_progress_until_ = event.t1;
      }
      driver_percent_ = percent;
      highest_driver_percent_ = std::max(highest_driver_percent_, percent);
      given_[percent] = true;
      NoteTransition(event, order);
      break;
    }
    case Call::kFinish:
      driven_ = true;
      // A finish of an operation that has surely ended changes nothing.
      if (!floor.MustBeFinished()) {
        AddPossibleResult(event.result.value_or(hr::kOk), false, event, order);
      }
      finish_invoked_ = true;
      ending_.Note(event, order);
      NoteTransition(event, order);
      break;
    case Call::kCancel:
      cancel_invoked_ = true;
      if (!event.t1 || event.ret == hr::kOk) {
        if (!floor.MustBeFinished()) {
          AddPossibleResult(hr::kOperationCanceled, true, event, order);
        }
        ending_.Note(event, order);
        NoteTransition(event, order);
      } else {
        Meddle(Meddling::kFailedCancel, event, order);
      }
      break;
    case Call::kWait:
      break;
    case Call::kEnd:
      let_go_ = true;
      Meddle(Meddling::kReference, event, order);
      break;
    case Call::kAddRef:
    case Call::kRelease:
    case Call::kQueryInterface:
      Meddle(Meddling::kReference, event, order);
      break;
    case Call::kQueryStatus:
      if (event.null_outputs != NullOutputs::kNone) Meddle(Meddling::kNullCall, event, order);
      break;
  }
}

void OperationStatus::Returned(const Event& event) {
  switch (event.call) {
    case Call::kFinish:
      floor_.Note(event);
      break;
    case Call::kWait:
      if (!event.ret || Failed(*event.ret)) break;
      floor_.Note(event);
      if (event.hr && !settled_) settled_ = {*event.hr, Call::kWait, true};
      break;
    case Call::kCancel:
      if (event.ret != hr::kOk) break;
      floor_.Note(event);
      if (!settled_) settled_ = {hr::kOperationCanceled, Call::kCancel, true};
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

void OperationStatus::Reported(const Event& event, uint64_t order, uint64_t other_transitions) {
  // What had not returned before this call may still have come after its answer.
  for (Meddler& meddler : meddlers_) {
    if (meddler.order < order && meddler.until <= event.t0) meddler.there = false;
  }
  other_transitions_at_report_ = other_transitions;
  floor_.Note(event);
  if (event.hr != hr::kOperationPending) {
    if (!settled_) settled_ = {*event.hr, Call::kQueryStatus, !OverlapsTransition(event)};
    return;
  }
  const uint32_t percent = event.percent.value_or(0);
  if (first_percent_ && *first_percent_ != percent) percent_moved_ = true;
  if (!first_percent_) first_percent_ = percent;
  // A call that began before the driver's had returned may have been answered before it.
  if (!unreported_progress_until_ || *unreported_progress_until_ > event.t0) return;
  ++progress_followed_;
  unreported_progress_until_.reset();
}

void OperationStatus::Restart(uint32_t number) {
  std::vector<PossibleResult> memory = std::move(possible_);
  memory.clear();
  std::destroy_at(this);
  std::construct_at(this, number);
  possible_ = std::move(memory);
}

void OperationStatus::ForgetReports() {
  floor_.reported = false;
  floor_.reported_hr.reset();
  floor_.reported_hundred = false;
  floor_.finished_by_wait = false;
  if (settled_ && settled_->by != Call::kCancel) settled_.reset();
}

}  // namespace vdsconform
