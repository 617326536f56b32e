#include "history_json.h"

#include <simdjson.h>

#include <cstring>
#include <istream>
#include <iterator>
#include <limits>
#include <vector>

#include "event_check.h"
#include "history_order.h"
#include "hresult.h"
#include "line_reader.h"

namespace vdsconform {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kFormat = "history/1";
constexpr std::string_view kNotJson = "not valid JSON: ";

// A line is one event of some hundred bytes; what is longer is not a history, and buffering it
// would let memory grow with the input.
constexpr size_t kMaxLineBytes = size_t{1} << 20;

constexpr uint64_t kMaxUint32 = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kMaxTime = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());

// The fields of an event, the most frequent first because they are looked up in this order.
enum class Field : uint8_t {
  kOp,
  kThread,
  kCall,
  kT0,
  kT1,
  kRet,
  kHr,
  kPercent,
  kResult,
  kNull,
  kAliased,
  kEstimable,
  kDriven,
  kCount,
  kIid,
  kOut,
  kStep,
  kSwitches,
  kWitness,
  kSleptIn,
  kClobbered,
  kFault,
  kDetail,
  kInstruction,
  kBeyond,
  kIutThread,
  kAt,
  kHeld,
  kBlocked,
  kHeap,
  kVdsconform,
};
constexpr std::string_view kFieldNames[] = {
    "op",      "thread", "call",        "t0",       "t1",         "ret",      "hr",
    "percent", "result", "null",        "aliased",  "estimable",  "driven",   "count",
    "iid",     "out",    "step",        "switches", "witness",    "slept_in", "clobbered",
    "fault",   "detail", "instruction", "beyond",   "iut_thread", "at",       "held",
    "blocked", "heap",   "vdsconform",
};
static_assert(std::size(kFieldNames) == static_cast<size_t>(Field::kVdsconform) + 1);

std::string Quoted(std::string_view text) { return '"' + std::string(text) + '"'; }
std::string Quoted(Field field) { return Quoted(kFieldNames[static_cast<size_t>(field)]); }

std::optional<Field> FieldNamed(std::string_view name) {
  for (size_t i = 0; i < std::size(kFieldNames); ++i) {
    if (kFieldNames[i] == name) return static_cast<Field>(i);
  }
  return std::nullopt;
}

// A value as it stands in the line, shortened for a message.
std::string Shown(dom::element value) {
  constexpr size_t kLongest = 40;
  std::string text = simdjson::minify(value);
  if (text.size() <= kLongest) return text;
  size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;  // in UTF-8
  return text.substr(0, end) + "...";
}

// "begin, progress, ...": every name that `parse` takes.
template <typename Enum>
std::string NamesUpTo(Enum last) {
  std::string names;
  for (uint8_t i = 0; i <= static_cast<uint8_t>(last); ++i) {
    const std::string_view name = Name(static_cast<Enum>(i));
    if (name.empty()) continue;
    if (!names.empty()) names += ", ";
    names += name;
  }
  return names;
}

// Fills an Event from the fields of one JSON object, each checked for its type and range.
class EventReader {
 public:
  // False: `message` says which field is wrong and why.
  bool Read(dom::object object, Event* event) {
    event_ = event;
    *event_ = Event{};
    seen_ = 0;
    for (const dom::key_value_pair field : object) {
      const std::optional<Field> known = FieldNamed(field.key);
      if (!known) continue;
      const uint32_t bit = Bit(*known);
      if (seen_ & bit) return Fail(Quoted(*known) + " is there twice");
      seen_ |= bit;
      if (!ReadField(*known, field.value)) return false;
    }
    return CheckRequired();
  }

  const std::string& message() const { return message_; }

 private:
  static constexpr uint32_t Bit(Field field) { return 1u << static_cast<unsigned>(field); }
  bool Has(Field field) const { return (seen_ & Bit(field)) != 0; }

  bool Fail(std::string message) {
    message_ = std::move(message);
    return false;
  }
  bool FailExpecting(Field field, std::string_view expected, dom::element value) {
    return Fail(Quoted(field) + " must be " + std::string(expected) + ", found " + Shown(value));
  }

  template <typename Target>
  bool ReadNumber(Field field, dom::element value, uint64_t max, Target* target) {
    uint64_t number = 0;
    if (value.get(number) != simdjson::SUCCESS || number > max) {
      return FailExpecting(field, "a whole number from 0 to " + std::to_string(max), value);
    }
    if constexpr (std::is_same_v<Target, std::optional<int64_t>>) {
      *target = static_cast<int64_t>(number);
    } else if constexpr (std::is_same_v<Target, std::optional<uint64_t>>) {
      *target = number;
    } else if constexpr (std::is_same_v<Target, std::optional<uint32_t>>) {
      *target = static_cast<uint32_t>(number);
    } else {
      *target = static_cast<Target>(number);
    }
    return true;
  }

  bool ReadBool(Field field, dom::element value, bool* target) {
    if (value.get(*target) == simdjson::SUCCESS) return true;
    return FailExpecting(field, "true or false", value);
  }

