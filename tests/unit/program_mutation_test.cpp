#include "harness/program_mutation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "harness/program_bytes.h"
#include "spec/hresult.h"
#include "tests/unit/random_programs.h"

namespace vdsconform {
namespace {

constexpr uint32_t kSeed = 20240917;
using Bytes = std::vector<uint8_t>;
using PackedStep = std::array<uint8_t, kPackedStepBytes>;

constexpr uint8_t kCanary = 0xA5;

// The mutant, made in just as much room as there is.
Bytes Mutate(Bytes bytes, size_t max_size, uint32_t seed) {
  const size_t size = bytes.size();
  bytes.resize(std::max(size, max_size));
  bytes.insert(bytes.end(), 64, kCanary);
  const size_t result = MutateProgram(bytes.data(), size, max_size, seed);
  EXPECT_LE(result, max_size);
  for (size_t i = bytes.size() - 64; i < bytes.size(); ++i) {
    EXPECT_EQ(bytes[i], kCanary) << "beyond the room there is";
  }
  bytes.resize(result);
  return bytes;
}

// Room for one step more.
Bytes Mutate(const Bytes& bytes, uint32_t seed) {
  return Mutate(bytes, bytes.size() + kPackedStepBytes, seed);
}

std::vector<PackedStep> StepsOf(const Bytes& bytes) {
  std::vector<PackedStep> all;
  for (size_t at = kPackedHeaderBytes; at + kPackedStepBytes <= bytes.size();
       at += kPackedStepBytes) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), kPackedStepBytes,
                all.emplace_back().begin());
  }
  return all;
}

// Random steps, none of which repeats its calls so often that descendants rarely do.
Bytes RandomProgram(std::mt19937& random, size_t step_count) {
  Bytes bytes = RandomBytes(random, PackedSize(step_count));
  for (size_t step = 0; step < step_count; ++step) bytes[PackedSize(step) + 2] &= 0x7F;
  return bytes;
}

// Without what descendants seldom keep.
Bytes WithoutDear(Bytes bytes) {
  if (bytes.size() > 2) bytes[2] = 0;
  for (size_t at = PackedSize(0) + 2; at < bytes.size(); at += kPackedStepBytes) {
    bytes[at] = std::min<uint8_t>(bytes[at], kManyRepeat - 1);
  }
  return bytes;
}

TEST(ProgramMutation, KeepsToItsRoomAndToWholeSteps) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (uint32_t i = 0; i < 20'000; ++i) {
    const size_t size = random() % 120;
    const size_t max_size = size + random() % 30;
    const Bytes mutant = Mutate(RandomBytes(random, size), max_size, i);
    if (max_size < kPackedHeaderBytes) {
      ASSERT_EQ(mutant.size(), size);
    } else {
      ASSERT_EQ((mutant.size() - kPackedHeaderBytes) % kPackedStepBytes, 0u);
    }
  }
}

TEST(ProgramMutation, WorksWithHardlyAnyRoom) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (size_t max_size = 0; max_size <= 13; ++max_size) {
    for (size_t size = 0; size <= 40; ++size) {
      for (uint32_t seed = 0; seed < 50; ++seed) {
        const Bytes bytes = RandomBytes(random, size);
        const Bytes mutant = Mutate(bytes, max_size, seed);
        // There is no room for a step.
        const size_t expected =
            max_size < kPackedHeaderBytes ? std::min(size, max_size) : kPackedHeaderBytes;
        ASSERT_EQ(mutant.size(), expected);
      }
    }
  }
}

TEST(ProgramMutation, NeverHasMoreStepsThanAreRead) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  Bytes bytes = RandomProgram(random, kMaxPackedSteps - 1);
  bool full = false;
  for (uint32_t seed = 0; seed < 500; ++seed) {
    Bytes mutant = Mutate(bytes, 10'000, seed);
    ASSERT_LE(mutant.size(), PackedSize(kMaxPackedSteps));
    if (mutant.size() > bytes.size()) bytes = std::move(mutant);
    full = full || bytes.size() == PackedSize(kMaxPackedSteps);
  }
  EXPECT_TRUE(full);
}

TEST(ProgramMutation, TheSameSeedMakesTheSameMutant) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  std::set<Bytes> different;
  const Bytes fixed = RandomProgram(random, 6);
  for (uint32_t seed = 0; seed < 1'000; ++seed) {
    const Bytes bytes = RandomProgram(random, random() % 10);
    ASSERT_EQ(Mutate(bytes, seed), Mutate(bytes, seed));
    different.insert(Mutate(fixed, seed));
  }
  EXPECT_GT(different.size(), 500u);
}

