// QS-01..QS-05: what a call stores while the operation is pending and once it has finished.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

class QS01 : public DirectedCase {
 protected:
  QS01() : DirectedCase(Req::kQs01, VDSCONFORM_DRIVE) {}
};

TEST_F(QS01, StoresOperationPendingBeforeAnyProgress) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Query()}, estimable))) return;
  }
}

TEST_F(QS01, StoresOperationPendingAtEveryPercent) {
  for (const bool estimable : Estimables()) {
    for (const uint32_t percent : Percents()) {
      if (!Check(InOrder({Progress(percent), Query()}, estimable))) return;
    }
  }
}

TEST_F(QS01, StoresOperationPendingThroughoutOneOperation) {
  for (const bool estimable : Estimables()) {
    std::vector<Step> program;
    for (uint32_t percent = 0; percent <= 100; ++percent) {
      program.push_back(Progress(percent));
      program.push_back(On(percent % 3, Query()));
    }
    if (!Check(InOrder(program, estimable))) return;
  }
}

TEST_F(QS01, StoresOperationPendingOnEveryThread) {
  for (const bool estimable : Estimables()) {
    std::vector<Step> program{Progress(50)};
    for (uint32_t thread = 0; thread < kMaxThreads; ++thread)
      program.push_back(On(thread, Query()));
    if (!Check(InOrder(program, estimable))) return;
  }
}

TEST_F(QS01, StoresOperationPendingInEveryOneOfManyCalls) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Query(500), Progress(99), Query(500)}, estimable))) return;
  }
}

class QS02 : public DirectedCase {
 protected:
  // The percentage of what cannot be estimated is QS-05's.
  QS02() : DirectedCase(Req::kQs02, VDSCONFORM_DRIVE | VDSCONFORM_ESTIMATE) {}
};

TEST_F(QS02, PercentIsBelowHundredBeforeAnyProgress) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Query(3)}, estimable))) return;
  }
}

TEST_F(QS02, PercentIsBelowHundredWhateverTheDriverReports) {
  for (const bool estimable : Estimables()) {
    for (const uint32_t percent : Percents()) {
      if (!Check(InOrder({Progress(percent), Query()}, estimable))) return;
    }
  }
}

TEST_F(QS02, PercentIsBelowHundredThroughoutOneOperation) {
  for (const bool estimable : Estimables()) {
    std::vector<Step> program;
    for (uint32_t percent = 0; percent <= 100; ++percent) {
      program.push_back(Progress(percent));
      program.push_back(Query());
    }
    if (!Check(InOrder(program, estimable))) return;
  }
}

TEST_F(QS02, PercentStaysBelowHundredWhenHundredIsReportedAgainAndAgain) {
  for (const bool estimable : Estimables()) {
    std::vector<Step> program;
    for (int i = 0; i < 8; ++i) {
      program.push_back(Progress(100));
      program.push_back(Query());
    }
    if (!Check(InOrder(program, estimable))) return;
  }
}

class QS03 : public DirectedCase {
 protected:
  QS03() : DirectedCase(Req::kQs03, VDSCONFORM_DRIVE) {}
};

TEST_F(QS03, ReportsEveryKnownCode) {
  for (const bool estimable : Estimables()) {
    for (const HRESULT result : KnownResults()) {
      if (!Check(InOrder({Finish(result), Query()}, estimable))) return;
    }
  }
}

TEST_F(QS03, ReportsEveryBitOfTheResult) {
  for (const HRESULT result : OddResults()) {
    if (!Check(InOrder({Finish(result), Query()}, AnyPlan()))) return;
  }
}

TEST_F(QS03, ReportsTheResultWhateverTheProgress) {
  for (const bool estimable : Estimables()) {
    for (const HRESULT result : FewResults()) {
      for (const uint32_t percent : FewPercents()) {
        if (!Check(InOrder({Progress(percent), Query(), Finish(result), Query()}, estimable))) {
          return;
        }
      }
    }
  }
}

TEST_F(QS03, ReportsTheResultOnEveryThread) {
  for (const HRESULT result : FewResults()) {
    std::vector<Step> program{Finish(result)};
    for (uint32_t thread = 0; thread < kMaxThreads; ++thread)
      program.push_back(On(thread, Query()));
    if (!Check(InOrder(program, AnyPlan()))) return;
  }
}

TEST_F(QS03, ReportsTheResultWhenAnotherThreadFinishes) {
  for (const HRESULT result : FewResults()) {
    if (!Check(InOrder({Query(), On(1, Finish(result)), Query()}, AnyPlan()))) return;
  }
}

class QS04 : public DirectedCase {
 protected:
  QS04() : DirectedCase(Req::kQs04, VDSCONFORM_DRIVE) {}

  // Finishes with `result` from every percent.
  void FinishFromEveryPercent(HRESULT result) {
    for (const bool estimable : Estimables()) {
      for (const uint32_t percent : Percents()) {
        if (!Check(InOrder({Progress(percent), Finish(result), Query()}, estimable))) return;
      }
    }
  }
};

TEST_F(QS04, PercentIsHundredAfterSuccessFromEveryPercent) { FinishFromEveryPercent(hr::kOk); }

TEST_F(QS04, PercentIsHundredAfterFailureFromEveryPercent) { FinishFromEveryPercent(hr::kFail); }

TEST_F(QS04, PercentIsHundredWithoutAnyProgress) {
  for (const bool estimable : Estimables()) {
    for (const HRESULT result : FewResults()) {
      if (!Check(InOrder({Finish(result), Query()}, estimable))) return;
    }
  }
}

TEST_F(QS04, PercentIsHundredAfterEveryResult) {
  for (const HRESULT result : KnownResults()) {
    if (!Check(InOrder({Progress(50), Finish(result), Query()}, AnyPlan()))) return;
  }
}

TEST_F(QS04, PercentIsHundredOnEveryThread) {
  for (const bool estimable : Estimables()) {
    std::vector<Step> program{Progress(7), Finish(hr::kFail)};
    for (uint32_t thread = 0; thread < kMaxThreads; ++thread)
      program.push_back(On(thread, Query()));
    if (!Check(InOrder(program, estimable))) return;
  }
}

class QS05 : public DirectedCase {
 protected:
  QS05() : DirectedCase(Req::kQs05, VDSCONFORM_DRIVE | VDSCONFORM_NOT_ESTIMATE) {}
};

TEST_F(QS05, PercentIsZeroFromTheStart) { Check(InOrder({Query(3), On(1, Query(3))}, false)); }

TEST_F(QS05, PercentIsZeroWhateverTheDriverReports) {
  for (const uint32_t percent : Percents()) {
    if (!Check(InOrder({Progress(percent), Query()}, false))) return;
  }
}

TEST_F(QS05, PercentIsZeroThroughoutOneOperation) {
  std::vector<Step> program;
  for (uint32_t percent = 0; percent <= 100; ++percent) {
    program.push_back(Progress(percent));
    program.push_back(On(percent % 2, Query()));
  }
  Check(InOrder(program, false));
}

TEST_F(QS05, PercentIsZeroInEveryOneOfManyCalls) {
  Check(InOrder({Query(500), Progress(60), Query(500)}, false));
}

}  // namespace
}  // namespace vdsconform
