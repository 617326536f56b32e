// QS-08: a NULL output gets a failure and changes nothing.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

constexpr NullOutputs kNulls[] = {NullOutputs::kHr, NullOutputs::kPercent, NullOutputs::kBoth};

class QS08 : public DirectedCase {
 protected:
  explicit QS08(uint32_t needs = 0) : DirectedCase(Req::kQs08, VDSCONFORM_DRIVE | needs) {}
};

TEST_F(QS08, FailsAsTheVeryFirstCall) {
  for (const bool estimable : Estimables()) {
    for (const NullOutputs nulls : kNulls) {
      if (!Check(InOrder({QueryNull(nulls), Query()}, estimable))) return;
    }
  }
}

TEST_F(QS08, FailsAndChangesNothingWhilePending) {
  for (const bool estimable : Estimables()) {
    for (const NullOutputs nulls : kNulls) {
      for (const uint32_t percent : FewPercents()) {
        if (!Check(InOrder({Progress(percent), Query(), QueryNull(nulls), Query()}, estimable))) {
          return;
        }
      }
    }
  }
}

TEST_F(QS08, FailsAndChangesNothingOnceFinished) {
  for (const bool estimable : Estimables()) {
    for (const NullOutputs nulls : kNulls) {
      for (const HRESULT result : FewResults()) {
        if (!Check(InOrder({Finish(result), Query(), QueryNull(nulls), Query()}, estimable))) {
          return;
        }
      }
    }
  }
}

TEST_F(QS08, FailsAsTheFirstCallOnceFinished) {
  for (const NullOutputs nulls : kNulls) {
    if (!Check(InOrder({Progress(30), Finish(hr::kOk), QueryNull(nulls), Query()}, AnyPlan()))) {
      return;
    }
  }
}

TEST_F(QS08, DoesNotKeepTheOperationFromGoingOn) {
  for (const bool estimable : Estimables()) {
    for (const NullOutputs nulls : kNulls) {
      if (!Check(InOrder({QueryNull(nulls), Progress(40), QueryNull(nulls), Query(),
                          QueryNull(nulls), Finish(hr::kFail), QueryNull(nulls), Query()},
                         estimable))) {
        return;
      }
    }
  }
}

TEST_F(QS08, FailsOnEveryThread) {
  std::vector<Step> program{Progress(50)};
  for (uint32_t thread = 0; thread < 6; ++thread) {
    program.push_back(On(thread, QueryNull(kNulls[thread % 3])));
    program.push_back(On(thread, Query()));
  }
  Check(InOrder(program, AnyPlan()));
}

TEST_F(QS08, FailsEveryTime) {
  for (const NullOutputs nulls : kNulls) {
    if (!Check(InOrder({Progress(50), Times(100, QueryNull(nulls)), Query(), Finish(hr::kOk),
                        Times(100, QueryNull(nulls)), Query()},
                       AnyPlan()))) {
      return;
    }
  }
}

TEST_F(QS08, FailsAfterTheDriverLetGo) {
  for (const NullOutputs nulls : kNulls) {
    if (!Check(
            InOrder({Finish(hr::kFail), End(), Query(), QueryNull(nulls), Query()}, AnyPlan()))) {
      return;
    }
  }
}

TEST_F(QS08, FailsWhileTheOperationGoesOnAndFinishes) {
  for (const NullOutputs nulls : kNulls) {
    if (!Check(
            Racing({Progress(50), Progress(99), Finish(hr::kOk), On(1, Times(5, QueryNull(nulls))),
                    On(1, Query(5)), On(2, Times(10, QueryNull(nulls)))},
                   Rounds(200), AnyPlan()))) {
      return;
    }
  }
}

class QS08WithWait : public QS08 {
 protected:
  QS08WithWait() : QS08(VDSCONFORM_WAIT) {}
};

TEST_F(QS08WithWait, FailsWhileAnotherThreadIsInsideWait) {
  for (const NullOutputs nulls : kNulls) {
    if (!Check(InOrder({Progress(50), On(1, Wait()), QueryNull(nulls), Query(), Finish(hr::kOk),
                        QueryNull(nulls), Query(), On(1, Query())},
                       AnyPlan()))) {
      return;
    }
  }
}

class QS08WithCancel : public QS08 {
 protected:
  QS08WithCancel() : QS08(VDSCONFORM_CANCEL) {}
};

TEST_F(QS08WithCancel, FailsAndChangesNothingOnceCancelled) {
  for (const NullOutputs nulls : kNulls) {
    if (!Check(InOrder(
            {QueryNull(nulls), Cancel(), QueryNull(nulls), Query(), QueryNull(nulls), Query()},
            AnyPlan()))) {
      return;
    }
  }
}

}  // namespace
}  // namespace vdsconform
