// Claim: what a fuzz target holds true of every input. One that is broken is said on standard error
// and aborts, which is how a fuzzing engine learns of it.
#ifndef VDSCONFORM_FUZZ_CLAIM_H_
#define VDSCONFORM_FUZZ_CLAIM_H_

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace vdsconform {

// `claim` as a sentence; `seen` says what breaks it, if the claim alone does not.
inline void Claim(bool holds, const char* claim, const std::string& seen = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken claim: %s\n%s%s", claim, seen.c_str(), seen.empty() ? "" : "\n");
  std::abort();
}

inline std::string_view AsText(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace vdsconform

#endif  // VDSCONFORM_FUZZ_CLAIM_H_
