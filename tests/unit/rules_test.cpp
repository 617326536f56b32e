#include "spec/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

using testing::HasSubstr;

// A context for one call of an operation that is as the test says.
class Rules : public testing::Test {
 protected:
  Rules() {
    event_.thread = 1;
    event_.t0 = 50;
    event_.t1 = 60;
    event_.ret = hr::kOk;
    event_.hr = hr::kOperationPending;
    event_.percent = 0;
    Event begin;
    begin.call = Call::kBegin;
    begin.driven = true;
    begin.t1 = 1;
    Invoke(begin);
  }

  void Invoke(const Event& event) {
    status_.Invoked(event, status_.floor(), order_++);
    status_.Returned(event);
  }
  void Finish(HRESULT result) {
    Event finish;
    finish.call = Call::kFinish;
    finish.result = result;
    finish.t0 = 10;
    finish.t1 = 20;
    Invoke(finish);
  }
  Context Now(Profile profile = Profile::kWin32) const {
    return Context{.event = event_,
                   .order = order_,
                   .status = status_,
                   .floor = status_.floor(),
                   .profile = profile,
                   .between = nullptr};
  }

  Event event_;
  OperationStatus status_{0};
  uint64_t order_ = 0;
};

TEST_F(Rules, AcceptARightCall) {
  EXPECT_FALSE(PairRule(Now()));
  EXPECT_FALSE(NeverWaits(Now()));
  EXPECT_FALSE(ReturnValue(Now()));
  EXPECT_FALSE(OutputWrites(Now()));
  EXPECT_FALSE(CallsComeBack(Now()));
  EXPECT_FALSE(WellFormed(Now()));
  EXPECT_FALSE(NeverBack(Now(Profile::kMsVds)));
  EXPECT_FALSE(StartsAtZero(Now(Profile::kMsVds)));
  EXPECT_FALSE(BreaksClients(Now()));
}

TEST_F(Rules, OnlyTheMisprintEPendingAndInProgressLookLikePending) {
  EXPECT_TRUE(LooksLikePending(hr::kOperationPendingMisprint));
  EXPECT_TRUE(LooksLikePending(hr::kPending));
  EXPECT_TRUE(LooksLikePending(hr::kInProgress));
  EXPECT_FALSE(LooksLikePending(hr::kOperationPending));
  EXPECT_FALSE(LooksLikePending(hr::kOk));
}

TEST_F(Rules, BlameWhatCameBetween) {
  Intervening between;
  Context context = Now();
  context.between = &between;
  EXPECT_EQ(Blame(context, Req::kQs10).req, Req::kQs10);
  EXPECT_TRUE(Blame(context, Req::kQs10).certain);
  between.reference = true;
  EXPECT_EQ(Blame(context, Req::kQs10).req, Req::kQs15);
  between.null_call = true;
  EXPECT_FALSE(Blame(context, Req::kQs10).certain);
  between.reference = false;
  EXPECT_EQ(Blame(context, Req::kQs10).req, Req::kQs08);
  EXPECT_TRUE(Blame(context, Req::kQs10).certain);
}

TEST_F(Rules, ThePairOfAFinishedOperationNamesThePossibleResult) {
  Finish(hr::kFail);
  event_.hr = hr::kOk;
  event_.percent = 100;
  const auto complaint = PairRule(Now());
  ASSERT_TRUE(complaint);
  EXPECT_EQ(complaint->req, Req::kQs03);
  EXPECT_THAT(complaint->message, HasSubstr("E_FAIL"));
}

TEST_F(Rules, APairThatNoStateHasBesideATransitionIsTorn) {
  Event finish;
  finish.call = Call::kFinish;
  finish.result = hr::kOk;
  finish.t0 = 55;
  finish.t1 = 70;
  status_.Invoked(finish, status_.floor(), order_++);
  event_.percent = 100;
  const auto complaint = PairRule(Now());
  ASSERT_TRUE(complaint);
  EXPECT_EQ(complaint->req, Req::kQs09);
}

TEST_F(Rules, WellFormedSaysWhy) {
  event_.ret = ToHresult(0xFFFFFFEAu);
  const auto complaint = WellFormed(Now());
  ASSERT_TRUE(complaint);
  EXPECT_EQ(complaint->req, Req::kQs18);
  EXPECT_THAT(complaint->message, HasSubstr("negated error number"));
}

TEST_F(Rules, NullOutputsNamesThePointer) {
  event_.hr.reset();
  event_.percent.reset();
  event_.null_outputs = NullOutputs::kPercent;
  const auto complaint = NullOutputsRule(Now());
  ASSERT_TRUE(complaint);
  EXPECT_THAT(complaint->message, HasSubstr("NULL pulPercentCompleted"));
  event_.ret = hr::kInvalidArg;
  EXPECT_FALSE(NullOutputsRule(Now()));
}

TEST_F(Rules, OutputWritesNamesWhatIsMissing) {
  event_.percent.reset();
  ASSERT_TRUE(OutputWrites(Now()));
  EXPECT_THAT(OutputWrites(Now())->message, HasSubstr("pulPercentCompleted not written"));
  event_.hr.reset();
  EXPECT_THAT(OutputWrites(Now())->message, HasSubstr("neither"));
}

TEST_F(Rules, CallsComeBackNamesTheFaultAndItsDetail) {
  event_.fault = Fault::kThrew;
  event_.detail = "std::bad_alloc";
  const auto complaint = CallsComeBack(Now());
  ASSERT_TRUE(complaint);
  EXPECT_EQ(complaint->cause, "threw-QueryStatus");
  EXPECT_THAT(complaint->message, HasSubstr("std::bad_alloc"));
}

TEST_F(Rules, NeverBackShowsBothCalls) {
  Event earlier = event_;
  earlier.percent = 70;
  status_.Reported(earlier, order_++, 0);
  event_.percent = 40;
  const auto complaint = NeverBack(Now(Profile::kMsVds));
  ASSERT_TRUE(complaint);
  EXPECT_EQ(complaint->req, Req::kQs30);
  ASSERT_TRUE(complaint->earlier);
  EXPECT_EQ(complaint->earlier->percent, 70u);
  EXPECT_EQ(NeverBack(Now())->req, Req::kQa03);
}

TEST_F(Rules, ACancelThatSucceedsAfterTheEndIsLate) {
  event_ = Event{};
  event_.call = Call::kCancel;
  event_.t0 = 50;
  event_.t1 = 60;
  event_.ret = hr::kOk;
  Finish(hr::kFail);
  ASSERT_TRUE(AgreesWithCancel(Now()));
  EXPECT_EQ(AgreesWithCancel(Now())->req, Req::kQs17);
  event_.ret = hr::kCancelTooLate;
  EXPECT_FALSE(AgreesWithCancel(Now()));
}

}  // namespace
}  // namespace vdsconform
