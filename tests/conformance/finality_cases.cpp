// QS-10 and QS-11: finished stays finished, and is seen as soon as it is so.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

class QS10 : public DirectedCase {
 protected:
  explicit QS10(uint32_t needs = 0) : DirectedCase(Req::kQs10, VDSCONFORM_DRIVE | needs) {}
};

TEST_F(QS10, ReportsTheSameForEver) {
  for (const bool estimable : Estimables()) {
    for (const HRESULT result : FewResults()) {
      if (!Check(InOrder({Progress(50), Finish(result), Query(100)}, estimable))) return;
    }
  }
}

TEST_F(QS10, ReportsTheSameOnEveryThread) {
  for (const bool estimable : Estimables()) {
    std::vector<Step> program{Progress(50), Finish(hr::kFail), Query()};
    for (uint32_t thread = 1; thread < kMaxThreads; ++thread) {
      program.push_back(On(thread, Query(3)));
    }
    program.push_back(Query());
    if (!Check(InOrder(program, estimable))) return;
  }
}

TEST_F(QS10, LateProgressChangesNothing) {
  for (const bool estimable : Estimables()) {
    for (const uint32_t percent : FewPercents()) {
      if (!Check(InOrder({Finish(hr::kOk), Query(), Progress(percent), Query(2)}, estimable))) {
        return;
      }
    }
  }
}

TEST_F(QS10, ASecondFinishChangesNothing) {
  for (const HRESULT first : FewResults()) {
    for (const HRESULT second : FewResults()) {
      if (!Check(InOrder({Finish(first), Query(), Finish(second), Query()}, AnyPlan()))) return;
    }
  }
}

TEST_F(QS10, TheDriverLettingGoChangesNothing) {
  for (const HRESULT result : FewResults()) {
    if (!Check(InOrder({Finish(result), Query(), End(), Query(3), On(1, Query())}, AnyPlan()))) {
      return;
    }
  }
}

TEST_F(QS10, ACancelOfAFinishedOperationChangesNothing) {
  for (const HRESULT result : FewResults()) {
    if (!Check(InOrder({Finish(result), Query(), Cancel(), Query(), On(1, Cancel()), Query()},
                       AnyPlan()))) {
      return;
    }
  }
}

TEST_F(QS10, NoThreadGoesBackWhileTheOperationFinishes) {
  for (const bool estimable : Estimables()) {
    if (!Check(Racing(
            {Progress(99), Finish(hr::kOk), On(1, Query(20)), On(2, Query(20)), On(3, Query(20))},
            Rounds(400), estimable))) {
      return;
    }
  }
}

TEST_F(QS10, LateProgressOnAnotherThreadChangesNothing) {
  Check(Racing({Finish(hr::kFail), Query(5), On(1, Progress(10)), On(1, Progress(60)),
                On(1, Query(5)), On(2, Query(20))},
               Rounds(400), AnyPlan()));
}

class QS10WithCancel : public QS10 {
 protected:
  QS10WithCancel() : QS10(VDSCONFORM_CANCEL) {}
};

TEST_F(QS10WithCancel, TheDriverChangesNothingOnceCancelled) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Progress(20), Cancel(), Query(), Progress(30), Query(), Finish(hr::kOk),
                        Query(), Finish(hr::kFail), Query()},
                       estimable))) {
      return;
    }
  }
}

class QS11 : public DirectedCase {
 protected:
  explicit QS11(uint32_t needs = 0) : DirectedCase(Req::kQs11, VDSCONFORM_DRIVE | needs) {}
};

TEST_F(QS11, PendingUntilTheFinishAndFinishedAfterIt) {
  for (const bool estimable : Estimables()) {
    for (const HRESULT result : FewResults()) {
      if (!Check(InOrder({Query(), Progress(100), Query(), Finish(result), Query()}, estimable))) {
        return;
      }
    }
  }
}

TEST_F(QS11, SeesTheFinishHoweverManyCallsCameBefore) {
  for (const uint32_t calls : {1u, 2u, 3u, 10u, 100u, 1000u}) {
    if (!Check(InOrder({Progress(50), Query(calls), Finish(hr::kOk), Query()}, AnyPlan()))) return;
  }
}

TEST_F(QS11, EveryThreadSeesTheFinish) {
  for (const bool estimable : Estimables()) {
    std::vector<Step> program;
    for (uint32_t thread = 0; thread < kMaxThreads; ++thread)
      program.push_back(On(thread, Query()));
    program.push_back(Finish(hr::kOk));
    for (uint32_t thread = 0; thread < kMaxThreads; ++thread) {
      program.push_back(On(kMaxThreads - 1 - thread, Query()));
    }
    if (!Check(InOrder(program, estimable))) return;
  }
}

TEST_F(QS11, SeesTheFinishOfEveryThread) {
  for (uint32_t thread = 0; thread < 4; ++thread) {
    if (!Check(InOrder({Query(), On(thread, Finish(hr::kFail)), Query(), On(1, Query())},
                       AnyPlan()))) {
      return;
    }
  }
}

TEST_F(QS11, TheThreadThatFinishesSeesItAtOnce) {
  for (const bool estimable : Estimables()) {
    if (!Check(Racing({Finish(hr::kOk), Query(3), On(1, Query(20)), On(2, Query(20))}, Rounds(400),
                      estimable))) {
      return;
    }
  }
}

TEST_F(QS11, EveryThreadSeesTheFinishAtOnce) {
  for (const bool estimable : Estimables()) {
    if (!Check(Racing({Finish(hr::kFail), On(1, Query(5)), On(2, Query(5)), Barrier(), Query(2),
                       On(1, Query(2)), On(2, Query(2)), On(3, Query(2))},
                      Rounds(400), estimable))) {
      return;
    }
  }
}

TEST_F(QS11, IsNotFinishedBeforeTheFinishBegins) {
  for (const bool estimable : Estimables()) {
    if (!Check(Racing({Progress(99), Progress(100), On(1, Query(10)), On(2, Query(10)), Barrier(),
                       Query(2), On(1, Query(2)), Barrier(), Finish(hr::kOk), On(1, Query(10))},
                      Rounds(200), estimable))) {
      return;
    }
  }
}

class QS11WithWait : public QS11 {
 protected:
  QS11WithWait() : QS11(VDSCONFORM_WAIT) {}
};

TEST_F(QS11WithWait, FinishedOnceWaitHasReturned) {
  for (const HRESULT result : FewResults()) {
    if (!Check(InOrder({Query(), On(1, Wait()), Progress(99), Query(), Finish(result),
                        On(1, Query()), On(2, Query()), Query()},
                       AnyPlan()))) {
      return;
    }
  }
}

TEST_F(QS11WithWait, FinishedAsSoonAsWaitReturns) {
  Check(Racing({Progress(50), Finish(hr::kOk), On(1, Wait()), On(1, Query(3)), On(2, Wait()),
                On(2, Query(3)), On(3, Query(20))},
               Rounds(400), AnyPlan()));
}

class QS11WithCancel : public QS11 {
 protected:
  QS11WithCancel() : QS11(VDSCONFORM_CANCEL) {}
};

TEST_F(QS11WithCancel, FinishedOnceCancelHasReturned) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Query(), Cancel(), Query(), On(1, Query())}, estimable))) return;
    if (!Check(Racing({Cancel(), Query(3), On(1, Query(20))}, Rounds(300), estimable))) return;
  }
}

}  // namespace
}  // namespace vdsconform