TEST(ProgramMutation, LeavesAllButFewStepsAsTheyAre) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  constexpr uint32_t kMutants = 5'000;
  constexpr size_t kSteps = 20;
  size_t new_steps = 0;
  size_t lost_steps = 0;
  for (uint32_t seed = 0; seed < kMutants; ++seed) {
    const Bytes parent = RandomProgram(random, kSteps);
    std::map<PackedStep, int> left;
    for (const PackedStep& step : StepsOf(parent)) ++left[step];
    for (const PackedStep& step : StepsOf(Mutate(parent, 400, seed))) {
      if (--left[step] < 0) ++new_steps;
    }
    for (const auto& [step, count] : left) lost_steps += count > 0 ? 1u : 0u;
  }
  // About one and a half mutations each, of those that take steps out, two steps; another value;
  // and one in eight is a Program of its own, of about twelve steps.
  EXPECT_LT(new_steps, 7 * kMutants / 2);
  EXPECT_GT(new_steps, kMutants / 2);
  EXPECT_LT(lost_steps, 4 * kMutants);
  EXPECT_GT(lost_steps, kMutants / 4);
}

TEST(ProgramMutation, CompletesAStepThatWasCutOff) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (uint32_t seed = 0; seed < 2'000; ++seed) {
    const Bytes whole = RandomProgram(random, 3);
    const size_t cut = 1 + random() % (kPackedStepBytes - 1);
    Bytes short_one(whole.begin(), whole.end() - static_cast<std::ptrdiff_t>(cut));
    Bytes padded = short_one;
    padded.resize(whole.size());
    // What is in the room behind it does not matter.
    Bytes room = short_one;
    room.resize(whole.size() + kPackedStepBytes, kCanary);
    room.resize(MutateProgram(room.data(), short_one.size(), room.size(), seed));
    ASSERT_EQ(room, Mutate(padded, seed));
    // Without room for the rest it is left out.
    const size_t size = short_one.size();
    ASSERT_EQ(
        Mutate(short_one, size, seed),
        Mutate(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(PackedSize(2))),
               size, seed));
  }
}

