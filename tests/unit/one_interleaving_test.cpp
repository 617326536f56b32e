#include "harness/one_interleaving.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

using namespace steps;

StopPoint Point(uint64_t instruction, uint32_t beyond = 0) {
  StopPoint point;
  point.instruction = instruction;
  point.beyond = beyond;
  point.at = "libmine.so+0x" + std::to_string(instruction);
  return point;
}

Event At(uint32_t op, std::optional<uint32_t> step) {
  Event event;
  event.op = op;
  event.step = step;
  return event;
}

Event StoppedAt(uint32_t op, uint32_t step, StopPoint point) {
  Event event = At(op, step);
  event.stopped = std::move(point);
  return event;
}

Finding ShownBy(std::vector<Event> witnesses) {
  Finding finding;
  finding.witnesses = std::move(witnesses);
  return finding;
}

// A finish amid which another thread asks, and asks again.
Program OneStop() { return Explored({Progress(10), Finish(hr::kOk), On(1, Query())}, {1}); }

// The same, with the query stopped, too.
Program TwoStops() {
  return Explored({Progress(10), Finish(hr::kOk), On(1, Query()), On(2, Query())}, {1, 2});
}

// Three interleavings of it, each with its own operation.
Execution ThreeInterleavings() {
  Execution execution;
  for (uint32_t op = 0; op < 3; ++op) {
    execution.history.events.push_back(At(op, 0));
    execution.history.events.push_back(StoppedAt(op, 1, Point(10 + op, op)));
    execution.history.events.push_back(At(op, 2));
    execution.history.events.push_back(At(op, std::nullopt));
  }
  return execution;
}

TEST(OneInterleaving, StopsWhereItWasStopped) {
  const Execution execution = ThreeInterleavings();
  for (uint32_t op = 0; op < 3; ++op) {
    const auto one = OneInterleaving(OneStop(), execution, ShownBy({At(op, 2)}));
    ASSERT_TRUE(one);
    Program expected = OneStop();
    expected.schedule = {};
    expected.schedule.kind = Schedule::Kind::kPreempted;
    expected.schedule.preemptions = {{1, Point(10 + op, op)}};
    EXPECT_EQ(*one, expected);
  }
}

TEST(OneInterleaving, IsThatOfTheLastWitness) {
  const auto one = OneInterleaving(OneStop(), ThreeInterleavings(), ShownBy({At(0, 2), At(1, 2)}));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->schedule.preemptions, (std::vector<Preemption>{{1, Point(11, 1)}}));
}

TEST(OneInterleaving, KeepsWhoseThreadWasStopped) {
  Execution execution;
  StopPoint point = Point(3);
  point.iut_thread = true;
  execution.history.events = {StoppedAt(0, 1, point), At(0, 2)};
  const auto one = OneInterleaving(OneStop(), execution, ShownBy({At(0, 2)}));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->schedule.preemptions, (std::vector<Preemption>{{1, point}}));
}

TEST(OneInterleaving, HasSeveralOperationsInEach) {
  Program program = OneStop();
  program.operations.emplace_back();
  Execution execution;
  execution.history.events = {StoppedAt(2, 1, Point(5)), At(3, 2), StoppedAt(4, 1, Point(6)),
                              At(5, 2)};
  const auto one = OneInterleaving(program, execution, ShownBy({At(3, 2)}));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->schedule.preemptions, (std::vector<Preemption>{{1, Point(5)}}));
}

TEST(OneInterleaving, HasBothStops) {
  Execution execution;
  execution.history.events = {StoppedAt(0, 1, Point(1)), StoppedAt(0, 2, Point(2)), At(0, 3),
                              StoppedAt(1, 2, Point(4)), StoppedAt(1, 1, Point(3)), At(1, 3)};
  const auto one = OneInterleaving(TwoStops(), execution, ShownBy({At(1, 3)}));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->schedule.preemptions, (std::vector<Preemption>{{1, Point(3)}, {2, Point(4)}}));
}

// Where the other one was not reached, or its call waited.
TEST(OneInterleaving, HasTheOneStopThatWasReached) {
  Execution execution;
  execution.history.events = {At(0, 1), StoppedAt(0, 2, Point(2)), At(0, 3)};
  const auto one = OneInterleaving(TwoStops(), execution, ShownBy({At(0, 3)}));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->schedule.preemptions, (std::vector<Preemption>{{2, Point(2)}}));
}

TEST(OneInterleaving, OfADeathIsTheOneThatRan) {
  Execution execution = ThreeInterleavings();
  execution.stops_at_death = {{1, Point(77)}, {2, Point(78)}};
  const auto one = OneInterleaving(TwoStops(), execution, ShownBy({At(0, 2)}));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->schedule.kind, Schedule::Kind::kPreempted);
  EXPECT_EQ(one->schedule.preemptions, execution.stops_at_death);
}

TEST(OneInterleaving, IsNoneWhereNothingWasStopped) {
  Execution execution;
  execution.history.events = {At(0, 1), At(0, 2), StoppedAt(1, 1, Point(1))};
  EXPECT_FALSE(OneInterleaving(OneStop(), execution, ShownBy({At(0, 2)})));
}

TEST(OneInterleaving, IsNoneOfAFindingWithoutWitnesses) {
  EXPECT_FALSE(OneInterleaving(OneStop(), ThreeInterleavings(), ShownBy({})));
}

TEST(OneInterleaving, IsNoneOfAnotherSchedule) {
  Program program = OneStop();
  const Finding finding = ShownBy({At(0, 2)});
  for (const auto kind :
       {Schedule::Kind::kInOrder, Schedule::Kind::kRacing, Schedule::Kind::kPreempted}) {
    program.schedule.kind = kind;
    EXPECT_FALSE(OneInterleaving(program, ThreeInterleavings(), finding));
  }
}

}  // namespace
}  // namespace vdsconform
