#include "harness/direct_run.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "harness/fork_guard.h"
#include "harness/quarantine.h"
#include "harness/thinning.h"
#include "harness/thrown.h"
#include "spec/hresult.h"

namespace vdsconform {

DirectRunner::DirectRunner(const vdsconform_iut& iut, std::vector<std::string> parameters)
    : iut_(iut), parameters_(std::move(parameters)) {
  for (const std::string& parameter : parameters_) parameter_pointers_.push_back(parameter.c_str());
}

const History& DirectRunner::Run(const Program& program) {
  program_ = &program;
  history_.events.clear();
  inconclusive_.clear();
  buffers_.Forget();
  now_ = 0;
  const auto count = static_cast<uint32_t>(program.operations.size());
  for (uint32_t op = 0; op < count; ++op) {
    Live& live = operations_[op];
    live = Live{.estimable = program.operations[op].estimable, .queried = std::move(live.queried)};
    live.queried.clear();
  }
  std::array<bool, kMaxOperations> has_begin{};
  std::array<bool, kMaxOperations> has_wait{};
  for (const Step& step : program.steps) {
    if (step.action == Action::kBegin) has_begin[step.op] = true;
    if (step.action == Action::kWait) has_wait[step.op] = true;
  }
  step_ = -1;
  for (uint32_t op = 0; op < count; ++op) {
    if (!has_begin[op]) Begin(op, Step{});
  }
  for (const Step& step : program.steps) {
    ++step_;
    // As for the executor: without a driver nobody could end what a Wait waits for.
    const bool put_off = step.action == Action::kEnd && has_wait[step.op];
    if (put_off && !operations_[step.op].ending) continue;
    Perform(step);
  }
  step_ = -1;
  for (uint32_t op = 0; op < count; ++op) {
    if (operations_[op].begun && !operations_[op].ending) Finish(op, Step{}, hr::kOk);
  }
  for (uint32_t op = 0; op < count; ++op) Conclude(op);
  return history_;
}

Event& DirectRunner::Append(Call call, uint32_t op, const Step& step) {
  Event& event = history_.events.emplace_back();
  event.op = op;
  event.thread = step.thread;
  event.call = call;
  if (step_ >= 0) event.step = static_cast<uint32_t>(step_);
  return event;
}

template <class Body>
void DirectRunner::Enter(Event* event, Body&& body) {
  event->t0 = now_++;
  try {
    const IutFrees frees;
    body(*event);
  } catch (...) {
    NoteThrown(event);
  }
  if (InForkedChild()) _exit(0);
  event->t1 = now_++;
}

template <class Body>
Event& DirectRunner::Invoke(Call call, uint32_t op, const Step& step, Body&& body) {
  Event& event = Append(call, op, step);
  Enter(&event, body);
  return event;
}

void DirectRunner::Begin(uint32_t op, const Step& step) {
  Live& live = operations_[op];
  if (std::exchange(live.starting, true)) return;
  vdsconform_plan plan{};
  plan.size = sizeof plan;
  plan.estimable = live.estimable ? 1 : 0;
  plan.parameters = parameter_pointers_.data();
  plan.parameter_count = static_cast<uint32_t>(parameter_pointers_.size());
  Event& event = Invoke(Call::kBegin, op, step,
                        [&](Event& e) { e.ret = iut_.begin(&plan, &live.async, &live.handle); });
  event.estimable = live.estimable;
  event.driven = iut_.finish != nullptr;
  if (event.fault != Fault::kNone) return;
  if (Failed(*event.ret) || live.async == nullptr) {
    inconclusive_ = Failed(*event.ret) ? "begin failed with " + Describe(*event.ret)
                                       : "begin succeeded but gave no object";
    history_.events.pop_back();
    return;
  }
  live.begun = true;
}

void DirectRunner::Finish(uint32_t op, const Step& step, HRESULT result) {
  Live& live = operations_[op];
  if (iut_.finish == nullptr || live.let_go) return;
  live.ending = true;
  Invoke(Call::kFinish, op, step, [&](Event& event) {
    event.result = result;
    iut_.finish(live.handle, result);
  });
}

void DirectRunner::End(uint32_t op, const Step& step) {
  Live& live = operations_[op];
  if (std::exchange(live.let_go, true) || iut_.end == nullptr) return;
  Invoke(Call::kEnd, op, step, [&](Event&) { iut_.end(live.handle); });
}

// The addresses that the call is given.
OutputBuffers::Target DirectRunner::Given(const Step& step, OutputBuffers::Target target) {
  const auto nulls = static_cast<uint8_t>(step.null_outputs);
  if ((nulls & static_cast<uint8_t>(NullOutputs::kHr)) != 0) target.hr = nullptr;
  if ((nulls & static_cast<uint8_t>(NullOutputs::kPercent)) != 0) target.percent = nullptr;
  return target;
}

void DirectRunner::Answer(const Step& step, const OutputBuffers::Target& given, Event* event) {
  IVdsAsync* const async = operations_[event->op].async;
  event->ret.reset();
  Enter(event, [&](Event& e) { e.ret = async->QueryStatus(given.hr, given.percent); });
  OutputBuffers::Seen seen = buffers_.Inspect(step);
  const bool both = step.null_outputs == NullOutputs::kNone && !event->aliased;
  event->hr = both && event->fault == Fault::kNone ? seen.hr : std::nullopt;
  event->percent = both && event->fault == Fault::kNone ? seen.percent : std::nullopt;
  if (!seen.clobbered.empty()) event->clobbered = std::move(seen.clobbered);
}

void DirectRunner::Query(uint32_t op, const Step& step) {
  Event& event = Append(Call::kQueryStatus, op, step);
  event.null_outputs = step.null_outputs;
  event.aliased = step.outputs == Outputs::kAliased && step.null_outputs == NullOutputs::kNone;
  Answer(step, Given(step, buffers_.Prepare(step)), &event);
}

// Of a row of equal observations the first and the last tell all that the judge needs.
void DirectRunner::Repeat(uint32_t op, const Step& step) {
  const std::vector<Event>& events = history_.events;
  for (uint32_t made = 0; made < step.repeat; ++made) {
    Query(op, step);
    if (made == 0) continue;
    const Event& last = events[events.size() - 1];
    const Event& before = events[events.size() - 2];
    if (Remarkable(last) || Remarkable(before) || !SameObservation(last, before)) continue;
    made += QueryAgain(step, step.repeat - made - 1);
  }
}

uint32_t DirectRunner::QueryAgain(const Step& step, uint32_t most) {
  Event& last = history_.events.back();
  Event next = last;
  const OutputBuffers::Target given = Given(step, buffers_.last());
  for (uint32_t made = 1; made <= most; ++made) {
    buffers_.PrepareAgain();
    Answer(step, given, &next);
    if (Remarkable(next) || !SameObservation(next, last)) {
      history_.events.push_back(std::move(next));
      return made;
    }
    last.t0 = next.t0;
    last.t1 = next.t1;
  }
  return most;
}

HRESULT DirectRunner::NextResult(uint32_t op) const {
  for (size_t i = static_cast<size_t>(std::max(step_, 0)); i < program_->steps.size(); ++i) {
    const Step& step = program_->steps[i];
    if (step.action == Action::kFinish && step.op == op) return step.result;
  }
  return hr::kOk;
}

void DirectRunner::Wait(uint32_t op, const Step& step) {
  Live& live = operations_[op];
  if (iut_.finish == nullptr) return;
  if (!live.ending) Finish(op, step, NextResult(op));
  if (!live.ending) return;
  HRESULT hr = hr::kOperationPending;
  VDS_ASYNC_OUTPUT output{};
  Event& event =
      Invoke(Call::kWait, op, step, [&](Event& e) { e.ret = live.async->Wait(&hr, &output); });
  if (event.fault == Fault::kNone && Succeeded(*event.ret)) event.hr = hr;
}

void DirectRunner::Ask(uint32_t op, const Step& step) {
  static char poison_target;
  void* const poison = &poison_target;
  void* object = poison;
  const IID iid = IidOf(step.interface_id);
  Live& live = operations_[op];
  Event& event = Invoke(Call::kQueryInterface, op, step, [&](Event& e) {
    e.interface_id = step.interface_id;
    e.ret = live.async->QueryInterface(iid, &object);
  });
  if (event.fault != Fault::kNone) return;
  auto* unknown = static_cast<IUnknown*>(object);
  if (object == poison) {
    event.out = OutPointer::kNotWritten;
  } else if (object == nullptr) {
    event.out = OutPointer::kNull;
  } else {
    const bool is_identity = step.interface_id == Interface::kIUnknown;
    if (is_identity && live.identity == nullptr) live.identity = unknown;
    const bool same = is_identity ? unknown == live.identity : object == live.async;
    event.out = same ? OutPointer::kSame : OutPointer::kDifferent;
    if (Succeeded(*event.ret)) live.queried.push_back(unknown);
  }
}

void DirectRunner::Release(uint32_t op, const Step& step, IUnknown* object) {
  Invoke(Call::kRelease, op, step, [&](Event& event) { event.count = object->Release(); });
}

void DirectRunner::Perform(const Step& step) {
  Live& live = operations_[step.op];
  if (step.action == Action::kBegin) return Begin(step.op, step);
  if (!live.begun) return;
  switch (step.action) {
    case Action::kProgress:
      if (iut_.progress == nullptr || live.let_go) return;
      Invoke(Call::kProgress, step.op, step, [&](Event& event) {
        event.percent = step.percent;
        iut_.progress(live.handle, step.percent);
      });
      return;
    case Action::kFinish:
      return Finish(step.op, step, step.result);
    case Action::kEnd:
      return End(step.op, step);
    case Action::kQuery:
      return Repeat(step.op, step);
    case Action::kPoll:
      return Query(step.op, Step{.thread = step.thread});
    case Action::kWait:
      return Wait(step.op, step);
    case Action::kCancel:
      Invoke(Call::kCancel, step.op, step, [&](Event& e) { e.ret = live.async->Cancel(); });
      return;
    case Action::kAddRef:
      for (uint32_t i = 0; i < step.repeat; ++i) {
        Invoke(Call::kAddRef, step.op, step, [&](Event& e) { e.count = live.async->AddRef(); });
        ++live.added_references;
      }
      return;
    case Action::kRelease:
      for (uint32_t i = 0; i < step.repeat && live.added_references > 0; ++i) {
        --live.added_references;
        Release(step.op, step, live.async);
      }
      return;
    case Action::kQueryInterface:
      return Ask(step.op, step);
    case Action::kBegin:
    case Action::kBarrier:
      return;
  }
}

void DirectRunner::Conclude(uint32_t op) {
  Live& live = operations_[op];
  if (!live.begun) return;
  Query(op, Step{});
  End(op, Step{});
  for (IUnknown* object : live.queried) Release(op, Step{}, object);
  for (uint32_t i = 0; i <= live.added_references; ++i) Release(op, Step{}, live.async);
}

}  // namespace vdsconform
