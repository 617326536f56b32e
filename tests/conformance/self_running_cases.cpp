// Operations that run by themselves, such as a real format: the suite only observes.
//
// Every operation started here does real work, so that a few Programs serve all requirements:
// each is executed once in a run, and each case looks at what it showed of its own requirement.
// Operations that a driver drives never finish by themselves; for them these cases do not apply.
#include <string>
#include <unordered_map>
#include <utility>

#include "harness/campaign.h"
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

class SelfRunningCase : public DirectedCase {
 protected:
  explicit SelfRunningCase(Req req, uint32_t needs = 0) : DirectedCase(req, needs), req_(req) {}

  void SetUp() override {
    if (Has(VDSCONFORM_DRIVE)) {
      const std::string reason = "the operation is driven";
      CurrentRun().campaign->state(req_).not_applicable.push_back(reason);
      GTEST_SKIP() << "not applicable: " << reason;
    }
    DirectedCase::SetUp();
  }

  // Looks at `program`, which this run executes once. The name tells Programs apart.
  void Look(std::string name, Program program);

  void LookAtPolling();
  void LookAtPollersAndWait();
  void LookAtNullCalls();
  void LookAtCancel();
  void LookAtReferences();
  void LookAtLettingGo();
  void LookAtTwoAtOnce();

 private:
  Req req_;
};

void SelfRunningCase::Look(std::string name, Program program) {
  // Belongs to one run: a process may carry out several.
  static const RunContext* run = nullptr;
  static std::unordered_map<std::string, Trial> looked_at;
  if (run != &CurrentRun()) looked_at.clear();
  run = &CurrentRun();

  const auto known = looked_at.find(name);
  if (known == looked_at.end()) {
    if (run->stopping && run->stopping()) return;
    program.name = name;
    const Trial trial = Try(program);
    Record(trial);
    looked_at.emplace(std::move(name), trial);
    return;
  }
  // The campaign has it already: only what makes this case fail is told again, counting nothing.
  Trial again = known->second;
  std::erase_if(again.judgement.findings,
                [this](const Finding& finding) { return finding.req != req_; });
  for (Finding& finding : again.judgement.findings) finding.count = 0;
  again.judgement.observations.fill(0);
  again.judgement.events = 0;
  const bool carried_out = again.execution.error.empty() && again.execution.inconclusive.empty();
  if (!again.judgement.findings.empty() || !carried_out) Record(again);
}

void SelfRunningCase::LookAtPolling() {
  for (const bool estimable : Estimables()) {
    Look(estimable ? "polled to the end" : "polled to the end, without an estimate",
         InOrder({Query(100), QueryAt(Outputs::kHeap), QueryAt(Outputs::kPageEnd),
                  On(1, Query(100)), Poll(), Query(20), On(1, Query(20)), QueryAt(Outputs::kHeap),
                  QueryAt(Outputs::kPageEnd)},
                 estimable));
  }
}

void SelfRunningCase::LookAtPollersAndWait() {
  std::vector<Step> program{Poll(), Query(5), On(1, Poll()), On(1, Query(5))};
  if (Has(VDSCONFORM_WAIT)) {
    program.push_back(On(2, Wait()));
    program.push_back(On(2, Query(5)));
  }
  Look("polled by two threads while another waits", Racing(program, 1, AnyPlan()));
}

void SelfRunningCase::LookAtNullCalls() {
  std::vector<Step> program{Query()};
  for (const NullOutputs nulls : {NullOutputs::kHr, NullOutputs::kPercent, NullOutputs::kBoth}) {
    program.push_back(QueryNull(nulls));
    program.push_back(Query());
    program.push_back(On(1, QueryNull(nulls)));
  }
  std::vector<Step> whole = program;
  whole.push_back(Poll());
  whole.insert(whole.end(), program.begin(), program.end());
  whole.push_back(Query());
  Look("NULL outputs before and after the end", InOrder(whole, AnyPlan()));
}

void SelfRunningCase::LookAtCancel() {
  Look("cancelled midway, and again after the end",
       InOrder({Query(), Cancel(), Query(2), On(1, Query()), Poll(), Query(), Cancel(), Query(),
                On(1, Cancel()), On(1, Query())},
               AnyPlan()));
}

void SelfRunningCase::LookAtReferences() {
  const std::vector<Step> uses{Ask(Interface::kIUnknown),
                               Ask(Interface::kIVdsAsync),
                               Ask(Interface::kOther),
                               AddRef(),
                               Query(),
                               Release(),
                               On(1, AddRef()),
                               On(1, Query()),
                               On(1, Release()),
                               Query()};
  std::vector<Step> whole = uses;
  whole.push_back(Poll());
  whole.insert(whole.end(), uses.begin(), uses.end());
  Look("references before and after the end", InOrder(whole, AnyPlan()));
}

void SelfRunningCase::LookAtLettingGo() {
  Look("let go of while pending",
       InOrder({Query(), End(), Query(), On(1, Query()), Poll(), Query(3), On(1, Query(3))},
               AnyPlan()));
}

