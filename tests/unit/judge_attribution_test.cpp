// To which requirement the judge attributes what it sees: one cause, one requirement.
#include <gtest/gtest.h>

#include "judge_test_support.h"

namespace vdsconform {
namespace {

constexpr Profile kMsVds = Profile::kMsVds;

TEST(JudgeFaults, InANullCallBelongToNullOutputs) {
  EXPECT_EQ(Script().Begin().Null(hr::kOk).With(Fault::kCrashed).Lost().Ids(), "QS-08");
  EXPECT_EQ(Script().Begin().Null(hr::kOk).With(Fault::kThrew).Ids(), "QS-08");
}

TEST(JudgeFaults, ACrashWithNothingButReferencesBetweenBelongsToTheObject) {
  Script script;
  script.Begin().Finish(hr::kOk).Query(hr::kOk, 100).End();
  EXPECT_EQ(Script(script).Query(hr::kOk, 100).With(Fault::kCrashed).Lost().Ids(), "QS-15");
  // An exception is not what a dead object does.
  EXPECT_EQ(Script(script).Query(hr::kOk, 100).With(Fault::kThrew).Ids(), "QS-13");
}

TEST(JudgeFaults, OtherwiseBelongToCallsComeBack) {
  EXPECT_EQ(Script().Begin().Pending(0).With(Fault::kCrashed).Lost().Ids(), "QS-13");
  EXPECT_EQ(Script().Begin().Cancel(hr::kOk).With(Fault::kHung).Lost().Ids(), "QS-13");
  EXPECT_EQ(Script().Begin().Progress(5).With(Fault::kExited).Lost().Ids(), "QS-13");
  EXPECT_EQ(Script().Begin().Pending(0).Lost().Ids(), "QS-13");
}

TEST(JudgeFaults, AWaitForAnOperationThatNeverEndsMayNeverReturn) {
  EXPECT_EQ(Script().Begin().Wait(hr::kOk).Lost().Pending(0).Ids(), "");
  EXPECT_EQ(Script().Begin().Wait(hr::kOk).Lost().Finish(hr::kOk).Ids(), "QS-13");
}

TEST(JudgeNullOutputs, SuccessIsWrongAndAMalformedFailureIsMalformed) {
  EXPECT_EQ(Script().Begin().Null(hr::kOk).Ids(), "QS-08");
  EXPECT_EQ(Script().Begin().Null(hr::kFalse, NullOutputs::kHr).Ids(), "QS-08");
  EXPECT_EQ(Script().Begin().Null(ToHresult(0xFFFFFFEAu)).Ids(), "QS-18");
  EXPECT_EQ(Script().Begin().Null(hr::kPointer, NullOutputs::kPercent).Ids(), "");
}

TEST(JudgeWaiting, AWitnessCountsOnlyIfTheCallCameBackAfterAFinishWasInvoked) {
  Script waits;
  waits.Begin().Query(hr::kOk, 100).At(20, 60).Last().witness = Witness::kAsleep;
  EXPECT_EQ(waits.Finish(hr::kOk).At(40, 50).Ids(), "QS-06");
  Script returns;
  returns.Begin().Pending(0).At(20, 30).Last().witness = Witness::kAsleep;
  EXPECT_EQ(returns.Finish(hr::kOk).At(40, 50).Ids(), "");
}

TEST(JudgeWaiting, ATimedSleepIsEnough) {
  Script script;
  script.Begin().Pending(0).Last().slept_in = "clock_nanosleep";
  EXPECT_EQ(script.Ids(), "QS-06");
}

TEST(JudgeWaiting, SleepsThatAreComplainedOfAreNoHabitBesides) {
  Script script;
  script.Begin();
  for (int i = 0; i < 5; ++i) {
    Event& event = script.Pending(0).Last();
    event.switches = 1;
    event.slept_in = "clock_nanosleep";
  }
  script.Finish(hr::kOk);
  for (int i = 0; i < 5; ++i) script.Query(hr::kOk, 100).Last().switches = 0;
  const Judgement judgement = script.Judged();
  ASSERT_EQ(judgement.findings.size(), 1u);
  EXPECT_EQ(judgement.findings[0].cause, "sleeps");
}

TEST(JudgeWaiting, AWaitWithATimeLimitCountsOnlyAsAHabit) {
  const auto slept = [](int calls, int awake) {
    Script script;
    script.Begin();
    for (int i = 0; i < calls; ++i) {
      Event& event = script.Pending(0).Last();
      event.switches = 1;
      event.slept_in = "futex" + std::string(kWithTimeLimit);
    }
    script.Finish(hr::kOk);
    for (int i = 0; i < awake; ++i) script.Query(hr::kOk, 100).Last().switches = 0;
    return script.Ids();
  };
  EXPECT_EQ(slept(4, 5), "");
  EXPECT_EQ(slept(5, 4), "");
  EXPECT_EQ(slept(5, 5), "QS-06");
}

TEST(JudgeWaiting, AShortWaitWithATimeLimitNeedNotBeSeenEveryTime) {
  // Of 20 calls while pending so many gave way, of which so many were seen asleep with a time
  // limit; of 20 once finished so many gave way.
  const auto ids = [](int gave_way, int seen, int later) {
    Script script;
    script.Begin();
    for (int i = 0; i < 20; ++i) {
      Event& event = script.Pending(0).Last();
      event.switches = i < gave_way ? 1 : 0;
      if (i < seen) event.slept_in = "futex" + std::string(kWithTimeLimit);
    }
    script.Finish(hr::kOk);
    for (int i = 0; i < 20; ++i) script.Query(hr::kOk, 100).Last().switches = i < later ? 1 : 0;
    return script.Ids();
  };
  EXPECT_EQ(ids(20, 5, 0), "QS-06");
  EXPECT_EQ(ids(20, 5, 1), "QS-06");
  EXPECT_EQ(ids(10, 5, 0), "QS-06");
  EXPECT_EQ(ids(20, 4, 0), "");  // no habit
  EXPECT_EQ(ids(20, 0, 0), "");  // locks, perhaps
  EXPECT_EQ(ids(9, 5, 0), "");   // now and then
  EXPECT_EQ(ids(20, 5, 2), "");  // once finished, too
}

TEST(JudgeReturnValue, PendingIsAllowedWhilePendingOnly) {
  EXPECT_EQ(Script().Begin().Query(hr::kOperationPending, 0, hr::kOperationPending).Ids(), "QA-01");
  Script finished;
  finished.Begin().Finish(hr::kOk);
  EXPECT_EQ(Script(finished).Query(hr::kOk, 100, hr::kOperationPending).Ids(), "QS-07");
  EXPECT_EQ(Script(finished).Failing(hr::kOperationPending).Ids(), "QS-07");
}

TEST(JudgeReturnValue, OtherSuccessCodesAndTheResultItselfAreWrong) {
  EXPECT_EQ(Script().Begin().Query(hr::kOperationPending, 0, hr::kFalse).Ids(), "QS-07");
  EXPECT_EQ(Script().Begin().Finish(kVdsTimeout).Failing(kVdsTimeout).Ids(), "QS-07");
}

TEST(JudgeReturnValue, AFailureThatAnswersIsWrongAndOneThatClearsIsNot) {
  EXPECT_EQ(Script().Begin().Query(hr::kOperationPending, 0, hr::kFail).Ids(), "QS-07");
  EXPECT_EQ(Script().Begin().Query(hr::kOk, 0, hr::kOutOfMemory).Pending(0).Ids(), "");
}

TEST(JudgeReturnValue, FailuresAreBadLuckUntilNoCallEverSucceeds) {
  Script script;
  script.Begin().Failing(hr::kOutOfMemory).Failing(hr::kOutOfMemory);
  EXPECT_EQ(script.Ids(), "");
  EXPECT_EQ(Script(script).Failing(hr::kOutOfMemory).Ids(), "QS-07");
  EXPECT_EQ(Script(script).Failing(hr::kOutOfMemory).Pending(0).Ids(), "");
}

TEST(JudgeOutputs, MissingOnesAndStrayWritesBelongToOutputWrites) {
  EXPECT_EQ(Script().Begin().Failing(hr::kOk).Ids(), "QS-12");
  Script stray;
  stray.Begin().Pending(0).Last().clobbered = "1 byte before hr";
  EXPECT_EQ(stray.Ids(), "QS-12");
}

TEST(JudgePending, WrongCodesArePendingResults) {
  for (const HRESULT hr : {hr::kOperationPendingMisprint, hr::kPending, hr::kInProgress}) {
    EXPECT_EQ(Script().Begin().Query(hr, 0).Ids(), "QS-01") << Describe(hr);
    EXPECT_EQ(Script().Begin().Query(hr, 100).Ids(), "QS-01") << Describe(hr);
    EXPECT_EQ(Script().Begin().Query(hr, 40).Ids(kMsVds), "QS-01") << Describe(hr);
  }
  EXPECT_EQ(Script().Begin().Query(hr::kOk, 40).Ids(), "QS-01");
}

TEST(JudgePending, PercentBelongsToItsRange) {
  EXPECT_EQ(Script().Begin().Progress(100).Pending(100).Ids(), "QS-02");
  EXPECT_EQ(Script().Begin().Progress(5).Pending(0xFFFFFFFFu).Ids(), "QS-02");
  EXPECT_EQ(Script().Begin(true, false).Pending(0xFFFFFFFFu).Ids(), "QS-05");
  EXPECT_EQ(Script().Begin(true, false).Progress(5).Pending(5).Ids(), "QS-05");
}

TEST(JudgePending, FinishedWithHundredIsTooEarly) {
  EXPECT_EQ(Script().Begin().Query(hr::kOk, 100).Ids(), "QS-11");
  // What drives the operation may be learnt later.
  EXPECT_EQ(Script().Begin(false).Query(hr::kOk, 100).Progress(1).Ids(), "QS-11");
  EXPECT_EQ(Script().Begin(false).Query(hr::kOk, 30).Finish(hr::kOk).Ids(), "QS-01");
  EXPECT_EQ(Script().Begin(false).Query(hr::kOk, 30).Ids(), "QS-04");
}

TEST(JudgePending, ACancelThatNeverReturnedMayHaveEndedIt) {
  Script script;
  script.Begin().Cancel(hr::kOk).Lost().With(Fault::kHung);
  EXPECT_EQ(Script(script).Query(hr::kOperationCanceled, 100).Ids(), "QS-13");
  EXPECT_EQ(Script(script).Pending(0).Ids(), "QS-13");
}

TEST(JudgeFinished, StillPendingBelongsToWhatEndedIt) {
  EXPECT_EQ(Script().Begin().Finish(hr::kOk).Pending(0).Ids(), "QS-11");
  EXPECT_EQ(Script().Begin().Cancel(hr::kOk).Pending(0).Ids(), "QS-17");
  EXPECT_EQ(Script().Begin(false).Wait(hr::kOk, hr::kOk).Pending(0).Ids(), "QS-11");
  EXPECT_EQ(Script().Begin().Finish(hr::kOk).Query(hr::kOk, 100).Pending(0).Ids(), "QS-10");
}

TEST(JudgeFinished, AWrongResultBelongsToWhereItComesFrom) {
  EXPECT_EQ(Script().Begin().Finish(kVdsTimeout).Query(hr::kFail, 100).Ids(), "QS-03");
  EXPECT_EQ(Script().Begin().Cancel(hr::kOk).Query(hr::kOk, 100).Ids(), "QS-17");
  EXPECT_EQ(Script().Begin(false).Wait(hr::kOk, hr::kOk).Query(hr::kFail, 100).Ids(), "QS-16");
  EXPECT_EQ(Script().Begin(false).Query(hr::kOk, 100).Query(hr::kFail, 100).Ids(), "QS-10");
  Script two;
  two.Op(0).Begin().Op(1).Begin().Finish(kAccessDenied).Op(0).Finish(kVdsTimeout);
  EXPECT_EQ(two.Query(kAccessDenied, 100).Ids(), "QS-14");
}

TEST(JudgeFinished, PercentIsHundredWhereMsVdsMayHaveZeroAfterFailure) {
  EXPECT_EQ(Script().Begin().Finish(hr::kOk).Query(hr::kOk, 99).Ids(), "QS-04");
  Script failed;
  failed.Begin().Finish(hr::kFail).Query(hr::kFail, 0);
  EXPECT_EQ(failed.Ids(), "QS-04");
  EXPECT_EQ(failed.Ids(kMsVds), "");
  EXPECT_EQ(Script().Begin().Finish(hr::kOk).Query(hr::kOk, 0).Ids(kMsVds), "QS-04");
  Script sinks;
  sinks.Begin().Finish(hr::kOk).Query(hr::kOk, 100).Query(hr::kOk, 99);
  EXPECT_EQ(sinks.Ids(), "QS-10");
}

TEST(JudgeSnapshot, APairThatNoStateHasBesideATransitionIsTorn) {
  const auto beside = [](HRESULT hr, uint32_t percent) {
    Script script;
    return script.Begin().Progress(40).Finish(kVdsTimeout).At(40, 60).Query(hr, percent).At(45, 50);
  };
  EXPECT_EQ(beside(hr::kOperationPending, 100).Query(kVdsTimeout, 100).Ids(), "QS-09");
  EXPECT_EQ(beside(kVdsTimeout, 40).Query(kVdsTimeout, 100).Ids(), "QS-09");
  EXPECT_EQ(beside(hr::kOk, 100).Query(kVdsTimeout, 100).Ids(), "QS-09");
  EXPECT_EQ(beside(kVdsTimeout, 100).Ids(), "");
  EXPECT_EQ(beside(hr::kOperationPending, 40).Ids(), "");
}

TEST(JudgeSnapshot, AFaultThatAlsoShowsAloneIsNotTorn) {
  const auto beside = [](HRESULT hr, uint32_t percent) {
    Script script;
    return script.Begin().Progress(40).Finish(kVdsTimeout).At(40, 60).Query(hr, percent).At(45, 50);
  };
  EXPECT_EQ(beside(kVdsTimeout, 40).Query(kVdsTimeout, 40).Ids(), "QS-04");
  EXPECT_EQ(beside(hr::kFail, 100).Query(hr::kFail, 100).Ids(), "QS-03");
}

TEST(JudgeChanges, BelongToTheOnlyThingThatCameBetween) {
  Script finished;
  finished.Begin().Finish(hr::kOk).Query(hr::kOk, 100);
  EXPECT_EQ(Script(finished).Null(hr::kPointer).Pending(0).Ids(), "QS-08");
  EXPECT_EQ(Script(finished).Cancel(hr::kCancelTooLate).Pending(0).Ids(), "QS-17");
  EXPECT_EQ(Script(finished).AddRef(2).Pending(0).Ids(), "QS-15");
  EXPECT_EQ(Script(finished).Op(1).Begin().Op(0).Pending(0).Ids(), "QS-14");
  EXPECT_EQ(Script(finished).Null(hr::kPointer).AddRef(2).Pending(0).Ids(), "QS-10");
  EXPECT_EQ(Script(finished).Progress(50).Pending(50).Ids(), "QS-10");
}

TEST(JudgeChanges, ToFinishedBelongToTheOnlyThingThatCameBetween) {
  Script pending;
  pending.Begin().Pending(0);
  EXPECT_EQ(Script(pending).Null(hr::kPointer).Query(hr::kPointer, 100).Ids(), "QS-08");
  EXPECT_EQ(Script(pending).Cancel(hr::kVdsNotSupported).Query(hr::kOk, 100).Ids(), "QS-17");
  EXPECT_EQ(Script(pending).End().Query(hr::kOk, 100).Ids(), "QS-15");
  EXPECT_EQ(Script(pending).Query(hr::kOk, 100).Ids(), "QS-11");
}

TEST(JudgeIndependence, OneEqualPercentIsChanceTwoAreNot) {
  Script script;
  script.Op(0).Begin().Op(1).Begin().Progress(1);
  script.Op(0).Progress(45).Op(1).Pending(45);
  EXPECT_EQ(script.Ids(), "");
  script.Op(0).Progress(90).Op(1).Pending(90);
  EXPECT_EQ(script.Ids(), "QS-14");
}

TEST(JudgeIndependence, ResultsOfAnotherOperationWhilePending) {
  Script script;
  script.Op(0).Begin().Op(1).Begin().Pending(0).Op(0).Finish(kVdsTimeout);
  EXPECT_EQ(script.Op(1).Query(kVdsTimeout, 100).Ids(), "QS-14");
}

TEST(JudgeWait, AgreesOnTheEndAndTheResult) {
  EXPECT_EQ(Script().Begin().Wait(hr::kOk, hr::kOk).Ids(), "QS-16");
  EXPECT_EQ(Script().Begin().Finish(hr::kFail).Wait(hr::kOk, hr::kOk).Ids(), "QS-16");
  EXPECT_EQ(Script().Begin().Wait(hr::kNotImpl).Pending(0).Wait(kVdsTimeout).Pending(0).Ids(), "");
}

TEST(JudgeCancel, ASecondOneMayFailAsItLikes) {
  Script script;
  script.Begin().Cancel(hr::kOk).Query(hr::kOperationCanceled, 100);
  EXPECT_EQ(Script(script).Cancel(hr::kOperationCanceled).Ids(), "");
  EXPECT_EQ(Script(script).Cancel(hr::kVdsNotSupported).Ids(), "");
}

TEST(JudgeCancel, NeverRewritesAResult) {
  Script finished;
  finished.Begin().Finish(hr::kOk);
  EXPECT_EQ(Script(finished).Cancel(hr::kOk).Ids(), "QS-17");
  EXPECT_EQ(Script(finished).Cancel(hr::kOk).Query(hr::kOk, 100).Ids(), "QS-17");
  EXPECT_EQ(Script(finished).Cancel(hr::kOk).Query(hr::kOperationCanceled, 100).Ids(), "QS-17");
}

TEST(JudgeObject, AnswersForTheInterfacesItHas) {
  const auto asked = [](Interface id, HRESULT ret, OutPointer out) {
    return Script().Begin().QueryInterface(id, ret, out).Ids();
  };
  EXPECT_EQ(asked(Interface::kIUnknown, hr::kOk, OutPointer::kSame), "");
  EXPECT_EQ(asked(Interface::kIVdsAsync, hr::kOk, OutPointer::kDifferent), "");
  EXPECT_EQ(asked(Interface::kIUnknown, hr::kOk, OutPointer::kDifferent), "QS-15");
  EXPECT_EQ(asked(Interface::kIVdsAsync, hr::kOk, OutPointer::kNull), "QS-15");
  EXPECT_EQ(asked(Interface::kIVdsAsync, hr::kNoInterface, OutPointer::kNull), "QS-15");
  EXPECT_EQ(asked(Interface::kOther, hr::kNoInterface, OutPointer::kNull), "");
  EXPECT_EQ(asked(Interface::kOther, hr::kNoInterface, OutPointer::kNotWritten), "QS-15");
  EXPECT_EQ(asked(Interface::kOther, hr::kInvalidArg, OutPointer::kNull), "QS-15");
}

TEST(JudgeObject, LivesUntilTheLastRelease) {
  EXPECT_EQ(Script().Begin().AddRef(2).Release(0).Ids(), "QS-15");
  EXPECT_EQ(Script().Begin().AddRef(2).Release(1).Release(0).Ids(), "");
}

}  // namespace
}  // namespace vdsconform
