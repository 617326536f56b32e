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

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "history.h"

namespace vdsconform {

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// The kinds of calls that may have to do with a change of an object's state.
enum class Meddling : uint8_t {
  kNullCall,      // QueryStatus with a NULL output
  kFailedCancel,  // Cancel that did not succeed
  kReference,     // AddRef, Release, QueryInterface, the driver's end
  kOwn,           // progress, finish, a successful Cancel
};
inline constexpr size_t kMeddlingCount = 4;

// What happened to an object since it last answered well: tells a change of state apart by cause.
struct Intervening {
  bool null_call = false;
  bool failed_cancel = false;
  bool reference = false;
  bool own = false;

  bool OnlyNullCall() const { return null_call && !failed_cancel && !reference && !own; }
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
  // Takes what the return of a call implies, or all of another floor.
  void Note(const Event& event);
  void Add(const Floor& other);
};

// When the first call of some kind was invoked.
class FirstInvoked {
 public:
  void Note(const Event& event, uint64_t order);
  // False if all of the kind were invoked after `event`, whose place is `order`, had returned. At
  // one instant that is sure of calls of one thread only.
  bool NotAfter(const Event& event, uint64_t order) const {
    const int64_t t1 = event.t1.value_or(kNever);
    if (t0_ != t1 || t0_ == kNever) return t0_ < t1;
    return several_threads_ || thread_ != event.thread || order_ <= order;
  }
  int64_t t0() const { return t0_; }

 private:
  int64_t t0_ = kNever;
  uint32_t thread_ = 0;
  uint64_t order_ = 0;
  bool several_threads_ = false;
};

// The latest return among calls, to find whether any of another thread overlaps a call: the two
// threads whose calls last the longest are enough.
class LatestReturn {
 public:
  void Note(const Event& event) {
    const int64_t until = event.t1.value_or(kNever);
    if (longest_.thread == event.thread) {
      longest_.until = std::max(longest_.until, until);
    } else if (until > longest_.until) {
      second_ = longest_;
      longest_ = {event.thread, until};
    } else if (second_.thread == event.thread || until > second_.until) {
      second_ = {event.thread, std::max(second_.until, until)};
    }
  }
  bool OverlapsOtherThread(const Event& event) const {
    return (longest_.thread == event.thread ? second_.until : longest_.until) >= event.t0;
  }

 private:
  struct ThreadUntil {
    uint32_t thread = 0;
    int64_t until = std::numeric_limits<int64_t>::min();
  };
  ThreadUntil longest_;
  ThreadUntil second_;
};

// A result with which an operation may have ended.
struct PossibleResult {
  HRESULT hr;
  bool by_cancel;
  FirstInvoked invoked;
};

// The one result that an operation has, and what told it first.
struct SettledResult {
  HRESULT hr;
  Call by;  // QueryStatus, Wait or Cancel
  // No transition overlapped the call that told.
  bool quiet;
};

class OperationStatus {
 public:
  explicit OperationStatus(uint32_t number) : number_(number) {}

  // Makes it as new, but for its memory.
  void Restart(uint32_t number);

  // A call was invoked at the place `order`; `event` tells all of it, which is known because the
  // history is complete, and `floor` what had returned before.
  void Invoked(const Event& event, const Floor& floor, uint64_t order);
  // A call returned that implies something of the state: finish, Wait, Cancel, progress.
  void Returned(const Event& event);
  // A QueryStatus returned and gave a legal pair.
  void Reported(const Event& event, uint64_t order, uint64_t other_transitions);

  uint32_t number() const { return number_; }
  bool estimable() const { return estimable_; }
  // The operation ends only by the driver or by Cancel.
  bool driven() const { return driven_; }
  // A call that may end it, or that reports progress, was invoked before `event` returned.
  bool MayBeFinished(const Event& event, uint64_t order) const {
    return ending_.NotAfter(event, order);
  }
  bool MayHaveProgressed(const Event& event, uint64_t order) const {
    return progress_.NotAfter(event, order);
  }
  bool finish_invoked() const { return finish_invoked_; }
  bool cancel_invoked() const { return cancel_invoked_; }
  const Floor& floor() const { return floor_; }
  // What happened between the last good answer and the call.
  Intervening Between(const Event& event, uint64_t order) const {
    // What the caller's own thread did later is not between.
    const auto between = [&](Meddling kind) {
      const Meddler& meddler = meddlers_[static_cast<size_t>(kind)];
      return meddler.there && (meddler.thread != event.thread || meddler.order < order);
    };
    return {between(Meddling::kNullCall), between(Meddling::kFailedCancel),
            between(Meddling::kReference), between(Meddling::kOwn)};
  }
  // True if anything but its own transitions ever happened to it.
  bool was_meddled_with() const { return was_meddled_with_; }