TEST(ProgramMutation, ComesToEverythingThatAProgramCanBe) {
  std::set<Action> actions;
  std::set<uint32_t> threads;
  std::set<uint32_t> percents;
  std::set<HRESULT> results;
  std::set<size_t> operations;
  bool not_estimable = false;
  for (uint32_t walk = 0; walk < 3'000; ++walk) {
    Bytes bytes;
    for (uint32_t i = 0; i < 100; ++i) {
      bytes = Mutate(bytes, PackedSize(12), walk * 1'000 + i);
      const Program program = Unpacked(bytes);
      operations.insert(program.operations.size());
      not_estimable = not_estimable || !program.operations[0].estimable;
      for (const Step& step : program.steps) {
        actions.insert(step.action);
        threads.insert(step.thread);
        if (step.action == Action::kProgress) percents.insert(step.percent);
        if (step.action == Action::kFinish) results.insert(step.result);
      }
    }
  }
  EXPECT_EQ(actions.size(), static_cast<size_t>(kActionCount));
  EXPECT_EQ(threads.size(), kMaxThreads);
  EXPECT_EQ(percents.size(), 101u);
  EXPECT_GE(operations.size(), 4u);
  EXPECT_TRUE(not_estimable);
  for (const Code& code : AllCodes()) {
    if (MayBeFinal(code.value)) {
      EXPECT_TRUE(results.contains(code.value)) << code.name;
    }
  }
}

// Rarely, see below.
TEST(ProgramMutation, ComesToEverySchedule) {
  std::set<Schedule::Kind> kinds;
  Bytes bytes;
  uint32_t seed = 0;
  for (; kinds.size() < 3 && seed < 10'000'000; ++seed) {
    if (seed % 64 == 0) bytes.clear();
    bytes = Mutate(bytes, PackedSize(8), seed);
    if (bytes[2] != 0) kinds.insert(Unpacked(bytes).schedule.kind);
  }
  EXPECT_EQ(kinds.size(), 3u);
}

// Counters of 8 and of 16 bits are counted through, now and then and not too often.
TEST(ProgramMutation, ComesToVeryManyCallsByItself) {
  constexpr uint32_t kMutants = 400'000;
  uint32_t references = 0;
  uint32_t many = 0;
  uint32_t dear = 0;
  const auto bytes = PackProgram(InOrder({steps::Query(), steps::Finish(0), steps::Query()}));
  ASSERT_TRUE(bytes);
  for (uint32_t seed = 0; seed < kMutants; ++seed) {
    Bytes room = *bytes;
    room.resize(PackedSize(8));
    room.resize(MutateProgram(room.data(), bytes->size(), room.size(), seed));
    uint64_t added = 0;
    for (const Step& step : Unpacked(room).steps) {
      if (step.action == Action::kAddRef) added += step.repeat;
      if (step.action == Action::kRelease && step.repeat >= 256 && added >= 256) ++references;
      if (step.action != Action::kQuery) continue;
      if (step.repeat > 256 && step.repeat < 65'536) ++many;
      if (step.repeat > 65'536) ++dear;
    }
  }
  EXPECT_GT(references, kMutants / 4'000);
  EXPECT_GT(many, kMutants / 4'000);
  EXPECT_GT(dear, kMutants / 60'000);
  EXPECT_LT(dear, kMutants / 2'000);
}

TEST(ProgramMutation, ComesToVeryManyCallsAsOftenAsAsked) {
  constexpr uint32_t kMutants = 400'000;
  const auto bytes = PackProgram(InOrder({steps::Query(), steps::Finish(0)}));
  ASSERT_TRUE(bytes);
  const auto dear = [&](size_t dear_of) {
    uint32_t count = 0;
    for (uint32_t seed = 0; seed < kMutants; ++seed) {
      Bytes room = *bytes;
      room.resize(PackedSize(8));
      room.resize(MutateProgram(room.data(), bytes->size(), room.size(), seed, dear_of));
      const auto steps = Unpacked(room).steps;
      if (std::any_of(steps.begin(), steps.end(), [](const Step& step) {
            return step.action == Action::kQuery && step.repeat > 65'536;
          })) {
        ++count;
      }
    }
    return count;
  };
  const uint32_t often = dear(kDearOften);
  EXPECT_GT(often, kMutants / kDearOften / 2);
  EXPECT_GT(often, 3 * dear(kDearSeldom));
}

// They take a thousand times as long as the rest.
void ExpectFewAreDear(const std::function<Bytes(const Bytes&, uint32_t)>& descendant) {
  std::mt19937 random(kSeed);
  constexpr uint32_t kMutants = 10'000;
  uint32_t races = 0;
  uint32_t dear = 0;
  for (uint32_t seed = 0; seed < kMutants; ++seed) {
    Bytes bytes = RandomProgram(random, 4);
    bytes[2] = 210;
    for (size_t step = 0; step < 4; ++step) {
      bytes[PackedSize(step)] = kPackedQuery;
      bytes[PackedSize(step) + 2] = kDearRepeat;
    }
    const Program program = Unpacked(descendant(bytes, seed));
    if (program.schedule.kind == Schedule::Kind::kRacing) ++races;
    dear += std::any_of(program.steps.begin(), program.steps.end(),
                        [](const Step& step) { return step.repeat > 65'536; });
  }
  EXPECT_GT(races, 0u);
  EXPECT_LT(races, kMutants / 40);
  EXPECT_GT(dear, 0u);
  EXPECT_LT(dear, kMutants / 40);
}

TEST(ProgramMutation, FewDescendantsOfARaceRace) {
  SCOPED_TRACE(kSeed);
  ExpectFewAreDear([](const Bytes& bytes, uint32_t seed) { return Mutate(bytes, seed); });
}

TEST(ProgramCrossover, FewDescendantsOfARaceRace) {
  SCOPED_TRACE(kSeed);
  ExpectFewAreDear([](const Bytes& bytes, uint32_t seed) {
    Bytes out(PackedSize(8));
    out.resize(CrossPrograms(bytes, bytes, out, seed));
    return out;
  });
}

TEST(ProgramCrossover, BeginsAsTheOneAndEndsAsTheOther) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  std::set<size_t> heads;
  std::set<size_t> tails;
  for (uint32_t seed = 0; seed < 5'000; ++seed) {
    const Bytes first = WithoutDear(RandomBytes(random, PackedSize(random() % 6) + random() % 3));
    const Bytes second = WithoutDear(RandomBytes(random, PackedSize(random() % 6) + random() % 3));
    Bytes out(PackedSize(20), kCanary);
    out.resize(CrossPrograms(first, second, out, seed));
    ASSERT_TRUE(std::equal(first.begin(), first.begin() + kPackedHeaderBytes, out.begin()));
    const std::vector<PackedStep> a = StepsOf(first);
    const std::vector<PackedStep> b = StepsOf(second);
    const std::vector<PackedStep> child = StepsOf(out);
    ASSERT_EQ(out.size(), PackedSize(child.size()));
    const auto split = std::mismatch(child.begin(), child.end(), a.begin(), a.end()).first;
    const auto head = static_cast<size_t>(split - child.begin());
    const size_t tail = child.size() - head;
    ASSERT_LE(tail, b.size());
    ASSERT_TRUE(std::equal(split, child.end(), b.end() - static_cast<std::ptrdiff_t>(tail)));
    heads.insert(head);
    tails.insert(tail);
  }
  EXPECT_EQ(heads.size(), 6u);
  EXPECT_EQ(tails.size(), 6u);
}

TEST(ProgramCrossover, KeepsToItsRoom) {
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (uint32_t seed = 0; seed < 5'000; ++seed) {
    const Bytes first = RandomBytes(random, random() % 60);
    const Bytes second = RandomBytes(random, random() % 60);
    const size_t room = seed % 70;
    Bytes out(room + 64, kCanary);
    const size_t size = CrossPrograms(first, second, {out.data(), room}, seed);
    ASSERT_LE(size, room);
    ASSERT_EQ(size < kPackedHeaderBytes, room < kPackedHeaderBytes);
    ASSERT_EQ(std::count(out.begin() + static_cast<std::ptrdiff_t>(room), out.end(), kCanary), 64);
    Bytes again(room);
    ASSERT_EQ(CrossPrograms(first, second, again, seed), size);
    ASSERT_TRUE(
        std::equal(again.begin(), again.begin() + static_cast<std::ptrdiff_t>(size), out.begin()));
  }
}

}  // namespace
}  // namespace vdsconform
