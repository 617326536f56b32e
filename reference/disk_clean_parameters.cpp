#include "reference/disk_clean_parameters.h"

#include <charconv>
#include <limits>
#include <set>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

constexpr uint64_t kLeastChunk = 512;
constexpr uint64_t kMostChunk = uint64_t{64} << 20;

// Takes one parameter in; says why not if it cannot.
std::string Apply(std::string_view key, std::string_view value, DiskCleanParameters& into) {
  const std::string given = std::string(key) + "=" + std::string(value);
  if (key == "image") {
    if (value.empty()) return "image= needs a path";
    into.image = value;
    return {};
  }
  if (key == "overwrite") {
    if (value != "yes" && value != "no") return given + ": allowed are yes and no";
    into.overwrite = value == "yes";
    return {};
  }
  if (key == "size") {
    into.size = ParseByteCount(value);
    if (into.size.value_or(0) == 0) return given + ": needs bytes above 0, such as 64M";
    return {};
  }
  if (key == "chunk") {
    const uint64_t chunk = ParseByteCount(value).value_or(0);
    if (chunk < kLeastChunk || chunk > kMostChunk) return given + ": allowed are 512 to 64M";
    into.chunk = static_cast<size_t>(chunk);
    return {};
  }
  return given + ": unknown; known are image, overwrite, size and chunk";
}

}  // namespace

std::optional<uint64_t> ParseByteCount(std::string_view text) {
  int shift = 0;
  if (text.ends_with('K')) shift = 10;
  if (text.ends_with('M')) shift = 20;
  if (text.ends_with('G')) shift = 30;
  if (shift != 0) text.remove_suffix(1);
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  if (count > kMost >> shift) return std::nullopt;
  return count << shift;
}

std::variant<DiskCleanParameters, Refusal> ParseDiskCleanParameters(
    std::span<const char* const> parameters) {
  DiskCleanParameters parsed;
  std::set<std::string_view> seen;
  for (const char* const parameter : parameters) {
    if (parameter == nullptr) return Refusal{hr::kInvalidArg, "a parameter is NULL"};
    const std::string_view text = parameter;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
      return Refusal{hr::kInvalidArg, std::string(text) + ": not of the form key=value"};
    }
    const std::string_view key = text.substr(0, equals);
    if (!seen.insert(key).second) {
      return Refusal{hr::kInvalidArg, std::string(key) + "= is given twice"};
    }
    std::string wrong = Apply(key, text.substr(equals + 1), parsed);
    if (!wrong.empty()) return Refusal{hr::kInvalidArg, std::move(wrong)};
  }
  if (parsed.image.empty() && seen.contains("overwrite")) {
    return Refusal{hr::kInvalidArg, "overwrite= has no meaning without image="};
  }
  return parsed;
}

}  // namespace vdsconform
