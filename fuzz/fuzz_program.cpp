// Any bytes as a Program: the reader refuses them with a message, or what it reads keeps the ranges
// that program.h states and is written and read again unchanged.
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "fuzz/claim.h"
#include "harness/program_json.h"

namespace {

void ClaimRanges(const vdsconform::Program& program) {
  using namespace vdsconform;
  Claim(!program.operations.empty() && program.operations.size() <= kMaxOperations,
        "a Program has 1 to kMaxOperations operations");
  Claim(program.steps.size() <= kMaxSteps, "a Program has kMaxSteps steps at most");
  Claim(CountCalls(program) <= kMaxCalls, "a Program asks for kMaxCalls calls at most");
  const Schedule& schedule = program.schedule;
  Claim(schedule.rounds >= 1 && schedule.rounds <= kMaxRounds, "rounds are 1 to kMaxRounds");
  Claim(schedule.preemptions.size() <= kMaxPreemptions, "kMaxPreemptions threads are stopped");
  for (const Preemption& preemption : schedule.preemptions) {
    Claim(preemption.step < program.steps.size(), "a thread is stopped in a step that there is");
  }
  for (const Step& step : program.steps) {
    Claim(step.thread < kMaxThreads, "a step's thread is below kMaxThreads");
    Claim(step.op < program.operations.size(), "a step's operation is there");
    Claim(step.percent <= 100, "progress is 0 to 100");
    for (const uint32_t offset : {step.hr_offset, step.percent_offset}) {
      Claim(offset % 4 == 0 && offset < kLineBytes, "outputs are aligned and in a cache line");
    }
    Claim(!Describe(step).empty(), "a step can be described");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vdsconform;
  const auto parsed = ParseProgram(AsText(data, size));
  if (const auto* message = std::get_if<std::string>(&parsed)) {
    Claim(!message->empty(), "a refusal says why");
    return 0;
  }
  const auto& program = std::get<Program>(parsed);
  ClaimRanges(program);
  const auto again = ParseProgram(ToJson(program));
  const auto* refused = std::get_if<std::string>(&again);
  Claim(refused == nullptr, "what was written can be read", refused ? *refused : "");
  Claim(std::get<Program>(again) == program, "writing loses nothing");
  return 0;
}
