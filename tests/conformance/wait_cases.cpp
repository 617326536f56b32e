// QS-16: what QueryStatus reports agrees with Wait.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

class QS16 : public DirectedCase {
 protected:
  explicit QS16(uint32_t needs = 0)
      : DirectedCase(Req::kQs16, VDSCONFORM_DRIVE | VDSCONFORM_WAIT | needs) {}
};

TEST_F(QS16, WaitReturnsOnlyOnceFinishedAndWithTheSameResult) {
  for (const bool estimable : Estimables()) {
    for (const HRESULT result : FewResults()) {
      if (!Check(InOrder({On(1, Wait()), Query(), Progress(100), Query(), Finish(result),
                          On(1, Query()), Query()},
                         estimable))) {
        return;
      }
    }
  }
}

TEST_F(QS16, WaitDoesNotReturnAtAnyPercent) {
  for (const uint32_t percent : FewPercents()) {
    if (!Check(InOrder({Progress(percent), On(1, Wait()), Query(), Finish(hr::kOk), On(1, Query())},
                       AnyPlan()))) {
      return;
    }
  }
}

TEST_F(QS16, WaitOnAFinishedOperationReturnsItsResult) {
  for (const HRESULT result : FewResults()) {
    if (!Check(InOrder({Progress(50), Finish(result), On(1, Wait()), On(1, Query()), Query()},
                       AnyPlan()))) {
      return;
    }
    if (!Check(InOrder({Finish(result), Query(), Wait(), Query(), Wait(), Query()}, AnyPlan()))) {
      return;
    }
  }
}

TEST_F(QS16, WaitReturnsEveryKnownCode) {
  for (const HRESULT result : KnownResults()) {
    if (!Check(InOrder({Finish(result), Wait(), Query()}, AnyPlan()))) return;
  }
}

TEST_F(QS16, WaitsOnManyThreadsAgree) {
  for (const HRESULT result : {hr::kOk, hr::kFail}) {
    std::vector<Step> program;
    for (uint32_t thread = 1; thread < 5; ++thread) program.push_back(On(thread, Wait()));
    program.push_back(Query());
    program.push_back(Finish(result));
    for (uint32_t thread = 0; thread < 5; ++thread) program.push_back(On(thread, Query()));
    if (!Check(InOrder(program, AnyPlan()))) return;
  }
}

TEST_F(QS16, WaitAfterTheDriverLetGoOfAFinishedOperationReturns) {
  Check(InOrder({Finish(hr::kFail), End(), Wait(), Query(), On(1, Wait()), On(1, Query())},
                AnyPlan()));
}

TEST_F(QS16, WaitAgreesWhileTheOperationFinishes) {
  for (const bool estimable : Estimables()) {
    for (const HRESULT result : {hr::kOk, hr::kFail}) {
      if (!Check(Racing({Progress(99), Finish(result), On(1, Wait()), On(1, Query()), On(2, Wait()),
                         On(2, Query()), On(3, Query(10))},
                        Rounds(300), estimable))) {
        return;
      }
    }
  }
}

class QS16WithCancel : public QS16 {
 protected:
  QS16WithCancel() : QS16(VDSCONFORM_CANCEL) {}
};

TEST_F(QS16WithCancel, WaitReturnsOnceCancelled) {
  if (!Check(InOrder({On(1, Wait()), Query(), Cancel(), On(1, Query()), Query()}, AnyPlan()))) {
    return;
  }
  if (!Check(InOrder({Progress(30), Cancel(), Wait(), Query()}, AnyPlan()))) return;
  Check(Racing({Cancel(), Query(2), On(1, Wait()), On(1, Query(2)), On(2, Query(10))}, Rounds(300),
               AnyPlan()));
}

}  // namespace
}  // namespace vdsconform
