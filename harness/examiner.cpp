#include "harness/examiner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "harness/minimise.h"
#include "harness/program_json.h"
#include "spec/hresult.h"
#include "spec/iut.h"

namespace vdsconform {
namespace {

constexpr uint32_t kTries = 1'000;
// Of a Program whose calls wait, hang or end the process: each costs up to a second.
constexpr uint32_t kCostlyTries = 60;
constexpr uint32_t kCostlyRestMs = 100;
// Faults of the 256th or 65,536th operation, and races.
constexpr uint32_t kManyRounds = 300;
constexpr uint32_t kVeryManyRounds = 70'000;
// Of a Program that slept.
constexpr uint32_t kInsists = 20;
// How often in a row what is kept shows its finding. A race must not be lost on the way, and
// whether a call is seen asleep depends on when it is looked at.
constexpr int kShowsOfRace = 2;
constexpr int kShowsOfSleep = 8;
constexpr size_t kMostInsistentSteps = 100;

bool Matches(const Finding& a, const Finding& b) { return a.req == b.req && a.cause == b.cause; }

bool IsCostly(const Finding& finding) {
  const Event& event = finding.witnesses.back();
  return event.fault != Fault::kNone || event.witness != Witness::kNone || !event.t1;
}

// Rests on a look that met the call's sleep.
bool RestsOnSleep(const Finding& finding) {
  const Event& event = finding.witnesses.back();
  return finding.req == Req::kQs06 && !event.slept_in.empty() && event.fault == Fault::kNone;
}

int ShowsInARow(const Program& program, const Finding& finding) {
  if (RestsOnSleep(finding)) return kShowsOfSleep;
  return program.schedule.kind == Schedule::Kind::kInOrder ? 1 : kShowsOfRace;
}

Program OnOneThread(Program program) {
  for (Step& step : program.steps) step.thread = 0;
  program.schedule = Schedule{};
  return program;
}

// What the driver ends at the next opportunity, so that a Wait returns.
Step NextFinish(const Program& program, size_t wait) {
  const uint32_t op = program.steps[wait].op;
  const auto next = std::find_if(
      program.steps.begin() + static_cast<std::ptrdiff_t>(wait), program.steps.end(),
      [op](const Step& step) { return step.action == Action::kFinish && step.op == op; });
  return next == program.steps.end() ? steps::Of(op, steps::Finish(hr::kOk)) : *next;
}

// The same steps, none of which waits for the operation, as while it was fuzzed (direct_run.h):
// ended before each Wait, or where nothing drives it without one. What has to be seen waiting first
// takes milliseconds, and minutes when it is repeated.
Program WithoutWaiting(const Program& program, bool driven) {
  std::vector<bool> begins(program.operations.size());
  for (const Step& step : program.steps) {
    if (step.action == Action::kBegin) begins[step.op] = true;
  }
  std::vector<bool> begun(begins);
  begun.flip();
  std::vector<bool> ended(begins.size());
  Program changed = program;
  changed.steps.clear();
  for (size_t i = 0; i < program.steps.size(); ++i) {
    Step step = program.steps[i];
    if (step.action == Action::kBegin) begun[step.op] = true;
    if (step.action == Action::kFinish && begun[step.op]) ended[step.op] = true;
    if (step.action == Action::kPoll) step.action = Action::kQuery;
    if (step.action == Action::kWait) {
      if (!driven) continue;
      if (begun[step.op] && !ended[step.op]) changed.steps.push_back(NextFinish(program, i));
      ended[step.op] = begun[step.op];
    }
    changed.steps.push_back(step);
  }
  return changed;
}

Program Repeated(Program program, uint32_t rounds) {
  program.schedule = Schedule{};
  program.schedule.kind = Schedule::Kind::kRacing;
  const uint64_t calls = std::max<uint64_t>(1, CountCalls(program));
  program.schedule.rounds =
      static_cast<uint32_t>(std::min<uint64_t>(rounds, std::max<uint64_t>(1, kMaxCalls / calls)));
  return program;
}

// Makes each query often, each time in a step of its own, and ends the operations and goes on: that
// a call waits for a while is only seen of many, beside as many that need not wait.
Program Insistent(const Program& program) {
  Program insistent = program;
  insistent.steps.clear();
  for (const Step& step : program.steps) {
    const bool asks = step.action == Action::kQuery || step.action == Action::kPoll;
    const bool again = asks && insistent.steps.size() < kMostInsistentSteps;
    insistent.steps.insert(insistent.steps.end(), again ? kInsists : 1, step);
    if (asks) insistent.steps.back().repeat = 1;
  }
  for (uint32_t op = 0; op < program.operations.size(); ++op) {
    insistent.steps.push_back(steps::Of(op, steps::Finish(hr::kOk)));
    insistent.steps.insert(insistent.steps.end(), kInsists, steps::Of(op, steps::Query()));
  }
  return insistent;
}

}  // namespace

Examiner::Examiner(Subject* subject, const Campaign* campaign, const Patience& patience,
                   std::function<bool()> stopping)
    : subject_(subject),
      campaign_(campaign),
      patience_(patience),
      stopping_(std::move(stopping)),
      trier_(subject, campaign->profile(), patience, stopping_) {}

bool Examiner::Matters(const Finding& finding) const {
  return campaign_->strict() || !Get(finding.req).advisory;
}

bool Examiner::driven() const { return (subject_->info().capabilities & VDSCONFORM_DRIVE) != 0; }

bool Examiner::Waits(const Program& program) const {
  return WithoutWaiting(program, driven()) != program;
}

Trial Examiner::TryVariants(const Program& program, bool repeats) {
  std::vector<Program> variants = {program};
  const bool races = program.schedule.kind == Schedule::Kind::kRacing;
  if (races) {
    variants.push_back(Repeated(program, Waits(program) ? kManyRounds : kVeryManyRounds));
  }
  const Program plain = OnOneThread(program);
  if (plain != program) variants.push_back(plain);
  if (repeats) {
    const Program unwaiting = WithoutWaiting(plain, driven());
    variants.push_back(Repeated(unwaiting, kManyRounds));
    variants.push_back(Repeated(unwaiting, kVeryManyRounds));
  } else {
    variants.push_back(Insistent(plain));
  }
  Trial trial;
  for (const Program& variant : variants) {
    if (stopping_ && stopping_()) break;
    trial = trier_.Try(variant);
    const auto& findings = trial.judgement.findings;
    const bool shows = std::any_of(findings.begin(), findings.end(),
                                   [this](const Finding& finding) { return Matters(finding); });
    if (shows || !trial.execution.error.empty()) break;
  }
  return trial;
}

std::optional<Examiner::Found> Examiner::ShowsAgain(const Program& program,
                                                    const Finding& finding) {
  Execution execution = subject_->Execute(program);
  if (!execution.error.empty()) return std::nullopt;
  Judgement judgement = JudgeHistory(execution.history, campaign_->profile());
  for (Finding& seen : judgement.findings) {
    if (!Matches(seen, finding)) continue;
    Found found{program, {}, std::move(execution.output)};
    found.judgement.findings = {std::move(seen)};
    return found;
  }
  return std::nullopt;
}

Examiner::Found Examiner::Reduce(const Trial& trial, const Finding& finding) {
  Found found{trial.program, {}, trial.execution.output};
  found.judgement.findings = {finding};
  const bool costly = IsCostly(finding);
  Patience short_patience = patience_;
  if (costly) short_patience.rest_ms = std::min(patience_.rest_ms, kCostlyRestMs);
  if (costly) short_patience.hang_ms = std::min(patience_.hang_ms, 2 * kCostlyRestMs);
  subject_->set_patience(short_patience);
  std::optional<Found> smallest;
  const auto shows = [&](const Program& candidate) {
    if (stopping_ && stopping_()) return false;
    // It would take minutes.
    if (candidate.schedule.rounds > kManyRounds && Waits(candidate)) return false;
    std::optional<Found> shown;
    for (int i = ShowsInARow(candidate, finding); i > 0; --i) {
      shown = ShowsAgain(candidate, finding);
      if (!shown) return false;
    }
    smallest = std::move(shown);
    return true;
  };
  Program whole = trial.program;
  if (RestsOnSleep(finding) && !shows(whole)) {
    const Program insistent = Insistent(whole);
    if (shows(insistent)) whole = insistent;
  }
  Minimise(whole, shows, costly ? kCostlyTries : kTries);
  subject_->set_patience(patience_);
  return smallest ? *std::move(smallest) : std::move(found);
}

Examiner::Result Examiner::Examine(const Program& program, bool repeats) {
  Result result;
  Trial trial = TryVariants(program, repeats);
  // What a call that was seen waiting once found reaches us apart (trial.h).
  if (std::optional<Trial> wait = trier_.TakeConfirmedWait()) trial = *std::move(wait);
  result.error = trial.execution.error;
  for (const Finding& finding : trial.judgement.findings) {
    if (!Matters(finding)) continue;
    result.confirmed = true;
    if (campaign_->IsNew(finding)) result.found.push_back(Reduce(trial, finding));
  }
  return result;
}

}  // namespace vdsconform
