// Random Programs: what no directed case thought of.
//
// RapidCheck generates and shrinks, the judge decides. A Program that shows something new is
// shrunk to the smallest that still shows it, and that one is reported and saved. All comes from
// the run's seed; in order it is the same again, racing it may not be.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "harness/campaign.h"
#include "spec/judge.h"
#include "tests/conformance/directed_case.h"
#include "tests/conformance/program_generator.h"

namespace vdsconform {
namespace {

// Bounds on what a broken implementation may cost.
constexpr uint32_t kCandidates = 200;      // Programs tried to shrink one
constexpr uint32_t kQuickCandidates = 50;  // in a quick run
constexpr uint32_t kCostOfACostly = 5;     // one that hangs or blocks counts as so many
constexpr uint32_t kCostlyPrograms = 4;    // then the search ends
constexpr size_t kCauses = 4;              // different faults found, then the search ends

class RandomPrograms : public ConformanceCase {
 protected:
  explicit RandomPrograms(Req req) : ConformanceCase(req, VDSCONFORM_DRIVE) {}

  // Tries `count` Programs of growing size.
  void Search(GeneratorOptions options, uint32_t count);

 private:
  using Cause = std::pair<Req, std::string>;

  static bool Shows(const Trial& trial, const Cause& cause);
  // A cause in `trial` that fails a run and that this case has not met; nullptr: none.
  const Finding* New(const Trial& trial) const;
  // The smallest Program that shows `cause`, starting from `made`, whose trial is `trial`.
  Trial Shrink(const rc::Shrinkable<Program>& made, Trial trial, const Cause& cause);
  void Report(Trial trial, const rc::Shrinkable<Program>& made, uint32_t number);

  std::set<Cause> met_;
};

bool RandomPrograms::Shows(const Trial& trial, const Cause& cause) {
  const auto& findings = trial.judgement.findings;
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.req == cause.first && finding.cause == cause.second;
  });
}

const Finding* RandomPrograms::New(const Trial& trial) const {
  for (const Finding& finding : trial.judgement.findings) {
    if (!Get(finding.req).advisory && CurrentRun().campaign->Known(finding) == nullptr &&
        met_.count({finding.req, finding.cause}) == 0) {
      return &finding;
    }
  }
  return nullptr;
}

ConformanceCase::Trial RandomPrograms::Shrink(const rc::Shrinkable<Program>& made, Trial trial,
                                              const Cause& cause) {
  const RunContext& run = CurrentRun();
  uint32_t spent = 0;
  const auto still_shows = [&](const Program& program) {
    // A race that is lost once may be won the next time.
    const uint32_t tries = program.schedule.kind == Schedule::Kind::kRacing ? 4 : 1;
    for (uint32_t i = 0; i < tries && spent < (quick() ? kQuickCandidates : kCandidates); ++i) {
      if (run.stopping && run.stopping()) return false;
      Trial candidate = Try(program);
      spent += MeetCostly(candidate.execution) ? kCostOfACostly : 1;
      // Try leaves out further calls that wait or hang once that has been confirmed; here they are
      // what is looked for.
      candidate.judgement = JudgeHistory(candidate.execution.history, run.campaign->profile());
      if (!Shows(candidate, cause)) continue;
      trial = std::move(candidate);
      return true;
    }
    return false;
  };
  rc::shrinkable::findLocalMin(made, still_shows);
  return trial;
}

void RandomPrograms::Report(Trial trial, const rc::Shrinkable<Program>& made, uint32_t number) {
  const Finding& first = *New(trial);
  const Cause cause{first.req, first.cause};
  // What an earlier case has shown needs no second search for a small Program.
  if (CurrentRun().campaign->IsNew(first)) trial = Shrink(made, std::move(trial), cause);
  trial.program.name =
      "random program " + std::to_string(number) + " of seed " + std::to_string(CurrentRun().seed);
  Record(trial);
  for (const Finding& finding : trial.judgement.findings) {
    if (finding.req != cause.first || finding.cause != cause.second) continue;
    ADD_FAILURE() << Get(finding.req).id << " " << Get(finding.req).name << ": " << finding.message
                  << "\n  in a random program of " << trial.program.steps.size() << " steps";
  }
  met_.insert(cause);
}

void RandomPrograms::Search(GeneratorOptions options, uint32_t count) {
  const RunContext& run = CurrentRun();
  options.capabilities = run.subject->info().capabilities;
  const rc::Gen<Program> programs = AnyProgram(options);
  rc::Random random(run.seed);
  uint32_t costly = 0;
  for (uint32_t i = 0; i < count && costly < kCostlyPrograms && met_.size() < kCauses; ++i) {
    if (run.stopping && run.stopping()) return;
    // Short ones first, since they fail the most clearly; from the middle on the longest.
    const int size = static_cast<int>(std::min(100u, 10 + 180 * i / count));
    const rc::Shrinkable<Program> made =
        rc::shrinkable::map(programs(random.split(), size),
                            [rounds = AffordableRounds(options.rounds)](Program program) {
                              program.schedule.rounds = rounds;
                              return program;
                            });
    const Trial trial = Try(made.value());
    if (MeetCostly(trial.execution)) ++costly;
    if (New(trial) != nullptr) {
      Report(trial, made, i);
    } else {
      Record(trial);
    }
  }
}

class RandomQS13 : public RandomPrograms {
 protected:
  RandomQS13() : RandomPrograms(Req::kQs13) {}
};

TEST_F(RandomQS13, ProgramsInOrderBreakNothing) { Search({}, quick() ? 60 : 500); }

TEST_F(RandomQS13, LongProgramsOfOneOperationBreakNothing) {
  GeneratorOptions options;
  options.operations = 1;
  options.steps = 80;
  Search(options, quick() ? 10 : 100);
}

class RandomQS09 : public RandomPrograms {
 protected:
  RandomQS09() : RandomPrograms(Req::kQs09) {}
};

TEST_F(RandomQS09, RacingProgramsBreakNothing) {
  GeneratorOptions options;
  options.schedule = Schedule::Kind::kRacing;
  options.rounds = 20;
  Search(options, quick() ? 15 : 150);
}

TEST_F(RandomQS09, RacingProgramsOfOneOperationBreakNothing) {
  GeneratorOptions options;
  options.schedule = Schedule::Kind::kRacing;
  options.rounds = 50;
  options.operations = 1;
  Search(options, quick() ? 10 : 100);
}

}  // namespace
}  // namespace vdsconform
