// QS-09 and QS-11: every instruction of a call and of a transition is a place where a thread may
// lose its processor. Here each of them is tried, on the machine code as it is (exploration.h), so
// that a window of one instruction is found as surely as one of a second.
#include <algorithm>

#include "harness/one_interleaving.h"
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

// Interleavings of one Program with two stops, beyond which they are sampled.
constexpr uint64_t kPairs = 20'000;
// Traps of one Program in a quick run.
constexpr uint64_t kQuickTraps = 2'000;

// A failure that nobody stores for want of a better one.
constexpr HRESULT kFailure = ToHresult(0x80042406u);  // VDS_E_INVALID_SPACE

class Explored : public DirectedCase {
 protected:
  Explored(Req req, uint32_t needs) : DirectedCase(req, VDSCONFORM_DRIVE | needs) {}

  void SetUp() override {
    DirectedCase::SetUp();
    if (IsSkipped()) return;
    const RunContext& run = CurrentRun();
    const std::string& why = run.campaign->not_explored;
    // Not inconclusive: races look for the same, and the reports say that nothing was explored.
    if (run.explore == 0) GTEST_SKIP() << "exploration is off";
    if (!why.empty()) GTEST_SKIP() << "not explored: " << why;
  }

  // Whose thread is stopped.
  enum class Whose : uint8_t { kCaller, kIut };

  // Performs the steps in every way with a stop during those given.
  bool Explore(const std::vector<Step>& steps, const std::vector<uint32_t>& stopped, bool estimable,
               Whose whose = Whose::kCaller) {
    const RunContext& run = CurrentRun();
    if (stopped.size() > run.explore || WaitsWereMet()) return true;
    if (run.stopping && run.stopping()) return false;
    Program program = vdsconform::Explored(steps, stopped, estimable);
    for (Preemption& preemption : program.schedule.preemptions) {
      preemption.point.iut_thread = whose == Whose::kIut;
    }
    if (stopped.size() > 1) program.schedule.budget = kPairs;
    if (run.quick) program.schedule.traps = kQuickTraps;
    program.schedule.seed = run.seed;
    Trial trial = Try(program);
    if (!trial.execution.not_explored.empty()) {
      // As where it was known before: the races go on.
      run.campaign->not_explored = trial.execution.not_explored;
      trial.execution.inconclusive.clear();
      return false;
    }
    run.campaign->AddExploration(trial.execution.exploration);
    const bool own = RecordOneByOne(program, trial);
    return Record(trial) && !own && !MeetCostly(trial.execution);
  }

  // A whole call amid a transition, a transition amid a call, and half of each amid the other.
  // `before`: steps before the transition.
  void ExploreAgainst(const std::vector<Step>& before, const Step& transition, bool estimable) {
    const auto at = static_cast<uint32_t>(before.size());
    std::vector<Step> amid_transition = before;
    amid_transition.insert(amid_transition.end(), {transition, On(1, Query()), On(1, Query())});
    if (!Explore(amid_transition, {at}, estimable)) return;
    std::vector<Step> amid_call = before;
    amid_call.insert(amid_call.end(), {On(1, Query()), transition, On(1, Query())});
    if (!Explore(amid_call, {at}, estimable)) return;
    if (!Explore(amid_call, {at, at + 1}, estimable)) return;
    // Nothing where it has no threads of its own.
    if (!Explore(amid_transition, {at}, estimable, Whose::kIut)) return;
    Explore(amid_call, {at}, estimable, Whose::kIut);
  }

  void ExploreBothPlans(const std::vector<Step>& before, const Step& transition) {
    for (const bool estimable : Estimables()) ExploreAgainst(before, transition, estimable);
  }

