// What a call did to its outputs and around them.
#include "harness/outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr Outputs kPlaces[] = {Outputs::kStack, Outputs::kHeap, Outputs::kPageEnd};

class OutputBuffersTest : public testing::Test {
 protected:
  // A call that answers well.
  OutputBuffers::Seen Answered(const Step& step) {
    const OutputBuffers::Target target = buffers_.Prepare(step);
    *target.hr = hr::kOk;
    *target.percent = 100;
    return buffers_.Inspect(step);
  }
  static uint32_t* Words(const OutputBuffers::Target& target) {
    return reinterpret_cast<uint32_t*>(target.hr);
  }

  OutputFrame frame_;
  OutputBuffers buffers_{&frame_};
};

TEST_F(OutputBuffersTest, AnswersAreSeenWhereverTheyAre) {
  for (const Outputs outputs : kPlaces) {
    for (uint32_t hr_offset = 0; hr_offset < kLineBytes; hr_offset += 4) {
      for (uint32_t percent_offset = 0; percent_offset < kLineBytes; percent_offset += 4) {
        const OutputBuffers::Seen seen =
            Answered(steps::QueryAt(outputs, hr_offset, percent_offset));
        EXPECT_EQ(seen.hr, hr::kOk);
        EXPECT_EQ(seen.percent, 100u);
        EXPECT_TRUE(seen.clobbered.empty()) << seen.clobbered;
      }
    }
  }
}

TEST_F(OutputBuffersTest, WhatIsNotWrittenIsNotSeen) {
  for (const Outputs outputs : kPlaces) {
    const Step step = steps::QueryAt(outputs);
    for (int i = 0; i < 3; ++i) {
      buffers_.Prepare(step);
      const OutputBuffers::Seen seen = buffers_.Inspect(step);
      EXPECT_FALSE(seen.hr || seen.percent);
      EXPECT_TRUE(seen.clobbered.empty()) << seen.clobbered;
    }
  }
}

TEST_F(OutputBuffersTest, EveryWordAroundAndBetweenIsGuarded) {
  for (uint32_t hr_offset = 0; hr_offset < kLineBytes; hr_offset += 4) {
    for (uint32_t percent_offset = 0; percent_offset < kLineBytes; percent_offset += 4) {
      const Step step = steps::QueryAt(Outputs::kStack, hr_offset, percent_offset);
      const OutputBuffers::Target first = buffers_.Prepare(step);
      const auto distance = static_cast<int>(first.percent - Words(first));
      ASSERT_GT(distance, static_cast<int>(OutputFrame::kCanaryWords));
      buffers_.Inspect(step);
      for (int word = -4; word <= distance + 4; ++word) {
        if (word == 0 || word == distance) continue;
        const OutputBuffers::Target target = buffers_.Prepare(step);
        Words(target)[word] = 7;
        const std::string clobbered = buffers_.Inspect(step).clobbered;
        const std::string where = word < 0 ? "word " + std::to_string(word + 4) + " before"
                                  : word < distance
                                      ? "word " + std::to_string(word - 1) + " between"
                                      : "word " + std::to_string(word - distance - 1) + " after";
        EXPECT_THAT(clobbered, StartsWith(where));
        EXPECT_THAT(clobbered, HasSubstr("became 0x00000007"));
        EXPECT_TRUE(Answered(step).clobbered.empty()) << "it is told once";
      }
    }
  }
}

TEST_F(OutputBuffersTest, WordsBeforeTheEndOfAPageAreGuarded) {
  const Step step = steps::QueryAt(Outputs::kPageEnd);
  OutputBuffers::Target target = buffers_.Prepare(step);
  Words(target)[-1] = 7;
  EXPECT_THAT(buffers_.Inspect(step).clobbered.str(), StartsWith("word 3 before pHrResult"));
  target = buffers_.Prepare(step);
  target.percent[-4] = 7;
  EXPECT_THAT(buffers_.Inspect(step).clobbered.str(), StartsWith("word 0 before pulPercent"));
}

TEST_F(OutputBuffersTest, LateWritesAreSeenAtTheNextCallUnlessForgotten) {
  for (const Outputs outputs : kPlaces) {
    const Step step = steps::QueryAt(outputs);
    const OutputBuffers::Target target = buffers_.Prepare(step);
    buffers_.Inspect(step);
    *target.percent = 100;
    EXPECT_THAT(Answered(steps::QueryAt(Outputs::kStack)).clobbered.str(),
                HasSubstr("output of an earlier call"));
    EXPECT_TRUE(Answered(step).clobbered.empty());
    *target.hr = hr::kOk;
    buffers_.Forget();
    EXPECT_TRUE(Answered(step).clobbered.empty());
  }
}

TEST_F(OutputBuffersTest, ACallMadeAgainIsLikeTheFirst) {
  const Step step = steps::QueryAt(Outputs::kHeap);
  Answered(step);
  const OutputBuffers::Target target = buffers_.last();
  buffers_.PrepareAgain();
  const uint32_t first_poison = *target.percent;
  EXPECT_FALSE(buffers_.Inspect(step).percent);
  buffers_.PrepareAgain();
  EXPECT_NE(*target.percent, first_poison);
  *target.hr = hr::kOk;
  target.percent[1] = 7;
  const OutputBuffers::Seen seen = buffers_.Inspect(step);
  EXPECT_EQ(seen.hr, hr::kOk);
  EXPECT_FALSE(seen.percent);
  EXPECT_THAT(seen.clobbered.str(), StartsWith("word 0 after"));
  *target.hr = hr::kOk;
  buffers_.PrepareAgain();
  EXPECT_THAT(buffers_.Inspect(step).clobbered.str(), HasSubstr("output of an earlier call"));
}

TEST_F(OutputBuffersTest, HalfAPercentageIsNone) {
  const Step step = steps::QueryAt(Outputs::kStack);
  const OutputBuffers::Target target = buffers_.Prepare(step);
  *target.percent = (*target.percent & 0xFFFF0000u) | 100;
  const OutputBuffers::Seen seen = buffers_.Inspect(step);
  EXPECT_FALSE(seen.percent);
  EXPECT_THAT(seen.clobbered.str(), HasSubstr("only part of pulPercentCompleted"));
}

TEST_F(OutputBuffersTest, OneVariableMayBeBothOutputs) {
  const Step step = steps::QueryAt(Outputs::kAliased);
  const OutputBuffers::Target target = buffers_.Prepare(step);
  EXPECT_EQ(Words(target), target.percent);
  *target.hr = hr::kOk;
  EXPECT_TRUE(buffers_.Inspect(step).clobbered.empty());
  buffers_.Prepare(step);
  target.percent[1] = 7;
  EXPECT_THAT(buffers_.Inspect(step).clobbered.str(), StartsWith("word 0 after"));
}

}  // namespace
}  // namespace vdsconform
