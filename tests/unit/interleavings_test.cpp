#include "harness/interleavings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "tests/unit/boundary_traces.h"

namespace vdsconform {
namespace {

using Traces = std::vector<std::vector<Boundary>>;

uint64_t Traps(const Traces& traces, const std::vector<Interleaving>& chosen) {
  uint64_t traps = 0;
  for (const Interleaving& interleaving : chosen) {
    for (size_t p = 0; p < traces.size(); ++p) traps += TrapsOnTheWay(traces[p][interleaving[p]]);
  }
  return traps;
}

bool IsCheap(const Traces& traces, const Interleaving& interleaving) {
  bool cheap = true;
  for (size_t p = 0; p < traces.size(); ++p) {
    cheap = cheap && TrapsOnTheWay(traces[p][interleaving[p]]) == 0;
  }
  return cheap;
}

void ExpectDistinct(const std::vector<Interleaving>& chosen) {
  EXPECT_EQ(std::set<Interleaving>(chosen.begin(), chosen.end()).size(), chosen.size());
}

void ExpectInRange(const Traces& traces, const std::vector<Interleaving>& chosen) {
  for (const Interleaving& interleaving : chosen) {
    ASSERT_EQ(interleaving.size(), traces.size());
    for (size_t p = 0; p < traces.size(); ++p) ASSERT_LT(interleaving[p], traces[p].size());
  }
}

TEST(Interleavings, ABoundaryCostsTwoTrapsForEachVisitBeforeAndOneForEachStepBeyond) {
  Boundary boundary;
  boundary.visit = 1;
  EXPECT_EQ(TrapsOnTheWay(boundary), 0u);
  boundary.visit = 4;
  EXPECT_EQ(TrapsOnTheWay(boundary), 6u);
  boundary.beyond = 5;
  EXPECT_EQ(TrapsOnTheWay(boundary), 11u);
  boundary.beyond = 0;
  boundary.visit = UINT32_MAX;
  EXPECT_EQ(TrapsOnTheWay(boundary), uint64_t{2} * (UINT32_MAX - 1));
}

TEST(Interleavings, ABoundaryCostsEachStepFromTheFirstWhereNoBreakpointCanBe) {
  Boundary boundary;
  boundary.visit = 4;
  boundary.beyond = 5;
  boundary.steps = 70;
  EXPECT_EQ(TrapsOnTheWay(boundary), 70u);
}

TEST(Interleavings, AreCountedAsEveryCombination) {
  EXPECT_EQ(CountInterleavings({Trace(3, 4)}), 7u);
  EXPECT_EQ(CountInterleavings({Trace(3, 4), Trace(5, 0)}), 35u);
  EXPECT_EQ(CountInterleavings({Trace(3, 4), {}}), 0u);
}

TEST(Interleavings, AreAllChosenInOrderWhenTheyAreAffordable) {
  EXPECT_EQ(ChooseInterleavings({Trace(2, 1)}, 1'000, 1'000, 1),
            (std::vector<Interleaving>{{0}, {1}, {2}}));
  EXPECT_EQ(ChooseInterleavings({Trace(2, 0), Trace(2, 1)}, 1'000, 1'000, 1),
            (std::vector<Interleaving>{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}}));
}

TEST(Interleavings, AreAllChosenUpToExactlyTheBudgets) {
  const Traces traces{Trace(20, 10, 3), Trace(20, 10, 3)};
  std::vector<Interleaving> all;
  for (uint32_t i = 0; i < 30; ++i) {
    for (uint32_t j = 0; j < 30; ++j) all.push_back({i, j});
  }
  const uint64_t traps = Traps(traces, all);
  EXPECT_EQ(ChooseInterleavings(traces, 900, traps, 1), all);
  EXPECT_LT(ChooseInterleavings(traces, 899, traps, 1).size(), 900u);
  EXPECT_LT(ChooseInterleavings(traces, 900, traps - 1, 1).size(), 900u);
}

TEST(Interleavings, CheapOnesComeFirstAndInOrder) {
  const Traces traces{Trace(20, 15), Trace(30, 10)};
  const std::vector<Interleaving> chosen = ChooseInterleavings(traces, 1'300, 1'000'000, 1);
  ASSERT_GT(chosen.size(), 600u);
  const auto dear = chosen.begin() + 600;
  EXPECT_TRUE(std::is_sorted(chosen.begin(), dear));
  EXPECT_TRUE(std::all_of(chosen.begin(), dear,
                          [&](const Interleaving& one) { return IsCheap(traces, one); }));
  EXPECT_TRUE(std::none_of(dear, chosen.end(),
                           [&](const Interleaving& one) { return IsCheap(traces, one); }));
  ExpectDistinct(chosen);
  ExpectInRange(traces, chosen);
}

// Cheap ones are named by their place in the whole trace, also where dear ones are between them.
TEST(Interleavings, CheapOnesKeepTheirPlaces) {
  Traces traces{Trace(0, 20)};
  for (const uint32_t cheap : {3u, 7u, 19u}) traces[0][cheap].visit = 1;
  const std::vector<Interleaving> chosen = ChooseInterleavings(traces, 19, 3, 1);
  EXPECT_EQ(chosen, (std::vector<Interleaving>{{3}, {7}, {19}}));
}

TEST(Interleavings, TooManyCheapOnesAreSampledToo) {
  const Traces traces{Trace(200, 0), Trace(200, 0)};
  const std::vector<Interleaving> chosen = ChooseInterleavings(traces, 1'000, 1'000'000, 1);
  EXPECT_EQ(chosen.size(), 1'000u);
  EXPECT_FALSE(std::is_sorted(chosen.begin(), chosen.end()));
  ExpectDistinct(chosen);
  ExpectInRange(traces, chosen);
  // From everywhere: of 1'000 among 40'000, some are in each of 16 parts.
  std::set<uint32_t> parts;
  for (const Interleaving& one : chosen) parts.insert(one[0] / 50 * 4 + one[1] / 50);
  EXPECT_EQ(parts.size(), 16u);
}

TEST(Interleavings, KeepTheBudgets) {
  for (const Traces& traces : {Traces{Trace(50, 500)}, Traces{Trace(40, 40), Trace(40, 40)},
                               Traces{Trace(0, 300, 7), Trace(3, 2)}}) {
    for (const uint64_t budget : {1u, 2u, 100u, 5'000u}) {
      const std::vector<Interleaving> all = ChooseInterleavings(traces, budget, 1'000'000, 1);
      EXPECT_LE(all.size(), budget);
      EXPECT_FALSE(all.empty());
      for (const uint64_t trap_budget : {4'000u, 20'000u}) {
        const auto chosen = ChooseInterleavings(traces, budget, trap_budget, 1);
        EXPECT_LE(chosen.size(), budget);
        EXPECT_LE(Traps(traces, chosen), trap_budget);
        EXPECT_FALSE(chosen.empty());
        ExpectDistinct(chosen);
        ExpectInRange(traces, chosen);
      }
    }
  }
}

TEST(Interleavings, CheapOnesAreNotLeftOutForTraps) {
  const Traces traces{Trace(30, 10), Trace(30, 10)};
  const std::vector<Interleaving> chosen = ChooseInterleavings(traces, 10'000, 100, 1);
  EXPECT_EQ(chosen.size(), 900u);
  EXPECT_TRUE(std::all_of(chosen.begin(), chosen.end(),
                          [&](const Interleaving& one) { return IsCheap(traces, one); }));
}

TEST(Interleavings, DependOnTheSeedAlone) {
  const Traces traces{Trace(40, 100), Trace(40, 100)};
  const auto one = ChooseInterleavings(traces, 5'000, 1'000'000, 1);
  EXPECT_EQ(one, ChooseInterleavings(traces, 5'000, 1'000'000, 1));
  const auto two = ChooseInterleavings(traces, 5'000, 1'000'000, 2);
  EXPECT_NE(one, two);
  EXPECT_TRUE(std::equal(one.begin(), one.begin() + 1'600, two.begin()));
}

TEST(Interleavings, AreNoneWhereACallHasNoInstructions) {
  EXPECT_TRUE(ChooseInterleavings({{}}, 100, 100, 1).empty());
  EXPECT_TRUE(ChooseInterleavings({Trace(3, 0), {}}, 100, 100, 1).empty());
  EXPECT_TRUE(ChooseInterleavings({{}, Trace(3, 0)}, 100, 100, 1).empty());
}

TEST(Interleavings, AreSpreadOutAsFarAsTheyAreAffordable) {
  const std::vector<Interleaving> all{{0}, {1}, {2}, {3}, {4}, {5}, {6}};
  EXPECT_EQ(SpreadOut(all, 7), all);
  EXPECT_EQ(SpreadOut(all, 1'000), all);
  EXPECT_EQ(SpreadOut(all, 4), (std::vector<Interleaving>{{0}, {2}, {4}, {6}, {1}, {3}, {5}}));
  EXPECT_EQ(SpreadOut(all, 3), (std::vector<Interleaving>{{0}, {3}, {6}, {1}, {4}, {2}, {5}}));
  EXPECT_EQ(SpreadOut(all, 1), all);
  EXPECT_EQ(SpreadOut(all, 0), all);
  EXPECT_TRUE(SpreadOut({}, 3).empty());
}

TEST(Interleavings, NoneIsAffordableWithoutTraps) {
  EXPECT_TRUE(ChooseInterleavings({Trace(0, 10)}, 100, 5, 1).empty());
}

}  // namespace
}  // namespace vdsconform
