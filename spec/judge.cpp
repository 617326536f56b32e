#include "judge.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "call_habits.h"
#include "consequences.h"
#include "heap_growth.h"
#include "hresult.h"
#include "live_operations.h"
#include "rules.h"
#include "status_model.h"
#include "sweep.h"

namespace vdsconform {
namespace {

// A history in which no call succeeds tells nothing but that; fewer may be bad luck.
constexpr uint64_t kNeverSucceedsCalls = 3;
// QA-04: so many different percentages must have gone by unnoticed.
constexpr uint32_t kUnmovedProgress = 3;
// QS-14: one equal percentage may be chance.
constexpr size_t kForeignPercents = 2;
// ... and so may one that is close to the operation's own, for an implementation that rounds.
constexpr uint32_t kForeignDistance = 30;

// What nearly every QueryStatus is: it gave both outputs, and nothing was seen of it but that. No
// rule for one call alone has anything to say of it.
bool IsPlainAnswer(const Event& event) {
  return event.ret == hr::kOk && event.hr && event.percent && !event.aliased &&
         event.null_outputs == NullOutputs::kNone && event.clobbered.empty() &&
         event.slept_in.empty() && event.witness == Witness::kNone && !event.switches &&
         !event.held;
}

}  // namespace

class Judge::Impl final : private Returns {
 public:
  explicit Impl(Profile profile) : profile_(profile), sweep_(*this) {}

  void Observe(const Event& event, Storage storage);
  Judgement Finish();

 private:
  JudgedOperation& Get(uint32_t number);
  void Invoke(const Event& event, Storage storage, JudgedOperation& operation);
  void InvokeTransition(const Event& event, Storage storage, JudgedOperation& operation);
  bool Returned(InFlight& call) override;
  // These say whether what the call implies binds the calls after it.
  bool JudgeCall(InFlight& call);
  bool ReturnQuery(InFlight& call, Context& context);
  bool JudgePair(InFlight& call, Context& context);
  // Adds what is wrong with an answer, or keeps it until it is known who drives the operation.
  void Decide(JudgedOperation& operation, std::optional<Complaint> complaint,
              const Context& context);
  void BecomesDriven(JudgedOperation& operation);
  void Close(JudgedOperation& operation);
  void Restart();
  void CountPair(const InFlight& call, const Context& context);
  bool PercentOfOther(JudgedOperation& operation, const Event& event);
  bool ResultOfOther(const JudgedOperation& operation, HRESULT hr) const;
  Context MakeContext(const InFlight& call) const;

  void Count(Req req) { ++observations_[static_cast<size_t>(req)]; }
  void Add(const Complaint& complaint, const Event& event, uint64_t count = 1);
  // Adds it if there is one. True: there was.
  bool Check(const std::optional<Complaint>& complaint, const Event& event);

