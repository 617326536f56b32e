// The judge's ways to save work, on small random histories, sequential and concurrent: what it is
// given to keep instead of a copy, what it keeps of earlier histories, and that it does not queue a
// call beside which no other is in flight. None of them changes a judgement.
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <set>
#include <string>

#include "small_histories.h"
#include "spec/history_json.h"
#include "spec/hresult.h"
#include "spec/judge.h"

namespace vdsconform {
namespace {

constexpr uint64_t kSeed = 20'251'125;
constexpr int kHistories = 20'000;
// Of an operation and a thread that the histories do not have.
constexpr uint32_t kCompanion = 99;

std::string ToText(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += std::string(Get(finding.req).id) + " " + finding.cause + " " +
            std::to_string(finding.count) + " times: " + finding.message + "\n";
    for (const Event& witness : finding.witnesses) text += "  " + ToJson(witness) + "\n";
  }
  return text;
}

std::string ToText(const Judgement& judgement) {
  std::string text = std::to_string(judgement.events) + " events, observations";
  for (const uint64_t count : judgement.observations) text += " " + std::to_string(count);
  return text + "\n" + ToText(judgement.findings);
}

// One call after another.
void MakeSequential(History* history) {
  int64_t now = 0;
  for (Event& event : history->events) {
    event.t0 = now++;
    event.t1 = now++;
  }
}

// What executors see of calls beside their answers, and calls that never come back.
void AddEvidence(Random& random, History* history) {
  std::set<uint32_t> threads;
  for (size_t i = history->events.size(); i-- > 0;) {
    Event& event = history->events[i];
    if (event.call == Call::kBegin) continue;
    const bool last_of_thread = threads.insert(event.thread).second;
    if (last_of_thread && random.OneIn(20)) {
      event.t1.reset();
      event.fault = random.OneIn(2) ? Fault::kCrashed : Fault::kHung;
      event.detail = "seen by nobody";
    }
    if (event.call != Call::kQueryStatus) continue;
    if (random.OneIn(20)) event.clobbered = "word 0 before pHrResult";
    if (random.OneIn(20)) event.slept_in = "clock_nanosleep";
    if (random.OneIn(20)) event.ret = hr::kFail;
    if (random.OneIn(20)) event.blocked = Blockage{"futex", 5, 6, false, {"a.so+0x1"}};
    if (random.OneIn(20)) event.null_outputs = NullOutputs::kBoth;
    if (random.OneIn(20)) event.switches = random.Below(3);
  }
}

History RandomHistory(Random& random, Profile profile) {
  History history = RightHistory(random, profile);
  if (!random.OneIn(4)) Damage(random, &history);
  if (random.OneIn(2)) MakeSequential(&history);
  if (random.OneIn(2)) AddEvidence(random, &history);
  return history;
}

// By a judge that has seen nothing, from events that are gone once they were taken.
Judgement JudgeInPassing(const History& history, Profile profile) {
  Judge judge(profile);
  for (const Event& event : history.events) {
    auto passing = std::make_unique<Event>(event);
    judge.Observe(*passing);
    *passing = Event{};
  }
  return judge.Finish();
}

// With a call of another operation that lasts throughout: no call is ever alone.
History WithCompanion(const History& history) {
  Event event;
  event.op = event.thread = kCompanion;
  event.call = Call::kBegin;
  event.t0 = 0;
  event.t1 = 0;
  History accompanied;
  accompanied.events.push_back(event);
  event.call = Call::kWait;
  event.ret = hr::kNotImpl;
  event.t1 = std::numeric_limits<int64_t>::max() - 1;
  accompanied.events.push_back(event);
  accompanied.events.insert(accompanied.events.end(), history.events.begin(), history.events.end());
  return accompanied;
}

class JudgeReuse : public testing::TestWithParam<Profile> {};

TEST_P(JudgeReuse, ChangesNoJudgement) {
  Random random(kSeed);
  Judge reused(GetParam());
  int with_findings = 0;
  for (int i = 0; i < kHistories; ++i) {
    const History history = RandomHistory(random, GetParam());
    const Judgement expected = JudgeInPassing(history, GetParam());
    reused.Observe(history);
    ASSERT_EQ(ToText(reused.Finish()), ToText(expected)) << vdsconform::ToText(history);
    if (!expected.findings.empty()) ++with_findings;
  }
  EXPECT_GT(with_findings, kHistories / 4);
  EXPECT_LT(with_findings, kHistories);
}

TEST_P(JudgeReuse, ACallAloneIsJudgedAsOneBesideAnother) {
  Random random(kSeed + 1);
  for (int i = 0; i < kHistories; ++i) {
    const History history = RandomHistory(random, GetParam());
    ASSERT_EQ(ToText(JudgeHistory(history, GetParam()).findings),
              ToText(JudgeHistory(WithCompanion(history), GetParam()).findings))
        << vdsconform::ToText(history);
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, JudgeReuse, testing::Values(Profile::kWin32, Profile::kMsVds),
                         [](const testing::TestParamInfo<Profile>& info) {
                           return info.param == Profile::kWin32 ? "Win32" : "MsVds";
                         });

}  // namespace
}  // namespace vdsconform
