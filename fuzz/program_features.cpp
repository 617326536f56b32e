#include "fuzz/program_features.h"

#include <algorithm>
#include <array>

#include "harness/program.h"
#include "spec/hresult.h"

namespace vdsconform {
namespace {

// One area for each kind. What does not fit its area shares counters, which costs a little
// guidance and nothing else. Values are put into classes: a corpus with an input for each code and
// each percentage would be large, and mutations try all of them anyway.
constexpr uint32_t kAnswers = 1024;       // what a call answered in which state, after which call
constexpr uint32_t kResults = 32;         // classes of codes that operations ended with
constexpr uint32_t kPercents = 16;        // classes of percentages reported while pending
constexpr uint32_t kInterleavings = 208;  // where which call was stopped
constexpr uint32_t kCounters = kResults + kAnswers + kPercents + kInterleavings;

#ifdef __linux__
__attribute__((used, section("__libfuzzer_extra_counters")))
#endif
uint8_t counters[kCounters];

void Count(uint32_t area, uint32_t size, uint32_t value) {
  uint8_t& counter = counters[area + value % size];
  if (counter < 255) ++counter;
}

uint32_t Mix(uint32_t hash, uint32_t value) { return (hash ^ value) * 0x9E3779B1u; }

// What the driver and the calls made of an operation so far.
struct Seen {
  uint32_t last_call = 0;
  bool finished = false;
  bool let_go = false;
  bool progressed = false;
};

uint32_t AnswerOf(const Event& event) {
  uint32_t answer = static_cast<uint32_t>(event.fault);
  if (event.ret) answer = Mix(answer, ToBits(*event.ret));
  if (event.hr) answer = Mix(answer, *event.hr == hr::kOperationPending ? 1u : 2u);
  if (event.hr) answer = Mix(answer, Failed(*event.hr) ? 3u : 4u);
  if (event.percent)
    answer = Mix(answer, *event.percent == 0 ? 5u : *event.percent < 100 ? 6u : 7u);
  return Mix(answer, static_cast<uint32_t>(event.out));
}

uint32_t PercentClass(uint32_t percent) {
  if (percent <= 1) return percent;
  if (percent >= 98) return std::min(percent, 101u) - 90;
  return 2 + percent / 20;
}

void NoteEvent(const Event& event, Seen* seen) {
  const auto call = static_cast<uint32_t>(event.call);
  uint32_t hash = Mix(call, seen->last_call);
  hash = Mix(hash,
             (seen->finished ? 1u : 0u) | (seen->let_go ? 2u : 0u) | (seen->progressed ? 4u : 0u));
  hash = Mix(hash, static_cast<uint32_t>(event.null_outputs));
  hash = Mix(hash, AnswerOf(event));
  Count(0, kAnswers, hash >> 16);
  seen->last_call = call + 1;
  if (event.call == Call::kProgress) seen->progressed = true;
  if (event.call == Call::kFinish) {
    seen->finished = true;
    const HRESULT result = event.result.value_or(hr::kOk);
    Count(kAnswers, kResults,
          static_cast<uint32_t>(Classify(result)) << 2 | (Failed(result) ? 1u : 0u) |
              (result == hr::kOk ? 2u : 0u));
  }
  if (event.call == Call::kCancel && event.ret == hr::kOk) seen->finished = true;
  if (event.call == Call::kEnd) seen->let_go = true;
  if (event.hr == hr::kOperationPending && event.percent) {
    Count(kAnswers + kResults, kPercents, PercentClass(*event.percent));
  }
  if (event.stopped) {
    const uint32_t place =
        Mix(Mix(call, static_cast<uint32_t>(event.stopped->instruction)), event.stopped->beyond);
    Count(kAnswers + kResults + kPercents, kInterleavings, place >> 16);
  }
}

}  // namespace

void NoteFeatures(const History& history) {
  std::array<Seen, kMaxOperations> seen{};
  for (const Event& event : history.events) NoteEvent(event, &seen[event.op % kMaxOperations]);
}

void ClearFeatures() { std::fill(std::begin(counters), std::end(counters), uint8_t{0}); }

uint32_t CountFeatures() {
  return static_cast<uint32_t>(
      std::count_if(std::begin(counters), std::end(counters), [](uint8_t c) { return c != 0; }));
}

}  // namespace vdsconform
