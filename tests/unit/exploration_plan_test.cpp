// The plan of an exploration, on made-up traces.
#include "harness/exploration_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tests/unit/boundary_traces.h"

namespace vdsconform {
namespace {

using namespace steps;
using Purpose = ExplorationPlan::Purpose;
using testing::ElementsAre;
using testing::SizeIs;

constexpr int64_t kMs = 1'000'000;

Program StoppedIn(Schedule::Kind kind, const std::vector<uint32_t>& stopped) {
  Program program;
  program.steps = {Finish(0), On(1, Query()), On(1, Query())};
  program.schedule.kind = kind;
  for (const uint32_t step : stopped) program.schedule.preemptions.push_back({step, {}});
  return program;
}

class ExplorationPlanTest : public testing::Test {
 protected:
  // Warms up and hands in the traces. The plan is then about to say what is next.
  ExplorationPlan Traced(const Program& program, const std::vector<std::vector<Boundary>>& traces,
                         int64_t usual_ns = 1'000) {
    ExplorationPlan plan(program, exploration_);
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(plan.Next(0));
      EXPECT_EQ(plan.purpose(), Purpose::kWarmUp);
      plan.NoteWarmUp(usual_ns);
    }
    for (size_t i = 0; i < traces.size(); ++i) {
      EXPECT_TRUE(plan.Next(0));
      EXPECT_EQ(plan.purpose(), Purpose::kTrace);
      EXPECT_EQ(plan.traced(), i);
      plan.NoteTrace(traces[i]);
    }
    return plan;
  }

  // The instructions at which the first thread is stopped from now on, each stop of which takes
  // `cpu_ns` of the processor.
  static std::vector<uint64_t> Stops(ExplorationPlan& plan, int64_t cpu_ns = 0) {
    std::vector<uint64_t> stops;
    for (int64_t used = 0; plan.Next(used); used += cpu_ns) {
      EXPECT_EQ(plan.purpose(), Purpose::kStop);
      stops.push_back(plan.boundary(0).instruction);
    }
    return stops;
  }

