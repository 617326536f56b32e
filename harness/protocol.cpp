#include "harness/protocol.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/capabilities.h"
#include "harness/iut_library.h"
#include "harness/json_text.h"
#include "harness/program_json.h"
#include "spec/iut.h"

namespace vdsconform {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kHostFormat = "host/1";
constexpr std::string_view kPatienceFormat = "patience/1";

// The bit with this name; 0: there is none.
uint32_t CapabilityNamed(const Json& json) {
  if (!json.is_string()) return 0;
  for (uint32_t bit = 1; bit <= VDSCONFORM_NOT_ESTIMATE; bit <<= 1) {
    if (CapabilityNames(bit).front() == json.get_ref<const std::string&>()) return bit;
  }
  return 0;
}

// Sets `value` from a field that may be missing. False: it has another type.
bool ReadText(const Json& json, const char* field, std::string& value) {
  auto found = json.find(field);
  if (found == json.end()) return true;
  if (!found->is_string()) return false;
  value = found->get<std::string>();
  return true;
}

bool ReadNumber(const Json& json, const char* field, uint32_t max, uint32_t& value) {
  auto found = json.find(field);
  if (found == json.end()) return true;
  if (!found->is_number_unsigned() || found->get<uint64_t>() > max) return false;
  value = found->get<uint32_t>();
  return true;
}

bool ReadCount(const Json& json, const char* field, uint64_t& value) {
  auto found = json.find(field);
  if (found == json.end()) return true;
  if (!found->is_number_unsigned()) return false;
  value = found->get<uint64_t>();
  return true;
}

HostLine ParseCapabilities(const Json& json, Hello hello) {
  if (!json.is_array()) return Malformed{"iut.capabilities: expected an array of names"};
  for (const Json& element : json) {
    const uint32_t bit = CapabilityNamed(element);
    if (bit == 0) {
      return Malformed{
          fmt::format("iut.capabilities: expected DRIVE, CANCEL, WAIT, ESTIMATE or "
                      "NOT_ESTIMATE, got {}",
                      Excerpt(Shown(element)))};
    }
    hello.info.capabilities |= bit;
  }
  hello.error = WhyUnusable(hello.info.capabilities);
  return hello;
}

HostLine ParseHello(const Json& json) {
  Hello hello;
  if (!ReadText(json, "error", hello.error)) return Malformed{"error: expected a string"};
  if (!hello.error.empty()) return hello;
  auto iut = json.find("iut");
  if (iut == json.end() || !iut->is_object()) return Malformed{"iut: expected an object"};
  if (!ReadText(*iut, "name", hello.info.name) || hello.info.name.empty()) {
    return Malformed{"iut.name: expected a string that is not empty"};
  }
  if (!ReadText(*iut, "version", hello.info.version)) {
    return Malformed{"iut.version: expected a string"};
  }
  if (auto explores = json.find("explores"); explores != json.end()) {
    if (!explores->is_boolean()) return Malformed{"explores: expected true or false"};
    if (explores->get<bool>()) {
      hello.info.no_exploration.clear();
    } else if (!ReadText(json, "why_not", hello.info.no_exploration)) {
      return Malformed{"why_not: expected a string"};
    }
  }
  auto capabilities = iut->find("capabilities");
  if (capabilities == iut->end()) return Malformed{"iut.capabilities: missing"};
  return ParseCapabilities(*capabilities, std::move(hello));
}

HostLine ParseDone(const Json& json) {
  Done done;
  if (!ReadText(json, "inconclusive", done.inconclusive)) {
    return Malformed{"inconclusive: expected a string"};
  }
  if (!ReadText(json, "error", done.error)) return Malformed{"error: expected a string"};
  if (auto hung = json.find("hung"); hung != json.end()) {
    if (!hung->is_boolean()) return Malformed{"hung: expected true or false"};
    done.hung = hung->get<bool>();
  }
  if (!ReadNumber(json, "stack_bytes", UINT32_MAX, done.stack_bytes)) {
    return Malformed{"stack_bytes: expected a number of bytes"};
  }
  if (auto explored = json.find("explored"); explored != json.end()) {
    if (!explored->is_object() || !ReadCount(*explored, "performed", done.exploration.performed) ||
        !ReadCount(*explored, "possible", done.exploration.possible) ||
        !ReadCount(*explored, "held", done.exploration.held) ||
        !ReadCount(*explored, "missed", done.exploration.missed)) {
      return Malformed{"explored: expected an object of counts"};
    }
    done.exploration.truncated = explored->value("truncated", Json(false)) == Json(true);
  }
  return done;
}

HostLine ParseAt(const Json& json) {
  At at;
  if (!ReadNumber(json, "thread", kMaxThreads, at.thread)) {
    return Malformed{fmt::format("thread: expected an integer from 0 to {}", kMaxThreads)};
  }
  if (json.contains("step")) {
    uint32_t step = 0;
    if (!ReadNumber(json, "step", kMaxSteps, step)) {
      return Malformed{fmt::format("step: expected an integer from 0 to {}", kMaxSteps)};
    }
    at.step = step;
  }
  std::string call;
  if (!ReadText(json, "call", call)) return Malformed{"call: expected a string"};
  if (!call.empty()) {
    at.call = ParseCall(call);
    if (!at.call) return Malformed{"call: expected a name such as \"QueryStatus\", got " + call};
  }
  return at;
}

// A document with a field "vdsconform" is not an event. Inside a JSON string the quotes would be
// escaped, so that this finds the field and nothing else.
bool HasFormatField(std::string_view line) {
  return line.find("\"vdsconform\"") != std::string_view::npos;
}

std::variant<Json, Malformed> ParseObject(std::string_view line) {
  Json json = Json::parse(line, nullptr, false);
  if (json.is_discarded()) return Malformed{"not JSON"};
  if (!json.is_object()) return Malformed{"not a JSON object"};
  return json;
}

RunnerLine ParsePatience(const Json& json) {
  Patience patience;
  constexpr uint32_t kMax = 0xFFFFFFFF;
  if (!ReadNumber(json, "rest_ms", kMax, patience.rest_ms) ||
      !ReadNumber(json, "hang_ms", kMax, patience.hang_ms) ||
      !ReadNumber(json, "operation_ms", kMax, patience.operation_ms)) {
    return Malformed{"patience: expected milliseconds as integers of 32 bits"};
  }
  return patience;
}

}  // namespace

