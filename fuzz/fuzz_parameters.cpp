// Any lines as the parameters of --param: the disk-clean plugin refuses them with a reason or takes
// them in the ranges that it states, and the command line hands them on unchanged.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "fuzz/claim.h"
#include "fuzz/words.h"
#include "harness/options.h"
#include "reference/disk_clean_parameters.h"
#include "spec/hresult.h"

namespace {

using namespace vdsconform;

void ClaimTaken(const std::vector<const char*>& parameters) {
  const auto parsed = ParseDiskCleanParameters(parameters);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    Claim(Failed(refusal->result), "a refusal is a failure");
    Claim(!refusal->reason.empty(), "a refusal says why");
    return;
  }
  const auto& taken = std::get<DiskCleanParameters>(parsed);
  Claim(taken.chunk >= 512 && taken.chunk <= size_t{64} << 20, "a chunk is 512 to 64M");
  Claim(!taken.size || (*taken.size > 0 && *taken.size <= std::numeric_limits<int64_t>::max()),
        "a size is above 0 and fits a file's offset");
}

void ClaimHandedOn(const std::vector<std::string>& words) {
  std::vector<const char*> arguments = {"vdsconform", "run", "--iut", "a.so"};
  for (const std::string& word : words) {
    arguments.push_back("--param");
    arguments.push_back(word.c_str());
  }
  const auto parsed = ParseOptions(static_cast<int>(arguments.size()), arguments.data());
  if (const auto* leave = std::get_if<Leave>(&parsed)) {
    Claim(leave->exit_code == 0 || leave->exit_code == 2, "what is no command is wrong use");
    Claim(!leave->text.empty(), "wrong use says why");
    return;
  }
  const auto& options = std::get<Options>(parsed);
  for (const std::string& given : options.iut.parameters) {
    Claim(given.find('=') != std::string::npos && given.front() != '=', "a parameter has a key");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<std::string> words = Words(AsText(data, size));
  ClaimTaken(Pointers(words));
  ClaimHandedOn(words);
  return 0;
}
