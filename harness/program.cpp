#include "harness/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "spec/hresult.h"
#include "spec/iut.h"

namespace vdsconform {

std::string_view Name(Action action) {
  switch (action) {
    case Action::kBegin:
      return "begin";
    case Action::kProgress:
      return "progress";
    case Action::kFinish:
      return "finish";
    case Action::kEnd:
      return "end";
    case Action::kQuery:
      return "query";
    case Action::kPoll:
      return "poll";
    case Action::kWait:
      return "wait";
    case Action::kCancel:
      return "cancel";
    case Action::kAddRef:
      return "add-ref";
    case Action::kRelease:
      return "release";
    case Action::kQueryInterface:
      return "query-interface";
    case Action::kBarrier:
      return "barrier";
  }
  return "";
}

std::string_view Name(Outputs outputs) {
  switch (outputs) {
    case Outputs::kStack:
      return "stack";
    case Outputs::kHeap:
      return "heap";
    case Outputs::kPageEnd:
      return "page-end";
    case Outputs::kAliased:
      return "aliased";
  }
  return "";
}

std::string_view Name(Schedule::Kind kind) {
  switch (kind) {
    case Schedule::Kind::kInOrder:
      return "in-order";
    case Schedule::Kind::kRacing:
      return "racing";
    case Schedule::Kind::kPreempted:
      return "preempted";
    case Schedule::Kind::kExplored:
      return "explored";
  }
  return "";
}

IID IidOf(Interface interface_id) {
  switch (interface_id) {
    case Interface::kIUnknown:
      return vdsconform_iid_iunknown();
    case Interface::kIVdsAsync:
      return vdsconform_iid_ivdsasync();
    case Interface::kOther:
      break;
  }
  // A made-up IID that no object can support.
  return IID{0x9F3C61E2, 0x0D47, 0x4B1A, {0xA6, 0x55, 0x3E, 0x90, 0x71, 0xC8, 0x2D, 0x14}};
}

void RestrictTo(uint32_t capabilities, Program* program) {
  const auto has = [capabilities](uint32_t capability) { return (capabilities & capability) != 0; };
  for (Operation& operation : program->operations) {
    if (operation.estimable && !has(VDSCONFORM_ESTIMATE) && has(VDSCONFORM_NOT_ESTIMATE)) {
      operation.estimable = false;
    } else if (!operation.estimable && !has(VDSCONFORM_NOT_ESTIMATE)) {
      operation.estimable = true;
    }
  }
  for (Step& step : program->steps) {
    if (step.action == Action::kWait && !has(VDSCONFORM_WAIT)) step.action = Action::kQuery;
  }
}

namespace {

std::string DescribeQuery(const Step& step) {
  std::string text = "query";
  switch (step.null_outputs) {
    case NullOutputs::kNone:
      break;
    case NullOutputs::kHr:
      text += " with a NULL pHrResult";
      break;
    case NullOutputs::kPercent:
      text += " with a NULL pulPercentCompleted";
      break;
    case NullOutputs::kBoth:
      text += " with both outputs NULL";
      break;
  }
  if (step.outputs == Outputs::kHeap) text += " into the heap";
  if (step.outputs == Outputs::kPageEnd) text += " into the ends of pages";
  if (step.outputs == Outputs::kAliased) text += " with both outputs at one address";
  const Step defaults;
  if (step.hr_offset != defaults.hr_offset || step.percent_offset != defaults.percent_offset) {
    text +=
        fmt::format(" at {} and {} bytes into cache lines", step.hr_offset, step.percent_offset);
  }
  if (step.repeat != 1) text += fmt::format(", {} times", step.repeat);
  return text;
}

std::string DescribeAction(const Step& step) {
  switch (step.action) {
    case Action::kQuery:
      return DescribeQuery(step);
    case Action::kPoll:
      return "poll until finished";
    case Action::kProgress:
      return fmt::format("progress to {} %", step.percent);
    case Action::kFinish:
      return "finish with " + Describe(step.result);
    case Action::kQueryInterface:
      return fmt::format("query-interface for {}", Name(step.interface_id));
    case Action::kAddRef:
    case Action::kRelease:
      return std::string(Name(step.action)) +
             (step.repeat == 1 ? "" : fmt::format(", {} times,", step.repeat));
    default:
      return std::string(Name(step.action));
  }
}

}  // namespace

std::string Describe(const Step& step) {
  std::string text = DescribeAction(step);
  if (step.action == Action::kBarrier) return text;
  if (step.op != 0) text += fmt::format(" of operation {}", step.op);
  text += fmt::format(" on thread {}", step.thread);
  return text;
}

namespace steps {
namespace {

Step Make(Action action, uint32_t op = 0) {
  Step step;
  step.action = action;
  step.op = op;
  return step;
}

Step Repeated(Step step, uint32_t repeat) {
  step.repeat = repeat;
  return step;
}

}  // namespace

Step Begin(uint32_t op) { return Make(Action::kBegin, op); }

Step Query(uint32_t repeat) { return Repeated(Make(Action::kQuery), repeat); }

Step QueryNull(NullOutputs nulls) {
  Step step = Make(Action::kQuery);
  step.null_outputs = nulls;
  return step;
}

Step QueryAt(Outputs outputs) {
  Step step = Make(Action::kQuery);
  step.outputs = outputs;
  return step;
}

Step QueryAt(Outputs outputs, uint32_t hr_offset, uint32_t percent_offset) {
  Step step = QueryAt(outputs);
  step.hr_offset = hr_offset;
  step.percent_offset = percent_offset;
  return step;
}

Step Poll() { return Make(Action::kPoll); }

Step Progress(uint32_t percent) {
  Step step = Make(Action::kProgress);
  step.percent = percent;
  return step;
}

Step Finish(HRESULT result) {
  Step step = Make(Action::kFinish);
  step.result = result;
  return step;
}

Step End() { return Make(Action::kEnd); }
Step Wait() { return Make(Action::kWait); }
Step Cancel() { return Make(Action::kCancel); }
Step AddRef(uint32_t repeat) { return Repeated(Make(Action::kAddRef), repeat); }
Step Release(uint32_t repeat) { return Repeated(Make(Action::kRelease), repeat); }

Step Ask(Interface interface_id) {
  Step step = Make(Action::kQueryInterface);
  step.interface_id = interface_id;
  return step;
}

Step Barrier() { return Make(Action::kBarrier); }

Step On(uint32_t thread, Step step) {
  step.thread = thread;
  return step;
}

Step Of(uint32_t op, Step step) {
  step.op = op;
  return step;
}

}  // namespace steps

Program InOrder(std::vector<Step> steps, bool estimable) {
  uint32_t operations = 1;
  for (const Step& step : steps) operations = std::max(operations, step.op + 1);
  Program program;
  program.operations.assign(std::min(operations, kMaxOperations), Operation{estimable});
  program.steps = std::move(steps);
  return program;
}

Program Racing(std::vector<Step> steps, uint32_t rounds, bool estimable) {
  Program program = InOrder(std::move(steps), estimable);
  program.schedule.kind = Schedule::Kind::kRacing;
  program.schedule.rounds = rounds;
  return program;
}

Program Explored(std::vector<Step> steps, const std::vector<uint32_t>& stopped, bool estimable) {
  Program program = InOrder(std::move(steps), estimable);
  program.schedule.kind = Schedule::Kind::kExplored;
  for (const uint32_t step : stopped) program.schedule.preemptions.push_back({step, {}});
  return program;
}

}  // namespace vdsconform
