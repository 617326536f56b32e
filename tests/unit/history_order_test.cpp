#include "spec/history_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace vdsconform {
namespace {

using testing::HasSubstr;

Event At(uint32_t thread, int64_t t0, std::optional<int64_t> t1) {
  Event event;
  event.thread = thread;
  event.t0 = t0;
  event.t1 = t1;
  return event;
}

Event Begin(uint32_t op) {
  Event event;
  event.call = Call::kBegin;
  event.op = op;
  event.t1 = 0;
  return event;
}

TEST(HistoryOrder, EqualTimesAreInOrder) {
  HistoryOrder order;
  EXPECT_EQ(order.Check(At(0, 5, 5), 1), "");
  EXPECT_EQ(order.Check(At(0, 5, 7), 2), "");
  EXPECT_EQ(order.Check(At(1, 5, 6), 3), "");
  EXPECT_EQ(order.Check(At(0, 7, 8), 4), "");
}

TEST(HistoryOrder, InvocationsMayNotGoBack) {
  HistoryOrder order;
  EXPECT_EQ(order.Check(At(0, 5, 6), 1), "");
  EXPECT_EQ(order.Check(At(1, 4, 9), 2),
            "\"t0\" is 4 but an earlier line has 5: events are sorted by \"t0\"");
}

TEST(HistoryOrder, CallsOfOneThreadMayNotOverlap) {
  HistoryOrder order;
  EXPECT_EQ(order.Check(At(3, 5, 10), 7), "");
  EXPECT_EQ(order.Check(At(4, 9, 12), 8), "");
  EXPECT_EQ(order.Check(At(3, 9, 12), 9),
            "\"t0\" is 9 but the previous call of thread 3, in line 7, returned at 10: the calls "
            "of one thread do not overlap");
}

TEST(HistoryOrder, NothingFollowsACallThatNeverCameBack) {
  HistoryOrder order;
  EXPECT_EQ(order.Check(At(3, 5, std::nullopt), 7), "");
  EXPECT_EQ(order.Check(At(4, 6, 7), 8), "");
  EXPECT_EQ(order.Check(At(3, 9, 12), 9),
            "thread 3 is still in its call, in line 7, which has no \"t1\" and so never came back");
}

TEST(HistoryOrder, AnOperationBeginsOnce) {
  HistoryOrder order;
  EXPECT_EQ(order.Check(Begin(7), 1), "");
  EXPECT_EQ(order.Check(Begin(8), 2), "");
  EXPECT_EQ(order.Check(Begin(7), 3),
            "operation 7 has begun before: a number stands for one operation only");
}

TEST(HistoryOrder, BeginsInAnyOrderAreToldApart) {
  std::vector<uint32_t> ops = {0, 0xFFFFFFFFu, 0xFFFFFFFEu};
  for (uint32_t i = 1; i < 2'000; ++i) ops.push_back(i % 3 == 0 ? i * 1'000 : i);
  std::mt19937 random(1);
  std::shuffle(ops.begin(), ops.end(), random);
  HistoryOrder order;
  for (const uint32_t op : ops) ASSERT_EQ(order.Check(Begin(op), 1), "") << op;
  for (const uint32_t op : ops) {
    ASSERT_THAT(order.Check(Begin(op), 1), HasSubstr("has begun before")) << op;
  }
  EXPECT_EQ(order.Check(Begin(3), 1), "") << "3 has not begun, though 2 and 4 have";
  EXPECT_THAT(order.Check(Begin(3), 1), HasSubstr("has begun before"));
}

TEST(HistoryOrder, ThreadsAreBounded) {
  HistoryOrder order;
  for (uint32_t i = 0; i < HistoryOrder::kMaxThreads; ++i) {
    ASSERT_EQ(order.Check(At(i * 65'537u, 0, 0), 1), "");
  }
  EXPECT_EQ(order.Check(At(0, 0, 0), 1), "") << "a thread that is known";
  EXPECT_EQ(order.Check(At(1, 0, 0), 1),
            "more than 65536 different threads: number them one after another and use numbers "
            "again");
}

TEST(HistoryOrder, GapsBetweenOperationsAreBounded) {
  HistoryOrder order;
  const auto gaps = static_cast<uint32_t>(HistoryOrder::kMaxOperationRanges);
  for (uint32_t i = 0; i < gaps; ++i) ASSERT_EQ(order.Check(Begin(2 * i), 1), "");
  EXPECT_EQ(order.Check(Begin(2 * gaps), 1),
            "the operations' numbers have more than 65536 gaps: number them one after another");
  EXPECT_EQ(order.Check(Begin(2 * gaps - 1), 1), "") << "this one extends a range";
  EXPECT_EQ(order.Check(Begin(1), 1), "") << "this one closes a gap";
  EXPECT_EQ(order.Check(Begin(3 * gaps), 1), "") << "so there is room for another";
}

}  // namespace
}  // namespace vdsconform
