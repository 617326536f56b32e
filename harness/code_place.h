// An instruction's place for people, "libmine.so+0x1139 (Finish+0x12)", and back again.
//
// Pure; thread-safe.
#ifndef VDSCONFORM_HARNESS_CODE_PLACE_H_
#define VDSCONFORM_HARNESS_CODE_PLACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vdsconform {

struct CodePlace {
  std::string module;    // the library's file, without its folder; empty: unknown
  uint64_t offset = 0;   // its address in that file; without a module, in memory
  std::string function;  // empty: unknown
  uint64_t into_function = 0;

  friend bool operator==(const CodePlace&, const CodePlace&) = default;
};

std::string Describe(const CodePlace& place);

// None: `text` is none that Describe gives of a place in a module.
std::optional<CodePlace> ParseCodePlace(std::string_view text);

// A C++ function's name without its parameters, which say little; what is no such symbol stays.
std::string Demangled(const std::string& symbol);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_CODE_PLACE_H_
