#include "harness/json_text.h"

#include <algorithm>

namespace vdsconform {
namespace {

using Json = nlohmann::ordered_json;

// What is deeper than a few levels tells nobody anything.
constexpr int kMaxDepth = 4;

bool IsDeeperThan(int depth, const Json& json) {
  if (!json.is_structured()) return false;
  if (depth == 0) return true;
  return std::any_of(json.begin(), json.end(),
                     [depth](const Json& part) { return IsDeeperThan(depth - 1, part); });
}

}  // namespace

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Shown(const Json& json) {
  if (!IsDeeperThan(kMaxDepth, json)) return Dump(json);
  return json.is_array() ? "an array of arrays or objects" : "an object of objects or arrays";
}

}  // namespace vdsconform
