#include "harness/fuzz_engine.h"

#include <cstdlib>
#include <string_view>

namespace vdsconform {
namespace {

constexpr std::string_view kCommand = "fuzz-worker";
constexpr std::string_view kEngine = "--engine";

}  // namespace

std::string ClaimKey(const Finding& finding) {
  return std::string(Get(finding.req).id) + "/" + finding.cause;
}

std::vector<std::string> ToArguments(const FuzzWorkerOptions& options) {
  std::vector<std::string> arguments = {
      std::string(kCommand),
      "board=" + std::to_string(options.board),
      "found=" + std::to_string(options.found),
      "strict=" + std::to_string(options.strict ? 1 : 0),
      "profile=" + std::string(Name(options.profile)),
      "iut=" + options.iut.library,
      "host=" + options.iut.host,
      "rest=" + std::to_string(options.iut.patience.rest_ms),
      "hang=" + std::to_string(options.iut.patience.hang_ms),
      "operation=" + std::to_string(options.iut.patience.operation_ms)};
  for (const std::string& parameter : options.iut.parameters) {
    arguments.push_back("param=" + parameter);
  }
  arguments.emplace_back(kEngine);
  arguments.insert(arguments.end(), options.engine.begin(), options.engine.end());
  return arguments;
}

std::optional<FuzzWorkerOptions> ParseFuzzWorkerArguments(int argc, const char* const* argv) {
  if (argc < 2 || argv[1] != kCommand) return std::nullopt;
  FuzzWorkerOptions options;
  int i = 2;
  for (; i < argc && argv[i] != kEngine; ++i) {
    const std::string_view argument = argv[i];
    const size_t equals = argument.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = argument.substr(0, equals);
    const std::string value(argument.substr(equals + 1));
    const auto number = [&value] { return std::strtoul(value.c_str(), nullptr, 10); };
    if (key == "board") options.board = static_cast<int>(number());
    if (key == "found") options.found = static_cast<int>(number());
    if (key == "strict") options.strict = number() != 0;
    if (key == "profile") options.profile = ParseProfile(value).value_or(Profile::kWin32);
    if (key == "iut") options.iut.library = value;
    if (key == "host") options.iut.host = value;
    if (key == "rest") options.iut.patience.rest_ms = static_cast<uint32_t>(number());
    if (key == "hang") options.iut.patience.hang_ms = static_cast<uint32_t>(number());
    if (key == "operation") {
      options.iut.patience.operation_ms = static_cast<uint32_t>(number());
    }
    if (key == "param") options.iut.parameters.push_back(value);
  }
  for (++i; i < argc; ++i) options.engine.emplace_back(argv[i]);
  return options;
}

}  // namespace vdsconform
