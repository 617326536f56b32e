// QS-06: a call does not wait for the operation. Every operation here is held pending while the
// calls are made, so that a call which waits for it cannot come back.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

// Enough calls that one which sleeps now and then shows in its context switches.
constexpr uint32_t kManyCalls = 200;

class QS06 : public DirectedCase {
 protected:
  QS06() : DirectedCase(Req::kQs06, VDSCONFORM_DRIVE) {}
};

TEST_F(QS06, ReturnsBeforeAnyProgress) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Query(), On(1, Query())}, estimable))) return;
  }
}

TEST_F(QS06, ReturnsAtEveryPercent) {
  for (const bool estimable : Estimables()) {
    for (const uint32_t percent : Percents()) {
      if (!Check(InOrder({Progress(percent), Query(2)}, estimable))) return;
    }
  }
}

TEST_F(QS06, DoesNotSleepInAnyOfManyCalls) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Query(kManyCalls)}, estimable))) return;
    for (const uint32_t percent : FewPercents()) {
      if (!Check(InOrder({Progress(percent), Query(kManyCalls)}, estimable))) return;
    }
  }
}

TEST_F(QS06, DoesNotSleepInAnyOfManyCallsOnceFinished) {
  for (const bool estimable : Estimables()) {
    for (const HRESULT result : {hr::kOk, hr::kFail}) {
      const std::vector<Step> steps{Progress(50), Finish(result), Query(kManyCalls),
                                    On(1, Query(kManyCalls))};
      if (!Check(InOrder(steps, estimable))) return;
    }
  }
}

TEST_F(QS06, DoesNotTimeWaitLongerWhilePendingThanOnceFinished) {
  // A wait with a time limit may be for something else, if it is made once finished, too. Each call
  // is a step of its own, so that it is looked at closely from its start.
  std::vector<Step> steps{Progress(50), Finish(hr::kOk)};
  steps.insert(steps.end(), 40, Query());
  steps.insert(steps.begin() + 1, 40, Query());
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder(steps, estimable))) return;
  }
}

TEST_F(QS06, ReturnsOnThreadAfterThread) {
  for (const bool estimable : Estimables()) {
    std::vector<Step> program{Progress(99)};
    for (uint32_t thread = 0; thread < kMaxThreads; ++thread) {
      program.push_back(On(thread, Query(2)));
    }
    if (!Check(InOrder(program, estimable))) return;
  }
}

TEST_F(QS06, ReturnsWhileSeveralThreadsQuery) {
  std::vector<Step> program;
  for (uint32_t thread = 0; thread < 4; ++thread) program.push_back(On(thread, Query(50)));
  Check(Racing(program, Rounds(40), AnyPlan()));
}

TEST_F(QS06, ReturnsAtEveryPercentWhileSeveralThreadsQuery) {
  for (const bool estimable : Estimables()) {
    for (const uint32_t percent : Percents()) {
      const std::vector<Step> steps{Progress(percent), Barrier(), Query(10), On(1, Query(10)),
                                    On(2, Query(10))};
      if (!Check(Racing(steps, Rounds(8), estimable))) return;
    }
  }
}

TEST_F(QS06, ReturnsAfterNullCalls) {
  for (const NullOutputs nulls : {NullOutputs::kHr, NullOutputs::kPercent, NullOutputs::kBoth}) {
    if (!Check(InOrder({QueryNull(nulls), Query(), On(1, Query())}, AnyPlan()))) return;
  }
}

TEST_F(QS06, ReturnsWhileAnotherOperationIsHeldPendingToo) {
  Check(InOrder({Progress(50), Of(1, Query()), Query(), On(1, Of(1, Query())), On(1, Query())},
                AnyPlan()));
}

TEST_F(QS06, ReturnsAfterTheDriverLetGoOfAPendingOperation) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Progress(50), End(), Query(5), On(1, Query(5))}, estimable))) return;
  }
}

TEST_F(QS06, ReturnsAfterACancelThatMayHaveFailed) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Progress(50), Cancel(), Query(20), On(1, Query(20))}, estimable))) return;
  }
}

// A Cancel that does not come back before the operation has ended is left where it is.
TEST_F(QS06, ReturnsAtEveryPercentWhileAnotherThreadIsInsideCancel) {
  for (const bool estimable : Estimables()) {
    for (const uint32_t percent : Percents()) {
      const std::vector<Step> steps{Progress(percent), On(1, Cancel()), Query(5),
                                    On(2, Query(5)),   Finish(hr::kOk), Query()};
      if (!Check(InOrder(steps, estimable))) return;
    }
  }
}

TEST_F(QS06, ReturnsWhileAnotherThreadCancels) {
  for (const bool estimable : Estimables()) {
    if (!Check(Racing({Query(20), On(1, Cancel()), On(2, Query(20))}, Rounds(200), estimable))) {
      return;
    }
  }
}

class QS06WithWait : public DirectedCase {
 protected:
  QS06WithWait() : DirectedCase(Req::kQs06, VDSCONFORM_DRIVE | VDSCONFORM_WAIT) {}
};

TEST_F(QS06WithWait, ReturnsWhileAnotherThreadIsInsideWait) {
  for (const bool estimable : Estimables()) {
    for (const uint32_t percent : Percents()) {
      if (!Check(InOrder({Progress(percent), On(1, Wait()), Query(5), On(2, Query(5)),
                          Finish(hr::kOk), Query()},
                         estimable))) {
        return;
      }
    }
  }
}

TEST_F(QS06WithWait, ReturnsBeforeAnyProgressWhileAnotherThreadIsInsideWait) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({On(1, Wait()), Query(), Finish(hr::kFail), Query()}, estimable))) return;
  }
}

TEST_F(QS06WithWait, ReturnsWhileManyThreadsAreInsideWait) {
  Check(InOrder({On(1, Wait()), On(2, Wait()), On(3, Wait()), On(4, Wait()), Query(5), Progress(99),
                 Query(5), On(5, Query(5)), Finish(hr::kOk)},
                AnyPlan()));
}

TEST_F(QS06WithWait, DoesNotSleepInAnyOfManyCallsWhileAnotherThreadIsInsideWait) {
  Check(InOrder({On(1, Wait()), Progress(1), Query(kManyCalls), Progress(99), Query(kManyCalls),
                 Finish(hr::kOk)},
                AnyPlan()));
}

}  // namespace
}  // namespace vdsconform
