// Any bytes as a list of known failures: it is refused with the line and the reason, or every entry
// names a requirement, gives a reason, stands once, and is read again as it was written.
#include <cstddef>
#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "fuzz/claim.h"
#include "harness/known_failures.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vdsconform;
  std::istringstream in{std::string(AsText(data, size))};
  const auto parsed = ParseKnownFailures(in, "list");
  if (const auto* message = std::get_if<std::string>(&parsed)) {
    Claim(message->starts_with("list:"), "a refusal begins with the place");
    return 0;
  }
  const auto& known = std::get<std::vector<KnownFailure>>(parsed);
  std::stringstream lines;
  std::set<std::string> ids;
  for (const KnownFailure& failure : known) {
    const std::string id = failure.id.substr(0, failure.id.find('/'));
    Claim(ParseReq(id).has_value(), "an entry names a requirement");
    Claim(!failure.reason.empty(), "an entry gives a reason");
    Claim(ids.insert(failure.id).second, "no entry stands twice");
    lines << failure.id << ' ' << failure.reason << '\n';
  }
  const auto again = ParseKnownFailures(lines, "list");
  const auto* refused = std::get_if<std::string>(&again);
  Claim(refused == nullptr, "what was written can be read", refused ? *refused : "");
  const auto& copy = std::get<std::vector<KnownFailure>>(again);
  Claim(copy.size() == known.size(), "every entry is read again");
  for (size_t i = 0; i < known.size(); ++i) {
    Claim(copy[i].id == known[i].id, "an id is read again as it was written");
    Claim(copy[i].reason == known[i].reason, "a reason is read again as it was written");
  }
  return 0;
}