 private:
  // What the exploration found, each as a Program of its own that stops threads just there; those
  // that do not show it again stay with the explored Program. True: one is of this requirement.
  bool RecordOneByOne(const Program& program, Trial& trial) {
    auto& findings = trial.judgement.findings;
    bool own = false;
    for (size_t i = 0; i < findings.size();) {
      const Finding& finding = findings[i];
      const auto one = OneInterleaving(program, trial.execution, finding);
      if (!one || !CurrentRun().campaign->IsNew(finding) || !RecordAgain(*one, finding)) {
        ++i;
      } else {
        own = own || finding.req == req();
        findings.erase(findings.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    return own;
  }

  bool RecordAgain(const Program& one, const Finding& finding) {
    const Trial again = Try(one);
    const auto& findings = again.judgement.findings;
    const bool shown = std::any_of(findings.begin(), findings.end(), [&](const Finding& other) {
      return other.req == finding.req && other.cause == finding.cause;
    });
    if (shown) Record(again);
    return shown;
  }
};

class QS09Explored : public Explored {
 protected:
  explicit QS09Explored(uint32_t needs = 0) : Explored(Req::kQs09, needs) {}
};

TEST_F(QS09Explored, FirstProgress) { ExploreAgainst({}, Progress(30), AnyPlan()); }

TEST_F(QS09Explored, FurtherProgress) { ExploreAgainst({Progress(10)}, Progress(60), AnyPlan()); }

TEST_F(QS09Explored, SuccessFromTheStart) { ExploreBothPlans({}, Finish(hr::kOk)); }

TEST_F(QS09Explored, FailureFromTheStart) { ExploreBothPlans({}, Finish(kFailure)); }

TEST_F(QS09Explored, SuccessAfterProgress) {
  ExploreAgainst({Progress(50)}, Finish(hr::kOk), AnyPlan());
}

TEST_F(QS09Explored, FailureAfterProgress) {
  ExploreAgainst({Progress(50)}, Finish(kFailure), AnyPlan());
}

TEST_F(QS09Explored, FinishAfterHundredPercent) {
  ExploreAgainst({Progress(100)}, Finish(ToHresult(0x00042443u)), AnyPlan());
}

TEST_F(QS09Explored, CallAmidSeveralTransitions) {
  // A call that was stopped early may find that what it was looking at is being used again.
  const std::vector<Step> one_more{Progress(10), On(1, Query()), Progress(60), Finish(kFailure),
                                   On(1, Query())};
  if (!Explore(one_more, {1}, AnyPlan())) return;
  if (!Explore(one_more, {1, 2}, AnyPlan())) return;
  if (!Explore(one_more, {1, 3}, AnyPlan())) return;
  Explore(
      {Progress(10), On(1, Query()), Progress(60), Progress(70), Finish(kFailure), On(1, Query())},
      {1, 4}, AnyPlan());
}

class QS09ExploredWithCancel : public QS09Explored {
 protected:
  QS09ExploredWithCancel() : QS09Explored(VDSCONFORM_CANCEL) {}
};

TEST_F(QS09ExploredWithCancel, CancelFromTheStart) { ExploreBothPlans({}, Cancel()); }

TEST_F(QS09ExploredWithCancel, CancelAfterProgress) {
  ExploreAgainst({Progress(50)}, Cancel(), AnyPlan());
}

class QS11Explored : public Explored {
 protected:
  explicit QS11Explored(uint32_t needs = 0) : Explored(Req::kQs11, needs) {}

  // One transition amid another, in both roles. `asked`: also before both have ended.
  void ExploreBoth(const Step& one, const Step& other, bool asked = true) {
    for (const bool swapped : {false, true}) {
      const Step& first = swapped ? other : one;
      const Step& second = swapped ? one : other;
      std::vector<Step> steps{Progress(10), first, On(1, second)};
      if (asked) steps.push_back(On(1, Query()));
      steps.push_back(Query());
      if (!Explore(steps, {1}, AnyPlan())) return;
      if (!Explore(steps, {1, 2}, AnyPlan())) return;
    }
  }
};

TEST_F(QS11Explored, ProgressAmidFinish) { ExploreBoth(Finish(kFailure), Progress(60)); }

TEST_F(QS11Explored, FinishAmidFinish) { ExploreBoth(Finish(kFailure), Finish(kFailure)); }

class QS11ExploredWithCancel : public QS11Explored {
 protected:
  QS11ExploredWithCancel() : QS11Explored(VDSCONFORM_CANCEL) {}
};

TEST_F(QS11ExploredWithCancel, CancelAmidFinish) {
  ExploreBoth(Finish(kFailure), Cancel());
  // A Cancel that is undone breaks QS-10 where its result was told before, and QS-17 where it was
  // not.
  ExploreBoth(Finish(kFailure), Cancel(), false);
}

TEST_F(QS11ExploredWithCancel, CancelAmidProgress) { ExploreBoth(Progress(60), Cancel()); }

}  // namespace
}  // namespace vdsconform