  Exploration exploration_;
};

TEST_F(ExplorationPlanTest, StopsAtEveryBoundary) {
  const Program program = StoppedIn(Schedule::Kind::kExplored, {0});
  ExplorationPlan plan = Traced(program, {Trace(3, 2)});
  EXPECT_THAT(Stops(plan), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(exploration_.possible, 5u);
  EXPECT_FALSE(plan.Next(0));
}

TEST_F(ExplorationPlanTest, StopsNowhereInACallWithoutInstructions) {
  const Program program = StoppedIn(Schedule::Kind::kExplored, {0});
  ExplorationPlan plan = Traced(program, {{}});
  EXPECT_FALSE(plan.Next(0));
  EXPECT_EQ(exploration_.possible, 0u);
}

TEST_F(ExplorationPlanTest, TracesBothOfTwoAndStopsThemInEveryCombination) {
  const Program program = StoppedIn(Schedule::Kind::kExplored, {0, 1});
  ExplorationPlan plan = Traced(program, {Trace(2, 0), Trace(3, 0)});
  EXPECT_THAT(Stops(plan), ElementsAre(0, 0, 0, 1, 1, 1));
}

TEST_F(ExplorationPlanTest, LeavesOutWhatIsKnownToBlock) {
  const Program program = StoppedIn(Schedule::Kind::kExplored, {0, 1});
  ExplorationPlan plan = Traced(program, {Trace(2, 0), Trace(4, 0)});
  ASSERT_TRUE(plan.Next(0));
  ASSERT_TRUE(plan.Next(0));
  EXPECT_EQ(plan.boundary(1).instruction, 1u);
  plan.NoteHeld();
  // Those of the first thread at 0 and the second at 2 and 3 are the same.
  EXPECT_THAT(Stops(plan), ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(exploration_.performed, 2u);
  EXPECT_EQ(exploration_.held, 2u);
}

TEST_F(ExplorationPlanTest, SweepsWhatCostsTooManyTraps) {
  Program program = StoppedIn(Schedule::Kind::kExplored, {0});
  program.schedule.traps = 99;
  ExplorationPlan plan = Traced(program, {Trace(3, 5, 11)});  // 20 traps each
  ASSERT_TRUE(plan.Next(0));
  ASSERT_EQ(plan.purpose(), Purpose::kSweep);
  for (const Boundary& boundary : Trace(3, 5, 11))
    plan.NoteSeen(boundary, boundary.instruction < 6);
  // What changes at first is from nothing; then where something changed, and just before.
  const std::vector<uint64_t> stops = Stops(plan);
  ASSERT_GE(stops.size(), 5u);
  EXPECT_THAT(std::vector<uint64_t>(stops.begin(), stops.begin() + 5), ElementsAre(0, 6, 5, 1, 2));
  EXPECT_EQ(exploration_.possible, 8u);
}

TEST_F(ExplorationPlanTest, SweepsNothingThatItCanAfford) {
  Program program = StoppedIn(Schedule::Kind::kExplored, {0});
  program.schedule.traps = 100;
  ExplorationPlan plan = Traced(program, {Trace(3, 5, 11)});
  EXPECT_THAT(Stops(plan), SizeIs(8));
}

TEST_F(ExplorationPlanTest, SweepsOnlyWhereAQueryOfAnotherThreadFollows) {
  Program program = StoppedIn(Schedule::Kind::kExplored, {0});
  program.schedule.traps = 1;
  program.steps[1].thread = 0;
  ExplorationPlan same = Traced(program, {Trace(3, 5, 11)});
  EXPECT_THAT(Stops(same), ElementsAre(0, 1, 2));
  program.steps[1] = On(1, Progress(5));
  exploration_ = {};
  ExplorationPlan other = Traced(program, {Trace(3, 5, 11)});
  EXPECT_THAT(Stops(other), ElementsAre(0, 1, 2));
  program = StoppedIn(Schedule::Kind::kExplored, {2});
  program.schedule.traps = 1;
  exploration_ = {};
  ExplorationPlan last = Traced(program, {Trace(3, 5, 11)});
  EXPECT_THAT(Stops(last), ElementsAre(0, 1, 2));
}

// 10 traps are worth half a millisecond.
TEST_F(ExplorationPlanTest, RunsFewerWhereTheyAreSlow) {
  Program program = StoppedIn(Schedule::Kind::kExplored, {2});
  program.schedule.traps = 10;
  ExplorationPlan quick = Traced(program, {Trace(10, 2, 2)});
  EXPECT_THAT(Stops(quick, 10'000), SizeIs(12));
  exploration_ = {};
  // Dear ones after one limit, cheap ones after five.
  ExplorationPlan slow = Traced(program, {Trace(10, 2, 2)});
  EXPECT_THAT(Stops(slow, 100'000), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  exploration_ = {};
  ExplorationPlan slower = Traced(program, {Trace(10, 2, 2)});
  EXPECT_THAT(Stops(slower, kMs), ElementsAre(0, 1, 2));
  EXPECT_EQ(exploration_.possible, 12u);
}

TEST_F(ExplorationPlanTest, RunsThemFromEverywhereAlikeWhereTheyAreSlow) {
  Program program = StoppedIn(Schedule::Kind::kExplored, {2});
  program.schedule.traps = 10;
  ExplorationPlan plan = Traced(program, {Trace(10, 0)}, 250'000);  // two are affordable
  EXPECT_THAT(Stops(plan, 600'000), ElementsAre(0, 5, 1, 6, 2));
}

TEST_F(ExplorationPlanTest, StopsAtChangesEvenIfThereIsNoTimeLeft) {
  Program program = StoppedIn(Schedule::Kind::kExplored, {0});
  program.schedule.traps = 10;
  ExplorationPlan plan = Traced(program, {Trace(3, 5, 11)});
  ASSERT_TRUE(plan.Next(0));
  ASSERT_EQ(plan.purpose(), Purpose::kSweep);
  for (const Boundary& boundary : Trace(3, 5, 11))
    plan.NoteSeen(boundary, boundary.instruction / 2);
  EXPECT_THAT(Stops(plan, 1'000 * kMs), ElementsAre(2, 1, 4, 3, 6, 5));
}

TEST_F(ExplorationPlanTest, APreemptedProgramIsRunOnceAsItSays) {
  Program program = StoppedIn(Schedule::Kind::kPreempted, {0});
  program.schedule.preemptions[0].point.instruction = 17;
  ExplorationPlan plan = Traced(program, {});
  EXPECT_THAT(Stops(plan), ElementsAre(17));
}

TEST_F(ExplorationPlanTest, APreemptionOfAnotherThreadIsLookedUpInATrace) {
  Program program = StoppedIn(Schedule::Kind::kPreempted, {0});
  program.schedule.preemptions[0].point.instruction = 2;
  program.schedule.preemptions[0].point.iut_thread = true;
  std::vector<Boundary> trace = Trace(3, 0);
  trace[2].anchor = 4'711;
  ExplorationPlan plan = Traced(program, {trace});
  ASSERT_TRUE(plan.Next(0));
  EXPECT_EQ(plan.boundary(0).anchor, 4'711u);
  EXPECT_FALSE(plan.Next(0));
  ExplorationPlan shorter = Traced(program, {Trace(2, 0)});
  EXPECT_FALSE(shorter.Next(0));
}

}  // namespace
}  // namespace vdsconform