  template <typename Text>
  bool ReadText(Field field, dom::element value, Text* target) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return FailExpecting(field, "a text", value);
    *target = text;
    return true;
  }

  bool ReadTexts(Field field, dom::element value, std::vector<std::string>* target) {
    dom::array array;
    if (value.get(array) != simdjson::SUCCESS) {
      return FailExpecting(field, "an array of texts", value);
    }
    target->clear();
    for (const dom::element part : array) {
      if (!ReadText(field, part, &target->emplace_back())) return false;
    }
    return true;
  }

  bool ReadHresult(Field field, dom::element value, std::optional<HRESULT>* target) {
    std::string_view text;
    // ParseHresult also takes names; the format has only one way to write a code.
    if (value.get(text) == simdjson::SUCCESS && text.substr(0, 2) == "0x") {
      *target = ParseHresult(text);
      if (*target) return true;
    }
    return FailExpecting(field, "an HRESULT as text, \"0x\" and one to eight hexadecimal digits",
                         value);
  }

  template <typename Enum>
  bool ReadName(Field field, dom::element value, std::optional<Enum> (*parse)(std::string_view),
                Enum last, Enum* target) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) {
      if (const std::optional<Enum> parsed = parse(text)) {
        *target = *parsed;
        return true;
      }
    }
    return FailExpecting(field, "one of " + NamesUpTo(last), value);
  }

  StopPoint& Stopped() { return event_->stopped ? *event_->stopped : event_->stopped.emplace(); }

  // Its fields may each be absent; those unknown here are ignored, as in an event.
  bool ReadBlockage(dom::element value) {
    constexpr Field kField = Field::kBlocked;
    dom::object object;
    if (value.get(object) != simdjson::SUCCESS) {
      return FailExpecting(kField, "an object", value);
    }
    Blockage& blockage = event_->blocked.emplace();
    for (const auto& [name, part] : object) {
      bool good = true;
      if (name == "in") good = ReadText(kField, part, &blockage.system_call);
      if (name == "asleep_ns") good = ReadNumber(kField, part, kMaxTime, &blockage.asleep_ns);
      if (name == "cpu_ns") good = ReadNumber(kField, part, kMaxTime, &blockage.cpu_ns);
      if (name == "for_good") good = ReadBool(kField, part, &blockage.for_good);
      if (name == "stack") good = ReadTexts(kField, part, &blockage.stack);
      if (!good) return Fail("\"" + std::string(name) + "\" in " + message_);
    }
    return true;
  }

  bool ReadField(Field field, dom::element value) {
    switch (field) {
      case Field::kOp:
        return ReadNumber(field, value, kMaxUint32, &event_->op);
      case Field::kThread:
        return ReadNumber(field, value, kMaxUint32, &event_->thread);
      case Field::kCall:
        return ReadName(field, value, ParseCall, Call::kQueryInterface, &event_->call);
      case Field::kT0:
        return ReadNumber(field, value, kMaxTime, &event_->t0);
      case Field::kT1:
        return ReadNumber(field, value, kMaxTime, &event_->t1);
      case Field::kRet:
        return ReadHresult(field, value, &event_->ret);
      case Field::kHr:
        return ReadHresult(field, value, &event_->hr);
      case Field::kPercent:
        return ReadNumber(field, value, kMaxUint32, &event_->percent);
      case Field::kResult:
        return ReadHresult(field, value, &event_->result);
      case Field::kNull:
        return ReadName(field, value, ParseNullOutputs, NullOutputs::kBoth, &event_->null_outputs);
      case Field::kAliased:
        return ReadBool(field, value, &event_->aliased);
      case Field::kEstimable:
        return ReadBool(field, value, &event_->estimable);
      case Field::kDriven:
        return ReadBool(field, value, &event_->driven);
      case Field::kCount:
        return ReadNumber(field, value, kMaxUint32, &event_->count);
      case Field::kIid:
        return ReadName(field, value, ParseInterface, Interface::kOther, &event_->interface_id);
      case Field::kOut:
        return ReadName(field, value, ParseOutPointer, OutPointer::kNotWritten, &event_->out);
      case Field::kStep:
        return ReadNumber(field, value, kMaxUint32, &event_->step);
      case Field::kSwitches:
        return ReadNumber(field, value, kMaxUint32, &event_->switches);
      case Field::kWitness:
        return ReadName(field, value, ParseWitness, Witness::kPolling, &event_->witness);
      case Field::kSleptIn:
        return ReadText(field, value, &event_->slept_in);
      case Field::kClobbered:
        return ReadText(field, value, &event_->clobbered);
      case Field::kFault:
        return ReadName(field, value, ParseFault, Fault::kUsedFreed, &event_->fault);
      case Field::kDetail:
        return ReadText(field, value, &event_->detail);
      case Field::kInstruction:
        return ReadNumber(field, value, kMaxTime, &Stopped().instruction);
      case Field::kBeyond:
        return ReadNumber(field, value, kMaxUint32, &Stopped().beyond);
      case Field::kIutThread:
        return ReadBool(field, value, &Stopped().iut_thread);
      case Field::kAt:
        return ReadText(field, value, &Stopped().at);
      case Field::kHeld:
        return ReadBool(field, value, &event_->held);
      case Field::kHeap:
        return ReadNumber(field, value, kMaxTime, &event_->heap);
      case Field::kBlocked:
        return ReadBlockage(value);
      case Field::kVdsconform:
        return Fail("a second header: two histories cannot be joined into one");
    }
    return true;
  }

  bool CheckRequired() {
    for (const Field field : {Field::kOp, Field::kThread, Field::kCall, Field::kT0}) {
      if (!Has(field)) return Fail(Quoted(field) + " is missing");
    }
    std::string why = WhyNotInHistory(*event_);
    return why.empty() || Fail(std::move(why));
  }

  Event* event_ = nullptr;
  uint32_t seen_ = 0;  // Bit of every field that was there
  std::string message_;
};

