#include "tests/conformance/directed_case.h"

#include <algorithm>
#include <random>

#include "harness/campaign.h"
#include "spec/history.h"

namespace vdsconform {
namespace {

// After so many Programs that crash, hang or block there is nothing more to learn from waiting: in
// one case, and in the whole run, after which every case makes do with its first.
constexpr uint32_t kCostlyProgramsPerCase = 3;
constexpr uint32_t kCostlyProgramsPerRun = 60;
// A call that waits takes its patience in every round of a race: once one was seen, so many do.
constexpr uint32_t kRoundsWithWaits = 4;
// A quick run takes one of so many values of a sweep.
constexpr size_t kQuickShare = 8;

// What the current run has met; a process may carry out several.
struct Met {
  uint32_t costly_programs = 0;
  bool waits = false;
};

Met& MetInThisRun() {
  static const RunContext* run = nullptr;
  static Met met;
  if (run != &CurrentRun()) met = Met{};
  run = &CurrentRun();
  return met;
}

// One of kQuickShare values, which ones depending on the seed.
template <typename T>
std::vector<T> Thinned(const std::vector<T>& values, uint64_t seed) {
  std::vector<T> kept;
  for (size_t i = seed % kQuickShare; i < values.size(); i += kQuickShare) {
    kept.push_back(values[i]);
  }
  return kept;
}

template <typename T>
void AddUnlessThere(std::vector<T>& values, T value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

bool Waits(const Execution& execution) {
  const auto& events = execution.history.events;
  return std::any_of(events.begin(), events.end(), [](const Event& event) {
    // A Wait at rest is what a Wait is for.
    return event.witness != Witness::kNone && event.call != Call::kWait;
  });
}

}  // namespace

bool MeetCostly(const Execution& execution) {
  const auto& events = execution.history.events;
  const bool waits = Waits(execution);
  const bool faulty = std::any_of(events.begin(), events.end(),
                                  [](const Event& event) { return event.fault != Fault::kNone; });
  if (!waits && !faulty && execution.error.empty() && execution.inconclusive.empty()) return false;
  Met& met = MetInThisRun();
  met.waits = met.waits || waits;
  ++met.costly_programs;
  return true;
}

bool WaitsWereMet() { return MetInThisRun().waits; }

uint32_t AffordableRounds(uint32_t rounds) {
  return MetInThisRun().waits ? std::min(rounds, kRoundsWithWaits) : rounds;
}

bool DirectedCase::Check(const Program& program) {
  const RunContext& run = CurrentRun();
  if (run.stopping && run.stopping()) return false;
  const Trial trial = Try(program);
  Record(trial);
  if (MeetCostly(trial.execution) && (++costly_programs_ >= kCostlyProgramsPerCase ||
                                      MetInThisRun().costly_programs > kCostlyProgramsPerRun)) {
    return false;
  }
  const auto& findings = trial.judgement.findings;
  // What is expected to fail must not hide what else may be wrong.
  return std::none_of(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.req == own_req_ && run.campaign->Known(finding) == nullptr;
  });
}

bool DirectedCase::AnyPlan() const {
  const std::vector<bool> plans = Estimables();
  return plans.empty() || plans.front();
}

uint32_t DirectedCase::Rounds(uint32_t full) const {
  return AffordableRounds(quick() ? std::max(1u, full / static_cast<uint32_t>(kQuickShare)) : full);
}

std::vector<uint32_t> DirectedCase::Percents() const {
  std::vector<uint32_t> percents;
  for (uint32_t percent = 0; percent <= 100; ++percent) percents.push_back(percent);
  if (!quick()) return percents;
  percents = Thinned(percents, CurrentRun().seed);
  for (const uint32_t percent : FewPercents()) AddUnlessThere(percents, percent);
  std::sort(percents.begin(), percents.end());
  return percents;
}

std::vector<uint32_t> DirectedCase::FewPercents() { return {0, 1, 50, 99, 100}; }

std::vector<HRESULT> DirectedCase::KnownResults() const {
  std::vector<HRESULT> results;
  for (const Code& code : AllCodes()) {
    if (MayBeFinal(code.value)) AddUnlessThere(results, code.value);
  }
  return quick() ? Thinned(results, CurrentRun().seed) : results;
}

std::vector<HRESULT> DirectedCase::OddResults() const {
  std::vector<HRESULT> results;
  const auto add = [&results](uint32_t bits) {
    if (MayBeFinal(ToHresult(bits))) AddUnlessThere(results, ToHresult(bits));
  };
  for (const uint32_t bits : {0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu, 0x00000001u, 0x20000000u,
                              0xA0042409u, 0x90042409u, 0x8004240Au, 0x80042408u, 0x80072409u,
                              0xC0000005u, 0x00002409u, 0x80002409u, 0xFFFF2409u}) {
    add(bits);
  }
  for (uint32_t bit = 0; bit < 32; ++bit) add(ToBits(hr::kOperationPending) ^ (1u << bit));
  for (uint32_t bit = 0; bit < 32; ++bit) add(1u << bit);
  if (quick()) results = Thinned(results, CurrentRun().seed);
  std::mt19937_64 random(CurrentRun().seed);
  const int count = quick() ? 8 : 64;
  for (int i = 0; i < count; ++i) add(static_cast<uint32_t>(random()));
  return results;
}

std::vector<HRESULT> DirectedCase::FewResults() {
  return {hr::kOk,
          hr::kFalse,
          ToHresult(0x00042443u),  // VDS_S_VOLUME_COMPRESS_FAILED, which a format may end with
          hr::kFail,
          hr::kOutOfMemory,
          ToHresult(0x80042406u),  // VDS_E_INVALID_SPACE
          FromWin32(5),
          ToHresult(0xFFFFFFFFu)};
}

Step Times(uint32_t repeat, Step step) {
  step.repeat = repeat;
  return step;
}

}  // namespace vdsconform
