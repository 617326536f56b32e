// Any bytes as a packed history: the reader refuses them with a place and a message, or what it
// reads is written as the same bytes, has a form as JSON lines, and is judged.
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "fuzz/claim.h"
#include "fuzz/judged_history.h"
#include "spec/history_binary.h"
#include "spec/history_json.h"

namespace {

// Bytes beyond this may become a line of JSON that is longer than a line may be.
constexpr size_t kSmall = size_t{1} << 16;

void ClaimLines(const vdsconform::History& history) {
  using namespace vdsconform;
  std::stringstream lines;
  WriteHistory(lines, history);
  uint64_t read = 0;
  const auto refused = ReadHistory(lines, [&read](const Event&) { ++read; });
  Claim(!refused, "what is packed can be read as JSON lines", refused ? refused->message : "");
  Claim(read == history.events.size(), "there is a line for each event");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vdsconform;
  const std::string bytes(AsText(data, size));
  std::istringstream in(bytes);
  History history;
  const auto error =
      ReadBinaryHistory(in, [&](const Event& event) { history.events.push_back(event); });
  if (error) {
    Claim(!error->message.empty(), "a refusal says why");
    Claim(error->offset <= size, "a refusal names a place in the input");
  } else {
    std::ostringstream copy;
    WriteBinaryHistory(copy, history);
    Claim(copy.str() == bytes, "there is one way to pack a history");
  }
  // What was read before an error is a history too.
  if (size <= kSmall) ClaimLines(history);
  ClaimJudged(history);
  return 0;
}
