// QS-17: what QueryStatus reports agrees with Cancel.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

class QS17 : public DirectedCase {
 protected:
  explicit QS17(uint32_t needs = 0) : DirectedCase(Req::kQs17, VDSCONFORM_DRIVE | needs) {}
};

TEST_F(QS17, ACancelThatComesTooLateChangesNothing) {
  for (const bool estimable : Estimables()) {
    for (const HRESULT result : FewResults()) {
      if (!Check(InOrder({Progress(50), Finish(result), Query(), Cancel(), Query(), On(1, Query())},
                         estimable))) {
        return;
      }
      if (!Check(InOrder({Finish(result), Cancel(), Query(), Cancel(), Query()}, estimable))) {
        return;
      }
    }
  }
}

TEST_F(QS17, ACancelWhilePendingEitherEndsItOrChangesNothing) {
  for (const bool estimable : Estimables()) {
    for (const uint32_t percent : FewPercents()) {
      if (!Check(InOrder({Progress(percent), Query(), Cancel(), Query(), On(1, Query()),
                          Finish(hr::kOk), Query()},
                         estimable))) {
        return;
      }
    }
  }
}

TEST_F(QS17, ACancelAsTheVeryFirstCall) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Cancel(), Query(), Finish(hr::kFail), Query()}, estimable))) return;
  }
}

TEST_F(QS17, ACancelAfterTheDriverLetGoChangesNothing) {
  Check(InOrder({Finish(hr::kOk), Query(), End(), Cancel(), Query()}, AnyPlan()));
}

TEST_F(QS17, ACancelRacingTheFinishAgreesWithTheResult) {
  for (const bool estimable : Estimables()) {
    for (const HRESULT result : {hr::kOk, hr::kFail}) {
      if (!Check(Racing({Progress(99), Finish(result), Query(2), On(1, Cancel()), On(1, Query(2)),
                         On(2, Query(10))},
                        Rounds(500), estimable))) {
        return;
      }
    }
  }
}

class QS17WithCancel : public QS17 {
 protected:
  QS17WithCancel() : QS17(VDSCONFORM_CANCEL) {}
};

TEST_F(QS17WithCancel, ACancelFinishesWithOperationCanceled) {
  for (const bool estimable : Estimables()) {
    for (const uint32_t percent : Percents()) {
      if (!Check(InOrder({Progress(percent), Cancel(), Query()}, estimable))) return;
    }
  }
}

TEST_F(QS17WithCancel, ACancelOnAnotherThreadFinishesWithOperationCanceled) {
  for (const bool estimable : Estimables()) {
    std::vector<Step> program{Progress(40), Query(), On(1, Cancel())};
    for (uint32_t thread = 0; thread < kMaxThreads; ++thread)
      program.push_back(On(thread, Query()));
    if (!Check(InOrder(program, estimable))) return;
  }
}

TEST_F(QS17WithCancel, ASecondCancelChangesNothing) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder(
            {Progress(20), Cancel(), Query(), Cancel(), Query(), On(1, Cancel()), On(1, Query())},
            estimable))) {
      return;
    }
  }
}

TEST_F(QS17WithCancel, TheDriverCannotChangeACancelledResult) {
  for (const HRESULT result : FewResults()) {
    if (!Check(InOrder({Cancel(), Query(), Finish(result), Query()}, AnyPlan()))) return;
    if (!Check(InOrder({Cancel(), Finish(result), Query()}, AnyPlan()))) return;
  }
}

TEST_F(QS17WithCancel, OneOfManyCancelsEndsIt) {
  Check(Racing({Cancel(), Query(2), On(1, Cancel()), On(1, Query(2)), On(2, Cancel()),
                On(2, Query(2)), On(3, Query(10))},
               Rounds(500), AnyPlan()));
}

}  // namespace
}  // namespace vdsconform
