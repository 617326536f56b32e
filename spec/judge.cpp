#include "judge.h"

#include <algorithm>
#include <bitset>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <unordered_map>
#include <utility>

#include "hresult.h"
#include "rules.h"
#include "status_model.h"

namespace vdsconform {
namespace {

// One timed sleep of a call is a fact; a wait with a time limit is one only as a habit.
constexpr uint64_t kHabitCalls = 5;
// A history in which no call succeeds tells nothing but that; fewer may be bad luck.
constexpr uint64_t kNeverSucceedsCalls = 3;
// QA-02: one switch may be a page fault.
constexpr uint64_t kContendedCalls = 2;
// QA-04: so many different percentages must have gone by unnoticed.
constexpr uint32_t kUnmovedProgress = 3;
// QS-14: one equal percentage may be chance.
constexpr size_t kForeignPercents = 2;
// ... and so may one that is close to the operation's own, for an implementation that rounds.
constexpr uint32_t kForeignDistance = 30;

// One operation, with what the judge itself remembers of it.
struct Operation {
  explicit Operation(uint32_t number) : status(number) {}

  OperationStatus status;
  // A report or a Wait that said finished before the history showed who drives the operation.
  std::optional<Event> premature;
  // Findings that hold only if the operation runs by itself.
  std::vector<Complaint> if_self_running;
  std::vector<Event> if_self_running_events;
  // A fault that may be a torn pair, until a later call decides.
  std::optional<std::pair<Complaint, Event>> percent_suspect;
  std::optional<std::pair<Complaint, Event>> hr_suspect;
  std::bitset<101> foreign_percents;
  uint64_t valid_calls = 0;
  uint64_t failed_calls = 0;
  std::optional<Event> last_failed;
  bool percent_100_seen_sequentially = false;
  uint64_t in_flight = 0;
  bool has_lost_call = false;
};

struct InFlight {
  Event event;
  Operation* operation;
  Floor floor;
  uint64_t order;
};

struct ReturnsLater {
  bool operator()(const std::unique_ptr<InFlight>& a, const std::unique_ptr<InFlight>& b) const {
    return *a->event.t1 != *b->event.t1 ? *a->event.t1 > *b->event.t1 : a->order > b->order;
  }
};

// Whether a call's timed waits depend on its operation being pending (QS-06).
struct SleepHabit {
  uint64_t pending_calls = 0;
  uint64_t pending_slept = 0;
  uint64_t finished_calls = 0;
  uint64_t finished_slept = 0;
  std::optional<Event> example;
};

}  // namespace

class Judge::Impl {
 public:
  explicit Impl(Profile profile) : profile_(profile) {}

  void Observe(const Event& event);
  Judgement Finish();

 private:
  Operation& Get(uint32_t number);
  void Retire(const Event& next);
  std::unique_ptr<InFlight> TakeFirst();
  void Return(std::unique_ptr<InFlight> call);
  void JudgeCall(InFlight& call);
  void ReturnQuery(InFlight& call, const Context& context);
  void JudgePair(InFlight& call, Context& context);
  void Suspect(Operation& operation, Complaint complaint, const Event& event);
  void Settle(Operation& operation, const Event& event, const std::optional<Complaint>& complaint,
              bool overlaps);
  void BecomesDriven(Operation& operation);
  void Close(Operation& operation);
  void CountPair(const InFlight& call, const Context& context);
  void CountSleep(const Event& event, const Context& context);
  bool PercentOfOther(Operation& operation, const Event& event);
  bool ResultOfOther(const Operation& operation, HRESULT hr) const;
  Context MakeContext(const InFlight& call) const;

  void Count(Req req) { ++observations_[static_cast<size_t>(req)]; }
  void Add(const Complaint& complaint, const Event& event);
  // Adds it if there is one. True: there was.
  bool Check(const std::optional<Complaint>& complaint, const Event& event);

