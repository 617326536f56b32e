// What a judgement says: messages, witnesses, counts, observations; and what judging costs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <ctime>
#include <functional>

#include "judge_test_support.h"

namespace vdsconform {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(JudgeMessages, SayWhatWasSeenAndWhatWasAllowed) {
  EXPECT_THAT(Script().Begin().Progress(100).Pending(100).Message(),
              AllOf(HasSubstr("saw 100 %"), HasSubstr("allowed 0..99")));
  EXPECT_THAT(Script().Begin().Finish(kVdsTimeout).Query(hr::kFail, 100).Message(),
              AllOf(HasSubstr("E_FAIL (0x80004005)"), HasSubstr("allowed VDS_E_TIMEOUT")));
  EXPECT_THAT(Script().Begin().Cancel(hr::kOk).Pending(3).Message(),
              AllOf(HasSubstr("3 % after Cancel"), HasSubstr("VDS_E_OPERATION_CANCELED")));
}

TEST(JudgeMessages, NameTheConfusionOrTheKnownDeviation) {
  EXPECT_THAT(Script().Begin().Query(hr::kOperationPendingMisprint, 0).Message(),
              HasSubstr("misprint"));
  EXPECT_THAT(Script().Begin().Query(hr::kPending, 0).Message(), HasSubstr("E_PENDING"));
  EXPECT_THAT(Script().Begin(true, false).Pending(0xFFFFFFFFu).Message(), HasSubstr("-1"));
  EXPECT_THAT(Script().Begin().Finish(hr::kOk).Query(hr::kOk, 0).Message(),
              HasSubstr("deviation of Windows"));
}

TEST(JudgeFindings, OfOneCauseAreOneAndCounted) {
  Script script;
  script.Begin().Progress(100);
  for (int i = 0; i < 50; ++i) script.Pending(100);
  script.Pending(101);
  const Judgement judgement = script.Judged();
  ASSERT_EQ(judgement.findings.size(), 2u);
  EXPECT_EQ(judgement.findings[0].cause, "pending-percent-100");
  EXPECT_EQ(judgement.findings[0].count, 50u);
  EXPECT_EQ(judgement.findings[1].cause, "pending-percent-over-100");
  EXPECT_EQ(judgement.findings[1].count, 1u);
}

TEST(JudgeFindings, OfAnOperationThatTurnsOutDrivenKeepTheirCount) {
  const Judgement judgement =
      Script().Begin(false).Query(hr::kOk, 30).Query(hr::kOk, 30).Finish(hr::kOk).Judged();
  ASSERT_EQ(judgement.findings.size(), 1u);
  EXPECT_EQ(judgement.findings[0].count, 2u);
}

TEST(JudgeFindings, ShowTheCallsTheOffendingOneLast) {
  const Judgement judgement =
      Script().Begin().Progress(60).Pending(60).Pending(20).Judged(Profile::kMsVds);
  ASSERT_EQ(judgement.findings.size(), 1u);
  ASSERT_EQ(judgement.findings[0].witnesses.size(), 2u);
  EXPECT_EQ(judgement.findings[0].witnesses[0].percent, 60u);
  EXPECT_EQ(judgement.findings[0].witnesses[1].percent, 20u);
}

TEST(JudgeFindings, StandInTheOrderOfTheCatalogue) {
  const Judgement judgement = Script()
                                  .Begin()
                                  .Null(ToHresult(0xFFFFFFFFu))
                                  .Progress(100)
                                  .Pending(100)
                                  .Query(hr::kPending, 5)
                                  .Judged();
  ASSERT_EQ(judgement.findings.size(), 3u);
  EXPECT_TRUE(std::is_sorted(judgement.findings.begin(), judgement.findings.end(),
                             [](const Finding& a, const Finding& b) { return a.req < b.req; }));
}

TEST(JudgeObservations, CountWhatCouldHaveFailed) {
  Script script;
  script.Begin().Pending(0).Progress(40).Pending(40).Finish(hr::kFail).Query(hr::kFail, 100);
  script.Query(hr::kFail, 100).Null(hr::kPointer);
  EXPECT_EQ(script.Observations(Req::kQs01), 2u);
  EXPECT_EQ(script.Observations(Req::kQs02), 2u);
  EXPECT_EQ(script.Observations(Req::kQs03), 2u);
  EXPECT_EQ(script.Observations(Req::kQs04), 2u);
  EXPECT_EQ(script.Observations(Req::kQs05), 0u);
  EXPECT_EQ(script.Observations(Req::kQs07), 4u);
  EXPECT_EQ(script.Observations(Req::kQs08), 1u);
  EXPECT_EQ(script.Observations(Req::kQs10), 1u);
  EXPECT_EQ(script.Observations(Req::kQs11), 4u);
  EXPECT_EQ(script.Observations(Req::kQs12), 4u);
  EXPECT_EQ(script.Observations(Req::kQs14), 0u);
  EXPECT_EQ(script.Observations(Req::kQs18), 1u);
  EXPECT_EQ(script.Observations(Req::kQs30), 0u);
  EXPECT_EQ(script.Observations(Req::kQa03), 1u);
  EXPECT_EQ(script.Observations(Req::kQs30, Profile::kMsVds), 1u);
  EXPECT_EQ(script.Observations(Req::kQs31, Profile::kMsVds), 1u);
  EXPECT_EQ(script.Judged().events, 8u);
}

TEST(JudgeObservations, OfAnEmptyHistoryAreNone) {
  const Judgement judgement = JudgeHistory({}, Profile::kWin32);
  EXPECT_TRUE(judgement.findings.empty());
  EXPECT_EQ(std::count(judgement.observations.begin(), judgement.observations.end(), 0u),
            kReqCount);
}

// Begins, drives, asks, ends and releases operation `op` from the time `now`.
void ObserveLife(Judge* judge, uint32_t op, int64_t now) {
  Script script;
  script.Op(op).Begin().Pending(0).Finish(kVdsTimeout).Query(kVdsTimeout, 100).End().Release(0);
  for (Event event : script.Sorted().events) {
    event.t0 += now;
    *event.t1 += now;
    judge->Observe(event);
  }
}

size_t AllocatedBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(JudgeCosts, MemoryDoesNotGrowWithOperationsThatAreOver) {
  Judge judge(Profile::kMsVds);
  for (uint32_t op = 0; op < 1000; ++op) ObserveLife(&judge, op, int64_t{op} * 100);
  const size_t before = AllocatedBytes();
  if (before == 0) GTEST_SKIP() << "this allocator does not tell what is allocated";
  for (uint32_t op = 1000; op < 1'001'000; ++op) ObserveLife(&judge, op, int64_t{op} * 100);
  const size_t after = AllocatedBytes();
  EXPECT_LT(after, before + 64 * 1024);
  const Judgement judgement = judge.Finish();
  EXPECT_TRUE(judgement.findings.empty());
  EXPECT_EQ(judgement.events, 6u * 1'001'000);
}

TEST(JudgeCosts, MemoryDoesNotGrowWithFindings) {
  Judge judge(Profile::kWin32);
  Script script;
  script.Begin(false).Query(hr::kOk, 30);
  History history = script.Sorted();
  judge.Observe(history.events[0]);
  Event query = history.events[1];
  const auto ask = [&judge, &query](int calls) {
    for (int i = 0; i < calls; ++i) {
      query.t0 += 5;
      query.t1 = query.t0 + 1;
      judge.Observe(query);
    }
  };
  ask(1000);
  const size_t before = AllocatedBytes();
  if (before == 0) GTEST_SKIP() << "this allocator does not tell what is allocated";
  ask(200'000);
  EXPECT_LT(AllocatedBytes(), before + 64 * 1024);
  EXPECT_EQ(judge.Finish().findings.at(0).count, 201'000u);
}

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The least of a few measurements of CPU time: the disturbance of other processes only adds.
double CpuSecondsToJudge(const std::function<Event(int)>& call, int calls) {
  double least = 1e9;
  for (int round = 0; round < 3; ++round) {
    Judge judge(Profile::kMsVds);
    const double start = CpuSeconds();
    for (int i = 0; i < calls; ++i) judge.Observe(call(i));
    judge.Finish();
    least = std::min(least, CpuSeconds() - start);
  }
  return least;
}

// Sixteen times the calls take sixteen times as long if time is linear, and 256 times if it is
// quadratic.
void ExpectLinear(const std::function<Event(int)>& call, const char* what) {
  const double few = CpuSecondsToJudge(call, 8'000);
  const double many = CpuSecondsToJudge(call, 128'000);
  EXPECT_LT(many, 64 * few) << what;
}

Event PendingCall(uint32_t thread, int64_t t0, int64_t t1) {
  Event event;
  event.thread = thread;
  event.t0 = t0;
  event.t1 = t1;
  event.ret = hr::kOk;
  event.hr = hr::kOperationPending;
  event.percent = 0;
  return event;
}

TEST(JudgeCosts, TimeIsLinear) {
  ExpectLinear([](int i) { return PendingCall(0, 2 * i, 2 * i + 1); }, "one thread");
  ExpectLinear([](int i) { return PendingCall(static_cast<uint32_t>(i) % 64, 2 * i, 2 * i + 120); },
               "64 threads");
  ExpectLinear([](int i) { return PendingCall(0, i, i + 1); }, "calls without a gap");
  ExpectLinear([](int i) { return PendingCall(static_cast<uint32_t>(i) % 8, 5, 5); },
               "a clock that stands still");
  ExpectLinear(
      [](int i) {
        Event event = PendingCall(0, 5, 5);
        event.op = static_cast<uint32_t>(i);
        return event;
      },
      "as many operations as calls, at one instant");
}

}  // namespace
}  // namespace vdsconform
