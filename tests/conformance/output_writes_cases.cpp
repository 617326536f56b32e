// QS-12: a successful call writes both outputs, exactly, wherever they are. Whether it did is seen
// by the executor, from what it left in the outputs before the call and around them.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

constexpr Outputs kPlaces[] = {Outputs::kStack, Outputs::kHeap, Outputs::kPageEnd};

class QS12 : public DirectedCase {
 protected:
  explicit QS12(uint32_t needs = 0) : DirectedCase(Req::kQs12, VDSCONFORM_DRIVE | needs) {}
};

TEST_F(QS12, WritesBothOutputsBeforeAnyProgress) {
  for (const bool estimable : Estimables()) {
    for (const Outputs place : kPlaces) {
      if (!Check(InOrder({QueryAt(place), QueryAt(place)}, estimable))) return;
    }
  }
}

TEST_F(QS12, WritesBothOutputsAtEveryPercent) {
  for (const bool estimable : Estimables()) {
    for (const Outputs place : kPlaces) {
      for (const uint32_t percent : FewPercents()) {
        if (!Check(InOrder({Progress(percent), Times(2, QueryAt(place))}, estimable))) return;
      }
    }
  }
}

TEST_F(QS12, WritesBothOutputsOnceFinished) {
  for (const bool estimable : Estimables()) {
    for (const Outputs place : kPlaces) {
      for (const HRESULT result : FewResults()) {
        if (!Check(InOrder({Progress(50), Finish(result), Times(2, QueryAt(place))}, estimable))) {
          return;
        }
      }
    }
  }
}

TEST_F(QS12, WritesBothOutputsEveryTime) {
  // Values that stay the same must be written again: a caller's variables are new every time.
  for (const bool estimable : Estimables()) {
    for (const Outputs place : kPlaces) {
      if (!Check(InOrder({Times(50, QueryAt(place)), Progress(50), Times(50, QueryAt(place)),
                          Finish(hr::kOk), Times(50, QueryAt(place))},
                         estimable))) {
        return;
      }
    }
  }
}

TEST_F(QS12, LeavesOutputsAloneOnceItHasReturned) {
  for (const bool estimable : Estimables()) {
    for (const Outputs place : kPlaces) {
      if (!Check(InOrder({QueryAt(place), Progress(10), QueryAt(place), Progress(90),
                          QueryAt(place), Finish(hr::kFail), QueryAt(place),
                          QueryNull(NullOutputs::kBoth), QueryAt(place), End(), QueryAt(place)},
                         estimable))) {
        return;
      }
    }
  }
}

TEST_F(QS12, WritesBothOutputsOfEveryThread) {
  std::vector<Step> program;
  for (const Step& change : {Progress(1), Progress(99), Finish(hr::kFail)}) {
    program.push_back(change);
    for (uint32_t thread = 0; thread < 6; ++thread) {
      program.push_back(On(thread, QueryAt(kPlaces[thread % 3])));
    }
  }
  Check(InOrder(program, AnyPlan()));
}

TEST_F(QS12, WritesBothOutputsWhileTheOperationFinishes) {
  for (const bool estimable : Estimables()) {
    if (!Check(Racing(
            {Progress(50), Progress(99), Finish(hr::kFail),
             On(1, Times(20, QueryAt(Outputs::kStack))), On(2, Times(20, QueryAt(Outputs::kHeap))),
             On(3, Times(20, QueryAt(Outputs::kPageEnd)))},
            Rounds(200), estimable))) {
      return;
    }
  }
}

TEST_F(QS12, WritesBothOutputsAfterTheDriverLetGo) {
  for (const Outputs place : kPlaces) {
    if (!Check(InOrder({Progress(50), End(), QueryAt(place)}, AnyPlan()))) return;
    if (!Check(InOrder({Finish(hr::kOk), End(), QueryAt(place)}, AnyPlan()))) return;
  }
}

TEST_F(QS12, WritesBothOutputsAtEveryAlignment) {
  // Each output on every multiple of 4 in a cache line, with the other where it varies as well.
  for (const Outputs place : {Outputs::kStack, Outputs::kHeap}) {
    std::vector<Step> pending;
    for (uint32_t hr = 0; hr < kLineBytes; hr += 4) {
      for (uint32_t percent = 0; percent < kLineBytes; percent += 4) {
        pending.push_back(QueryAt(place, hr, percent));
      }
    }
    std::vector<Step> program{Progress(50)};
    program.insert(program.end(), pending.begin(), pending.end());
    program.push_back(Finish(hr::kFail));
    program.insert(program.end(), pending.begin(), pending.end());
    if (!Check(InOrder(program, AnyPlan()))) return;
  }
}

TEST_F(QS12, SurvivesOneAddressForBothOutputs) {
  // What such a call stores is nobody's. It comes back, and the object answers as before.
  for (const bool estimable : Estimables()) {
    const Step aliased = QueryAt(Outputs::kAliased);
    if (!Check(InOrder({aliased, Query(), Progress(50), Times(2, aliased), Query(2),
                        Finish(hr::kFail), Times(2, aliased), Query(2), End(), aliased, Query()},
                       estimable))) {
      return;
    }
    if (!Check(Racing({Progress(50), Progress(99), Finish(hr::kOk), On(1, Times(10, aliased)),
                       On(2, Query(10))},
                      Rounds(100), estimable))) {
      return;
    }
  }
}

class QS12WithCancel : public QS12 {
 protected:
  QS12WithCancel() : QS12(VDSCONFORM_CANCEL) {}
};

TEST_F(QS12WithCancel, WritesBothOutputsOnceCancelled) {
  for (const bool estimable : Estimables()) {
    for (const Outputs place : kPlaces) {
      if (!Check(InOrder({Progress(50), Cancel(), Times(2, QueryAt(place))}, estimable))) return;
    }
  }
}

}  // namespace
}  // namespace vdsconform
