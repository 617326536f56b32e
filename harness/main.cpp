#include <exception>
#include <iostream>
#include <optional>
#include <variant>

#include "harness/commands.h"
#include "harness/fuzz_engine.h"
#include "harness/host_main.h"

namespace vdsconform {
namespace {

int Dispatch(const Options& options) {
  switch (options.command) {
    case Command::kRun:
      return RunCommand(options);
    case Command::kCheck:
      return CheckCommand(options);
    case Command::kConvert:
      return ConvertCommand(options);
    case Command::kReplay:
      return ReplayCommand(options);
    case Command::kExplore:
      return ExploreCommand(options);
    case Command::kFuzz:
      return FuzzCommand(options);
    case Command::kCorpus:
      return CorpusCommand(options);
    case Command::kList:
      return ListCommand(options);
    case Command::kExplain:
      return ExplainCommand(options);
  }
  return 4;
}

int Main(int argc, char** argv) {
  if (const std::optional<HostOptions> host = ParseHostArguments(argc, argv)) {
    return HostMain(*host);
  }
  if (const std::optional<FuzzWorkerOptions> worker = ParseFuzzWorkerArguments(argc, argv)) {
    return FuzzWorkerMain(*worker);
  }
  const std::variant<Options, Leave> parsed = ParseOptions(argc, argv);
  int exit_code = 0;
  if (const auto* leave = std::get_if<Leave>(&parsed)) {
    (leave->exit_code == 0 ? std::cout : std::cerr) << leave->text;
    exit_code = leave->exit_code;
  } else {
    exit_code = Dispatch(std::get<Options>(parsed));
  }
  // Output that got lost, on a full disk say, must not look like success.
  std::cout.flush();
  if (std::cout || exit_code != 0) return exit_code;
  std::cerr << "vdsconform: standard output cannot be written\n";
  return 4;
}

}  // namespace
}  // namespace vdsconform

int main(int argc, char** argv) {
  try {
    return vdsconform::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "vdsconform: the suite itself failed: " << error.what() << '\n';
  }
  return 4;
}
