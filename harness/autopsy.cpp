#include "harness/autopsy.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

// Of the harness's own threads the last; worker threads are numbered from 0.
constexpr uint32_t kOwnThread = kMaxThreads;

bool InFlight(const Journal::Slot& slot) { return slot.call >= 0 && slot.call < kCallCount; }

// Where a death happened: the slot of the call to blame, and what to add to the detail.
struct Blame {
  const Journal::Slot* slot = nullptr;  // none: nothing had been called yet
  bool in_flight = false;
  const char* remark = "";
};

template <class Condition>
const Journal::Slot* Latest(const Journal& journal, Condition condition) {
  const Journal::Slot* latest = nullptr;
  for (const Journal::Slot& slot : journal.slots) {
    if (condition(slot) && (latest == nullptr || slot.t0 > latest->t0)) latest = &slot;
  }
  return latest;
}

Blame FindBlame(const Journal& journal) {
  if (journal.closed_descriptors > 0 && journal.closed_descriptors <= kMaxThreads + 1) {
    return {&journal.slots[journal.closed_descriptors - 1], true, ""};
  }
  const int32_t tid = journal.fatal_tid;
  if (tid != 0) {
    const Journal::Slot* own =
        Latest(journal, [tid](const Journal::Slot& s) { return s.tid == tid && InFlight(s); });
    if (own != nullptr) return {own, true, ""};
  }
  if (const Journal::Slot* slot = Latest(journal, InFlight)) {
    return {slot, true, tid != 0 ? ", in another thread during this call" : ""};
  }
  const Journal::Slot* slot =
      Latest(journal, [](const Journal::Slot& s) { return s.t0 != 0 || s.step > 0; });
  if (slot == nullptr) return {nullptr, false, ", before the first call"};
  return {slot, false, ", outside any call; this was the last before"};
}

int64_t LastTime(const History& history) {
  int64_t last = 0;
  for (const Event& event : history.events) {
    last = std::max({last, event.t0, event.t1.value_or(event.t0)});
  }
  return last;
}

bool Knows(const History& history, uint32_t op) {
  return std::any_of(history.events.begin(), history.events.end(), [op](const Event& event) {
    return event.op == op && event.call == Call::kBegin;
  });
}

// Appends `blamed`, after a begin of its operation where there is none.
void Append(Event blamed, const Program& program, bool driven, History& history) {
  const bool begins = blamed.call == Call::kBegin;
  const bool estimable = program.operations.empty() ||
                         program.operations[blamed.op % program.operations.size()].estimable;
  blamed.t0 = std::max(blamed.t0, LastTime(history) + 3);
  if (begins) {
    blamed.estimable = estimable;
    blamed.driven = driven;
  } else if (!Knows(history, blamed.op)) {
    Event begin;
    begin.op = blamed.op;
    begin.thread = kOwnThread;
    begin.call = Call::kBegin;
    begin.t0 = blamed.t0 - 2;
    begin.t1 = blamed.t0 - 1;
    begin.estimable = estimable;
    begin.driven = driven;
    begin.ret = 0;
    history.events.push_back(std::move(begin));
  }
  history.events.push_back(std::move(blamed));
}

bool IsPlainQuery(const Step& step) {
  return step.action == Action::kQuery && step.null_outputs == NullOutputs::kNone;
}

bool CountsReferences(const Step& step) {
  return step.action == Action::kAddRef || step.action == Action::kRelease ||
         step.action == Action::kEnd || step.action == Action::kQueryInterface;
}

// True if a Release in step `release` had a reference to let go of: without one it is no call. Of a
// race nobody knows which came first.
bool HadReference(const Program& program, size_t release) {
  const bool racing = program.schedule.kind != Schedule::Kind::kInOrder;
  uint64_t held = 0;
  for (size_t i = 0; i < (racing ? program.steps.size() : release); ++i) {
    const Step& step = program.steps[i];
    if (step.op != program.steps[release].op) continue;
    if (step.action == Action::kAddRef) held += step.repeat;
    if (step.action == Action::kRelease && !racing) held -= std::min<uint64_t>(held, step.repeat);
  }
  return held > 0;
}

// The steps that may be why a call of the operation died, and whose events died with it: in order,
// those before `fatal`, back to the last plain query, which came back. Of a race nobody knows, but
// where it counts references, they and all else may be.
std::vector<uint32_t> StepsBefore(const Program& program, uint32_t op, size_t fatal) {
  const bool racing = program.schedule.kind != Schedule::Kind::kInOrder;
  std::vector<uint32_t> steps;
  bool references = false;
  for (size_t i = racing ? program.steps.size() : fatal; i-- > 0;) {
    const Step& step = program.steps[i];
    if (step.op != op) continue;
    if (!racing && IsPlainQuery(step)) break;
    if (step.action == Action::kRelease && !HadReference(program, i)) continue;
    references = references || CountsReferences(step);
    const bool tells = !IsPlainQuery(step) && step.action != Action::kBegin &&
                       step.action != Action::kWait && step.action != Action::kPoll &&
                       step.action != Action::kBarrier;
    if (tells) steps.insert(steps.begin(), static_cast<uint32_t>(i));
  }
  if (racing && !references) steps.clear();
  return steps;
}

