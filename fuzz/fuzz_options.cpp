// Any lines as the words of a command line: they are a command within the ranges that options.h
// and the help state, or text to print and an exit code, never an exception.
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "fuzz/claim.h"
#include "fuzz/words.h"
#include "harness/options.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vdsconform;
  std::vector<std::string> words = Words(AsText(data, size));
  words.insert(words.begin(), "vdsconform");
  const std::vector<const char*> arguments = Pointers(words);
  const auto parsed = ParseOptions(static_cast<int>(arguments.size()), arguments.data());
  if (const auto* leave = std::get_if<Leave>(&parsed)) {
    Claim(leave->exit_code == 0 || leave->exit_code == 2, "what is no command is wrong use");
    Claim(!leave->text.empty(), "whoever is sent away is told why");
    return 0;
  }
  const auto& options = std::get<Options>(parsed);
  const IutOptions& iut = options.iut;
  Claim(iut.library.empty() || iut.host.empty(), "one implementation is tested, or none");
  Claim(iut.patience.rest_ms >= 1 && iut.patience.hang_ms >= 1, "patience is 1 ms at least");
  Claim(iut.patience.operation_ms >= 1'000, "an operation is given a second at least");
  Claim(options.explore <= kMaxPreemptions, "kMaxPreemptions threads are stopped at most");
  Claim(options.repeat >= 1, "a program is run once at least");
  if (options.command == Command::kCheck || options.command == Command::kConvert) {
    Claim(!options.file.empty() || words.size() > 2, "a history is named");
  }
  return 0;
}