void SelfRunningCase::LookAtTwoAtOnce() {
  Look("two at once", Racing({Poll(), Of(1, Query(5)), Query(5), On(1, Of(1, Poll())),
                              On(1, Query(5)), On(1, Of(1, Query(5)))},
                             1, AnyPlan()));
}

// One fixture a requirement: its cases count for it, and only its findings fail them.
#define VDSCONFORM_SELF_RUNNING_FIXTURE(fixture, req, needs) \
  class fixture : public SelfRunningCase {                   \
   protected:                                                \
    fixture() : SelfRunningCase(req, needs) {}               \
  }

VDSCONFORM_SELF_RUNNING_FIXTURE(QS01SelfRunning, Req::kQs01, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS02SelfRunning, Req::kQs02, VDSCONFORM_ESTIMATE);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS03SelfRunning, Req::kQs03, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS04SelfRunning, Req::kQs04, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS05SelfRunning, Req::kQs05, VDSCONFORM_NOT_ESTIMATE);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS06SelfRunning, Req::kQs06, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS07SelfRunning, Req::kQs07, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS08SelfRunning, Req::kQs08, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS09SelfRunning, Req::kQs09, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS10SelfRunning, Req::kQs10, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS11SelfRunning, Req::kQs11, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS12SelfRunning, Req::kQs12, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS13SelfRunning, Req::kQs13, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS14SelfRunning, Req::kQs14, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS15SelfRunning, Req::kQs15, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS16SelfRunning, Req::kQs16, VDSCONFORM_WAIT);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS17SelfRunning, Req::kQs17, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS18SelfRunning, Req::kQs18, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QS30SelfRunning, Req::kQs30, VDSCONFORM_ESTIMATE);
VDSCONFORM_SELF_RUNNING_FIXTURE(QA01SelfRunning, Req::kQa01, 0);
VDSCONFORM_SELF_RUNNING_FIXTURE(QA03SelfRunning, Req::kQa03, VDSCONFORM_ESTIMATE);

TEST_F(QS01SelfRunning, StoresOperationPendingUntilTheEnd) { LookAtPolling(); }
TEST_F(QS02SelfRunning, PercentIsBelowHundredUntilTheEnd) { LookAtPolling(); }
TEST_F(QS03SelfRunning, EveryThreadReportsOneResult) { LookAtPollersAndWait(); }
TEST_F(QS04SelfRunning, PercentIsHundredAtTheEnd) { LookAtPolling(); }
TEST_F(QS05SelfRunning, PercentIsZeroUntilTheEnd) { LookAtPolling(); }
TEST_F(QS06SelfRunning, DoesNotSleepInAnyOfManyCalls) { LookAtPolling(); }
TEST_F(QS07SelfRunning, SucceedsUntilTheEndAndAfterIt) { LookAtPolling(); }
TEST_F(QS08SelfRunning, NullCallsFailAndChangeNothing) { LookAtNullCalls(); }
TEST_F(QS09SelfRunning, OneStateWhileTheOperationFinishes) { LookAtPollersAndWait(); }
TEST_F(QS10SelfRunning, ReportsTheSameForEver) { LookAtPolling(); }
TEST_F(QS10SelfRunning, ReportsTheSameAfterNullCallsAndCancels) {
  LookAtNullCalls();
  LookAtCancel();
}
TEST_F(QS11SelfRunning, EveryThreadSeesTheEnd) { LookAtPollersAndWait(); }
TEST_F(QS12SelfRunning, WritesBothOutputsWhereverTheyAre) { LookAtPolling(); }
TEST_F(QS13SelfRunning, CallsComeBack) {
  LookAtPolling();
  LookAtPollersAndWait();
}
TEST_F(QS14SelfRunning, TwoOperationsDoNotSeeEachOther) { LookAtTwoAtOnce(); }
TEST_F(QS15SelfRunning, StaysUsableThroughEveryReference) { LookAtReferences(); }
TEST_F(QS15SelfRunning, StaysUsableWhenThePendingOperationIsLetGo) { LookAtLettingGo(); }
TEST_F(QS16SelfRunning, WaitReturnsOnceFinishedAndWithTheSameResult) { LookAtPollersAndWait(); }
TEST_F(QS17SelfRunning, CancelEndsItOrChangesNothing) { LookAtCancel(); }
TEST_F(QS18SelfRunning, FailuresAreWellFormed) {
  LookAtNullCalls();
  LookAtCancel();
}
TEST_F(QS30SelfRunning, PercentNeverDecreases) { LookAtPolling(); }
TEST_F(QA01SelfRunning, ReturnValueAndResultSuitRealClients) { LookAtPolling(); }
TEST_F(QA03SelfRunning, PercentDoesNotDecrease) { LookAtPolling(); }

#undef VDSCONFORM_SELF_RUNNING_FIXTURE

}  // namespace
}  // namespace vdsconform
