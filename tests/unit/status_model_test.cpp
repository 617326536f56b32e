#include "spec/status_model.h"

#include <gtest/gtest.h>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

Event Made(Call call, uint32_t thread, int64_t t0, int64_t t1) {
  Event event;
  event.call = call;
  event.thread = thread;
  event.t0 = t0;
  event.t1 = t1;
  return event;
}

Event Report(HRESULT hr, uint32_t percent, int64_t t0 = 50) {
  Event event = Made(Call::kQueryStatus, 1, t0, t0 + 1);
  event.ret = hr::kOk;
  event.hr = hr;
  event.percent = percent;
  return event;
}

Event FinishWith(HRESULT result, uint32_t thread, int64_t t0, int64_t t1) {
  Event event = Made(Call::kFinish, thread, t0, t1);
  event.result = result;
  return event;
}

TEST(FirstInvoked, IsNotAfterACallThatReturnsLater) {
  FirstInvoked first;
  EXPECT_FALSE(first.NotAfter(Made(Call::kQueryStatus, 1, 0, 100), 0));
  first.Note(Made(Call::kFinish, 2, 10, 20), 5);
  EXPECT_TRUE(first.NotAfter(Made(Call::kQueryStatus, 1, 0, 11), 1));
  EXPECT_FALSE(first.NotAfter(Made(Call::kQueryStatus, 1, 0, 9), 1));
}

TEST(FirstInvoked, AtOneInstantIsAfterTheEarlierCallsOfItsOwnThreadOnly) {
  FirstInvoked first;
  first.Note(Made(Call::kFinish, 2, 10, 20), 5);
  EXPECT_TRUE(first.NotAfter(Made(Call::kQueryStatus, 1, 0, 10), 1));
  EXPECT_FALSE(first.NotAfter(Made(Call::kQueryStatus, 2, 0, 10), 1));
  EXPECT_TRUE(first.NotAfter(Made(Call::kQueryStatus, 2, 10, 10), 6));
  first.Note(Made(Call::kCancel, 3, 10, 20), 7);
  EXPECT_TRUE(first.NotAfter(Made(Call::kQueryStatus, 2, 0, 10), 1));
}

TEST(FirstInvoked, IsBeforeEverythingThatNeverReturns) {
  FirstInvoked first;
  first.Note(Made(Call::kFinish, 2, 10, 20), 5);
  Event lost = Made(Call::kQueryStatus, 1, 0, 1);
  lost.t1.reset();
  EXPECT_TRUE(first.NotAfter(lost, 1));
}

TEST(LatestReturn, SeesOverlapsWithOtherThreadsOnly) {
  LatestReturn latest;
  const Event call = Made(Call::kQueryStatus, 1, 20, 30);
  EXPECT_FALSE(latest.OverlapsOtherThread(call));
  latest.Note(Made(Call::kProgress, 1, 0, 90));
  EXPECT_FALSE(latest.OverlapsOtherThread(call));
  latest.Note(Made(Call::kProgress, 2, 0, 19));
  EXPECT_FALSE(latest.OverlapsOtherThread(call));
  latest.Note(Made(Call::kProgress, 3, 0, 20));
  EXPECT_TRUE(latest.OverlapsOtherThread(call));
  EXPECT_TRUE(latest.OverlapsOtherThread(Made(Call::kQueryStatus, 3, 20, 30)));
}

TEST(Floor, GrowsByWhatReturns) {
  Floor floor;
  EXPECT_FALSE(floor.MustBeFinished());
  floor.Note(Report(hr::kOperationPending, 30));
  floor.Note(Report(hr::kOperationPending, 10));
  EXPECT_FALSE(floor.MustBeFinished());
  ASSERT_TRUE(floor.highest);
  EXPECT_EQ(floor.highest->percent, 30u);
  Floor other;
  other.Note(Report(hr::kFail, 100));
  floor.Add(other);
  EXPECT_TRUE(floor.MustBeFinished());
  EXPECT_EQ(floor.reported_hr, hr::kFail);
  EXPECT_TRUE(floor.reported_hundred);
  EXPECT_EQ(floor.highest->percent, 30u);
}