// A step that was taken, as an event that claims no more than that its call came back.
Event Taken(const Program& program, uint32_t i) {
  const Step& step = program.steps[i];
  Event event;
  event.thread = step.thread;
  event.call = CallOf(step.action);
  event.step = i;
  event.percent = step.action == Action::kProgress ? std::optional(step.percent) : std::nullopt;
  event.result = step.action == Action::kFinish ? std::optional(step.result) : std::nullopt;
  if (event.call == Call::kQueryStatus) {
    event.null_outputs = step.null_outputs;
    event.ret = hr::kInvalidArg;
  }
  if (event.call == Call::kCancel) event.ret = hr::kVdsNotSupported;
  if (event.call == Call::kQueryInterface) {
    event.interface_id = Interface::kOther;
    event.ret = hr::kNoInterface;
  }
  return event;
}

// Appends the death, after what led to it.
void AppendWithSteps(Event blamed, const Program& program, bool driven, History& history) {
  const size_t all = program.steps.size();
  const size_t unnumbered = blamed.call == Call::kBegin ? 0 : all;
  const size_t fatal = blamed.step ? std::min<size_t>(*blamed.step, all) : unnumbered;
  const auto op = static_cast<uint32_t>(blamed.op % std::max<size_t>(1, program.operations.size()));
  // A host that gave its events as they came has told what led to it.
  const bool told = !history.events.empty();
  for (const uint32_t i : told ? std::vector<uint32_t>{} : StepsBefore(program, op, fatal)) {
    Event event = Taken(program, i);
    event.op = blamed.op;
    event.t0 = LastTime(history) + 3;
    event.t1 = event.t0 + 1;
    Append(std::move(event), program, driven, history);
  }
  Append(std::move(blamed), program, driven, history);
}

}  // namespace

void ClearJournal(Journal& journal) {
  journal = Journal{};
  for (Journal::Slot& slot : journal.slots) slot.call = slot.step = -1;
}

void ForgetLastProgram(Journal& journal) {
  for (Journal::Slot& slot : journal.slots) {
    const int32_t tid = slot.tid;
    slot = Journal::Slot{};
    slot.call = slot.step = -1;
    slot.tid = tid;
  }
  journal.stopping = 0;
}

std::vector<Preemption> StopsAtDeath(const Journal& journal, const Program& program) {
  std::vector<Preemption> stops;
  if (journal.stopping != 2) return stops;
  for (size_t i = 0; i < program.schedule.preemptions.size(); ++i) {
    Preemption stop = program.schedule.preemptions[i];
    stop.point.instruction = journal.stops[i].instruction;
    stop.point.beyond = journal.stops[i].beyond;
    stop.point.iut_thread = journal.stops[i].iut_thread != 0;
    const char* at = journal.stops[i].at;
    if (at[0] != '\0') stop.point.at.assign(at, strnlen(at, sizeof journal.stops[i].at));
    stops.push_back(std::move(stop));
  }
  return stops;
}

Call CallOf(Action action) {
  switch (action) {
    case Action::kBegin:
      return Call::kBegin;
    case Action::kProgress:
      return Call::kProgress;
    case Action::kFinish:
      return Call::kFinish;
    case Action::kEnd:
      return Call::kEnd;
    case Action::kQuery:
    case Action::kPoll:
    case Action::kBarrier:
      return Call::kQueryStatus;
    case Action::kWait:
      return Call::kWait;
    case Action::kCancel:
      return Call::kCancel;
    case Action::kAddRef:
      return Call::kAddRef;
    case Action::kRelease:
      return Call::kRelease;
    case Action::kQueryInterface:
      return Call::kQueryInterface;
  }
  return Call::kQueryStatus;
}

void AddDeath(const Death& death, const Journal& journal, const Program& program, bool driven,
              History& history) {
  const Blame blame = FindBlame(journal);
  Event event;
  event.thread = kOwnThread;
  event.call = Call::kBegin;
  if (blame.slot != nullptr) {
    const Journal::Slot& slot = *blame.slot;
    const bool has_step = slot.step >= 0 && static_cast<size_t>(slot.step) < program.steps.size();
    event.op = slot.op;
    event.thread = static_cast<uint32_t>(&slot - journal.slots);
    event.t0 = slot.t0;
    // After the last step the executor queries, releases and lets go.
    event.call = Call::kEnd;
    if (has_step) {
      const Step& step = program.steps[static_cast<size_t>(slot.step)];
      event.step = static_cast<uint32_t>(slot.step);
      event.call = CallOf(step.action);
    }
    if (InFlight(slot)) event.call = static_cast<Call>(slot.call);
    if (blame.in_flight && event.call == Call::kQueryStatus && slot.null_outputs <= 3) {
      event.null_outputs = static_cast<NullOutputs>(slot.null_outputs);
    }
  }
  event.fault = journal.closed_descriptors != 0 ? Fault::kClosedDescriptors : death.fault;
  event.detail = event.fault == Fault::kClosedDescriptors
                     ? "descriptors of the calling process were closed or replaced"
                     : death.detail;
  event.detail += blame.remark;
  if (event.fault == Fault::kCrashed && journal.freed == Journal::kOwnObject) {
    event.fault = Fault::kUsedFreed;
  }
  if (event.fault == Fault::kCrashed && journal.freed == Journal::kOtherMemory) {
    event.detail += ", using a pointer from memory that had been freed";
  }
  AppendWithSteps(std::move(event), program, driven, history);
}

void AddLateDeath(const Death& death, const std::string& last_program, const Program& program,
                  bool driven, History& history) {
  Event event;
  event.op = history.events.empty() ? 0 : history.events.front().op;
  event.thread = kOwnThread;
  event.call = Call::kEnd;
  event.fault = death.fault;
  event.detail = death.detail + ", after the calls of the Program before this one had ended";
  if (!last_program.empty()) event.detail += " (\"" + last_program + "\")";
  Append(std::move(event), program, driven, history);
}

}  // namespace vdsconform
