#include "reference/operation_state.h"

#include <gtest/gtest.h>

#include "tests/unit/reference_test_support.h"

namespace vdsconform {
namespace {

void ExpectState(const OperationState& state, HRESULT result, ULONG percent) {
  const OperationSnapshot now = state.Load();
  EXPECT_EQ(ToBits(now.result), ToBits(result));
  EXPECT_EQ(now.percent, percent);
  EXPECT_EQ(now.finished(), percent == 100);
}

TEST(OperationStateTest, StartsPendingAtZero) {
  ExpectState(OperationState(true), hr::kOperationPending, 0);
  ExpectState(OperationState(false), hr::kOperationPending, 0);
}

TEST(OperationStateTest, AdvancesOnlyUpwards) {
  OperationState state(true);
  for (const ULONG percent : {1u, 40u, 39u, 0u, 40u, 41u}) state.Advance(percent);
  ExpectState(state, hr::kOperationPending, 41);
  state.Advance(7);
  ExpectState(state, hr::kOperationPending, 41);
}

TEST(OperationStateTest, AdvancesToAtMostNinetyNine) {
  for (const ULONG percent : {99u, 100u, 101u, 127u, 128u, 0xFFFFFFFFu}) {
    OperationState state(true);
    state.Advance(percent);
    ExpectState(state, hr::kOperationPending, 99);
  }
}

TEST(OperationStateTest, StaysAtZeroWithoutEstimate) {
  OperationState state(false);
  state.Advance(50);
  state.Advance(100);
  ExpectState(state, hr::kOperationPending, 0);
  EXPECT_TRUE(state.Finish(hr::kOk));
  ExpectState(state, hr::kOk, 100);
}

TEST(OperationStateTest, KeepsEveryBitOfTheResult) {
  for (const uint32_t bits : {0u, 1u, 0x00042434u, 0x00042409u, 0x8007001Fu, 0x80042469u,
                              0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu, 0x8000000Au}) {
    OperationState state(true);
    EXPECT_TRUE(state.Finish(ToHresult(bits)));
    ExpectState(state, ToHresult(bits), 100);
  }
}

TEST(OperationStateTest, FinishesOnce) {
  OperationState state(true);
  EXPECT_TRUE(state.Finish(ToHresult(0x80070070u)));
  EXPECT_FALSE(state.Finish(hr::kOk));
  EXPECT_FALSE(state.Finish(ToHresult(0x80070070u)));
  state.Advance(3);
  state.Advance(100);
  ExpectState(state, ToHresult(0x80070070u), 100);
}

TEST(OperationStateTest, DoesNotFinishWithPending) {
  OperationState state(true);
  EXPECT_TRUE(state.Finish(hr::kOperationPending));
  ExpectState(state, hr::kFail, 100);
}

TEST(OperationStateTest, CancelRequestIsMadeOnceAndChangesNothingElse) {
  OperationState state(true);
  state.Advance(20);
  EXPECT_FALSE(state.cancel_requested());
  EXPECT_TRUE(state.RequestCancel());
  EXPECT_FALSE(state.RequestCancel());
  EXPECT_TRUE(state.cancel_requested());
  ExpectState(state, hr::kOperationPending, 20);
  state.Advance(30);
  EXPECT_TRUE(state.cancel_requested());
  ExpectState(state, hr::kOperationPending, 30);
  EXPECT_TRUE(state.Finish(hr::kOperationCanceled));
  ExpectState(state, hr::kOperationCanceled, 100);
}

TEST(OperationStateTest, CancelRequestIsTooLateOnceFinished) {
  OperationState state(true);
  state.Finish(hr::kOk);
  EXPECT_FALSE(state.RequestCancel());
  EXPECT_FALSE(state.cancel_requested());
  ExpectState(state, hr::kOk, 100);
}

TEST(OperationStateTest, AwaitSleepsThroughProgressAndCancelRequests) {
  OperationState state(true);
  OperationSnapshot seen{hr::kFail, 0};
  testing::Caller waiter([&] { seen = state.AwaitFinished(); });
  for (ULONG percent = 0; percent <= 100; percent += 10) {
    EXPECT_TRUE(waiter.SleepsInCall()) << "at " << percent;
    state.Advance(percent);
  }
  state.RequestCancel();
  EXPECT_TRUE(waiter.SleepsInCall());
  state.Finish(hr::kFalse);
  waiter.Join();
  EXPECT_EQ(seen.result, hr::kFalse);
  EXPECT_EQ(seen.percent, 100u);
}

TEST(OperationStateTest, AwaitOfAFinishedOperationReturns) {
  OperationState state(true);
  state.Finish(hr::kNotImpl);
  EXPECT_EQ(state.AwaitFinished().result, hr::kNotImpl);
}

}  // namespace
}  // namespace vdsconform
