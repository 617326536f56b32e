#include "harness/program_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "harness/program_json.h"
#include "spec/hresult.h"
#include "tests/unit/random_programs.h"

namespace vdsconform {
namespace {

using namespace steps;

constexpr uint32_t kSeed = 20240917;
constexpr size_t kLongest = 200;

// What is out of the ranges that program.h states; empty: nothing is.
std::string WhatIsOutOfRange(const Program& program) {
  const Schedule& schedule = program.schedule;
  const auto in_line = [](uint32_t offset) { return offset % 4 == 0 && offset < kLineBytes; };
  if (program.operations.empty() || program.operations.size() > kMaxOperations) return "operations";
  if (program.steps.size() > kMaxPackedSteps) return "the number of steps";
  if (CountCalls(program) > kMaxPackedCalls) return "the number of calls";
  if (schedule.rounds < 1 || schedule.rounds > kMaxRounds) return "rounds";
  if (schedule.preemptions.size() > kMaxPreemptions) return "preemptions";
  if ((schedule.kind == Schedule::Kind::kPreempted) == schedule.preemptions.empty()) {
    return "preemptions of another schedule, or none";
  }
  for (size_t i = 0; i < schedule.preemptions.size(); ++i) {
    if (schedule.preemptions[i].step >= program.steps.size()) return "a preemption's step";
    if (i > 0 && schedule.preemptions[i].step <= schedule.preemptions[i - 1].step) {
      return "the order of preemptions";
    }
  }
  for (const Step& step : program.steps) {
    if (static_cast<int>(step.action) >= kActionCount) return "an action";
    if (static_cast<int>(step.outputs) >= kOutputsCount) return "outputs";
    if (step.thread >= kMaxThreads) return "a thread";
    if (step.op >= program.operations.size()) return "an operation";
    if (step.repeat < 1) return "a repeat";
    if (step.percent > 100) return "a percentage";
    if (!in_line(step.hr_offset) || !in_line(step.percent_offset)) return "an offset";
    if (!MayBeFinal(step.result)) return "a result";
  }
  return {};
}

void ExpectValid(const std::vector<uint8_t>& bytes) {
  const Program program = Unpacked(bytes);
  ASSERT_EQ(WhatIsOutOfRange(program), "") << ToJson(program);
  const auto parsed = ParseProgram(ToJson(program));
  ASSERT_TRUE(std::holds_alternative<Program>(parsed)) << std::get<std::string>(parsed);
  ASSERT_EQ(std::get<Program>(parsed), program) << ToJson(program);
  const auto packed = PackProgram(program);
  ASSERT_TRUE(packed) << ToJson(program);
  ASSERT_EQ(Unpacked(*packed), program) << ToJson(program);
}

TEST(ProgramBytes, EveryByteStringIsAValidProgram) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  std::set<Schedule::Kind> kinds;
  for (size_t size = 0; size <= kLongest; ++size) {
    for (int i = 0; i < 50; ++i) {
      std::vector<uint8_t> bytes = RandomBytes(random, size);
      // Racing and stopping are rare by chance.
      if (size > 2 && i % 2 == 0) bytes[2] = static_cast<uint8_t>(200 + random() % 56);
      ASSERT_NO_FATAL_FAILURE(ExpectValid(bytes));
      kinds.insert(Unpacked(bytes).schedule.kind);
    }
  }
  EXPECT_EQ(kinds.size(), 3u);
}

TEST(ProgramBytes, ExtremeBytesAreValidProgramsToo) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{7}, kLongest, size_t{5'000}}) {
    for (int byte = 0; byte < 256; ++byte) {
      ASSERT_NO_FATAL_FAILURE(ExpectValid(std::vector<uint8_t>(size, static_cast<uint8_t>(byte))));
    }
  }
}

TEST(ProgramBytes, ZerosAreQueries) {
  EXPECT_EQ(Unpacked({}), Program{});
  EXPECT_EQ(Unpacked(std::vector<uint8_t>(PackedSize(0))), Program{});
  EXPECT_EQ(Unpacked(std::vector<uint8_t>(PackedSize(3))), InOrder({Query(), Query(), Query()}));
}

TEST(ProgramBytes, AStepCutOffIsReadAsIfZerosFollowed) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (int i = 0; i < 1'000; ++i) {
    std::vector<uint8_t> bytes = RandomBytes(random, PackedSize(3));
    const size_t cut = 1 + random() % (kPackedStepBytes - 1);
    std::vector<uint8_t> zeros = bytes;
    std::fill(zeros.end() - static_cast<std::ptrdiff_t>(cut), zeros.end(), uint8_t{0});
    bytes.resize(bytes.size() - cut);
    ASSERT_EQ(Unpacked(bytes), Unpacked(zeros));
  }
}