TEST(Floor, IsNotRaisedByAWaitOrACancelThatFails) {
  Floor floor;
  Event wait = Made(Call::kWait, 1, 0, 1);
  wait.ret = hr::kNotImpl;
  floor.Note(wait);
  Event cancel = Made(Call::kCancel, 1, 2, 3);
  cancel.ret = hr::kCancelTooLate;
  floor.Note(cancel);
  EXPECT_FALSE(floor.MustBeFinished());
}

TEST(OperationStatus, HasOnlyResultsThatCouldHaveDecided) {
  OperationStatus status(0);
  const Event first = FinishWith(hr::kOk, 0, 10, 20);
  const Event beside = FinishWith(hr::kFail, 2, 15, 25);
  status.Invoked(first, status.floor(), 0);
  status.Invoked(beside, status.floor(), 1);
  status.Returned(first);
  status.Invoked(FinishWith(hr::kFalse, 0, 30, 40), status.floor(), 2);
  const Event late = Report(hr::kOk, 100);
  EXPECT_TRUE(status.ResultsKnown());
  EXPECT_TRUE(status.IsPossibleResult(hr::kOk, late, 3));
  EXPECT_TRUE(status.IsPossibleResult(hr::kFail, late, 3));
  EXPECT_FALSE(status.IsPossibleResult(hr::kFalse, late, 3));
  EXPECT_FALSE(status.IsPossibleResult(hr::kFail, Report(hr::kFail, 100, 12), 3));
}

TEST(OperationStatus, DoesNotKnowTheResultsOfManyFinishes) {
  OperationStatus status(0);
  for (uint32_t i = 0; i < 20; ++i) {
    status.Invoked(FinishWith(ToHresult(i), i, 10, 20), status.floor(), i);
  }
  EXPECT_FALSE(status.ResultsKnown());
  EXPECT_LE(status.possible_results().size(), 20u);
}

TEST(OperationStatus, HasTheResultThatWasToldFirst) {
  OperationStatus status(0);
  EXPECT_FALSE(status.settled());
  Event cancel = Made(Call::kCancel, 1, 10, 11);
  cancel.ret = hr::kOk;
  status.Invoked(cancel, status.floor(), 0);
  status.Returned(cancel);
  ASSERT_TRUE(status.settled());
  EXPECT_EQ(status.settled()->hr, hr::kOperationCanceled);
  EXPECT_EQ(status.settled()->by, Call::kCancel);
  // What reports and Waits said may turn out to be a lie; what the Cancel said stays.
  status.Reported(Report(hr::kOperationCanceled, 100), 1, 0);
  status.ForgetReports();
  EXPECT_TRUE(status.settled());
  EXPECT_FALSE(status.floor().reported);
}

TEST(OperationStatus, TellsWhatCameBetweenTheLastAnswerAndACall) {
  OperationStatus status(0);
  Event null = Made(Call::kQueryStatus, 1, 10, 11);
  null.null_outputs = NullOutputs::kBoth;
  status.Invoked(null, status.floor(), 0);
  const Event later = Report(hr::kOk, 100, 90);
  EXPECT_TRUE(status.Between(later, 9).OnlyNullCall());
  status.Invoked(Made(Call::kAddRef, 1, 20, 21), status.floor(), 1);
  EXPECT_FALSE(status.Between(later, 9).OnlyNullCall());
  EXPECT_FALSE(status.Between(later, 9).OnlyReference());
  status.Reported(Report(hr::kOperationPending, 0), 2, 0);
  EXPECT_TRUE(status.Between(later, 9).Nothing());
}

TEST(OperationStatus, CountsReferences) {
  OperationStatus status(0);
  EXPECT_EQ(status.client_references(), 1);
  status.Returned(Made(Call::kAddRef, 1, 0, 1));
  Event query = Made(Call::kQueryInterface, 1, 2, 3);
  query.ret = hr::kOk;
  status.Returned(query);
  query.ret = hr::kNoInterface;
  status.Returned(query);
  EXPECT_EQ(status.client_references(), 3);
  status.Returned(Made(Call::kRelease, 1, 4, 5));
  EXPECT_EQ(status.client_references(), 2);
}

}  // namespace
}  // namespace vdsconform
