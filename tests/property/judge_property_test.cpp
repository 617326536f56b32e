// The streaming judge against an exhaustive search, on small random histories.
//
// VDSCONFORM_SEED and VDSCONFORM_HISTORIES in the environment choose other ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "exhaustive_search.h"
#include "judge_comparison.h"
#include "small_histories.h"
#include "spec/history_json.h"

namespace vdsconform {
namespace {

constexpr uint64_t kSeed = 20'240'916;
constexpr uint64_t kHistories = 200'000;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// True if, at one instant, two threads each end a call and begin another. Then the calls are not
// intervals on a line: each pair in order is so by its thread alone, and two pairs may contradict
// each other only when seen together. The judge looks at pairs; there it may miss a fault, at one
// history in hundreds of thousands, but must not invent one.
bool IsCrossedInstant(const History& history) {
  std::map<int64_t, std::set<uint32_t>> threads;
  for (const Event& a : history.events) {
    for (const Event& b : history.events) {
      const bool at_once = &a < &b && a.thread == b.thread && *a.t1 == b.t0;
      if (at_once) threads[b.t0].insert(a.thread);
    }
  }
  return std::any_of(threads.begin(), threads.end(),
                     [](const auto& instant) { return instant.second.size() > 1; });
}

// What was compared, so that a comparison of right histories alone cannot pass.
struct Tally {
  uint64_t linearizable = 0;
  uint64_t other = 0;
  uint64_t disagreements = 0;
  uint64_t missed_at_crossed_instants = 0;
};

Tally Compare(Profile profile, uint64_t seed, uint64_t histories) {
  Random random(seed);
  Tally tally;
  const auto differ = [profile](const History& history) {
    return HasLinearization(history, profile) != JudgedLinearizable(history, profile);
  };
  for (uint64_t i = 0; i < histories && tally.disagreements < 3; ++i) {
    History history = RightHistory(random, profile);
    const bool right = random.OneIn(5);
    if (right) {
      EXPECT_TRUE(HasLinearization(history, profile)) << Explain(history, profile);
    } else {
      Damage(random, &history);
    }
    ++(HasLinearization(history, profile) ? tally.linearizable : tally.other);
    if (!differ(history)) continue;
    if (JudgedLinearizable(history, profile) && IsCrossedInstant(history)) {
      ++tally.missed_at_crossed_instants;
      continue;
    }
    ++tally.disagreements;
    ADD_FAILURE() << "history " << i << " of seed " << seed << ": "
                  << Explain(Minimised(history, differ), profile);
  }
  return tally;
}

class JudgeProperty : public testing::TestWithParam<Profile> {};

TEST_P(JudgeProperty, AgreesWithTheExhaustiveSearch) {
  const uint64_t seed = FromEnvironment("VDSCONFORM_SEED", kSeed);
  const uint64_t histories = FromEnvironment("VDSCONFORM_HISTORIES", kHistories / 2);
  std::cout << "VDSCONFORM_SEED=" << seed << " VDSCONFORM_HISTORIES=" << histories << '\n';
  RecordProperty("seed", std::to_string(seed));
  const Tally tally = Compare(GetParam(), seed, histories);
  std::cout << tally.linearizable << " linearizable, " << tally.other << " not, of these "
            << tally.missed_at_crossed_instants << " missed at crossed instants\n";
  if (tally.disagreements != 0) return;
  EXPECT_GT(tally.linearizable, histories / 3);
  EXPECT_GT(tally.other, histories / 3);
  EXPECT_LE(tally.missed_at_crossed_instants, 1 + histories / 50'000);
}

INSTANTIATE_TEST_SUITE_P(Profiles, JudgeProperty, testing::Values(Profile::kWin32, Profile::kMsVds),
                         [](const testing::TestParamInfo<Profile>& info) {
                           return info.param == Profile::kWin32 ? "Win32" : "MsVds";
                         });

// The generators keep the format's promises, so that a disagreement is never the reader's fault.
TEST(SmallHistories, CanBeWrittenAndRead) {
  Random random(kSeed);
  for (int i = 0; i < 2000; ++i) {
    History history = RightHistory(random, i % 2 == 0 ? Profile::kWin32 : Profile::kMsVds);
    if (i % 3 != 0) Damage(random, &history);
    std::istringstream in(ToText(history));
    History read;
    const auto error =
        ReadHistory(in, [&read](const Event& event) { read.events.push_back(event); });
    ASSERT_FALSE(error) << error->line << ": " << error->message << "\n" << ToText(history);
    ASSERT_EQ(read.events, history.events);
  }
}

}  // namespace
}  // namespace vdsconform