TEST(ProgramBytes, NothingIsLeftOfAProgramThatWasThereBefore) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  Program reused;
  reused.name = "before";
  reused.measure = true;
  for (int i = 0; i < 2'000; ++i) {
    const std::vector<uint8_t> bytes = RandomBytes(random, random() % kLongest);
    UnpackProgram(bytes, &reused);
    ASSERT_EQ(reused, Unpacked(bytes));
  }
}

// A query that is repeated very often may leave out what follows it: not looked at here.
bool RepeatsVeryOften(const Program& program) {
  return std::any_of(program.steps.begin(), program.steps.end(),
                     [](const Step& step) { return step.repeat > 1'000; });
}

TEST(ProgramBytes, AChangedByteOfAStepChangesThatStepAtMost) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<uint8_t> bytes = RandomBytes(random, PackedSize(1 + random() % 12));
    const Program before = Unpacked(bytes);
    const size_t at = kPackedHeaderBytes + random() % (bytes.size() - kPackedHeaderBytes);
    const size_t changed = (at - kPackedHeaderBytes) / kPackedStepBytes;
    bytes[at] = static_cast<uint8_t>(random());
    const Program after = Unpacked(bytes);
    if (RepeatsVeryOften(before) || RepeatsVeryOften(after)) continue;
    ASSERT_EQ(before.operations, after.operations);
    ASSERT_EQ(before.steps.size(), after.steps.size());
    for (size_t step = 0; step < before.steps.size(); ++step) {
      if (step == changed) continue;
      ASSERT_EQ(before.steps[step], after.steps[step]) << "byte " << at << ", step " << step;
    }
  }
}

TEST(ProgramBytes, AChangedByteOfTheHeaderChangesNoStepButItsOperation) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (int i = 0; i < 5'000; ++i) {
    std::vector<uint8_t> bytes = RandomBytes(random, PackedSize(5));
    Program before = Unpacked(bytes);
    const size_t at = random() % kPackedHeaderBytes;
    bytes[at] = static_cast<uint8_t>(random());
    Program after = Unpacked(bytes);
    if (at == 0) {
      for (Step& step : before.steps) step.op = 0;
      for (Step& step : after.steps) step.op = 0;
    } else {
      ASSERT_EQ(before.operations.size(), after.operations.size());
    }
    ASSERT_EQ(before.steps, after.steps) << "byte " << at;
  }
}

TEST(ProgramBytes, WhatMayNotBeFinalBecomesSuccess) {
  std::optional<std::vector<uint8_t>> bytes = PackProgram(InOrder({Finish(ToHresult(0x80001234))}));
  ASSERT_TRUE(bytes);
  for (const HRESULT result : {hr::kOperationPending, ToHresult(0x00042409)}) {
    ASSERT_FALSE(MayBeFinal(result));
    for (size_t i = 0; i < 4; ++i) {
      (*bytes)[kPackedHeaderBytes + 3 + i] = static_cast<uint8_t>(ToBits(result) >> (8 * i));
    }
    EXPECT_EQ(Unpacked(*bytes), InOrder({Finish(hr::kOk)}));
  }
}

TEST(ProgramBytes, EveryResultThatMayBeFinalCanBeSaid) {
  for (const Code& code : AllCodes()) {
    const Program program = InOrder({Finish(code.value)});
    const auto bytes = PackProgram(program);
    ASSERT_EQ(bytes.has_value(), MayBeFinal(code.value)) << code.name;
    if (bytes) {
      EXPECT_EQ(Unpacked(*bytes), program) << code.name;
    }
  }
  const Program unknown = InOrder({Finish(ToHresult(0xA0B1C2D3))});
  const auto bytes = PackProgram(unknown);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(Unpacked(*bytes), unknown);
}

TEST(ProgramBytes, ATypicalProgramIsSaidStepByStep) {
  Program program =
      InOrder({Begin(1), Of(1, Progress(99)), On(7, QueryNull(NullOutputs::kBoth)),
               QueryAt(Outputs::kHeap, 0, 60), Query(14), Ask(Interface::kOther), Poll(), Wait(),
               Cancel(), AddRef(), AddRef(300), Release(2), Release(), Barrier(), End()});
  program.operations[0].estimable = false;
  program.name = "not packed";
  const auto bytes = PackProgram(program);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->size(), PackedSize(program.steps.size()));
  program.name.clear();
  EXPECT_EQ(Unpacked(*bytes), program);
}

