// Exploration, on small libraries of which each is wrong in one place or in none.
#include "harness/exploration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "harness/in_process.h"
#include "harness/one_interleaving.h"
#include "harness/program.h"
#include "harness/stepper.h"
#include "spec/hresult.h"
#include "spec/judge.h"

namespace vdsconform {
namespace {

using namespace steps;
using testing::HasSubstr;
using testing::StartsWith;

// How often what was found has to show again.
constexpr int kRuns = 100;

// A whole call amid a finish, and another one.
Program AmidFinish() { return Explored({Finish(hr::kFail), On(1, Query()), On(1, Query())}, {0}); }

// A finish amid a call.
Program AmidCall() { return Explored({On(1, Query()), Finish(hr::kFail), On(1, Query())}, {0}); }

// A finish that starts amid a call and stops halfway.
Program AmidBoth() { return Explored({On(1, Query()), Finish(hr::kFail), On(1, Query())}, {0, 1}); }

bool IsTorn(const Event& event) {
  if (!event.hr || !event.percent) return false;
  return (*event.hr == hr::kOperationPending) == (*event.percent == 100);
}

size_t CountTorn(const Execution& execution) {
  const auto& events = execution.history.events;
  return static_cast<size_t>(std::count_if(events.begin(), events.end(), IsTorn));
}

std::string Describe(const Execution& execution) {
  std::string text;
  for (const Event& event : execution.history.events) {
    text += "\n  " + std::to_string(event.op) + ": " + vdsconform::Describe(event);
  }
  return text;
}

bool HasHeld(const Execution& execution) {
  const auto& events = execution.history.events;
  return std::any_of(events.begin(), events.end(), [](const Event& event) { return event.held; });
}

// The event of step `step` in the interleaving that has the first torn pair.
std::optional<Event> InTheTornOne(const Execution& execution, uint32_t step) {
  const auto& events = execution.history.events;
  const auto torn = std::find_if(events.begin(), events.end(), IsTorn);
  if (torn == events.end()) return std::nullopt;
  const auto found = std::find_if(events.begin(), events.end(), [&](const Event& event) {
    return event.op == torn->op && event.step == step;
  });
  return found == events.end() ? std::nullopt : std::optional(*found);
}

class ExplorationTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Stepper::WhyNot(); !why.empty()) GTEST_SKIP() << why;
  }

  void Open(const std::string& name) {
    auto opened = OpenInProcess(std::string(VDSCONFORM_EXPLORED_DIR) + "/" + name + ".so", {});
    if (const auto* error = std::get_if<std::string>(&opened)) FAIL() << *error;
    subject_ = std::get<std::unique_ptr<Subject>>(std::move(opened));
    ASSERT_EQ(subject_->info().no_exploration, "");
  }

  Execution Execute(const Program& program) {
    Execution execution = subject_->Execute(program);
    EXPECT_EQ(execution.error, "");
    return execution;
  }

  // Explores the Program, which must show a torn pair; the Program that shows it again.
  std::optional<Program> FindTorn(const Program& program) {
    const Execution execution = Execute(program);
    EXPECT_EQ(execution.inconclusive, "");
    for (const Finding& finding : JudgeHistory(execution.history, Profile::kWin32).findings) {
      if (finding.req == Req::kQs09) return OneInterleaving(program, execution, finding);
    }
    ADD_FAILURE() << "nothing torn in " << execution.exploration.performed << " interleavings";
    return std::nullopt;
  }

  void ExpectTornEachTime(const Program& one) {
    for (int i = 0; i < kRuns; ++i) {
      const Execution execution = Execute(one);
      ASSERT_EQ(execution.inconclusive, "");
      ASSERT_GE(CountTorn(execution), 1u) << "run " << i << Describe(execution);
      for (const Preemption& preemption : one.schedule.preemptions) {
        const auto stopped = InTheTornOne(execution, preemption.step);
        ASSERT_TRUE(stopped && stopped->stopped);
        EXPECT_EQ(stopped->stopped->instruction, preemption.point.instruction);
        EXPECT_EQ(stopped->stopped->beyond, preemption.point.beyond);
      }
    }
  }

  void ExpectNeverTorn(const Program& program) {
    const Execution execution = Execute(program);
    EXPECT_EQ(execution.inconclusive, "");
    EXPECT_GT(execution.exploration.performed, 5u);
    EXPECT_EQ(CountTorn(execution), 0u);
  }

  std::unique_ptr<Subject> subject_;
};