std::string_view Trimmed(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = line.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kSpace) - first + 1);
}

std::string SyntaxMessage(simdjson::error_code error, std::string_view line) {
  std::string message(kNotJson);
  if (error == simdjson::UTF8_ERROR) {
    message += "the text is not UTF-8";
  } else if (error == simdjson::NUMBER_ERROR || error == simdjson::NUMBER_OUT_OF_RANGE) {
    message += "a number is malformed or needs more than 64 bits";
  } else if (line.front() == '{' && line.back() != '}') {
    message += "the line does not end with \"}\", it looks cut off";
  } else {
    message += simdjson::error_message(error);
  }
  return message;
}

}  // namespace

struct HistoryLineParser::Impl {
  dom::parser parser{kMaxLineBytes + simdjson::SIMDJSON_PADDING};
  std::vector<char> padded = std::vector<char>(4096 + simdjson::SIMDJSON_PADDING);
  EventReader reader;
  HistoryOrder order{HistoryOrder::Place::kLine};
  Event event;
  ReadError error;
  uint64_t line = 0;
  bool has_header = false;

  Kind Fail(std::string message) {
    error = {line, std::move(message)};
    return Kind::kError;
  }

  Kind Parse(std::string_view text) {
    ++line;
    if (line == 1 && text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
    if (text.size() > kMaxLineBytes) {
      return Fail("the line is longer than " + std::to_string(kMaxLineBytes) +
                  " bytes: this is not a history");
    }
    text = Trimmed(text);
    if (text.empty()) return Kind::kBlank;
    if (padded.size() < text.size() + simdjson::SIMDJSON_PADDING) {
      padded.resize(text.size() + simdjson::SIMDJSON_PADDING);
    }
    std::memcpy(padded.data(), text.data(), text.size());
    dom::element root;
    if (const auto failure = parser.parse(padded.data(), text.size(), false).get(root)) {
      return Fail(SyntaxMessage(failure, text));
    }
    dom::object object;
    if (root.get(object)) return Fail("a line must be a JSON object, found " + Shown(root));
    return has_header ? ParseEvent(object) : ParseHeader(object);
  }

  Kind ParseHeader(dom::object object) {
    const std::string wanted = "{\"vdsconform\":\"" + std::string(kFormat) + "\"}";
    dom::element version;
    if (object.at_key("vdsconform").get(version)) {
      return Fail("the first line must be the header " + wanted);
    }
    std::string_view name;
    if (version.get(name) || name != kFormat) {
      return Fail("the header says " + Shown(version) + ", but what is read here is " +
                  Quoted(kFormat));
    }
    has_header = true;
    return Kind::kHeader;
  }

  Kind ParseEvent(dom::object object) {
    if (!reader.Read(object, &event)) return Fail(reader.message());
    std::string message = order.Check(event, line);
    return message.empty() ? Kind::kEvent : Fail(std::move(message));
  }
};

HistoryLineParser::HistoryLineParser() : impl_(std::make_unique<Impl>()) {}
HistoryLineParser::~HistoryLineParser() = default;

HistoryLineParser::Kind HistoryLineParser::Parse(std::string_view line) {
  return impl_->Parse(line);
}
const Event& HistoryLineParser::event() const { return impl_->event; }
const ReadError& HistoryLineParser::error() const { return impl_->error; }

std::optional<ReadError> ReadHistory(std::istream& in,
                                     const std::function<void(const Event&)>& sink) {
  using Kind = HistoryLineParser::Kind;
  HistoryLineParser parser;
  LineReader lines(in, kMaxLineBytes);
  std::string_view line;
  bool has_header = false;
  while (lines.Next(&line)) {
    switch (parser.Parse(line)) {
      case Kind::kHeader:
        has_header = true;
        break;
      case Kind::kEvent:
        sink(parser.event());
        break;
      case Kind::kBlank:
        break;
      case Kind::kError: {
        ReadError error = parser.error();
        if (lines.unterminated() && error.message.rfind(kNotJson, 0) == 0) {
          error.message += "; the last line has no newline: the input looks cut off";
        }
        return error;
      }
    }
  }
  if (in.bad()) return ReadError{0, "reading failed"};
  if (!has_header) return ReadError{0, "the input is empty: not even the header is there"};
  return std::nullopt;
}

}  // namespace vdsconform