Program Preempted(std::vector<Step> all, std::vector<Preemption> stops) {
  Program program = InOrder(std::move(all));
  program.schedule.kind = Schedule::Kind::kPreempted;
  program.schedule.preemptions = std::move(stops);
  return program;
}

TEST(ProgramBytes, WhereThreadsAreStoppedIsSaid) {
  const Program program = Preempted({Query(), Finish(hr::kFail)},
                                    {{0, {.instruction = 65'535, .beyond = 127, .at = {}}},
                                     {1, {.instruction = 2, .iut_thread = true, .at = {}}}});
  const auto bytes = PackProgram(program);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(Unpacked(*bytes), program);
}

TEST(ProgramBytes, WhatOnlyExploringUsesIsNoObstacle) {
  Program program = Racing({Query()}, 3);
  program.schedule.budget = 1;
  program.schedule.traps = 1;
  program.schedule.seed = 1;
  const auto bytes = PackProgram(program);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(Unpacked(*bytes), Racing({Query()}, 3));
}

TEST(ProgramBytes, WhatHasNoPackedFormIsNotPacked) {
  EXPECT_FALSE(PackProgram(Explored({Query()}, {0})));
  Program measured = InOrder({Query()});
  measured.measure = true;
  EXPECT_FALSE(PackProgram(measured));
  EXPECT_FALSE(PackProgram(InOrder({Query(0)})));
  EXPECT_FALSE(PackProgram(InOrder({Query(15)})));
  EXPECT_FALSE(PackProgram(InOrder({Query(100'000)})));
  EXPECT_FALSE(PackProgram(InOrder({AddRef(70'000)})));
  EXPECT_FALSE(PackProgram(InOrder({Finish(hr::kOperationPending)})));
  EXPECT_FALSE(PackProgram(InOrder(std::vector<Step>(kMaxPackedSteps + 1, Query()))));
  EXPECT_TRUE(PackProgram(InOrder(std::vector<Step>(kMaxPackedSteps, Query()))));
  EXPECT_FALSE(PackProgram(Racing({Query()}, 257)));
  EXPECT_TRUE(PackProgram(Racing({Query()}, 256)));
  EXPECT_FALSE(PackProgram(Preempted({Query()}, {{0, {.instruction = 65'536, .at = {}}}})));
  EXPECT_FALSE(PackProgram(Preempted({Query()}, {{0, {.beyond = 128, .at = {}}}})));
  EXPECT_FALSE(PackProgram(Preempted({Query()}, {{1, {}}})));
  EXPECT_FALSE(PackProgram(Preempted({Query()}, {})));
  Program none;
  none.operations.clear();
  EXPECT_FALSE(PackProgram(none));
  Program many;
  many.operations.resize(kMaxOperations + 1);
  EXPECT_FALSE(PackProgram(many));
}

// Values out of every range, also those that the packed form would fold into it.
TEST(ProgramBytes, WhatIsPackedIsThatVeryProgramOrNothing) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  const auto wild = [&random](uint32_t bound) {
    const uint32_t value = static_cast<uint32_t>(random());
    return random() % 16 == 0 ? value : value % bound;
  };
  int packed_count = 0;
  for (int i = 0; i < 20'000; ++i) {
    Program program;
    program.operations.resize(1 + random() % kMaxOperations);
    // Mostly what its action uses.
    Step step;
    step.action = static_cast<Action>(random() % kActionCount);
    step.thread = wild(kMaxThreads);
    step.op = wild(static_cast<uint32_t>(program.operations.size()));
    const auto uses = [&](Action action) { return step.action == action || random() % 16 == 0; };
    if (uses(Action::kQuery)) {
      step.repeat = wild(14);
      step.hr_offset = wild(16) * 4;
      step.percent_offset = wild(16) * 4;
    }
    if (uses(Action::kProgress)) step.percent = wild(101);
    if (uses(Action::kFinish)) step.result = ToHresult(wild(100));
    program.steps = {step};
    program.schedule.kind = static_cast<Schedule::Kind>(random() % 2);
    program.schedule.rounds = 1 + wild(10) % kMaxRounds;
    const auto bytes = PackProgram(program);
    if (!bytes) continue;
    ++packed_count;
    ASSERT_EQ(Unpacked(*bytes), program) << ToJson(program);
  }
  EXPECT_GT(packed_count, 5'000);
}

}  // namespace
}  // namespace vdsconform
