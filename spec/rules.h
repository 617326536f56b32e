// The rules: one small function for each requirement, in the catalogue's order.
//
// Each is pure: it looks at one call that has returned and at what the model knows of its
// operation, and says what is wrong, or nothing. What a rule says is attributed to one requirement;
// consequences of the same cause are left out (see PairRule).
#ifndef VDSCONFORM_SPEC_RULES_H_
#define VDSCONFORM_SPEC_RULES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history.h"
#include "requirements.h"
#include "status_model.h"

namespace vdsconform {

// What a rule finds wrong with a call.
struct Complaint {
  Req req;
  std::string cause;    // short and stable
  std::string message;  // "saw ...; allowed ..."
  Rare<Event> earlier;  // the other call of a pair that shows it
};
Complaint Complain(Req req, std::string cause, const std::string& saw, const std::string& allowed);

// A call that has returned, with all that a rule may use.
struct Context {
  const Event& event;
  uint64_t order;                 // its place in the history
  const OperationStatus& status;  // all calls invoked before this one returned
  const Floor& floor;             // what had returned before this one was invoked
  Profile profile;
  const Intervening* between;  // what Between() gives; null: as the status has it
  // Driver transitions and successful Cancels of all other operations so far.
  uint64_t other_transitions = 0;
  // A percentage of QS-14: another live operation was given what this one reports.
  bool percent_of_other = false;
  // Another operation ended with the result that this one reports.
  bool result_of_other = false;

  // What happened since the operation last answered well.
  Intervening Between() const { return between ? *between : status.Between(event, order); }
  // Since this operation last answered well others were driven.
  bool OthersChanged() const {
    return status.other_transitions_at_report() &&
           other_transitions != *status.other_transitions_at_report();
  }
  // Others were driven since this operation began.
  bool OthersEverChanged() const {
    return status.other_transitions_at_begin() &&
           other_transitions != *status.other_transitions_at_begin();
  }
  bool KnownPending() const { return status.driven() && !status.MayBeFinished(event, order); }
  bool Overlaps() const { return status.OverlapsTransition(event); }
  // It slept though nothing else could have been the matter: QS-06 whatever other calls do.
  bool SleptForNothing() const;
  bool IsPossibleResult(HRESULT hr) const { return status.IsPossibleResult(hr, event, order); }
};

// The requirement to which a change of state belongs that nothing about the operation explains.
struct Blamed {
  Req req;
  // False: more than one thing intervened, and any of them may be to blame.
  bool certain;
};
// What intervened since the last good answer, or `otherwise` if nothing did, or too much.
Blamed Blame(const Context& context, Req otherwise);

// Ends the cause of a complaint whose blame is not certain: another of that cause explains it.
inline constexpr std::string_view kUncertain = "-somehow";

// The pair (hr, percent) of a successful QueryStatus: QS-01 to QS-05, QS-09 to QS-11, QS-14, QS-16,
// QS-17. At most one complaint, since one state was answered.
std::optional<Complaint> PairRule(const Context& context);

std::optional<Complaint> NeverWaits(const Context& context);        // QS-06
std::optional<Complaint> ReturnValue(const Context& context);       // QS-07
std::optional<Complaint> NullOutputsRule(const Context& context);   // QS-08
std::optional<Complaint> OutputWrites(const Context& context);      // QS-12
std::optional<Complaint> StaysInOutputs(const Context& context);    // QS-12, of aliased outputs
std::optional<Complaint> CallsComeBack(const Context& context);     // QS-13, QS-08, QS-15
std::optional<Complaint> ComObject(const Context& context);         // QS-15
std::optional<Complaint> AgreesWithWait(const Context& context);    // QS-16, for Wait itself
std::optional<Complaint> AgreesWithCancel(const Context& context);  // QS-17, for Cancel itself
std::optional<Complaint> WellFormed(const Context& context);        // QS-18
std::optional<Complaint> NeverBack(const Context& context);         // QS-30; QA-03
std::optional<Complaint> StartsAtZero(const Context& context);      // QS-31
std::optional<Complaint> BreaksClients(const Context& context);     // QA-01

// True for the codes that implementations confuse with VDS_E_OPERATION_PENDING.
bool LooksLikePending(HRESULT hr);

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_RULES_H_
