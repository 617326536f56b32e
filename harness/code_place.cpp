#include "harness/code_place.h"

#include <cxxabi.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace vdsconform {
namespace {

std::string Hex(uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
  return text;
}

// Takes "+0x1139" from the end of `text`.
std::optional<uint64_t> TakeOffset(std::string_view* text) {
  const size_t plus = text->rfind("+0x");
  if (plus == std::string_view::npos) return std::nullopt;
  const char* digits = text->data() + plus + 3;
  const char* end = text->data() + text->size();
  uint64_t offset = 0;
  const auto [parsed, error] = std::from_chars(digits, end, offset, 16);
  if (error != std::errc() || parsed != end) return std::nullopt;
  text->remove_suffix(text->size() - plus);
  return offset;
}

// `name` without the brackets that its parameters are in. Others may follow: "f(int) [clone
// .cold]".
std::string WithoutParameters(std::string name) {
  const size_t last = name.rfind(')');
  if (last == std::string::npos) return name;
  int depth = 0;
  for (size_t i = last + 1; i-- > 0;) {
    if (name[i] == ')') ++depth;
    if (name[i] == '(' && --depth == 0) {
      // A name in brackets alone is of a namespace without one.
      const bool is_all_there_is = i == 0 || name.compare(last + 1, 2, "::") == 0;
      if (!is_all_there_is) name.resize(i);
      break;
    }
  }
  return name;
}

}  // namespace

std::string Describe(const CodePlace& place) {
  if (place.module.empty()) return Hex(place.offset);
  std::string text = place.module + "+" + Hex(place.offset);
  if (!place.function.empty()) {
    text += " (" + place.function + "+" + Hex(place.into_function) + ")";
  }
  return text;
}

std::optional<CodePlace> ParseCodePlace(std::string_view text) {
  CodePlace place;
  // A function's name may hold the same brackets, and no module's does.
  const size_t bracket = text.find(" (");
  if (bracket != std::string_view::npos) {
    if (text.back() != ')') return std::nullopt;
    std::string_view function = text.substr(bracket + 2, text.size() - bracket - 3);
    const std::optional<uint64_t> into = TakeOffset(&function);
    if (!into || function.empty()) return std::nullopt;
    place.function = function;
    place.into_function = *into;
    text = text.substr(0, bracket);
  }
  const std::optional<uint64_t> offset = TakeOffset(&text);
  const bool is_module = !text.empty() && text.find('/') == std::string_view::npos;
  if (!offset || !is_module) return std::nullopt;
  place.module = text;
  place.offset = *offset;
  return place;
}

std::string Demangled(const std::string& symbol) {
  int status = 0;
  char* name = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
  if (name == nullptr) return symbol;
  std::string text = name;
  std::free(name);
  return WithoutParameters(std::move(text));
}

}  // namespace vdsconform
