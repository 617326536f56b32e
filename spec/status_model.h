// The status model: what a history, so far, implies about one operation.
//
// An operation is pending, then finished for ever. What the driver and the object's answers say
// gives bounds on when it changed: it is surely finished once a call that implies it has returned,
// and surely pending, if it is driven, until a call that may end it has been invoked. The model
// keeps these bounds; rules.h compares calls with them. Memory is constant for an operation.
// Plain values, no thread-safety of their own.
//
// Sources: W32 (both parameters, Remarks); [MS-VDS] 3.4.1.5 (what a server keeps), 3.4.5.2.2.1-3.
#ifndef VDSCONFORM_SPEC_STATUS_MODEL_H_
#define VDSCONFORM_SPEC_STATUS_MODEL_H_

#include <bitset>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "history.h"

namespace vdsconform {

// What happened to an object since it last answered well: tells a change of state apart by cause.
struct Intervening {
  bool null_call = false;      // QueryStatus with a NULL output
  bool failed_cancel = false;  // Cancel that did not succeed
  bool reference = false;      // AddRef, Release, QueryInterface, the driver's end
  bool own = false;            // progress, finish, a successful Cancel

  bool OnlyNullCall() const { return null_call && !failed_cancel && !reference && !own; }
  bool OnlyFailedCancel() const { return !null_call && failed_cancel && !reference && !own; }
  bool OnlyReference() const { return !null_call && !failed_cancel && reference && !own; }
  bool Nothing() const { return !null_call && !failed_cancel && !reference && !own; }
};

// A percentage reported while pending, and the call that reported it.
struct PercentSeen {
  uint32_t percent;
  uint32_t thread;
  int64_t t0;
  int64_t t1;

  // The call, for a finding.
  Event ToEvent(uint32_t op) const;
};

// What was known when a call was invoked: only what had been returned by then binds it.
struct Floor {
  bool finished_by_driver = false;     // finish had returned
  bool finished_by_wait = false;       // Wait had returned with success
  bool finished_by_cancel = false;     // Cancel had returned S_OK
  bool reported = false;               // a QueryStatus had reported finished
  std::optional<HRESULT> reported_hr;  // with this result
  bool reported_hundred = false;       // and with 100 %
  std::optional<PercentSeen> highest;  // while pending

  bool MustBeFinished() const {
    return finished_by_driver || finished_by_wait || finished_by_cancel || reported;
  }
};

// A result with which an operation may have ended.
struct PossibleResult {
  HRESULT hr;
  bool by_cancel;
};

class OperationStatus {
 public:
  explicit OperationStatus(uint32_t number) : number_(number) {}

  // A call was invoked; `event` tells all of it, which is known because the history is complete.
  void Invoked(const Event& event);
  // A call returned that implies something of the state: finish, Wait, Cancel, progress.
  void Returned(const Event& event);
  // A QueryStatus returned and gave a legal pair.
  void Reported(const Event& event, uint64_t other_transitions);

  uint32_t number() const { return number_; }
  bool estimable() const { return estimable_; }
  // The operation ends only by the driver or by Cancel.
  bool driven() const { return driven_; }
  // A call that may end it has been invoked.
  bool may_be_finished() const { return finish_invoked_ || cancel_may_succeed_; }
  bool finish_invoked() const { return finish_invoked_; }
  bool progress_invoked() const { return progress_invoked_; }
  const Floor& floor() const { return floor_; }
  const Intervening& intervening() const { return intervening_; }

  // True if one of the driver's transitions, or a successful Cancel, overlaps the call.
  bool OverlapsTransition(const Event& event) const { return transition_until_ >= event.t0; }
  // True if a call of another thread overlaps this one.
  bool OverlapsOtherThread(const Event& event) const;
  // When the first call that may have ended the operation was invoked.
  int64_t first_ending_t0() const { return first_ending_t0_; }

  // False where the history does not tell (nothing drives the operation, or too much does).
  bool ResultsKnown() const { return driven_ && !results_unknown_; }
  bool IsPossibleResult(HRESULT hr) const;
  const std::vector<PossibleResult>& possible_results() const { return possible_; }
  // What Wait said the result was.
  std::optional<HRESULT> wait_result() const { return wait_result_; }

  uint32_t driver_percent() const { return driver_percent_; }
  uint32_t highest_driver_percent() const { return highest_driver_percent_; }
  bool driver_went_back() const { return driver_went_back_; }
  bool WasGivenPercent(uint32_t percent) const { return percent <= 100 && given_[percent]; }

  // The operation's own transitions, and all others' when it last answered well.
  uint64_t own_transitions() const { return own_transitions_; }
  // None: it has not answered well yet.
  std::optional<uint64_t> other_transitions_at_report() const {
    return other_transitions_at_report_;
  }

  int32_t client_references() const { return client_references_; }
  bool let_go() const { return let_go_; }

  // QA-04: distinct percentages by the driver that a pending report followed, and what it saw.
  uint32_t progress_followed() const { return progress_followed_; }
  bool percent_moved() const { return percent_moved_; }

  // Forgets that reports and Waits said finished; for an operation that turns out to be driven, so
  // that they lied.
  void ForgetReports();
  void BecomeDriven() { driven_ = true; }

 private:
  void AddPossibleResult(HRESULT hr, bool by_cancel);
  void NoteTransition(const Event& event);

  uint32_t number_;
  bool estimable_ = true;
  bool driven_ = false;
  bool finish_invoked_ = false;
  bool cancel_may_succeed_ = false;
  bool progress_invoked_ = false;
  bool let_go_ = false;
  int32_t client_references_ = 1;  // begin gives one
  Floor floor_;
  Intervening intervening_;

  int64_t first_ending_t0_ = std::numeric_limits<int64_t>::max();
  int64_t transition_until_ = std::numeric_limits<int64_t>::min();
  // The two threads whose calls last the longest, to find an overlap with any other thread.
  struct ThreadUntil {
    uint32_t thread = 0;
    int64_t until = std::numeric_limits<int64_t>::min();
  };
  ThreadUntil longest_;
  ThreadUntil second_;

  std::vector<PossibleResult> possible_;  // at most kMaxPossible
  bool results_unknown_ = false;
  std::optional<HRESULT> wait_result_;

  uint32_t driver_percent_ = 0;
  uint32_t highest_driver_percent_ = 0;
  bool driver_went_back_ = false;
  std::bitset<101> given_;
  uint64_t own_transitions_ = 0;
  std::optional<uint64_t> other_transitions_at_report_;

  uint32_t progress_followed_ = 0;
  bool progress_awaits_report_ = false;
  bool percent_moved_ = false;
  std::optional<uint32_t> first_percent_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_STATUS_MODEL_H_
