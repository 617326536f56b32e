#include "fuzz/program_features.h"

#include <algorithm>
#include <array>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

// One area for each kind. What does not fit its area shares counters, which costs a little
// guidance and nothing else.
constexpr uint32_t kResults = 512;        // codes that operations ended with
constexpr uint32_t kAnswers = 1024;       // what a call answered in which state, after which call
constexpr uint32_t kPercents = 128;       // percentages that were reported while pending
constexpr uint32_t kInterleavings = 384;  // where which call was stopped
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

void NoteEvent(const Event& event, Seen* seen) {
  const auto call = static_cast<uint32_t>(event.call);
  uint32_t hash = Mix(call, seen->last_call);
  hash = Mix(hash,
             (seen->finished ? 1u : 0u) | (seen->let_go ? 2u : 0u) | (seen->progressed ? 4u : 0u));
  hash = Mix(hash, static_cast<uint32_t>(event.null_outputs));
  hash = Mix(hash, AnswerOf(event));
  Count(kResults, kAnswers, hash >> 16);
  seen->last_call = call + 1;
  if (event.call == Call::kProgress) seen->progressed = true;
  if (event.call == Call::kFinish) {
    seen->finished = true;
    // One that some bug depends on may be any.
    Count(0, kResults, Mix(ToBits(event.result.value_or(0)), 0) >> 16);
  }
  if (event.call == Call::kCancel && event.ret == hr::kOk) seen->finished = true;
  if (event.call == Call::kEnd) seen->let_go = true;
  if (event.hr == hr::kOperationPending && event.percent) {
    Count(kResults + kAnswers, kPercents, *event.percent);
  }
}

}  // namespace

void NoteFeatures(const Program& program, const History& history) {
  std::array<Seen, kMaxOperations> seen{};
  for (const Event& event : history.events) NoteEvent(event, &seen[event.op % kMaxOperations]);
  for (const Preemption& preemption : program.schedule.preemptions) {
    const auto action = static_cast<uint32_t>(program.steps[preemption.step].action);
    const uint32_t place = Mix(Mix(action, static_cast<uint32_t>(preemption.point.instruction)),
                               preemption.point.beyond);
    Count(kResults + kAnswers + kPercents, kInterleavings, place >> 16);
  }
}

void ClearFeatures() { std::fill(std::begin(counters), std::end(counters), uint8_t{0}); }

uint32_t CountFeatures() {
  return static_cast<uint32_t>(
      std::count_if(std::begin(counters), std::end(counters), [](uint8_t c) { return c != 0; }));
}

}  // namespace vdsconform