  Profile profile_;
  LiveOperations operations_;
  Sweep sweep_;
  uint64_t transitions_ = 0;
  // How many live operations the driver last gave each percentage.
  std::array<uint32_t, 101> driver_percents_{};
  // The last results that the driver gave, with their operations.
  struct Ended {
    uint32_t op;
    HRESULT result;
  };
  std::array<Ended, 16> ended_{};
  size_t ended_count_ = 0;
  CallHabits habits_;
  HeapGrowth heap_growth_;
  std::array<uint64_t, kReqCount> observations_{};
  uint64_t events_ = 0;
  std::map<std::pair<Req, std::string>, Finding> findings_;
};

void Judge::Impl::Add(const Complaint& complaint, const Event& event, uint64_t count) {
  if (!Applies(complaint.req, profile_)) return;
  const auto [at, is_new] = findings_.try_emplace({complaint.req, complaint.cause});
  Finding& finding = at->second;
  if (!is_new) {
    finding.count += count;
    return;
  }
  finding.count = count;
  finding.req = complaint.req;
  finding.cause = complaint.cause;
  finding.message = complaint.message;
  if (complaint.earlier) finding.witnesses.push_back(*complaint.earlier);
  finding.witnesses.push_back(event);
}

bool Judge::Impl::Check(const std::optional<Complaint>& complaint, const Event& event) {
  if (complaint) Add(*complaint, event);
  return complaint.has_value();
}

JudgedOperation& Judge::Impl::Get(uint32_t number) {
  if (JudgedOperation* const operation = operations_.Find(number)) return *operation;
  ++driver_percents_[0];
  return operations_.Add(number);
}

bool Judge::Impl::Returned(InFlight& call) {
  const bool binds = JudgeCall(call);
  JudgedOperation& operation = *call.operation;
  --operation.in_flight;
  // Nobody can ask an object again whose last reference is gone.
  const bool over = operation.status.client_references() <= 0 && operation.status.let_go();
  if (!over || operation.in_flight != 0 || operation.has_lost_call) return binds;
  Close(operation);
  --driver_percents_[operation.status.driver_percent()];
  operations_.Remove(operation.status.number());
  return binds;
}

void Judge::Impl::Observe(const Event& event, Storage storage) {
  ++events_;
  sweep_.AdvanceTo(event.t0);
  JudgedOperation& operation = Get(event.op);
  if (IsDriverCall(event.call) || event.call == Call::kCancel) {
    InvokeTransition(event, storage, operation);
  } else {
    Invoke(event, storage, operation);
  }

  if (event.t1) {
    ++operation.in_flight;
  } else {
    operation.has_lost_call = true;
  }
}

void Judge::Impl::Invoke(const Event& event, Storage storage, JudgedOperation& operation) {
  OperationStatus& status = operation.status;
  const InFlight& call = sweep_.Invoke(event, storage, &operation, status.floor());
  status.Invoked(event, *call.floor, call.order);
}

// A call that may change the state of its operation, and what the others know of that.
void Judge::Impl::InvokeTransition(const Event& event, Storage storage,
                                   JudgedOperation& operation) {
  const bool drives = event.call == Call::kProgress || event.call == Call::kFinish ||
                      (event.call == Call::kBegin && event.driven);
  if (drives && !operation.status.driven()) BecomesDriven(operation);

  const uint32_t old_percent = operation.status.driver_percent();
  const uint64_t old_transitions = operation.status.own_transitions();
  Invoke(event, storage, operation);
  transitions_ += operation.status.own_transitions() - old_transitions;
  if (event.heap && event.call == Call::kBegin) {
    Count(Req::kQa06);
    heap_growth_.Observe(event);
  }
  if (event.call == Call::kBegin) {
    ++transitions_;
    operation.status.SetBaseline(transitions_ - operation.status.own_transitions());
  }
  --driver_percents_[old_percent];
  ++driver_percents_[operation.status.driver_percent()];
  if (event.call == Call::kFinish) {
    ended_[ended_count_++ % ended_.size()] = {event.op, event.result.value_or(hr::kOk)};
  }
}

Context Judge::Impl::MakeContext(const InFlight& call) const {
  const OperationStatus& status = call.operation->status;
  const uint64_t others = transitions_ - status.own_transitions();
  return Context{.event = *call.event,
                 .order = call.order,
                 .status = status,
                 .floor = *call.floor,
                 .profile = profile_,
                 .between = nullptr,
                 .other_transitions = others};
}

bool Judge::Impl::JudgeCall(InFlight& call) {
  Context context = MakeContext(call);
  const Event& event = *call.event;
  JudgedOperation& operation = *call.operation;
  Count(Req::kQs13);
  const bool came_back = event.t1 && event.fault == Fault::kNone;
  if (!came_back && Check(CallsComeBack(context), event)) return false;
  if (event.call == Call::kQueryStatus) return ReturnQuery(call, context);

  std::optional<Complaint> complaint;
  switch (event.call) {
    case Call::kWait:
      if (!event.ret || Failed(*event.ret)) break;
      Count(Req::kQs16);
      complaint = AgreesWithWait(context);
      Decide(operation, complaint, context);
      if (complaint) return false;
      break;
    case Call::kCancel:
      Decide(operation, AgreesWithCancel(context), context);
      break;
    case Call::kAddRef:
    case Call::kRelease:
    case Call::kQueryInterface:
      Count(Req::kQs15);
      Check(ComObject(context), event);
      break;
    default:
      break;
  }
  operation.status.Returned(event);
  return true;
}

bool Judge::Impl::ReturnQuery(InFlight& call, Context& context) {
  const Event& event = *call.event;
  JudgedOperation& operation = *call.operation;
  if (IsPlainAnswer(event)) {
    if (event.hr == hr::kOperationPending) Count(Req::kQs06);
    for (const Req req : {Req::kQs07, Req::kQa01, Req::kQs12}) Count(req);
    if (event.hr != hr::kOperationPending) Check(BreaksClients(context), event);
    ++operation.valid_calls;
    return JudgePair(call, context);
  }
  if (event.ret && Failed(*event.ret)) Count(Req::kQs18);
  if (event.null_outputs != NullOutputs::kNone) {
    Count(Req::kQs08);
    Check(WellFormed(context), event);
    if (!Check(NullOutputsRule(context), event)) Check(OutputWrites(context), event);
    return false;
  }
  if (event.switches || event.witness != Witness::kNone || event.hr == hr::kOperationPending) {
    Count(Req::kQs06);
  }
  Check(NeverWaits(context), event);
  if (event.aliased) {
    // One variable cannot hold two answers: of such a call only that it survives is asked.
    Count(Req::kQs12);
    if (!Check(WellFormed(context), event)) Check(StaysInOutputs(context), event);
    return false;
  }
  if (habits_.Observe(context)) Count(Req::kQa02);
  Count(Req::kQs07);
  const bool wrong_return = Check(ReturnValue(context), event) || Check(WellFormed(context), event);
  Count(Req::kQa01);
  if (!wrong_return) Check(BreaksClients(context), event);

  ++operation.valid_calls;
  const bool successful = event.ret == hr::kOk || event.ret == hr::kOperationPending;
  if (event.ret && Failed(*event.ret) && !successful) {
    ++operation.failed_calls;
    operation.last_failed = event;
  }
  Count(Req::kQs12);
  if (Check(OutputWrites(context), event)) return false;
  if (!successful || !event.hr || !event.percent) return false;
  return JudgePair(call, context);
}

bool Judge::Impl::JudgePair(InFlight& call, Context& context) {
  const Event& event = *call.event;
  JudgedOperation& operation = *call.operation;
  const bool says_pending = event.hr == hr::kOperationPending;
  if (says_pending) context.percent_of_other = PercentOfOther(operation, event);
  if (!says_pending) context.result_of_other = ResultOfOther(operation, *event.hr);
  CountPair(call, context);

  std::optional<Complaint> complaint = PairRule(context);
  Decide(operation, complaint, context);
  if (complaint) return false;
  if (profile_ == Profile::kMsVds && Check(StartsAtZero(context), event)) return false;
  Check(NeverBack(context), event);
  operation.status.Reported(event, call.order, context.other_transitions);
  return true;
}

void Judge::Impl::Decide(JudgedOperation& operation, std::optional<Complaint> complaint,
                         const Context& context) {
  const Event& event = context.event;
  if (operation.status.driven()) {
    Check(complaint, event);
    return;
  }
  // An answer that is right of an operation that runs by itself may be wrong of a driven one.
  const bool says_pending = event.call == Call::kQueryStatus && event.hr == hr::kOperationPending;
  const bool harmless = event.call == Call::kCancel || (says_pending && event.percent == 0u);
  if (!complaint && harmless) return;
  for (Undecided& known : operation.undecided) {
    const bool same =
        complaint && known.complaint
            ? known.complaint->req == complaint->req && known.complaint->cause == complaint->cause
            : !complaint && !known.complaint && known.event.call == event.call &&
                  (known.event.hr == hr::kOperationPending) == says_pending;
    // Of those alike, the first to return tells the most; at one instant, one of each thread does.
    if (!same || (known.event.t1 == event.t1 && known.event.thread != event.thread)) continue;
    ++known.count;
    return;
  }
  operation.undecided.push_back({std::move(complaint), event, context.order, context.Between()});
}

// What was kept is judged again, for it is now known that nothing had ended the operation.
void Judge::Impl::BecomesDriven(JudgedOperation& operation) {
  OperationStatus& status = operation.status;
  status.BecomeDriven();
  const std::vector<Undecided> undecided = std::exchange(operation.undecided, {});
  bool lied = false;
  for (const Undecided& answer : undecided) {
    const Floor none;
    const Context context{.event = answer.event,
                          .order = answer.order,
                          .status = status,
                          .floor = none,
                          .profile = profile_,
                          .between = &answer.between,
                          .other_transitions = transitions_};
    std::optional<Complaint> complaint = answer.complaint;
    if (context.KnownPending()) {
      lied = lied || answer.event.hr != hr::kOperationPending;
      if (answer.event.call == Call::kWait) {
        complaint = AgreesWithWait(context);
      } else if (answer.event.call == Call::kQueryStatus) {
        complaint = PairRule(context);
        if (!complaint && profile_ == Profile::kMsVds) complaint = StartsAtZero(context);
      } else {
        complaint.reset();
      }
    }
    if (complaint) Add(*complaint, answer.event, answer.complaint ? answer.count : 1);
  }
  if (lied) status.ForgetReports();
}

void Judge::Impl::Close(JudgedOperation& operation) {
  for (const Undecided& answer : operation.undecided) {
    if (answer.complaint) Add(*answer.complaint, answer.event, answer.count);
  }
  if (operation.failed_calls >= kNeverSucceedsCalls &&
      operation.failed_calls == operation.valid_calls) {
    Add({Req::kQs07, "never-succeeds",
         "saw every one of " + std::to_string(operation.failed_calls) + " calls fail, with " +
             Describe(*operation.last_failed->ret) + "; allowed S_OK when both outputs are given",
         std::nullopt},
        *operation.last_failed);
  }
  const OperationStatus& status = operation.status;
  const uint32_t progress = status.progress_followed();
  if (!status.estimable() || progress < kUnmovedProgress || !status.floor().highest) return;
  Count(Req::kQa04);
  if (status.percent_moved()) return;
  const PercentSeen& seen = *status.floor().highest;
  Add({Req::kQa04, "percent-never-moves",
       "saw " + std::to_string(seen.percent) + " % although the driver reported " +
           std::to_string(progress) + " different percentages; allowed, but it tells users nothing",
       std::nullopt},
      seen.ToEvent(status.number()));
}

bool Judge::Impl::PercentOfOther(JudgedOperation& operation, const Event& event) {
  const uint32_t percent = *event.percent;
  const OperationStatus& status = operation.status;
  if (percent == 0 || percent > 99 || !status.driven() || status.WasGivenPercent(percent)) {
    return false;
  }
  const uint32_t own = status.driver_percent();
  const uint32_t distance = own > percent ? own - percent : percent - own;
  if (driver_percents_[percent] == 0 || distance <= kForeignDistance) return false;
  operation.foreign_percents[percent] = true;
  return operation.foreign_percents.count() >= kForeignPercents;
}

bool Judge::Impl::ResultOfOther(const JudgedOperation& operation, HRESULT hr) const {
  const size_t count = std::min(ended_count_, ended_.size());
  return std::any_of(
      ended_.begin(), ended_.begin() + static_cast<std::ptrdiff_t>(count), [&](const Ended& ended) {
        return ended.op != operation.status.number() && ended.result == hr && hr != hr::kOk;
      });
}

void Judge::Impl::CountPair(const InFlight& call, const Context& context) {
  const OperationStatus& status = context.status;
  const Floor& floor = *call.floor;
  const bool pending = call.event->hr == hr::kOperationPending;
  if (context.KnownPending() || pending) {
    Count(Req::kQs01);
    Count(status.estimable() ? Req::kQs02 : Req::kQs05);
  }
  if (!pending) {
    if (status.ResultsKnown() || status.settled()) Count(Req::kQs03);
    Count(Req::kQs04);
  }
  if (context.Overlaps() || !status.driven()) Count(Req::kQs09);
  if (floor.reported) Count(Req::kQs10);
  if (context.KnownPending() || floor.finished_by_driver || floor.finished_by_wait ||
      floor.finished_by_cancel) {
    Count(Req::kQs11);
  }
  if (operations_.size() > 1 && context.other_transitions > 0) Count(Req::kQs14);
  if (status.let_go()) Count(Req::kQs15);
  if (floor.finished_by_wait) Count(Req::kQs16);
  if (floor.finished_by_cancel || context.Between().failed_cancel) Count(Req::kQs17);
  if (pending && floor.highest) {
    Count(profile_ == Profile::kMsVds ? Req::kQs30 : Req::kQa03);
  }
  if (profile_ == Profile::kMsVds && context.KnownPending() &&
      !status.MayHaveProgressed(*call.event, call.order)) {
    Count(Req::kQs31);
  }
}

Judgement Judge::Impl::Finish() {
  sweep_.Finish();
  for (const InFlight* call : sweep_.lost()) {
    // A Wait for an operation that never ended is where it belongs.
    const bool rightly_waits = call->event->call == Call::kWait &&
                               call->event->fault == Fault::kNone &&
                               !call->operation->status.floor().MustBeFinished();
    if (!rightly_waits) Check(CallsComeBack(MakeContext(*call)), *call->event);
  }
  for (const auto& [complaint, event] : habits_.Complaints()) Add(complaint, event);
  if (const auto growth = heap_growth_.Finish()) Add(growth->first, growth->second);
  for (JudgedOperation* operation : operations_.InOrder()) Close(*operation);

  Judgement judgement;
  judgement.observations = observations_;
  judgement.events = events_;
  for (auto& [key, finding] : findings_) judgement.findings.push_back(std::move(finding));
  RemoveConsequences(judgement.findings);
  Restart();
  return judgement;
}

// What holds memory keeps it.
void Judge::Impl::Restart() {
  sweep_.Restart();
  operations_.Clear();
  findings_.clear();
  transitions_ = 0;
  driver_percents_ = {};
  ended_count_ = 0;
  habits_ = CallHabits();
  heap_growth_ = HeapGrowth();
  observations_ = {};
  events_ = 0;
}

Judge::Judge(Profile profile) : impl_(std::make_unique<Impl>(profile)) {}
Judge::~Judge() = default;
Judge::Judge(Judge&&) noexcept = default;
Judge& Judge::operator=(Judge&&) noexcept = default;

void Judge::Observe(const Event& event) { impl_->Observe(event, Storage::kPassing); }

void Judge::Observe(const History& history) {
  for (const Event& event : history.events) impl_->Observe(event, Storage::kStays);
}

Judgement Judge::Finish() { return impl_->Finish(); }

Judgement JudgeHistory(const History& history, Profile profile) {
  Judge judge(profile);
  judge.Observe(history);
  return judge.Finish();
}

}  // namespace vdsconform