// These two come first: libraries of later ones leave threads behind where all tests share a
// process, and then no breakpoint is set in a library.

// The instructions of a lock are many times those of the call that takes it.
TEST_F(ExplorationTest, ALockIsStoppedInWithoutBeingSteppedThrough) {
  Open("mutex");
  const uint64_t before = Stepper::traps();
  const Execution execution = Execute(AmidFinish());
  const uint64_t traps = Stepper::traps() - before;
  const uint64_t performed = execution.exploration.performed;
  EXPECT_EQ(performed, execution.exploration.possible);
  EXPECT_EQ(execution.exploration.missed, 0u);
  // One for each boundary to trace them, then one or two to stop at each; by steps it is ten.
  EXPECT_GT(traps, 2 * performed);
  EXPECT_LT(traps, 4 * performed);
}

// Half of the breakpoints in a library are in a function that is not called this time.
TEST_F(ExplorationTest, WhereABreakpointInALibraryIsNotReachedStepsAreTaken) {
  Open("wanders");
  Program program = AmidFinish();
  program.schedule.traps = 1'000'000;
  const Execution execution = Execute(program);
  EXPECT_EQ(execution.inconclusive, "");
  EXPECT_GT(execution.exploration.performed, 100u);
  EXPECT_EQ(execution.exploration.performed, execution.exploration.possible);
  EXPECT_LT(execution.exploration.missed, execution.exploration.performed / 10);
  EXPECT_EQ(CountTorn(execution), 0u);
}

TEST_F(ExplorationTest, ATornWriteIsSeenFromAmidIt) {
  Open("writer");
  const Program program = AmidFinish();
  const Execution execution = Execute(program);
  const std::optional<Event> finish = InTheTornOne(execution, 0);
  ASSERT_TRUE(finish);
  EXPECT_EQ(finish->call, Call::kFinish);
  ASSERT_TRUE(finish->stopped);
  EXPECT_FALSE(finish->stopped->iut_thread);
  EXPECT_THAT(finish->stopped->at, StartsWith("writer.so+0x"));
  EXPECT_FALSE(finish->held);
  // It asked while the finish was stopped.
  const std::optional<Event> query = InTheTornOne(execution, 1);
  ASSERT_TRUE(query);
  EXPECT_GT(query->t0, finish->t0);
  EXPECT_LT(*query->t1, *finish->t1);
  EXPECT_EQ(query->hr, hr::kFail);
  EXPECT_LT(*query->percent, 100u);
  EXPECT_FALSE(query->stopped);

  const std::optional<Program> one = FindTorn(program);
  ASSERT_TRUE(one);
  ASSERT_EQ(one->schedule.preemptions.size(), 1u);
  EXPECT_EQ(one->schedule.preemptions[0].point, *finish->stopped);
  ExpectTornEachTime(*one);
}

TEST_F(ExplorationTest, ATornWriteIsNotSeenFromAWholeOneAmidACall) {
  Open("writer");
  ExpectNeverTorn(AmidCall());
}

TEST_F(ExplorationTest, ATornReadIsSeenByAWholeWriteAmidIt) {
  Open("reader");
  const std::optional<Program> one = FindTorn(AmidCall());
  ASSERT_TRUE(one);
  ASSERT_EQ(one->schedule.preemptions.size(), 1u);
  EXPECT_EQ(one->schedule.preemptions[0].step, 0u);
  ExpectTornEachTime(*one);
}

TEST_F(ExplorationTest, ATornReadIsNotSeenFromAmidAWrite) {
  Open("reader");
  ExpectNeverTorn(AmidFinish());
}

TEST_F(ExplorationTest, WhatNeedsTwoStopsIsFoundWithTwo) {
  Open("both");
  ExpectNeverTorn(AmidFinish());
  ExpectNeverTorn(AmidCall());
  const std::optional<Program> one = FindTorn(AmidBoth());
  ASSERT_TRUE(one);
  ASSERT_EQ(one->schedule.preemptions.size(), 2u);
  ExpectTornEachTime(*one);
}

