// Any lines as the parameters of --param: the disk-clean plugin refuses them with a reason or takes
// them in the ranges that it states.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "fuzz/claim.h"
#include "fuzz/words.h"
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<std::string> words = Words(AsText(data, size));
  ClaimTaken(Pointers(words));
  return 0;
}
