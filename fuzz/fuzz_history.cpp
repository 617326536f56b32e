// Any bytes as a history: the reader refuses them with a message or reads them, whatever it reads
// is written and read again unchanged, and the judge takes it under both profiles.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "spec/history_json.h"
#include "spec/judge.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vdsconform;
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  History history;
  const auto error = ReadHistory(in, [&](const Event& event) { history.events.push_back(event); });
  if (error) {
    Require(!error->message.empty());
    return 0;
  }
  std::stringstream copy;
  WriteHistory(copy, history);
  History again;
  Require(!ReadHistory(copy, [&](const Event& event) { again.events.push_back(event); }));
  Require(again.events == history.events);
  for (const Profile profile : {Profile::kWin32, Profile::kMsVds}) {
    Require(JudgeHistory(history, profile).events == history.events.size());
  }
  return 0;
}