TEST_F(ExplorationTest, TheImplementationsThreadIsStopped) {
  Open("own-thread");
  Program program = AmidFinish();
  program.schedule.preemptions[0].point.iut_thread = true;
  const Execution execution = Execute(program);
  const std::optional<Event> finish = InTheTornOne(execution, 0);
  ASSERT_TRUE(finish);
  ASSERT_TRUE(finish->stopped);
  EXPECT_TRUE(finish->stopped->iut_thread);
  EXPECT_THAT(finish->stopped->at, StartsWith("own-thread.so+0x"));
  const std::optional<Program> one = FindTorn(program);
  ASSERT_TRUE(one);
  EXPECT_TRUE(one->schedule.preemptions.at(0).point.iut_thread);
  ExpectTornEachTime(*one);
}

// Nothing is wrong amid what the caller's thread does itself.
TEST_F(ExplorationTest, TheCallersThreadIsStoppedWhereItHandsItsWorkOn) {
  Open("own-thread");
  ExpectNeverTorn(AmidFinish());
}

TEST_F(ExplorationTest, AThreadOfAnImplementationWithoutOnesIsNeverStopped) {
  Open("writer");
  Program program = AmidFinish();
  program.schedule.preemptions[0].point.iut_thread = true;
  const Execution execution = Execute(program);
  EXPECT_EQ(execution.exploration.performed, 0u);
  EXPECT_EQ(CountTorn(execution), 0u);
}

class ExplorationOfLocks : public ExplorationTest,
                           public testing::WithParamInterface<const char*> {};

TEST_P(ExplorationOfLocks, ACallThatWaitsForTheStoppedOneIsHeldAndComesBack) {
  Open(GetParam());
  for (const Program& program : {AmidFinish(), AmidCall(), AmidBoth()}) {
    const Execution execution = Execute(program);
    EXPECT_EQ(execution.inconclusive, "");
    if (program.schedule.preemptions.size() == 1) {
      EXPECT_EQ(execution.exploration.performed, execution.exploration.possible);
    }
    EXPECT_GT(execution.exploration.held, 0u);
    EXPECT_LT(execution.exploration.held, execution.exploration.performed);
    EXPECT_TRUE(HasHeld(execution));
    EXPECT_EQ(CountTorn(execution), 0u);
    const Judgement judgement = JudgeHistory(execution.history, Profile::kWin32);
    for (const Finding& finding : judgement.findings) {
      EXPECT_EQ(finding.req, Req::kQa02) << finding.message;
    }
  }
}

TEST_P(ExplorationOfLocks, ACallIsHeldInTheOneInterleavingToo) {
  Open(GetParam());
  const Program program = AmidFinish();
  const Execution explored = Execute(program);
  const auto& events = explored.history.events;
  const auto held =
      std::find_if(events.begin(), events.end(), [](const Event& event) { return event.held; });
  ASSERT_NE(held, events.end());
  Finding finding;
  finding.witnesses = {*held};
  const std::optional<Program> one = OneInterleaving(program, explored, finding);
  ASSERT_TRUE(one);
  const Execution execution = Execute(*one);
  EXPECT_EQ(execution.inconclusive, "");
  EXPECT_TRUE(HasHeld(execution));
}

INSTANTIATE_TEST_SUITE_P(Locks, ExplorationOfLocks, testing::Values("mutex", "spin"),
                         [](const auto& info) { return std::string(info.param); });

// A thread that comes by all the time would be held up by a breakpoint in a library, and lift it.
TEST_F(ExplorationTest, NoBreakpointIsInALibraryWhereTheImplementationHasThreads) {
  Open("busy");
  const uint64_t before = Stepper::traps();
  const Execution execution = Execute(AmidFinish());
  const uint64_t traps = Stepper::traps() - before;
  EXPECT_EQ(execution.exploration.performed, execution.exploration.possible);
  EXPECT_EQ(execution.exploration.missed, 0u);
  // By steps from where the library is called; by breakpoints there it is a third of that.
  EXPECT_GT(traps, 6 * execution.exploration.performed);
}

// A breakpoint in code that it executes, too, would be its end.
TEST_F(ExplorationTest, AThreadThatBlocksAllSignalsMeetsNoBreakpoint) {
  Open("masked");
  const Execution execution = Execute(AmidFinish());
  EXPECT_EQ(execution.inconclusive, "");
  EXPECT_GT(execution.exploration.performed, 5u);
  EXPECT_EQ(execution.exploration.performed, execution.exploration.possible);
  EXPECT_GT(execution.exploration.held, 0u);
  EXPECT_EQ(CountTorn(execution), 0u);
}

