// QS-07 and QS-18: what the methods themselves return.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

class QS07 : public DirectedCase {
 protected:
  QS07() : DirectedCase(Req::kQs07, VDSCONFORM_DRIVE) {}
};

TEST_F(QS07, SucceedsAtEveryPercent) {
  for (const bool estimable : Estimables()) {
    for (const uint32_t percent : Percents()) {
      if (!Check(InOrder({Progress(percent), Query()}, estimable))) return;
    }
  }
}

TEST_F(QS07, SucceedsBeforeAnyProgress) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Query(3), On(1, Query(3))}, estimable))) return;
  }
}

TEST_F(QS07, DoesNotReturnTheResultOfTheOperation) {
  for (const bool estimable : Estimables()) {
    for (const HRESULT result : FewResults()) {
      if (!Check(InOrder({Finish(result), Query(3)}, estimable))) return;
    }
  }
}

TEST_F(QS07, SucceedsAfterEveryKnownResult) {
  for (const HRESULT result : KnownResults()) {
    if (!Check(InOrder({Finish(result), Query()}, AnyPlan()))) return;
  }
}

TEST_F(QS07, DoesNotReturnPendingOnceFinished) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Progress(50), Query(), Finish(hr::kOk), Query(3), On(1, Query(3))},
                       estimable))) {
      return;
    }
  }
}

TEST_F(QS07, SucceedsWhileTheOperationFinishes) {
  Check(Racing({Progress(99), Finish(hr::kFail), On(1, Query(20)), On(2, Query(20))}, Rounds(400),
               AnyPlan()));
}

class QS18 : public DirectedCase {
 protected:
  QS18() : DirectedCase(Req::kQs18, VDSCONFORM_DRIVE) {}
};

TEST_F(QS18, NullOutputsGetAWellFormedFailure) {
  for (const bool estimable : Estimables()) {
    for (const NullOutputs nulls : {NullOutputs::kHr, NullOutputs::kPercent, NullOutputs::kBoth}) {
      if (!Check(InOrder(
              {QueryNull(nulls), Progress(50), QueryNull(nulls), Progress(100), QueryNull(nulls)},
              estimable))) {
        return;
      }
    }
  }
}

TEST_F(QS18, NullOutputsGetAWellFormedFailureOnceFinished) {
  for (const NullOutputs nulls : {NullOutputs::kHr, NullOutputs::kPercent, NullOutputs::kBoth}) {
    for (const HRESULT result : FewResults()) {
      if (!Check(InOrder({Finish(result), QueryNull(nulls), Query()}, AnyPlan()))) return;
    }
  }
}

TEST_F(QS18, ACancelThatFailsReturnsAWellFormedFailure) {
  if (!Check(InOrder({Cancel(), Cancel(), Query()}, AnyPlan()))) return;
  Check(InOrder({Finish(hr::kOk), Cancel(), On(1, Cancel()), Query()}, AnyPlan()));
}

TEST_F(QS18, AFailureOfAnyCallIsWellFormed) {
  Check(InOrder({QueryNull(NullOutputs::kBoth), Ask(Interface::kOther), Finish(hr::kFail),
                 On(1, Wait()), Cancel(), QueryNull(NullOutputs::kHr), Ask(Interface::kOther)},
                AnyPlan()));
}

}  // namespace
}  // namespace vdsconform
