// What differs between the profiles, the advisories, and what equal times mean.
#include <gtest/gtest.h>

#include "judge_test_support.h"

namespace vdsconform {
namespace {

constexpr Profile kMsVds = Profile::kMsVds;

TEST(JudgeProfiles, AStepBackIsAnAdvisoryInOneAndAFindingInTheOther) {
  Script script;
  script.Begin().Progress(60).Pending(60).Pending(20);
  EXPECT_EQ(script.Ids(), "QA-03");
  EXPECT_EQ(script.Ids(kMsVds), "QS-30");
}

TEST(JudgeProfiles, ADriverThatGoesBackExcusesAStepBack) {
  Script script;
  script.Begin().Progress(60).Pending(60).Progress(20).Pending(20);
  EXPECT_EQ(script.Ids(), "");
  EXPECT_EQ(script.Ids(kMsVds), "");
}

TEST(JudgeProfiles, OnlyMsVdsAsksForZeroAtTheStart) {
  Script script;
  script.Begin().Pending(5);
  EXPECT_EQ(script.Ids(), "");
  EXPECT_EQ(script.Ids(kMsVds), "QS-31");
  EXPECT_EQ(Script().Begin(false).Pending(5).Ids(kMsVds), "");
  EXPECT_EQ(Script().Begin(false).Pending(5).Progress(6).Ids(kMsVds), "QS-31");
  EXPECT_EQ(Script().Begin().Progress(5).At(20, 30).Pending(5).At(15, 21).Ids(kMsVds), "");
}

TEST(JudgeAdvisories, SuccessCodesAsResultsCountWhereNobodyChoseThem) {
  EXPECT_EQ(Script().Begin(false).Query(hr::kFalse, 100).Ids(), "QA-01");
  EXPECT_EQ(Script().Begin().Finish(hr::kFalse).Query(hr::kFalse, 100).Ids(), "");
}

TEST(JudgeAdvisories, SwitchesCountBesideOtherCallsAndTwice) {
  const auto switched = [](int calls, bool beside) {
    Script script;
    script.Begin();
    if (beside) script.Wait(hr::kNotImpl).At(12, 1000);
    for (int i = 0; i < calls; ++i)
      script.Pending(0).At(20 + 3 * i, 21 + 3 * i).Last().switches = 1;
    return script.Ids();
  };
  EXPECT_EQ(switched(1, true), "");
  EXPECT_EQ(switched(2, true), "QA-02");
  EXPECT_EQ(switched(5, false), "");
}

TEST(JudgeAdvisories, PercentThatNeverMovesNeedsThreeSteps) {
  Script script;
  script.Begin().Progress(10).Pending(0).Progress(20).Pending(0);
  EXPECT_EQ(script.Ids(), "");
  EXPECT_EQ(Script(script).Progress(30).Pending(0).Ids(), "QA-04");
  EXPECT_EQ(Script(script).Progress(30).Pending(1).Ids(), "");
  // The same percentage again is no step, and a step that nobody looked at tells nothing.
  EXPECT_EQ(Script(script).Progress(20).Pending(0).Ids(), "");
  EXPECT_EQ(Script(script).Progress(30).Progress(40).Ids(), "");
}

TEST(JudgeEqualTimes, OrderOnlyTheCallsOfOneThread) {
  const auto at_the_return = [](uint32_t thread) {
    Script script;
    script.Begin().Finish(hr::kOk).At(20, 30);
    script.Pending(0).At(30, 40).Last().thread = thread;
    return script.Ids();
  };
  EXPECT_EQ(at_the_return(0), "QS-11");  // the driver's own thread
  EXPECT_EQ(at_the_return(1), "");
}

TEST(JudgeEqualTimes, AFinishOfTheSameThreadCannotExplainAnEarlierReport) {
  const auto until_the_finish = [](uint32_t thread) {
    Script script;
    script.Begin().Query(hr::kOk, 100).At(20, 30).Last().thread = thread;
    return script.Finish(hr::kOk).At(30, 40).Ids();
  };
  EXPECT_EQ(until_the_finish(0), "QS-11");
  EXPECT_EQ(until_the_finish(1), "");
}

TEST(JudgeEqualTimes, AClockThatStandsStillStillOrdersAThread) {
  Script script;
  script.Begin().Finish(hr::kOk).Query(hr::kOk, 100).Null(hr::kPointer).Pending(0);
  History history = script.Sorted();
  for (Event& event : history.events) {
    event.t0 = 7;
    event.t1 = 7;
    event.thread = 0;
  }
  const Judgement judgement = JudgeHistory(history, Profile::kWin32);
  ASSERT_EQ(judgement.findings.size(), 1u);
  EXPECT_EQ(judgement.findings[0].req, Req::kQs08);
  // On threads of their own, the same calls are in no order.
  for (size_t i = 0; i < history.events.size(); ++i) {
    history.events[i].thread = static_cast<uint32_t>(i);
  }
  EXPECT_TRUE(JudgeHistory(history, Profile::kWin32).findings.empty());
}

TEST(JudgeResults, AreOneEvenWhereTwoWouldBePossible) {
  const auto raced = [](HRESULT first, HRESULT second, int64_t t0, int64_t t1) {
    Script script;
    script.Begin().Finish(hr::kOk).At(20, 90).Finish(hr::kFail).At(21, 91);
    script.Last().thread = 3;
    script.Query(first, 100).At(30, 40);
    script.Query(second, 100).At(t0, t1).Last().thread = 4;
    return script.Ids();
  };
  EXPECT_EQ(raced(hr::kOk, hr::kOk, 50, 60), "");
  EXPECT_EQ(raced(hr::kFail, hr::kFail, 50, 60), "");
  EXPECT_EQ(raced(hr::kOk, hr::kFail, 50, 60), "QS-10");
  EXPECT_EQ(raced(hr::kOk, hr::kFail, 35, 60), "QS-03");  // in no order, but two results
}

}  // namespace
}  // namespace vdsconform