  // True if one of the driver's transitions, or a successful Cancel, overlaps the call.
  bool OverlapsTransition(const Event& event) const {
    return transitions_.OverlapsOtherThread(event);
  }
  // True if a call of another thread overlaps this one.
  bool OverlapsOtherThread(const Event& event) const { return calls_.OverlapsOtherThread(event); }

  // False where the history does not tell (nothing drives the operation, or too much does).
  bool ResultsKnown() const { return driven_ && !results_unknown_; }
  // True if the operation may have ended with `hr` before `event` returned.
  bool IsPossibleResult(HRESULT hr, const Event& event, uint64_t order) const;
  const std::vector<PossibleResult>& possible_results() const { return possible_; }
  // None: nobody has told the result yet.
  const std::optional<SettledResult>& settled() const { return settled_; }

  uint32_t driver_percent() const { return driver_percent_; }
  uint32_t highest_driver_percent() const { return highest_driver_percent_; }
  bool driver_went_back() const { return driver_went_back_; }
  bool WasGivenPercent(uint32_t percent) const { return percent <= 100 && given_[percent]; }

  // The operation's own transitions, and all others' when it last answered well.
  uint64_t own_transitions() const { return own_transitions_; }
  // None: it has neither begun nor answered well yet.
  std::optional<uint64_t> other_transitions_at_report() const {
    return other_transitions_at_report_;
  }

  // What counts as unchanged before the first answer.
  void SetBaseline(uint64_t other_transitions) {
    other_transitions_at_report_ = other_transitions_at_begin_ = other_transitions;
  }
  std::optional<uint64_t> other_transitions_at_begin() const { return other_transitions_at_begin_; }

  int32_t client_references() const { return client_references_; }
  bool let_go() const { return let_go_; }

  // QA-04: distinct percentages by the driver that a pending report followed, begun once the driver
  // had returned, and what it saw.
  uint32_t progress_followed() const { return progress_followed_; }
  bool percent_moved() const { return percent_moved_; }

  // Forgets that reports and Waits said finished; for an operation that turns out to be driven, so
  // that they lied.
  void ForgetReports();
  void BecomeDriven() { driven_ = true; }

 private:
  void AddPossibleResult(HRESULT hr, bool by_cancel, const Event& event, uint64_t order);
  void NoteTransition(const Event& event, uint64_t order);
  void Meddle(Meddling kind, const Event& event, uint64_t order);

  uint32_t number_;
  bool estimable_ = true;
  bool driven_ = false;
  bool finish_invoked_ = false;
  bool cancel_invoked_ = false;
  bool let_go_ = false;
  int32_t client_references_ = 1;  // begin gives one
  Floor floor_;
  // The last of each kind since the last good answer.
  struct Meddler {
    bool there = false;
    uint32_t thread = 0;
    uint64_t order = 0;
    int64_t until = 0;  // when the last of them returns
  };
  std::array<Meddler, kMeddlingCount> meddlers_{};
  bool was_meddled_with_ = false;

  FirstInvoked ending_;
  FirstInvoked progress_;
  LatestReturn transitions_;
  LatestReturn calls_;

  std::vector<PossibleResult> possible_;  // at most kMaxPossible
  bool results_unknown_ = false;
  std::optional<SettledResult> settled_;

  uint32_t driver_percent_ = 0;
  uint32_t highest_driver_percent_ = 0;
  bool driver_went_back_ = false;
  std::bitset<101> given_;
  uint64_t own_transitions_ = 0;
  std::optional<uint64_t> other_transitions_at_report_;
  std::optional<uint64_t> other_transitions_at_begin_;

  uint32_t progress_followed_ = 0;
  std::optional<int64_t> unreported_progress_until_;  // returned then, and no report followed yet
  bool percent_moved_ = false;
  std::optional<uint32_t> first_percent_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_STATUS_MODEL_H_