HostLine ParseHostLine(std::string_view line) {
  if (!HasFormatField(line)) return HistoryLine{};
  const auto parsed = ParseObject(line);
  if (const auto* malformed = std::get_if<Malformed>(&parsed)) return *malformed;
  const Json& json = std::get<Json>(parsed);
  std::string format;
  if (!ReadText(json, "vdsconform", format)) return Malformed{"vdsconform: expected a string"};
  if (format == kHostFormat) return ParseHello(json);
  if (format == "done") return ParseDone(json);
  if (format == "at") return ParseAt(json);
  if (format == "alive") return Alive{};
  if (format.starts_with("history/")) return HistoryLine{};
  return Malformed{"vdsconform: expected host/1, history/1, done, at or alive, got " +
                   Excerpt(format)};
}

RunnerLine ParseRunnerLine(std::string_view line) {
  const auto parsed = ParseObject(line);
  if (const auto* malformed = std::get_if<Malformed>(&parsed)) return *malformed;
  const Json& json = std::get<Json>(parsed);
  std::string format;
  ReadText(json, "vdsconform", format);
  if (format == kPatienceFormat) return ParsePatience(json);
  auto program = ParseProgram(line);
  if (const auto* why = std::get_if<std::string>(&program)) return Malformed{*why};
  return std::get<Program>(std::move(program));
}

std::string ToJson(const Hello& hello) {
  Json json = {{"vdsconform", kHostFormat}};
  if (!hello.error.empty()) {
    json["error"] = hello.error;
    return Dump(json);
  }
  json["iut"] = {{"name", hello.info.name},
                 {"version", hello.info.version},
                 {"capabilities", CapabilityNames(hello.info.capabilities)}};
  json["explores"] = hello.info.no_exploration.empty();
  if (!hello.info.no_exploration.empty()) json["why_not"] = hello.info.no_exploration;
  return Dump(json);
}

std::string ToJson(const Done& done) {
  Json json = {{"vdsconform", "done"}};
  if (done.stack_bytes != 0) json["stack_bytes"] = done.stack_bytes;
  if (!done.inconclusive.empty()) json["inconclusive"] = done.inconclusive;
  if (!done.error.empty()) json["error"] = done.error;
  if (done.hung) json["hung"] = true;
  if (const Exploration& explored = done.exploration; explored.possible != 0) {
    json["explored"] = {{"performed", explored.performed},
                        {"possible", explored.possible},
                        {"held", explored.held},
                        {"missed", explored.missed}};
    if (explored.truncated) json["explored"]["truncated"] = true;
  }
  return Dump(json);
}

std::string ToJson(const Patience& patience) {
  return Dump({{"vdsconform", kPatienceFormat},
               {"rest_ms", patience.rest_ms},
               {"hang_ms", patience.hang_ms},
               {"operation_ms", patience.operation_ms}});
}

std::string Excerpt(std::string_view line) {
  constexpr size_t kShown = 80;
  std::string shown;
  for (const char c : line.substr(0, kShown)) {
    const bool printable = c >= ' ' && c <= '~';
    shown += printable ? c : '?';
  }
  if (line.size() > kShown) shown += "...";
  return shown;
}

void LineBuffer::Append(std::string_view bytes) {
  // Given lines are dropped here rather than one by one, which would move the rest each time.
  bytes_.erase(0, start_);
  scanned_ -= start_;
  start_ = 0;
  bytes_.append(bytes);
}

std::optional<std::string_view> LineBuffer::Next() {
  if (overflowed_) return std::nullopt;
  const size_t newline = bytes_.find('\n', scanned_);
  const size_t end = newline == std::string::npos ? bytes_.size() : newline;
  if (end - start_ > max_line_) {
    overflowed_ = true;
    return std::nullopt;
  }
  if (newline == std::string::npos) {
    scanned_ = end;
    return std::nullopt;
  }
  std::string_view line = std::string_view(bytes_).substr(start_, end - start_);
  start_ = scanned_ = newline + 1;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace vdsconform
