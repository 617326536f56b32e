// Any bytes as a Program: the reader refuses them with a message, or what it reads keeps the ranges
// that program.h states and is written and read again unchanged.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "harness/program_json.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vdsconform;
  const auto parsed = ParseProgram(std::string_view(reinterpret_cast<const char*>(data), size));
  if (const auto* message = std::get_if<std::string>(&parsed)) {
    Require(!message->empty());
    return 0;
  }
  const auto& program = std::get<Program>(parsed);
  Require(!program.operations.empty() && program.operations.size() <= kMaxOperations);
  Require(program.steps.size() <= kMaxSteps && CountCalls(program) <= kMaxCalls);
  for (const Step& step : program.steps) {
    Require(step.thread < kMaxThreads && step.op < program.operations.size());
    Require(step.percent <= 100);
    for (const uint32_t offset : {step.hr_offset, step.percent_offset}) {
      Require(offset % 4 == 0 && offset < kLineBytes);
    }
  }
  const auto again = ParseProgram(ToJson(program));
  Require(std::holds_alternative<Program>(again) && std::get<Program>(again) == program);
  return 0;
}
