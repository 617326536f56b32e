#include "harness/corpus_selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace vdsconform {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Reach Of(std::vector<uint64_t> features) { return {true, std::move(features)}; }
const Reach kDeadly{true, {}};

TEST(ParseReach, ReadsWhatTheEngineWrites) {
  const auto reaches = ParseReach(
      "STARTED 0 24\nFT 0 17 18446744073709551615\nCOV 0 5\nSTARTED 1 4\nFT 1\nCOV 1\nSTARTED 2 "
      "9\n",
      4);
  ASSERT_TRUE(reaches);
  ASSERT_EQ(reaches->size(), 4u);
  EXPECT_THAT(*reaches->at(0).features, ElementsAre(17u, 18446744073709551615u));
  EXPECT_THAT(*reaches->at(1).features, IsEmpty());
  EXPECT_TRUE(reaches->at(2).started);
  EXPECT_FALSE(reaches->at(2).features);
  EXPECT_FALSE(reaches->at(3).started);
}

TEST(ParseReach, AnInputThatEndedTheProcessIsPassedOver) {
  const auto reaches = ParseReach("STARTED 0 1\nSTARTED 1 1\nFT 1 3\nCOV 1\n", 2);
  ASSERT_TRUE(reaches);
  EXPECT_FALSE(reaches->at(0).features);
  EXPECT_THAT(*reaches->at(1).features, ElementsAre(3u));
}

TEST(ParseReach, ALineCutOffIsOfTheInputThatEndedIt) {
  EXPECT_TRUE(ParseReach("STARTED 0 1\nFT 0 1\nSTAR", 2));
  EXPECT_FALSE(ParseReach("STARTED 0 1\nFT 0 1\nSTARTED", 2));
}

TEST(ParseReach, RefusesWhatTheEngineDoesNotWrite) {
  EXPECT_FALSE(ParseReach("STARTED 2 1\n", 2));
  EXPECT_FALSE(ParseReach("FT 0 1\n", 2));
  EXPECT_FALSE(ParseReach("STARTED zero 1\n", 2));
  EXPECT_TRUE(ParseReach("", 0));
}

TEST(SelectInputs, KeepsWhatReachesSomethingNew) {
  EXPECT_THAT(SelectInputs({Of({1}), Of({1}), Of({1, 2}), Of({}), Of({2})}, 0), ElementsAre(0, 2));
  EXPECT_THAT(SelectInputs({}, 0), IsEmpty());
}

TEST(SelectInputs, WhatIsKnownIsNotSelectedButReachesAllTheSame) {
  EXPECT_THAT(SelectInputs({Of({1}), Of({2}), Of({1, 2}), Of({3})}, 2), ElementsAre(3));
}

TEST(SelectInputs, WhatEndedTheProcessIsNotSelected) {
  EXPECT_THAT(SelectInputs({kDeadly, Of({1}), kDeadly}, 0), ElementsAre(1));
}

}  // namespace
}  // namespace vdsconform