  Profile profile_;
  std::unordered_map<uint32_t, std::unique_ptr<Operation>> operations_;
  std::priority_queue<std::unique_ptr<InFlight>, std::vector<std::unique_ptr<InFlight>>,
                      ReturnsLater>
      in_flight_;
  std::vector<std::unique_ptr<InFlight>> undecided_;  // of Retire
  std::vector<std::unique_ptr<InFlight>> free_;       // for reuse
  std::vector<InFlight> never_returned_;
  uint64_t order_ = 0;
  uint64_t transitions_ = 0;
  uint64_t live_ = 0;
  // How many live operations the driver last gave each percentage.
  std::array<uint32_t, 101> driver_percents_{};
  // The last results that the driver gave, with their operations.
  struct Ended {
    uint32_t op;
    HRESULT result;
  };
  std::array<Ended, 16> ended_{};
  size_t ended_count_ = 0;
  SleepHabit habit_;
  uint64_t contended_calls_ = 0;
  std::optional<Event> contended_;
  std::array<uint64_t, kReqCount> observations_{};
  uint64_t events_ = 0;
  std::map<std::pair<Req, std::string>, Finding> findings_;
};

void Judge::Impl::Add(const Complaint& complaint, const Event& event) {
  if (!Applies(complaint.req, profile_)) return;
  const auto [at, is_new] = findings_.try_emplace({complaint.req, complaint.cause});
  if (!is_new) {
    ++at->second.count;
    return;
  }
  Finding& finding = at->second;
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

Operation& Judge::Impl::Get(uint32_t number) {
  std::unique_ptr<Operation>& operation = operations_[number];
  if (!operation) {
    operation = std::make_unique<Operation>(number);
    ++live_;
    ++driver_percents_[0];
  }
  return *operation;
}

// Takes every call that returned before `next` was invoked. At one and the same time only the order
// on one thread is certain.
void Judge::Impl::Retire(const Event& next) {
  undecided_.clear();
  while (!in_flight_.empty() && *in_flight_.top()->event.t1 <= next.t0) {
    std::unique_ptr<InFlight> call = TakeFirst();
    if (*call->event.t1 == next.t0 && call->event.thread != next.thread) {
      undecided_.push_back(std::move(call));
    } else {
      Return(std::move(call));
    }
  }
  for (std::unique_ptr<InFlight>& call : undecided_) in_flight_.push(std::move(call));
}

std::unique_ptr<InFlight> Judge::Impl::TakeFirst() {
  // The queue gives its first element for reading only; it is removed at once.
  auto call = std::move(const_cast<std::unique_ptr<InFlight>&>(in_flight_.top()));
  in_flight_.pop();
  return call;
}

void Judge::Impl::Return(std::unique_ptr<InFlight> call) {
  JudgeCall(*call);
  Operation& operation = *call->operation;
  --operation.in_flight;
  free_.push_back(std::move(call));
  // Nobody can ask an object again whose last reference is gone.
  const bool over = operation.status.client_references() <= 0 && operation.status.let_go();
  if (!over || operation.in_flight != 0 || operation.has_lost_call) return;
  Close(operation);
  --driver_percents_[operation.status.driver_percent()];
  --live_;
  operations_.erase(operation.status.number());
}

void Judge::Impl::Observe(const Event& event) {
  ++events_;
  Retire(event);
  Operation& operation = Get(event.op);
  const bool drives = event.call == Call::kProgress || event.call == Call::kFinish ||
                      (event.call == Call::kBegin && event.driven);
  if (drives && !operation.status.driven()) BecomesDriven(operation);

  const uint32_t old_percent = operation.status.driver_percent();
  const uint64_t old_transitions = operation.status.own_transitions();
  operation.status.Invoked(event);
  transitions_ += operation.status.own_transitions() - old_transitions;
  if (event.call == Call::kBegin) ++transitions_;
  --driver_percents_[old_percent];
  ++driver_percents_[operation.status.driver_percent()];
  if (event.call == Call::kFinish) {
    ended_[ended_count_++ % ended_.size()] = {event.op, event.result.value_or(hr::kOk)};
  }

  if (!event.t1) {
    operation.has_lost_call = true;
    never_returned_.push_back({event, &operation, operation.status.floor(), order_++});
    return;
  }
  std::unique_ptr<InFlight> call;
  if (free_.empty()) {
    call = std::make_unique<InFlight>();
  } else {
    call = std::move(free_.back());
    free_.pop_back();
  }
  call->event = event;
  call->operation = &operation;
  call->floor = operation.status.floor();
  call->order = order_++;
  ++operation.in_flight;
  in_flight_.push(std::move(call));
}

Context Judge::Impl::MakeContext(const InFlight& call) const {
  const uint64_t others = transitions_ - call.operation->status.own_transitions();
  return Context{call.event, call.operation->status, call.floor, profile_, others, false, false};
}

void Judge::Impl::JudgeCall(InFlight& call) {
  const Context context = MakeContext(call);
  const Event& event = call.event;
  Operation& operation = *call.operation;
  Count(Req::kQs13);
  if (Check(CallsComeBack(context), event)) return;
  if (event.call == Call::kQueryStatus) return ReturnQuery(call, context);

  switch (event.call) {
    case Call::kWait:
      if (!event.ret || Failed(*event.ret)) break;
      Count(Req::kQs16);
      if (!operation.status.driven() && !operation.premature) operation.premature = event;
      if (Check(AgreesWithWait(context), event)) return;
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
}

void Judge::Impl::ReturnQuery(InFlight& call, const Context& context) {
  const Event& event = call.event;
  Operation& operation = *call.operation;
  if (event.ret && Failed(*event.ret)) Count(Req::kQs18);
  const bool malformed = Check(WellFormed(context), event);
  if (event.null_outputs != NullOutputs::kNone) {
    Count(Req::kQs08);
    Check(NullOutputsRule(context), event);
    Check(OutputWrites(context), event);
    return;
  }
  if (event.switches || event.witness != Witness::kNone || event.hr == hr::kOperationPending) {
    Count(Req::kQs06);
  }
  Check(NeverWaits(context), event);
  CountSleep(event, context);
  Count(Req::kQs07);
  if (!malformed) Check(ReturnValue(context), event);
  Count(Req::kQa01);
  Check(BreaksClients(context), event);

  ++operation.valid_calls;
  const bool successful = event.ret == hr::kOk || event.ret == hr::kOperationPending;
  if (!successful) {
    ++operation.failed_calls;
    operation.last_failed = event;
  }
  Count(Req::kQs12);
  if (Check(OutputWrites(context), event)) return;
  if (!successful || !event.hr || !event.percent) return;
  Context pair_context = context;
  JudgePair(call, pair_context);
}

void Judge::Impl::JudgePair(InFlight& call, Context& context) {
  const Event& event = call.event;
  Operation& operation = *call.operation;
  const bool says_pending = event.hr == hr::kOperationPending;
  if (says_pending) context.percent_of_other = PercentOfOther(operation, event);
  if (!says_pending) context.result_of_other = ResultOfOther(operation, *event.hr);
  CountPair(call, context);

  std::optional<Complaint> complaint = PairRule(context);
  const bool overlaps = context.Overlaps();
  Settle(operation, event, complaint, overlaps);
  if (complaint) {
    if (complaint->suspicion != Complaint::Suspicion::kNone) {
      Suspect(operation, std::move(*complaint), event);
    } else if (!operation.status.driven()) {
      operation.if_self_running.push_back(std::move(*complaint));
      operation.if_self_running_events.push_back(event);
      if (operation.if_self_running.size() > 8) {
        Add(operation.if_self_running.front(), operation.if_self_running_events.front());
        operation.if_self_running.erase(operation.if_self_running.begin());
        operation.if_self_running_events.erase(operation.if_self_running_events.begin());
      }
    } else {
      Add(*complaint, event);
    }
    return;
  }
  if (!says_pending && !operation.status.driven() && !operation.premature) {
    operation.premature = event;
  }
  if (profile_ == Profile::kMsVds && Check(StartsAtZero(context), event)) return;
  Check(NeverBack(context), event);
  operation.status.Reported(event, context.other_transitions);
}

// A later call without a transition beside it tells what a suspect was: the same fault again is
// that requirement's (QS-02, QS-03, QS-04), an answer that is right then makes it a torn pair.
void Judge::Impl::Settle(Operation& operation, const Event& event,
                         const std::optional<Complaint>& complaint, bool overlaps) {
  if (overlaps) return;
  const bool finished = event.hr != hr::kOperationPending;
  if (!finished) {
    if (event.percent == 100u) operation.percent_100_seen_sequentially = true;
    return;
  }
  if (complaint && operation.percent_suspect && *event.percent != 100 &&
      operation.percent_suspect->second.hr != hr::kOperationPending) {
    operation.percent_suspect.reset();
  }
  if (complaint && operation.hr_suspect && complaint->req != Req::kQs04) {
    operation.hr_suspect.reset();
  }
}

void Judge::Impl::Suspect(Operation& operation, Complaint complaint, const Event& event) {
  auto& suspect = complaint.suspicion == Complaint::Suspicion::kHr ? operation.hr_suspect
                                                                   : operation.percent_suspect;
  if (!suspect) suspect.emplace(std::move(complaint), event);
}

// What was taken for the end of an operation that runs by itself was a lie, or nothing was.
void Judge::Impl::BecomesDriven(Operation& operation) {
  operation.status.BecomeDriven();
  if (operation.premature && !operation.status.may_be_finished()) {
    operation.status.ForgetReports();
    const Floor none;
    const Context context{
        *operation.premature, operation.status, none, profile_, transitions_, false, false};
    Check(operation.premature->call == Call::kWait ? AgreesWithWait(context) : PairRule(context),
          *operation.premature);
  } else {
    for (size_t i = 0; i < operation.if_self_running.size(); ++i) {
      Add(operation.if_self_running[i], operation.if_self_running_events[i]);
    }
  }
  operation.premature.reset();
  operation.if_self_running.clear();
  operation.if_self_running_events.clear();
}

void Judge::Impl::Close(Operation& operation) {
  for (size_t i = 0; i < operation.if_self_running.size(); ++i) {
    Add(operation.if_self_running[i], operation.if_self_running_events[i]);
  }
  if (operation.percent_suspect) {
    const auto& [complaint, event] = *operation.percent_suspect;
    const bool sequential =
        event.hr == hr::kOperationPending && operation.percent_100_seen_sequentially;
    if (!sequential) Add(complaint, event);
  }
  if (operation.hr_suspect) Add(operation.hr_suspect->first, operation.hr_suspect->second);
  if (operation.failed_calls >= kNeverSucceedsCalls &&
      operation.failed_calls == operation.valid_calls) {
    Add({Req::kQs07, "never-succeeds",
         "saw every one of " + std::to_string(operation.failed_calls) + " calls fail, with " +
             Describe(*operation.last_failed->ret) + "; allowed S_OK when both outputs are given",
         std::nullopt, Complaint::Suspicion::kNone},
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
       std::nullopt, Complaint::Suspicion::kNone},
      seen.ToEvent(status.number()));
}

bool Judge::Impl::PercentOfOther(Operation& operation, const Event& event) {
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

bool Judge::Impl::ResultOfOther(const Operation& operation, HRESULT hr) const {
  const size_t count = std::min(ended_count_, ended_.size());
  return std::any_of(
      ended_.begin(), ended_.begin() + static_cast<std::ptrdiff_t>(count), [&](const Ended& ended) {
        return ended.op != operation.status.number() && ended.result == hr && hr != hr::kOk;
      });
}

void Judge::Impl::CountPair(const InFlight& call, const Context& context) {
  const OperationStatus& status = context.status;
  const Floor& floor = call.floor;
  const bool pending = call.event.hr == hr::kOperationPending;
  if (context.KnownPending() || pending) {
    Count(Req::kQs01);
    Count(status.estimable() ? Req::kQs02 : Req::kQs05);
  }
  if (!pending) {
    if (status.ResultsKnown() || status.wait_result()) Count(Req::kQs03);
    Count(Req::kQs04);
  }
  if (context.Overlaps() || !status.driven()) Count(Req::kQs09);
  if (floor.reported) Count(Req::kQs10);
  if (context.KnownPending() || floor.finished_by_driver || floor.finished_by_wait ||
      floor.finished_by_cancel) {
    Count(Req::kQs11);
  }
  if (live_ > 1 && context.other_transitions > 0) Count(Req::kQs14);
  if (status.let_go()) Count(Req::kQs15);
  if (floor.finished_by_wait) Count(Req::kQs16);
  if (floor.finished_by_cancel || status.intervening().failed_cancel) Count(Req::kQs17);
  if (pending && floor.highest) {
    Count(profile_ == Profile::kMsVds ? Req::kQs30 : Req::kQa03);
  }
  if (profile_ == Profile::kMsVds && context.KnownPending() && !status.progress_invoked()) {
    Count(Req::kQs31);
  }
}

void Judge::Impl::CountSleep(const Event& event, const Context& context) {
  if (!event.switches) return;
  const bool slept = !event.slept_in.empty();
  if (context.KnownPending()) {
    ++habit_.pending_calls;
    if (slept) {
      ++habit_.pending_slept;
      habit_.example = event;
    }
  } else if (context.floor.MustBeFinished()) {
    ++habit_.finished_calls;
    if (slept) ++habit_.finished_slept;
  }
  if (!context.status.OverlapsOtherThread(event)) return;
  Count(Req::kQa02);
  if (*event.switches > 0 && !slept && ++contended_calls_ == kContendedCalls) contended_ = event;
}

Judgement Judge::Impl::Finish() {
  while (!in_flight_.empty()) Return(TakeFirst());
  for (const InFlight& call : never_returned_) {
    // A Wait for an operation that never ended is where it belongs.
    const bool rightly_waits = call.event.call == Call::kWait && call.event.fault == Fault::kNone &&
                               !call.operation->status.floor().MustBeFinished();
    if (!rightly_waits) Check(CallsComeBack(MakeContext(call)), call.event);
  }
  if (habit_.pending_slept >= kHabitCalls && 2 * habit_.pending_slept >= habit_.pending_calls &&
      habit_.finished_calls > 0 && 10 * habit_.finished_slept < habit_.finished_calls) {
    Add({Req::kQs06, "time-waits",
         "saw QueryStatus wait in " + habit_.example->slept_in + " in " +
             std::to_string(habit_.pending_slept) + " of " + std::to_string(habit_.pending_calls) +
             " calls while pending and not once finished; allowed a call that does not wait",
         std::nullopt, Complaint::Suspicion::kNone},
        *habit_.example);
  }
  if (contended_) {
    Add({Req::kQa02, "waits-for-threads",
         "saw QueryStatus put to sleep " + std::to_string(contended_calls_) +
             " times while other threads were inside the object; allowed, but a preempted thread "
             "holds up the callers",
         std::nullopt, Complaint::Suspicion::kNone},
        *contended_);
  }
  for (auto& [number, operation] : operations_) Close(*operation);

  Judgement judgement;
  judgement.observations = observations_;
  judgement.events = events_;
  for (auto& [key, finding] : findings_) judgement.findings.push_back(std::move(finding));
  return judgement;
}

Judge::Judge(Profile profile) : impl_(std::make_unique<Impl>(profile)) {}
Judge::~Judge() = default;
Judge::Judge(Judge&&) noexcept = default;
Judge& Judge::operator=(Judge&&) noexcept = default;

void Judge::Observe(const Event& event) { impl_->Observe(event); }

Judgement Judge::Finish() { return impl_->Finish(); }

Judgement JudgeHistory(const History& history, Profile profile) {
  Judge judge(profile);
  for (const Event& event : history.events) judge.Observe(event);
  return judge.Finish();
}

}  // namespace vdsconform
