#include "harness/executor.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "harness/code_map.h"
#include "harness/exploration.h"
#include "harness/racing.h"
#include "harness/stage.h"
#include "harness/stepper.h"

namespace vdsconform {
namespace {

// Steps first..last-1 of the Program, all on one thread.
struct Stretch {
  uint32_t thread;
  uint32_t first;
  uint32_t last;
};

std::vector<Stretch> SplitByThread(const Program& program) {
  std::vector<Stretch> stretches;
  for (uint32_t i = 0; i < program.steps.size(); ++i) {
    const uint32_t thread = program.steps[i].thread;
    if (stretches.empty() || stretches.back().thread != thread) {
      stretches.push_back({thread, i, i});
    }
    stretches.back().last = i + 1;
  }
  return stretches;
}

// Performs a Program's steps one after another.
class InOrderRun {
 public:
  InOrderRun(Stage& stage, const Program& program) : stage_(stage), program_(program) {}

  void Run() {
    stage_.StartOperations(0);
    stage_.BeginImplicitly();
    for (const Stretch& stretch : SplitByThread(program_)) {
      if (stage_.hung()) break;
      RunStretch(stretch);
    }
    if (!stage_.hung()) stage_.EndPending(static_cast<int32_t>(program_.steps.size()));
    for (uint32_t thread = 0; thread < kMaxThreads && !stage_.hung(); ++thread) {
      if (outstanding_[thread]) Drain(stage_.worker(thread));
    }
    if (!stage_.hung()) stage_.Conclude();
  }

 private:
  void RunStretch(const Stretch& stretch) {
    Worker& worker = stage_.worker(stretch.thread);
    if (outstanding_[stretch.thread]) {
      outstanding_[stretch.thread] = false;
      if (!worker.done()) stage_.Release(worker);
      if (!Drain(worker)) return;
    }
    worker.Post([this, stretch](Worker& w) {
      for (uint32_t i = stretch.first; i < stretch.last; ++i) {
        const Step& step = program_.steps[i];
        w.Perform(step, static_cast<int32_t>(i), stage_.operation(step.op), true);
      }
    });
    while (!stage_.Await(worker) && !stage_.hung()) {
      if (worker.step() == static_cast<int32_t>(stretch.last) - 1) {
        outstanding_[stretch.thread] = true;
        return;
      }
      stage_.Release(worker);
      if (!Drain(worker)) return;
    }
  }

  // Waits until the worker is done, releasing what holds it. False: it is hung.
  bool Drain(Worker& worker) {
    while (!stage_.Await(worker, false) && !stage_.hung()) stage_.Release(worker);
    return !stage_.hung();
  }

  Stage& stage_;
  const Program& program_;
  bool outstanding_[kMaxThreads] = {};
};

}  // namespace

class Executor::Impl {
 public:
  Impl(const vdsconform_iut& iut, std::vector<std::string> parameters, Journal* journal)
      : stage_(iut, std::move(parameters), journal) {
    Journal::Slot& own = journal->slots[kMaxThreads];
    if (own.tid == 0) own.tid = static_cast<int32_t>(syscall(SYS_gettid));
  }

  Outcome Run(const Program& program) {
    stage_.Reset(program);
    Outcome outcome;
    switch (program.schedule.kind) {
      case Schedule::Kind::kInOrder:
        InOrderRun(stage_, program).Run();
        break;
      case Schedule::Kind::kRacing:
        RacingRun(stage_, program).Run();
        break;
      case Schedule::Kind::kPreempted:
      case Schedule::Kind::kExplored:
        Explore(program, outcome);
        break;
    }
    outcome.hung = stage_.hung();
    outcome.stack_bytes = stage_.stack_bytes();
    outcome.history.events = stage_.TakeEvents();
    if (std::string why = stage_.inconclusive(); !why.empty()) outcome.inconclusive = why;
    return outcome;
  }

  std::string WhyNotExplored() {
    if (!why_not_) {
      code_.emplace();
      why_not_ = Stepper::WhyNot();
      if (why_not_->empty() && !code_->HasIut()) {
        why_not_ = "the implementation is not a library of its own";
      }
    }
    return *why_not_;
  }

  Stage stage_;

 private:
  void Explore(const Program& program, Outcome& outcome) {
    outcome.inconclusive = WhyNotExplored();
    if (!outcome.inconclusive.empty()) return;
    // Anew each time: it may load further libraries, and protect its code.
    code_.emplace();
    ExplorationRun run(stage_, *code_, code_->MakeIutWritable(), program);
    run.Run();
    outcome.exploration = run.exploration();
    if (program.schedule.kind == Schedule::Kind::kPreempted) outcome.inconclusive = run.unreached();
  }

  std::optional<CodeMap> code_;
  std::optional<std::string> why_not_;
};

Executor::Executor(const vdsconform_iut& iut, std::vector<std::string> parameters, Journal* journal)
    : impl_(std::make_unique<Impl>(iut, std::move(parameters), journal)) {}

Executor::~Executor() {
  // A thread that never comes back still uses what the executor owns.
  if (impl_->stage_.hung()) static_cast<void>(impl_.release());
}

void Executor::set_patience(const Patience& patience) { impl_->stage_.set_patience(patience); }

std::string Executor::WhyNotExplored() { return impl_->WhyNotExplored(); }

Executor::Outcome Executor::Run(const Program& program) { return impl_->Run(program); }

}  // namespace vdsconform
