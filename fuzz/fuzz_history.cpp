// Any bytes as a history: the reader refuses them with a message or reads them, whatever it reads
// is written and read again unchanged in either form, and the judge takes it under both profiles.
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "fuzz/claim.h"
#include "fuzz/judged_history.h"
#include "spec/history_binary.h"
#include "spec/history_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vdsconform;
  std::istringstream in{std::string(AsText(data, size))};
  Claim(LooksBinary(in) == (size > 0 && data[0] == 0x89), "no text is taken for a packed history");
  History history;
  const auto error = ReadHistory(in, [&](const Event& event) { history.events.push_back(event); });
  if (error) {
    Claim(!error->message.empty(), "a refusal says why");
    return 0;
  }
  std::stringstream copy;
  WriteHistory(copy, history);
  History again;
  const auto refused =
      ReadHistory(copy, [&](const Event& event) { again.events.push_back(event); });
  Claim(!refused, "what was written can be read", refused ? refused->message : "");
  Claim(again.events == history.events, "writing loses nothing");
  ClaimPacks(history);
  ClaimJudged(history);
  return 0;
}
