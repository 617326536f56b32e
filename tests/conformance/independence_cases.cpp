// QS-14: operations do not see each other's progress or result.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

class QS14 : public DirectedCase {
 protected:
  explicit QS14(uint32_t needs = 0) : DirectedCase(Req::kQs14, VDSCONFORM_DRIVE | needs) {}

  // Checks `steps` on operations of each declared plan, then of mixed plans.
  void CheckOnPlans(const std::vector<Step>& steps) {
    Program program = InOrder(steps);
    const size_t count = program.operations.size();
    const std::vector<bool> plans = Estimables();
    for (const bool estimable : plans) {
      for (Operation& operation : program.operations) operation.estimable = estimable;
      if (!Check(program)) return;
    }
    if (plans.size() < 2) return;
    for (const uint32_t first : {0u, 1u}) {
      for (size_t op = 0; op < count; ++op) {
        program.operations[op].estimable = (op + first) % 2 == 0;
      }
      if (!Check(program)) return;
    }
  }
};

TEST_F(QS14, ProgressOfOneDoesNotShowInAnother) {
  for (const uint32_t count : {2u, 4u}) {
    std::vector<Step> program;
    for (uint32_t round = 0; round < 4; ++round) {
      for (uint32_t op = 0; op < count; ++op) {
        program.push_back(Of(op, Progress(1 + round * 24 + op * 6)));
        for (uint32_t other = 0; other < count; ++other) program.push_back(Of(other, Query()));
      }
    }
    CheckOnPlans(program);
  }
}

TEST_F(QS14, ProgressOfOneDoesNotShowInOneThatHasNone) {
  std::vector<Step> program{Of(1, Query())};
  for (const uint32_t percent : {10u, 40u, 70u, 99u}) {
    program.push_back(Progress(percent));
    program.push_back(Of(1, Query()));
    program.push_back(On(1, Of(1, Query())));
  }
  CheckOnPlans(program);
}

TEST_F(QS14, ResultOfOneDoesNotShowInAnother) {
  CheckOnPlans({Progress(20), Of(1, Progress(70)), Of(1, Query()), Finish(hr::kFail),
                Of(1, Query()), Query(), Of(1, Finish(hr::kOk)), Query(), Of(1, Query())});
}

TEST_F(QS14, EveryOperationHasItsOwnResult) {
  const std::vector<HRESULT> results = FewResults();
  const auto count = static_cast<uint32_t>(results.size());
  std::vector<Step> program;
  for (uint32_t op = 0; op < count; ++op) {
    program.push_back(Of(op, Finish(results[op])));
    for (uint32_t other = 0; other < count; ++other) program.push_back(Of(other, Query()));
  }
  CheckOnPlans(program);
}

TEST_F(QS14, ANewOperationStartsPendingAfterAnotherHasFinished) {
  for (const HRESULT result : {hr::kOk, hr::kFail}) {
    CheckOnPlans({Begin(0), Progress(80), Finish(result), Query(), Begin(1), Of(1, Query()),
                  Query(), Of(1, Progress(30)), Query(), Of(1, Query()),
                  Of(1, Finish(FromWin32(5))), Query(), Of(1, Query())});
  }
}

TEST_F(QS14, ANewOperationStartsPendingAfterTheDriverLetGoOfAnother) {
  CheckOnPlans({Begin(0), Progress(80), Query(), Finish(hr::kFail), End(), Begin(1), Of(1, Query()),
                Query(), Of(1, Progress(10)), Of(1, Query()), Query()});
}

TEST_F(QS14, NullCallsOfOneDoNotShowInAnother) {
  CheckOnPlans({Progress(30), Of(1, Progress(60)), QueryNull(NullOutputs::kHr), Of(1, Query()),
                Of(1, QueryNull(NullOutputs::kBoth)), Query(), Finish(hr::kOk), Of(1, Query())});
}

TEST_F(QS14, OperationsOnManyThreadsDoNotShowInEachOther) {
  for (const bool estimable : Estimables()) {
    std::vector<Step> program;
    for (uint32_t op = 0; op < 4; ++op) {
      program.push_back(On(op, Of(op, Progress(10 + op))));
      program.push_back(On(op, Of(op, Query(5))));
      program.push_back(On(op, Of(op, Progress(60 + op))));
      program.push_back(On(op, Of(op, Query(5))));
      program.push_back(On(op, Of((op + 1) % 4, Query(5))));
      program.push_back(On(op, Of(op, Finish(FromWin32(op + 1)))));
      program.push_back(On(op, Of(op, Query(5))));
      program.push_back(On(op, Of((op + 2) % 4, Query(5))));
    }
    if (!Check(Racing(program, Rounds(300), estimable))) return;
  }
}

class QS14WithWait : public QS14 {
 protected:
  QS14WithWait() : QS14(VDSCONFORM_WAIT) {}
};

TEST_F(QS14WithWait, FinishingOneDoesNotReleaseAWaitOnAnother) {
  CheckOnPlans({On(1, Wait()), Of(1, Finish(hr::kFail)), Of(1, Query()), Query(), Progress(40),
                Query(), Finish(hr::kOk), On(1, Query()), On(1, Of(1, Query()))});
}

class QS14WithCancel : public QS14 {
 protected:
  QS14WithCancel() : QS14(VDSCONFORM_CANCEL) {}
};

TEST_F(QS14WithCancel, CancellingOneDoesNotCancelAnother) {
  CheckOnPlans({Progress(40), Of(1, Progress(50)), Cancel(), Of(1, Query()), Query(),
                Of(1, Finish(hr::kOk)), Query(), Of(1, Query())});
}

}  // namespace
}  // namespace vdsconform
