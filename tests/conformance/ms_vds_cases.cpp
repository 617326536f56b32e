// QS-30 and QS-31, which only profile ms-vds asks for.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

class QS30 : public DirectedCase {
 protected:
  explicit QS30(uint32_t needs = 0)
      : DirectedCase(Req::kQs30, VDSCONFORM_DRIVE | VDSCONFORM_ESTIMATE | needs) {}
};

TEST_F(QS30, PercentNeverDecreasesThroughoutOneOperation) {
  std::vector<Step> program{Query()};
  for (uint32_t percent = 0; percent <= 100; ++percent) {
    program.push_back(Progress(percent));
    program.push_back(On(percent % 3, Query()));
  }
  Check(InOrder(program));
}

TEST_F(QS30, PercentDoesNotFollowADriverThatGoesBack) {
  for (const uint32_t high : {1u, 50u, 99u, 100u}) {
    for (const uint32_t low : {0u, high / 2, high - 1}) {
      if (!Check(InOrder({Progress(high), Query(), Progress(low), Query(), On(1, Query())}))) {
        return;
      }
    }
  }
}

TEST_F(QS30, PercentNeverDecreasesInManyCalls) {
  Check(InOrder({Progress(10), Query(100), Progress(99), Query(100), Progress(100), Query(100)}));
}

TEST_F(QS30, PercentNeverDecreasesAcrossThreads) {
  std::vector<Step> program;
  for (uint32_t percent = 1; percent <= 99; percent += 2) program.push_back(Progress(percent));
  for (uint32_t thread = 1; thread <= 3; ++thread) program.push_back(On(thread, Query(40)));
  Check(Racing(program, Rounds(400)));
}

TEST_F(QS30, PercentNeverDecreasesWhileTwoThreadsReportProgress) {
  std::vector<Step> program;
  for (uint32_t percent = 1; percent <= 97; percent += 4) {
    program.push_back(Progress(percent));
    program.push_back(On(1, Progress(percent + 2)));
  }
  for (uint32_t thread = 2; thread <= 3; ++thread) program.push_back(On(thread, Query(40)));
  Check(Racing(program, Rounds(400)));
}

class QS31 : public DirectedCase {
 protected:
  explicit QS31(uint32_t needs = 0) : DirectedCase(Req::kQs31, VDSCONFORM_DRIVE | needs) {}
};

TEST_F(QS31, PercentStartsAtZero) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Query(5), On(1, Query(5))}, estimable))) return;
  }
}

TEST_F(QS31, PercentStartsAtZeroAfterAnotherOperation) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Begin(0), Progress(70), Query(), Begin(1), Of(1, Query()), Finish(hr::kOk),
                        Of(1, Query()), Begin(2), Of(2, Query())},
                       estimable))) {
      return;
    }
  }
}

TEST_F(QS31, PercentStaysAtZeroWhateverTheCallerDoes) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({QueryNull(NullOutputs::kBoth), Query(), AddRef(), Query(), Release(),
                        Ask(Interface::kIUnknown), Query(100)},
                       estimable))) {
      return;
    }
  }
}

class QS31WithWait : public QS31 {
 protected:
  QS31WithWait() : QS31(VDSCONFORM_WAIT) {}
};

TEST_F(QS31WithWait, PercentStaysAtZeroWhileAnotherThreadIsInsideWait) {
  Check(InOrder({On(1, Wait()), Query(3), Finish(hr::kOk)}, AnyPlan()));
}

}  // namespace
}  // namespace vdsconform
