// Program as one line of JSON (program.schema.json).
//
// {"vdsconform":"program/1","name":"...","operations":[{"estimable":true}],
//  "schedule":{"kind":"racing","rounds":100},"measure":false,
//  "steps":[{"thread":1,"op":0,"do":"query","repeat":3,"null":"hr","outputs":"page-end"},
//           {"do":"query","outputs":"heap","hr_offset":4,"percent_offset":60},
//           {"do":"progress","percent":40},{"do":"finish","result":"0x00000000"},
//           {"do":"query-interface","iid":"other"}]}
//
// Fields at their defaults are left out. Pure functions, thread-safe.
#ifndef VDSCONFORM_HARNESS_PROGRAM_JSON_H_
#define VDSCONFORM_HARNESS_PROGRAM_JSON_H_

#include <string>
#include <string_view>
#include <variant>

#include "harness/program.h"

namespace vdsconform {

// The most calls that one Program may ask for: the steps' repeat counts, times the rounds. A
// history is held in memory, so longer campaigns are made of several Programs.
inline constexpr uint64_t kMaxCalls = 1'000'000;

// The calls that a Program asks for. Polls count once.
uint64_t CountCalls(const Program& program);

// One line, without a newline. ParseProgram(ToJson(p)) == p.
std::string ToJson(const Program& program);

// The Program, or a message that names the field and what was expected there. Checks every range
// that program.h states, and kMaxCalls. Unknown fields are ignored.
std::variant<Program, std::string> ParseProgram(std::string_view json);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_PROGRAM_JSON_H_
