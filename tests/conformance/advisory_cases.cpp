// QA-01..QA-04 and QA-06: what is worth telling an author although no document forbids it. These
// cases observe; they fail only in a strict run.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

class QA01 : public DirectedCase {
 protected:
  QA01() : DirectedCase(Req::kQa01, VDSCONFORM_DRIVE) {}
};

TEST_F(QA01, ReturnValueWhilePendingSuitsRealClients) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder(
            {Query(3), Progress(50), Query(3), Progress(100), Query(3), Finish(hr::kFail), Query()},
            estimable))) {
      return;
    }
  }
}

class QA02 : public DirectedCase {
 protected:
  QA02() : DirectedCase(Req::kQa02, VDSCONFORM_DRIVE) {}
};

TEST_F(QA02, CallsDoNotWaitForOtherThreadsInsideTheObject) {
  std::vector<Step> program;
  for (uint32_t percent = 1; percent < 100; ++percent) program.push_back(Progress(percent));
  for (uint32_t thread = 1; thread <= 3; ++thread) program.push_back(On(thread, Query(200)));
  Program racing = Racing(program, Rounds(100), AnyPlan());
  racing.measure = true;
  Check(racing);
}

class QA03 : public DirectedCase {
 protected:
  QA03() : DirectedCase(Req::kQa03, VDSCONFORM_DRIVE | VDSCONFORM_ESTIMATE) {}
};

// The driver only goes forward here: that an implementation follows one that goes back is no news.

TEST_F(QA03, PercentDoesNotDecreaseThroughoutOneOperation) {
  std::vector<Step> program{Query()};
  for (uint32_t percent = 0; percent <= 100; ++percent) {
    program.push_back(Progress(percent));
    program.push_back(On(percent % 3, Query()));
  }
  Check(InOrder(program));
}

TEST_F(QA03, PercentDoesNotDecreaseAcrossThreads) {
  std::vector<Step> program;
  for (uint32_t percent = 1; percent < 100; percent += 2) program.push_back(Progress(percent));
  for (uint32_t thread = 1; thread <= 3; ++thread) program.push_back(On(thread, Query(30)));
  Check(Racing(program, Rounds(150)));
}

class QA04 : public DirectedCase {
 protected:
  QA04() : DirectedCase(Req::kQa04, VDSCONFORM_DRIVE | VDSCONFORM_ESTIMATE) {}
};

TEST_F(QA04, PercentMovesWithTheProgress) {
  std::vector<Step> program;
  for (uint32_t percent = 10; percent <= 90; percent += 10) {
    program.push_back(Progress(percent));
    program.push_back(Query());
  }
  Check(InOrder(program));
}

class QA06 : public DirectedCase {
 protected:
  QA06() : DirectedCase(Req::kQa06, VDSCONFORM_DRIVE) {}
};

// As many in a quick run: with fewer, what grows cannot be told from what a cache keeps.
TEST_F(QA06, OperationsLeaveNoMemoryBehind) {
  constexpr uint32_t kOperations = 10'000;
  Program program = Racing({Progress(50), Query(), Finish(hr::kOk)}, kOperations, AnyPlan());
  program.measure = true;
  Check(program);
}

}  // namespace
}  // namespace vdsconform
