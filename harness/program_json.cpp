#include "harness/program_json.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "harness/json_text.h"
#include "spec/hresult.h"

namespace vdsconform {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "program/1";

Json StepToJson(const Step& step) {
  const Step defaults;
  Json json = Json::object();
  if (step.thread != defaults.thread) json["thread"] = step.thread;
  if (step.op != defaults.op) json["op"] = step.op;
  json["do"] = Name(step.action);
  if (step.repeat != defaults.repeat) json["repeat"] = step.repeat;
  if (step.null_outputs != defaults.null_outputs) json["null"] = Name(step.null_outputs);
  if (step.outputs != defaults.outputs) json["outputs"] = Name(step.outputs);
  if (step.hr_offset != defaults.hr_offset) json["hr_offset"] = step.hr_offset;
  if (step.percent_offset != defaults.percent_offset) json["percent_offset"] = step.percent_offset;
  if (step.percent != defaults.percent) json["percent"] = step.percent;
  if (step.result != defaults.result) json["result"] = ToHex(step.result);
  if (step.interface_id != defaults.interface_id) json["iid"] = Name(step.interface_id);
  return json;
}

Json PreemptionToJson(const Preemption& preemption) {
  const StopPoint& point = preemption.point;
  const StopPoint defaults;
  Json json = {{"step", preemption.step}};
  if (point.instruction != defaults.instruction) json["instruction"] = point.instruction;
  if (point.beyond != defaults.beyond) json["beyond"] = point.beyond;
  if (point.iut_thread != defaults.iut_thread) json["iut_thread"] = point.iut_thread;
  if (point.at != defaults.at) json["at"] = point.at;
  return json;
}

Json ScheduleToJson(const Schedule& schedule) {
  const Schedule defaults;
  Json json = Json::object();
  json["kind"] = Name(schedule.kind);
  if (schedule.rounds != defaults.rounds) json["rounds"] = schedule.rounds;
  if (schedule.preemptions != defaults.preemptions) {
    Json& list = json["preemptions"] = Json::array();
    for (const Preemption& preemption : schedule.preemptions) {
      list.push_back(PreemptionToJson(preemption));
    }
  }
  if (schedule.budget != defaults.budget) json["budget"] = schedule.budget;
  if (schedule.traps != defaults.traps) json["traps"] = schedule.traps;
  if (schedule.seed != defaults.seed) json["seed"] = schedule.seed;
  return json;
}

// Thrown inside this file only; ParseProgram turns it into its result.
struct Refused {
  std::string message;
};

[[noreturn]] void Refuse(const std::string& path, const std::string& expected, const Json& got) {
  std::string shown = Shown(got);
  if (shown.size() > 60) shown = shown.substr(0, 57) + "...";
  throw Refused{fmt::format("{}: expected {}, got {}", path, expected, shown)};
}

// One JSON object of a Program, and where in the document it stands.
class Reader {
 public:
  Reader(const Json& json, std::string path) : json_(json), path_(std::move(path)) {
    if (!json.is_object()) Refuse(path_.empty() ? "document" : path_, "an object", json);
  }

  const Json* Find(const char* field) const {
    auto found = json_.find(field);
    return found == json_.end() ? nullptr : &*found;
  }

  std::string Path(const char* field) const {
    return path_.empty() ? std::string(field) : path_ + "." + field;
  }

  template <typename T>
  void Integer(const char* field, T min, T max, T& value) const {
    const Json* json = Find(field);
    if (json == nullptr) return;
    const bool in_range =
        json->is_number_unsigned() && json->get<uint64_t>() >= min && json->get<uint64_t>() <= max;
    if (!in_range) {
      const std::string expected = max == std::numeric_limits<T>::max()
                                       ? fmt::format("an integer from {}", min)
                                       : fmt::format("an integer from {} to {}", min, max);
      Refuse(Path(field), expected, *json);
    }
    value = static_cast<T>(json->get<uint64_t>());
  }

  // Of an output in a cache line.
  void Offset(const char* field, uint32_t& value) const {
    Integer(field, 0u, kLineBytes - 4, value);
    if (value % 4 != 0) Refuse(Path(field), "a multiple of 4", *Find(field));
  }

  void Bool(const char* field, bool& value) const {
    const Json* json = Find(field);
    if (json == nullptr) return;
    if (!json->is_boolean()) Refuse(Path(field), "true or false", *json);
    value = json->get<bool>();
  }

