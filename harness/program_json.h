// Program as one line of JSON (program.schema.json).
#ifndef VDSCONFORM_HARNESS_PROGRAM_JSON_H_
#define VDSCONFORM_HARNESS_PROGRAM_JSON_H_

#include <string>
#include <string_view>
#include <variant>

#include "harness/program.h"

namespace vdsconform {

// One line, without a newline. ParseProgram(ToJson(p)) == p.
std::string ToJson(const Program& program);

// The Program, or a message that names the field and what was expected there. Checks every range
// that program.h states. Unknown fields are ignored.
std::variant<Program, std::string> ParseProgram(std::string_view json);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_PROGRAM_JSON_H_