// Nor does a call that has blocked them itself.
TEST_F(ExplorationTest, ACallThatBlocksAllSignalsMeetsNoBreakpoint) {
  Open("blocks");
  for (const Program& program : {AmidFinish(), AmidCall()}) {
    const Execution execution = Execute(program);
    EXPECT_EQ(execution.inconclusive, "");
    EXPECT_GT(execution.exploration.performed, 50u);
    EXPECT_EQ(execution.exploration.performed, execution.exploration.possible);
    EXPECT_EQ(execution.exploration.missed, 0u);
    EXPECT_GT(execution.exploration.held, 0u);
    EXPECT_EQ(CountTorn(execution), 0u);
  }
}

TEST_F(ExplorationTest, APointThatIsNotReachedIsInconclusive) {
  Open("writer");
  Program program = AmidFinish();
  program.schedule.kind = Schedule::Kind::kPreempted;
  StopPoint& point = program.schedule.preemptions[0].point;
  point.instruction = 1'000'000;
  EXPECT_EQ(Execute(program).inconclusive, "step 1 did not come to instruction 1000000");
  point.beyond = 7;
  EXPECT_THAT(Execute(program).inconclusive, HasSubstr("1000000 and 7 beyond it, in a library"));
  point = {};
  EXPECT_EQ(Execute(program).inconclusive, "");
}

// An operation's begin comes before all its other calls.
bool IsInOrder(const History& history) {
  std::set<uint32_t> begun;
  return std::all_of(history.events.begin(), history.events.end(), [&begun](const Event& event) {
    return event.call == Call::kBegin ? begun.insert(event.op).second : begun.contains(event.op);
  });
}

// The interleaving without a stop, which is the same as one that is kept, is dropped with all its
// calls, also with the finish that ended what was waited for.
TEST_F(ExplorationTest, AWaitIsEndedInTheInterleavingThatItIsPartOf) {
  auto opened = OpenInProcess(VDSCONFORM_REFERENCE, {});
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<Subject>>(opened));
  subject_ = std::get<std::unique_ptr<Subject>>(std::move(opened));
  Program program = InOrder({On(1, Query()), Wait()});
  program.schedule.kind = Schedule::Kind::kPreempted;
  program.schedule.preemptions = {{0, {.instruction = 2, .at = {}}}};
  size_t waits = 0;
  for (int i = 0; i < 2 * kRuns; ++i) {
    const Execution execution = Execute(program);
    ASSERT_EQ(execution.inconclusive, "");
    ASSERT_TRUE(IsInOrder(execution.history)) << "run " << i << Describe(execution);
    for (const Finding& finding : JudgeHistory(execution.history, Profile::kWin32).findings) {
      ASSERT_TRUE(Get(finding.req).advisory)
          << "run " << i << finding.message << Describe(execution);
    }
    waits += static_cast<size_t>(
        std::count_if(execution.history.events.begin(), execution.history.events.end(),
                      [](const Event& event) { return event.call == Call::kWait; }));
  }
  EXPECT_GE(waits, 2u * kRuns);
}

TEST_F(ExplorationTest, AnImplementationsThreadThatIsNotReachedIsInconclusive) {
  Open("writer");
  Program program = AmidFinish();
  program.schedule.kind = Schedule::Kind::kPreempted;
  program.schedule.preemptions[0].point.iut_thread = true;
  EXPECT_EQ(Execute(program).inconclusive, "step 1 did not come to instruction 0");
}

// Each outcome once, however many interleavings show it.
TEST_F(ExplorationTest, TheHistoryHoldsEachOutcomeOnce) {
  Open("writer");
  const Execution execution = Execute(AmidFinish());
  EXPECT_EQ(CountTorn(execution), 2u);  // in one interleaving, which has two queries
  uint32_t interleavings = 0;
  for (const Event& event : execution.history.events) {
    interleavings = std::max(interleavings, event.op + 1);
  }
  EXPECT_GE(interleavings, 3u);  // before, amid and after
  EXPECT_LT(interleavings, execution.exploration.performed);
}

TEST_F(ExplorationTest, TheBudgetIsTheMostInterleavings) {
  Open("both");
  Program program = AmidBoth();
  const uint64_t possible = Execute(program).exploration.possible;
  program.schedule.budget = 10;
  const Exploration exploration = Execute(program).exploration;
  EXPECT_LE(exploration.performed, 10u);
  EXPECT_GT(exploration.performed, 0u);
  EXPECT_EQ(exploration.possible, possible);
  EXPECT_GT(possible, 100u);
}

}  // namespace
}  // namespace vdsconform