  void Text(const char* field, std::string& value) const {
    const Json* json = Find(field);
    if (json == nullptr) return;
    if (!json->is_string()) Refuse(Path(field), "a string", *json);
    value = json->get<std::string>();
  }

  // The enumerator among the first `count` that has the given name.
  template <typename Enum>
  void Enumerator(const char* field, int count, Enum& value, int first = 0) const {
    const Json* json = Find(field);
    if (json == nullptr) return;
    std::string names;
    for (int i = first; i < count; ++i) {
      const auto candidate = static_cast<Enum>(i);
      if (json->is_string() && json->get_ref<const std::string&>() == Name(candidate)) {
        value = candidate;
        return;
      }
      if (i != first) names += i + 1 == count ? " or " : ", ";
      names += fmt::format("\"{}\"", Name(candidate));
    }
    Refuse(Path(field), names, *json);
  }

 private:
  const Json& json_;
  std::string path_;
};

void ReadResult(const Reader& reader, HRESULT& value) {
  const Json* json = reader.Find("result");
  if (json == nullptr) return;
  std::optional<HRESULT> parsed;
  if (json->is_string()) parsed = ParseHresult(json->get_ref<const std::string&>());
  const std::string path = reader.Path("result");
  if (!parsed) Refuse(path, "an HRESULT such as \"0x00000000\"", *json);
  // C13: the code means "not finished yet".
  if (*parsed == hr::kOperationPending) {
    Refuse(path, "anything but VDS_E_OPERATION_PENDING, with which no operation may finish", *json);
  }
  value = *parsed;
}

Step ReadStep(const Json& json, const std::string& path, size_t operations) {
  const Reader reader(json, path);
  Step step;
  reader.Integer("thread", 0u, kMaxThreads - 1, step.thread);
  reader.Integer("op", 0u, static_cast<uint32_t>(operations - 1), step.op);
  if (reader.Find("do") == nullptr) {
    throw Refused{path + ".do: missing; expected the name of an action such as \"query\""};
  }
  reader.Enumerator("do", kActionCount, step.action);
  reader.Integer("repeat", 0u, static_cast<uint32_t>(kMaxCalls), step.repeat);
  reader.Enumerator("null", 4, step.null_outputs, 1);
  reader.Enumerator("outputs", kOutputsCount, step.outputs);
  reader.Offset("hr_offset", step.hr_offset);
  reader.Offset("percent_offset", step.percent_offset);
  reader.Integer("percent", 0u, 100u, step.percent);
  ReadResult(reader, step.result);
  reader.Enumerator("iid", 3, step.interface_id);
  return step;
}

const Json& ReadArray(const Reader& reader, const char* field, size_t min, size_t max) {
  const Json& json = *reader.Find(field);
  if (!json.is_array()) Refuse(reader.Path(field), "an array", json);
  if (json.size() < min || json.size() > max) {
    throw Refused{fmt::format("{}: expected {} to {} elements, got {}", reader.Path(field), min,
                              max, json.size())};
  }
  return json;
}

Preemption ReadPreemption(const Json& json, const std::string& path) {
  constexpr uint64_t kMaxInstruction = 1'000'000'000'000;
  const Reader reader(json, path);
  Preemption preemption;
  reader.Integer("step", 0u, kMaxSteps, preemption.step);
  reader.Integer("instruction", uint64_t{0}, kMaxInstruction, preemption.point.instruction);
  reader.Integer("beyond", 0u, std::numeric_limits<uint32_t>::max(), preemption.point.beyond);
  reader.Bool("iut_thread", preemption.point.iut_thread);
  reader.Text("at", preemption.point.at);
  return preemption;
}

Schedule ReadSchedule(const Json& json) {
  const Reader reader(json, "schedule");
  Schedule schedule;
  reader.Enumerator("kind", 4, schedule.kind);
  reader.Integer("rounds", 1u, kMaxRounds, schedule.rounds);
  if (reader.Find("preemptions") != nullptr) {
    for (const Json& preemption : ReadArray(reader, "preemptions", 0, kMaxPreemptions)) {
      const std::string path = fmt::format("schedule.preemptions[{}]", schedule.preemptions.size());
      schedule.preemptions.push_back(ReadPreemption(preemption, path));
    }
  }
  reader.Integer("budget", uint64_t{1}, uint64_t{1'000'000'000}, schedule.budget);
  reader.Integer("traps", uint64_t{1}, uint64_t{1'000'000'000}, schedule.traps);
  reader.Integer("seed", uint64_t{0}, std::numeric_limits<uint64_t>::max(), schedule.seed);
  return schedule;
}

// What only the whole Program shows.
void CheckPreemptions(const Program& program) {
  const std::vector<Preemption>& preemptions = program.schedule.preemptions;
  for (size_t i = 0; i < preemptions.size(); ++i) {
    const std::string path = fmt::format("schedule.preemptions[{}].step", i);
    if (preemptions[i].step >= program.steps.size()) {
      throw Refused{fmt::format("{}: there is no step {}, the Program has {}", path,
                                preemptions[i].step, program.steps.size())};
    }
    if (i != 0 && preemptions[i].step <= preemptions[i - 1].step) {
      throw Refused{path + ": expected a later step than the preemption before"};
    }
  }
}

Program ReadProgram(const Json& json) {
  const Reader reader(json, "");
  std::string format;
  reader.Text("vdsconform", format);
  if (format != kFormat) {
    throw Refused{fmt::format("vdsconform: expected \"{}\", got \"{}\"", kFormat, format)};
  }
  Program program;
  reader.Text("name", program.name);
  reader.Bool("measure", program.measure);
  if (reader.Find("operations") != nullptr) {
    program.operations.clear();
    for (const Json& operation : ReadArray(reader, "operations", 1, kMaxOperations)) {
      const std::string path = fmt::format("operations[{}]", program.operations.size());
      Reader(operation, path).Bool("estimable", program.operations.emplace_back().estimable);
    }
  }
  if (const Json* schedule = reader.Find("schedule")) program.schedule = ReadSchedule(*schedule);
  if (reader.Find("steps") == nullptr) throw Refused{"steps: missing; expected an array"};
  for (const Json& step : ReadArray(reader, "steps", 0, kMaxSteps)) {
    const std::string path = fmt::format("steps[{}]", program.steps.size());
    program.steps.push_back(ReadStep(step, path, program.operations.size()));
  }
  CheckPreemptions(program);
  if (const uint64_t calls = CountCalls(program); calls > kMaxCalls) {
    throw Refused{fmt::format(
        "steps: {} calls in all (repeat counts times rounds), at most {} are allowed; split it "
        "into several Programs",
        calls, kMaxCalls)};
  }
  return program;
}

// The library's message without its own error number. A number too large for a double is
// well-formed JSON and yet cannot be read, so the library reports it apart from errors of syntax.
std::string ReadingError(const Json::exception& error) {
  const bool syntax = dynamic_cast<const Json::parse_error*>(&error) != nullptr;
  const std::string_view text = error.what();
  const size_t bracket = text.find("] ");
  return (syntax ? "document: not JSON: " : "document: ") +
         std::string(bracket == std::string_view::npos ? text : text.substr(bracket + 2));
}

}  // namespace

uint64_t CountCalls(const Program& program) {
  // No overflow: at most kMaxSteps counts of 32 bits, times a number of 24 bits.
  uint64_t calls = 0;
  for (const Step& step : program.steps) calls += step.repeat;
  const bool racing = program.schedule.kind == Schedule::Kind::kRacing;
  return racing ? calls * program.schedule.rounds : calls;
}

std::string ToJson(const Program& program) {
  const Program defaults;
  Json json = Json::object();
  json["vdsconform"] = kFormat;
  if (!program.name.empty()) json["name"] = program.name;
  if (program.operations != defaults.operations) {
    Json& operations = json["operations"] = Json::array();
    for (const Operation& operation : program.operations) {
      operations.push_back(operation.estimable ? Json::object() : Json{{"estimable", false}});
    }
  }
  if (program.schedule != defaults.schedule) json["schedule"] = ScheduleToJson(program.schedule);
  if (program.measure != defaults.measure) json["measure"] = program.measure;
  Json& list = json["steps"] = Json::array();
  for (const Step& step : program.steps) list.push_back(StepToJson(step));
  return Dump(json);
}

std::variant<Program, std::string> ParseProgram(std::string_view text) {
  try {
    return ReadProgram(Json::parse(text));
  } catch (const Refused& refused) {
    return refused.message;
  } catch (const Json::exception& error) {
    return ReadingError(error);
  }
}

}  // namespace vdsconform
