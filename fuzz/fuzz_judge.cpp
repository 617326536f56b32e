// Any bytes as a small history: under both profiles the judge finds fault with it if and only if an
// exhaustive search finds no order of its calls that explains every answer.
#include <cstddef>
#include <cstdint>
#include <sstream>

#include "fuzz/claim.h"
#include "fuzz/judged_history.h"
#include "fuzz/small_history.h"
#include "spec/history_json.h"
#include "tests/property/exhaustive_search.h"
#include "tests/property/judge_comparison.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vdsconform;
  const History history = SmallHistory({data, size});
  for (const Profile profile : {Profile::kWin32, Profile::kMsVds}) {
    const bool agree = HasLinearization(history, profile) == JudgedLinearizable(history, profile);
    if (!agree) Claim(false, "the judge agrees with the search", Explain(history, profile));
  }
  // What is compared is what a file may hold.
  std::stringstream lines;
  WriteHistory(lines, history);
  const auto refused = ReadHistory(lines, [](const Event&) {});
  Claim(!refused, "a small history can be read", refused ? refused->message : "");
  ClaimJudged(history);
  return 0;
}
