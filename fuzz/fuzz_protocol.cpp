// Any bytes as what the other side of the process protocol sends: the runner's side reads them as
// a host's lines, the host's side as a runner's. Lines are cut alike however the bytes arrive, each
// is refused with a message or is a document in the protocol's ranges, and documents are written
// and read again unchanged.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "fuzz/claim.h"
#include "harness/program_json.h"
#include "harness/protocol.h"
#include "spec/history_json.h"

namespace {

using namespace vdsconform;

// So short that inputs of a few hundred bytes overflow it.
constexpr size_t kShortLine = 200;

struct Cut {
  std::vector<std::string> lines;
  std::string rest;
  bool overflowed = false;

  friend bool operator==(const Cut&, const Cut&) = default;
};

// The lines of the bytes that arrive `piece` at a time.
Cut CutInto(std::string_view bytes, size_t piece, size_t max_line) {
  Cut cut;
  LineBuffer buffer(max_line);
  while (!bytes.empty() && !buffer.overflowed()) {
    const size_t size = std::min(piece, bytes.size());
    buffer.Append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    while (const auto line = buffer.Next()) {
      Claim(line->size() <= max_line, "a line is not longer than allowed");
      Claim(line->find('\n') == std::string_view::npos, "a line has no newline");
      cut.lines.emplace_back(*line);
    }
  }
  cut.overflowed = buffer.overflowed();
  if (!cut.overflowed) cut.rest = buffer.rest();
  return cut;
}

void ClaimRefusal(const Malformed& malformed) {
  Claim(!malformed.message.empty(), "a refusal says why");
}

void ClaimHello(const Hello& hello) {
  Claim(!hello.error.empty() || !hello.info.name.empty(), "a host names what it hosts, or why not");
  const auto again = ParseHostLine(ToJson(hello));
  const auto* copy = std::get_if<Hello>(&again);
  Claim(copy != nullptr, "a greeting that was written can be read");
  Claim(copy->error == hello.error, "a host's error is read again as it was written");
  if (!hello.error.empty()) return;
  Claim(copy->info.name == hello.info.name && copy->info.version == hello.info.version &&
            copy->info.capabilities == hello.info.capabilities &&
            copy->info.no_exploration == hello.info.no_exploration,
        "what a host says of an implementation is read again as it was written");
}

void ClaimDone(const Done& done) {
  const auto again = ParseHostLine(ToJson(done));
  const auto* copy = std::get_if<Done>(&again);
  Claim(copy != nullptr, "a last line that was written can be read");
  Claim(copy->inconclusive == done.inconclusive && copy->error == done.error &&
            copy->hung == done.hung && copy->stack_bytes == done.stack_bytes,
        "a last line is read again as it was written");
  if (done.exploration.possible == 0) return;  // then nothing was explored
  Claim(copy->exploration.performed == done.exploration.performed &&
            copy->exploration.possible == done.exploration.possible &&
            copy->exploration.held == done.exploration.held &&
            copy->exploration.missed == done.exploration.missed &&
            copy->exploration.truncated == done.exploration.truncated,
        "what was explored is read again as it was written");
}

// As the runner reads a host: until the first thing that is wrong.
void ReadAsRunner(const std::vector<std::string>& lines) {
  HistoryLineParser history;
  bool readable = true;
  for (const std::string& line : lines) {
    const HostLine parsed = ParseHostLine(line);
    if (const auto* malformed = std::get_if<Malformed>(&parsed)) ClaimRefusal(*malformed);
    if (const auto* hello = std::get_if<Hello>(&parsed)) ClaimHello(*hello);
    if (const auto* done = std::get_if<Done>(&parsed)) ClaimDone(*done);
    if (const auto* at = std::get_if<At>(&parsed)) {
      Claim(at->thread <= kMaxThreads, "a thread's number is in its range");
      Claim(!at->step || *at->step <= kMaxSteps, "a step's number is in its range");
    }
    if (readable && std::holds_alternative<HistoryLine>(parsed)) {
      readable = history.Parse(line) != HistoryLineParser::Kind::kError;
      Claim(readable || !history.error().message.empty(), "a refusal says why");
    }
  }
}

void ReadAsHost(const std::string& line) {
  const RunnerLine parsed = ParseRunnerLine(line);
  if (const auto* malformed = std::get_if<Malformed>(&parsed)) ClaimRefusal(*malformed);
  if (const auto* patience = std::get_if<Patience>(&parsed)) {
    const auto again = ParseRunnerLine(ToJson(*patience));
    const auto* copy = std::get_if<Patience>(&again);
    Claim(copy != nullptr && copy->rest_ms == patience->rest_ms &&
              copy->hang_ms == patience->hang_ms && copy->operation_ms == patience->operation_ms,
          "patience is read again as it was written");
  }
  if (const auto* program = std::get_if<Program>(&parsed)) {
    const auto again = ParseRunnerLine(ToJson(*program));
    const auto* copy = std::get_if<Program>(&again);
    Claim(copy != nullptr && *copy == *program, "a Program is read again as it was written");
  }
}

void ClaimPrintable(const std::string& line) {
  for (const char c : Excerpt(line)) Claim(c >= ' ' && c <= '~', "an excerpt can be printed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = AsText(data, size);
  Cut whole = CutInto(bytes, size, kMaxLine);
  Claim(whole == CutInto(bytes, 7, kMaxLine), "lines are cut alike however the bytes arrive");
  const Cut short_lines = CutInto(bytes, size, kShortLine);
  Claim(short_lines == CutInto(bytes, 7, kShortLine),
        "long lines are found however the bytes arrive");
  // Inputs need not end in a newline to be worth reading.
  if (!whole.rest.empty()) whole.lines.push_back(whole.rest);
  ReadAsRunner(whole.lines);
  for (const std::string& line : whole.lines) {
    ReadAsHost(line);
    ClaimPrintable(line);
  }
  return 0;
}
