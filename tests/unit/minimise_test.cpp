#include "harness/minimise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <variant>
#include <vector>

#include "harness/program_json.h"
#include "spec/hresult.h"
#include "tests/unit/random_programs.h"

namespace vdsconform {
namespace {

using namespace steps;

constexpr uint32_t kSeed = 20240917;
constexpr uint32_t kManyTries = 10'000;
constexpr HRESULT kCode = hr::kInvalidArg;

bool IsProgress(const Step& step) { return step.action == Action::kProgress && step.percent == 99; }
bool IsFinish(const Step& step) { return step.action == Action::kFinish && step.result == kCode; }

// A finish with kCode after a progress of 99.
bool Shows(const Program& program) {
  const auto progress = std::find_if(program.steps.begin(), program.steps.end(), IsProgress);
  return std::any_of(progress, program.steps.end(), IsFinish);
}

Program SmallestThatShows() { return InOrder({Progress(99), Finish(kCode)}); }

// A random Program with the two steps somewhere in it, on any threads.
Program RandomThatShows(std::mt19937& random) {
  Program program = Unpacked(RandomBytes(random, 50 + random() % 200));
  const auto insert = [&](size_t at, Step step) {
    step.thread = static_cast<uint32_t>(random() % kMaxThreads);
    step.op = static_cast<uint32_t>(random() % program.operations.size());
    program.steps.insert(program.steps.begin() + static_cast<std::ptrdiff_t>(at), step);
  };
  const size_t at = random() % (program.steps.size() + 1);
  insert(at, Finish(kCode));
  insert(random() % (at + 1), Progress(99));
  return program;
}

void ExpectValid(const Program& program) {
  const auto parsed = ParseProgram(ToJson(program));
  ASSERT_TRUE(std::holds_alternative<Program>(parsed)) << std::get<std::string>(parsed);
  for (const Preemption& stop : program.schedule.preemptions) {
    ASSERT_LT(stop.step, program.steps.size());
  }
}

TEST(Minimise, ComesToTheSmallestFromAnyProgram) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (int i = 0; i < 200; ++i) {
    const Program program = RandomThatShows(random);
    ASSERT_TRUE(Shows(program));
    const Program smallest = Minimise(
        program,
        [&](const Program& candidate) {
          EXPECT_NE(candidate, program);
          ExpectValid(candidate);
          return Shows(candidate);
        },
        kManyTries);
    ASSERT_EQ(smallest, SmallestThatShows()) << ToJson(program) << '\n' << ToJson(smallest);
  }
}

TEST(Minimise, MakesPlainWhatDoesNotMatter) {
  Step query = QueryAt(Outputs::kHeap, 0, 60);
  query.repeat = 300;
  Program program = InOrder({On(3, query), Of(1, On(5, Progress(77))), Finish(kCode)}, false);
  const auto has_them = [](const Program& candidate) { return candidate.steps.size() == 3; };
  EXPECT_EQ(Minimise(program, has_them, kManyTries),
            InOrder({Query(), Progress(0), Finish(hr::kOk)}));
  // A failure stays one, if not that one.
  const auto fails = [](const Program& candidate) {
    return std::any_of(candidate.steps.begin(), candidate.steps.end(),
                       [](const Step& step) { return Failed(step.result); });
  };
  EXPECT_EQ(Minimise(program, fails, kManyTries), InOrder({Finish(hr::kFail)}));
}

TEST(Minimise, AsksNoMoreOftenThanItMay) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (const uint32_t tries : {0u, 1u, 2u, 7u, 20u}) {
    const Program program = RandomThatShows(random);
    uint32_t asked = 0;
    const Program result = Minimise(
        program,
        [&](const Program& candidate) {
          ++asked;
          return Shows(candidate);
        },
        tries);
    EXPECT_EQ(asked, tries);
    EXPECT_TRUE(Shows(result));
    if (tries == 0) {
      EXPECT_EQ(result, program);
    }
  }
}

TEST(Minimise, WhatNothingSmallerShowsStaysAsItIs) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  const Program program = RandomThatShows(random);
  EXPECT_EQ(Minimise(
                program, [](const Program&) { return false; }, kManyTries),
            program);
}

TEST(Minimise, GivesOnlyWhatWasSeenToShow) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  // Whether it shows is a matter of luck, as with races.
  for (int i = 0; i < 50; ++i) {
    const Program program = RandomThatShows(random);
    Program last = program;
    const Program result = Minimise(
        program,
        [&](const Program& candidate) {
          if (random() % 3 != 0) return false;
          last = candidate;
          return true;
        },
        kManyTries);
    EXPECT_EQ(result, last);
  }
}

TEST(Minimise, RacesGetFewerRounds) {
  const Program program = Racing({Query(), On(1, Finish(hr::kOk))}, 1'000);
  const auto shows = [](const Program& candidate) {
    return candidate.schedule.kind == Schedule::Kind::kRacing && candidate.schedule.rounds >= 10;
  };
  const Program smallest = Minimise(program, shows, kManyTries);
  EXPECT_EQ(smallest.steps.size(), 0u);
  EXPECT_GE(smallest.schedule.rounds, 10u);
  EXPECT_LT(smallest.schedule.rounds, 20u);
  EXPECT_EQ(Minimise(
                program, [](const Program&) { return true; }, kManyTries),
            InOrder({}));
}

// Whether some thread is stopped in a finish with kCode.
bool StopsTheFinish(const Program& program) {
  const auto& stops = program.schedule.preemptions;
  return program.schedule.kind == Schedule::Kind::kPreempted &&
         std::any_of(stops.begin(), stops.end(), [&](const Preemption& stop) {
           return IsFinish(program.steps[stop.step]) && stop.point.instruction == 7;
         });
}

TEST(Minimise, StopsStayWithTheirSteps) {
  Program program =
      InOrder({Query(), AddRef(), Query(), On(1, Finish(kCode)), Query(), Release(), Query()});
  program.schedule.kind = Schedule::Kind::kPreempted;
  program.schedule.preemptions = {{1, {.instruction = 5, .at = {}}},
                                  {3, {.instruction = 7, .at = {}}}};
  const Program smallest = Minimise(
      program,
      [](const Program& candidate) {
        ExpectValid(candidate);
        return StopsTheFinish(candidate);
      },
      kManyTries);
  ASSERT_EQ(smallest.steps.size(), 1u);
  EXPECT_EQ(smallest.steps[0], Finish(kCode));
  EXPECT_THAT(smallest.schedule.preemptions,
              testing::ElementsAre(Preemption{0, {.instruction = 7, .at = {}}}));
}

TEST(Minimise, AScheduleWithoutAnyStopRunsInOrder) {
  Program program = Explored({Query(), Finish(kCode)}, {0});
  const auto has_finish = [](const Program& candidate) {
    EXPECT_EQ(candidate.schedule.kind == Schedule::Kind::kInOrder,
              candidate.schedule.preemptions.empty());
    return std::any_of(candidate.steps.begin(), candidate.steps.end(), IsFinish);
  };
  EXPECT_EQ(Minimise(program, has_finish, kManyTries), InOrder({Finish(kCode)}));
}

}  // namespace
}  // namespace vdsconform
