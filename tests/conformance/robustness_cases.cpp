// QS-13: calls come back, however many there are and whatever else goes on.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

class QS13 : public DirectedCase {
 protected:
  explicit QS13(uint32_t needs = 0) : DirectedCase(Req::kQs13, VDSCONFORM_DRIVE | needs) {}
};

TEST_F(QS13, ManyCallsComeBack) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Query(2000), Progress(50), Finish(hr::kOk), Query(2000)}, estimable))) {
      return;
    }
  }
}

TEST_F(QS13, MoreCallsThanACounterHoldsComeBack) {
  // A counter of 16 bits, pending and once finished; in a quick run one of 8 bits.
  const uint32_t calls = quick() ? 300 : 66'000;
  if (!Check(InOrder({Query(calls), Progress(50), Finish(hr::kOk), Query()}, AnyPlan()))) return;
  Check(InOrder({Finish(hr::kOk), Query(calls)}, AnyPlan()));
}

TEST_F(QS13, ManyProgressReportsComeBack) {
  for (const bool estimable : Estimables()) {
    std::vector<Step> program;
    for (uint32_t i = 0; i < 1000; ++i) program.push_back(Progress(i / 10));
    program.push_back(Query());
    if (!Check(InOrder(program, estimable))) return;
  }
}

TEST_F(QS13, CallsOnManyThreadsComeBack) {
  std::vector<Step> program{Progress(10), Progress(60), Finish(hr::kOk)};
  for (uint32_t thread = 1; thread < kMaxThreads; ++thread) {
    program.push_back(On(thread, Query(20)));
  }
  Check(Racing(program, Rounds(100), AnyPlan()));
}

TEST_F(QS13, EveryCallComesBackWhileEveryOtherRuns) {
  for (const bool estimable : Estimables()) {
    if (!Check(Racing(
            {Progress(10), Progress(99), Finish(hr::kFail), Progress(50), Query(3), On(1, Query(5)),
             On(1, Ask(Interface::kIUnknown)), On(1, QueryNull(NullOutputs::kBoth)),
             On(1, Query(5)), On(2, AddRef()), On(2, Query(5)), On(2, Release()), On(2, Query(5)),
             On(3, QueryNull(NullOutputs::kHr)), On(3, Cancel()), On(3, Ask(Interface::kOther)),
             On(3, QueryNull(NullOutputs::kPercent)), On(3, Query(5))},
            Rounds(300), estimable))) {
      return;
    }
  }
}

TEST_F(QS13, ManyOperationsOneAfterAnotherComeBack) {
  // A descriptor, a thread or a table entry lost with every operation shows after a while.
  Check(Racing({Query(), Progress(50), Finish(hr::kOk), Query()}, Rounds(4000), AnyPlan()));
}

TEST_F(QS13, ManyOperationsAtOnceComeBack) {
  for (const bool estimable : Estimables()) {
    std::vector<Step> program;
    for (uint32_t op = 0; op < kMaxOperations; ++op) {
      program.push_back(On(op % 4, Of(op, Query(2))));
      program.push_back(On(op % 4, Of(op, Progress(op * 10))));
      program.push_back(On((op + 1) % 4, Of(op, Query(2))));
      program.push_back(On(op % 4, Of(op, Finish(hr::kOk))));
      program.push_back(On((op + 2) % 4, Of(op, Query(2))));
    }
    if (!Check(InOrder(program, estimable))) return;
    if (!Check(Racing(program, Rounds(100), estimable))) return;
  }
}

TEST_F(QS13, CallsComeBackOnOperationsThatNeverFinish) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Progress(99), End(), Query(10), QueryNull(NullOutputs::kBoth), Query()},
                       estimable))) {
      return;
    }
  }
}

class QS13WithWait : public QS13 {
 protected:
  QS13WithWait() : QS13(VDSCONFORM_WAIT) {}
};

TEST_F(QS13WithWait, WaitsOnManyThreadsComeBack) {
  std::vector<Step> program;
  for (uint32_t thread = 1; thread < kMaxThreads; ++thread) program.push_back(On(thread, Wait()));
  program.push_back(Query());
  program.push_back(Finish(hr::kOk));
  program.push_back(Query());
  if (!Check(InOrder(program, AnyPlan()))) return;
  Check(Racing(program, Rounds(60), AnyPlan()));
}

class QS13WithCancel : public QS13 {
 protected:
  QS13WithCancel() : QS13(VDSCONFORM_CANCEL) {}
};

TEST_F(QS13WithCancel, CancelsOnManyThreadsComeBack) {
  std::vector<Step> program{Progress(50), Finish(hr::kOk), Query()};
  for (uint32_t thread = 1; thread < 4; ++thread) {
    program.push_back(On(thread, Query(2)));
    program.push_back(On(thread, Cancel()));
    program.push_back(On(thread, Query(2)));
  }
  Check(Racing(program, Rounds(300), AnyPlan()));
}

}  // namespace
}  // namespace vdsconform
