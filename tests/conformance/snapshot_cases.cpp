// QS-09: both outputs of one call come from one state, raced against every transition. The
// exhaustive search over preemptions is not here; this is what several processors find.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

// Calls that overlap a transition, which alone can show a torn pair, that are enough of a Program;
// and how often it is run for them. On a busy machine threads seldom run at the same time.
constexpr uint64_t kEnoughOverlaps = 10;
constexpr int kTries = 8;

class QS09 : public DirectedCase {
 protected:
  explicit QS09(uint32_t needs = 0) : DirectedCase(Req::kQs09, VDSCONFORM_DRIVE | needs) {}

  // Runs it until enough was seen. False: the case should run no more of them.
  bool CheckRace(const Program& program) {
    const uint64_t& overlaps = CurrentRun().campaign->state(Req::kQs09).observations;
    const uint64_t before = overlaps;
    for (int i = 0; i < kTries && overlaps < before + kEnoughOverlaps; ++i) {
      if (!Check(program)) return false;
    }
    return true;
  }

  // `driver` on thread 0 against one, then three reading threads, with every declared plan.
  void RaceReadersAgainst(const std::vector<Step>& driver, uint32_t rounds) {
    for (const bool estimable : Estimables()) {
      for (const uint32_t readers : {1u, 3u}) {
        std::vector<Step> program = driver;
        for (uint32_t thread = 1; thread <= readers; ++thread) {
          program.push_back(On(thread, Query(readers == 1 ? 50 : 20)));
        }
        if (!CheckRace(Racing(program, Rounds(rounds), estimable))) return;
      }
    }
  }
};

TEST_F(QS09, OneStateWhileProgressIsReported) {
  std::vector<Step> driver;
  for (uint32_t percent = 1; percent <= 100; percent += 3) driver.push_back(Progress(percent));
  RaceReadersAgainst(driver, 300);
}

TEST_F(QS09, OneStateWhileFinishingFromTheStart) { RaceReadersAgainst({Finish(hr::kOk)}, 1000); }

TEST_F(QS09, OneStateWhileFailingFromTheStart) { RaceReadersAgainst({Finish(hr::kFail)}, 1000); }

TEST_F(QS09, OneStateWhileSucceedingAfterProgress) {
  RaceReadersAgainst({Progress(1), Progress(50), Progress(99), Finish(hr::kOk)}, 1000);
}

TEST_F(QS09, OneStateWhileFailingAfterProgress) {
  RaceReadersAgainst({Progress(1), Progress(50), Progress(99), Finish(hr::kFail)}, 1000);
}

TEST_F(QS09, OneStateWhileFinishingAfterHundredPercent) {
  RaceReadersAgainst({Progress(100), Finish(ToHresult(0x00042443u))}, 1000);
}

TEST_F(QS09, OneStateWhileManyOperationsFinish) {
  // Eight transitions a round: the readers follow the driver from operation to operation.
  for (const bool estimable : Estimables()) {
    std::vector<Step> program;
    for (uint32_t op = 0; op < kMaxOperations; ++op) {
      program.push_back(Of(op, Progress(40 + op)));
      program.push_back(Of(op, Finish(op % 2 == 0 ? hr::kOk : hr::kFail)));
      program.push_back(On(1, Of(op, Query(4))));
      program.push_back(On(2, Of(op, Query(2))));
    }
    if (!CheckRace(Racing(program, Rounds(300), estimable))) return;
  }
}

TEST_F(QS09, OneStateWhileTwoThreadsDrive) {
  CheckRace(
      Racing({Progress(10), Progress(99), Finish(hr::kOk), On(1, Progress(20)),
              On(1, Progress(100)), On(1, Finish(hr::kOk)), On(2, Query(20)), On(3, Query(20))},
             Rounds(600), AnyPlan()));
}

class QS09WithCancel : public QS09 {
 protected:
  QS09WithCancel() : QS09(VDSCONFORM_CANCEL) {}
};

TEST_F(QS09WithCancel, OneStateWhileCancelling) {
  RaceReadersAgainst({Progress(60), Cancel()}, 1000);
}

TEST_F(QS09WithCancel, OneStateWhileCancelAndFinishRace) {
  CheckRace(Racing({Finish(hr::kOk), On(1, Cancel()), On(2, Query(20)), On(3, Query(20))},
                   Rounds(1000), AnyPlan()));
}

class QS09WithWait : public QS09 {
 protected:
  QS09WithWait() : QS09(VDSCONFORM_WAIT) {}
};

TEST_F(QS09WithWait, OneStateWhileFinishingReleasesAWait) {
  CheckRace(
      Racing({On(2, Wait()), Progress(99), Finish(hr::kFail), On(1, Query(20)), On(2, Query(5))},
             Rounds(600), AnyPlan()));
}

}  // namespace
}  // namespace vdsconform
