#include <ostream>

#include "history_json.h"
#include "hresult.h"

namespace vdsconform {
namespace {

// The length of the UTF-8 sequence that starts `text`; 0: these bytes are not UTF-8.
size_t Utf8Length(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return 0;
  }
  // Overlong forms, surrogates and what is above U+10FFFF.
  const unsigned char second = byte(1);
  const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return bad ? 0 : length;
}

// As a JSON string. An IUT's exception text may hold any bytes: those that are not UTF-8 become
// U+FFFD, so that the line stays readable.
void AppendText(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  *out += '"';
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    const char c = text[0];
    if (length == 0) {
      *out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (length == 1 && static_cast<unsigned char>(c) < 0x20) {
      *out += "\\u00";
      *out += kHex[static_cast<unsigned char>(c) >> 4];
      *out += kHex[static_cast<unsigned char>(c) & 0xF];
    } else {
      out->append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  *out += '"';
}

void AppendName(std::string_view name, std::string* out) {
  if (!out->empty()) *out += ',';
  *out += '"';
  *out += name;
  *out += "\":";
}

template <typename Number>
void AppendNumber(std::string_view name, const std::optional<Number>& value, std::string* out) {
  if (!value) return;
  AppendName(name, out);
  *out += std::to_string(*value);
}

void AppendHresult(std::string_view name, const std::optional<HRESULT>& value, std::string* out) {
  if (!value) return;
  AppendName(name, out);
  *out += '"' + ToHex(*value) + '"';
}

void AppendTextField(std::string_view name, std::string_view value, std::string* out) {
  if (value.empty()) return;
  AppendName(name, out);
  AppendText(value, out);
}

template <typename Enum>
void AppendEnum(std::string_view name, Enum value, bool present, std::string* out) {
  if (!present) return;
  AppendName(name, out);
  *out += '"';
  *out += Name(value);
  *out += '"';
}

void AppendBlockage(const Blockage& blockage, std::string* out) {
  std::string parts;
  AppendTextField("in", blockage.system_call, &parts);
  AppendNumber("asleep_ns", std::optional(blockage.asleep_ns), &parts);
  AppendNumber("cpu_ns", std::optional(blockage.cpu_ns), &parts);
  if (blockage.for_good) {
    AppendName("for_good", &parts);
    parts += "true";
  }
  if (!blockage.stack.empty()) {
    AppendName("stack", &parts);
    char separator = '[';
    for (const std::string& frame : blockage.stack) {
      parts += separator;
      AppendText(frame, &parts);
      separator = ',';
    }
    parts += ']';
  }
  AppendName("blocked", out);
  *out += "{" + parts + "}";
}

}  // namespace

std::string HistoryHeader() { return "{\"vdsconform\":\"history/1\"}"; }

// A field is written where it differs from its default, and where a reader looks for it.
std::string ToJson(const Event& event) {
  std::string out;
  out.reserve(160);
  AppendNumber("op", std::optional(event.op), &out);
  AppendNumber("thread", std::optional(event.thread), &out);
  AppendEnum("call", event.call, true, &out);
  if (event.call == Call::kBegin || !event.estimable) {
    AppendName("estimable", &out);
    out += event.estimable ? "true" : "false";
  }
  if (event.driven) {
    AppendName("driven", &out);
    out += "true";
  }
  AppendNumber("heap", event.heap, &out);
  AppendEnum("null", event.null_outputs, event.null_outputs != NullOutputs::kNone, &out);
  if (event.aliased) {
    AppendName("aliased", &out);
    out += "true";
  }
  const bool names_interface =
      event.call == Call::kQueryInterface || event.interface_id != Interface::kIVdsAsync;
  AppendEnum("iid", event.interface_id, names_interface, &out);
  AppendHresult("result", event.result, &out);
  AppendNumber("t0", std::optional(event.t0), &out);
  AppendNumber("t1", event.t1, &out);
  AppendHresult("ret", event.ret, &out);
  AppendHresult("hr", event.hr, &out);
  AppendNumber("percent", event.percent, &out);
  AppendNumber("count", event.count, &out);
  AppendEnum("out", event.out, event.out != OutPointer::kNotSeen, &out);
  AppendNumber("step", event.step, &out);
  AppendNumber("switches", event.switches, &out);
  AppendEnum("witness", event.witness, event.witness != Witness::kNone, &out);
  AppendTextField("slept_in", event.slept_in.str(), &out);
  if (event.blocked) AppendBlockage(*event.blocked, &out);
  AppendTextField("clobbered", event.clobbered.str(), &out);
  if (event.stopped) {
    const StopPoint& stopped = *event.stopped;
    AppendNumber("instruction", std::optional(stopped.instruction), &out);
    if (stopped.beyond != 0) AppendNumber("beyond", std::optional(stopped.beyond), &out);
    if (stopped.iut_thread) {
      AppendName("iut_thread", &out);
      out += "true";
    }
    AppendTextField("at", stopped.at, &out);
  }
  if (event.held) {
    AppendName("held", &out);
    out += "true";
  }
  AppendEnum("fault", event.fault, event.fault != Fault::kNone, &out);
  AppendTextField("detail", event.detail.str(), &out);
  return "{" + out + "}";
}

void WriteHistory(std::ostream& out, const History& history) {
  out << HistoryHeader() << '\n';
  for (const Event& event : history.events) out << ToJson(event) << '\n';
}

}  // namespace vdsconform
