// History as JSON lines: a header, then one event a line, sorted by t0 (history.schema.json).
//
// Reading is streaming: memory does not grow with the file. Unknown fields are ignored. Not
// thread-safe: one reader, one thread.
#ifndef VDSCONFORM_SPEC_HISTORY_JSON_H_
#define VDSCONFORM_SPEC_HISTORY_JSON_H_

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "history.h"

namespace vdsconform {

// What is wrong with an input, and where. `line` counts from 1; 0: the whole input.
struct ReadError {
  uint64_t line = 0;
  std::string message;
};

// Parses lines one after another, the header first. Checks what the format promises: the header,
// the types, the order by t0, t1 not before t0, calls of one thread not overlapping.
class HistoryLineParser {
 public:
  HistoryLineParser();
  ~HistoryLineParser();
  HistoryLineParser(const HistoryLineParser&) = delete;
  HistoryLineParser& operator=(const HistoryLineParser&) = delete;

  enum class Kind : uint8_t { kHeader, kEvent, kBlank, kError };

  // Parses one line without its newline. For kEvent, event() is valid until the next call.
  Kind Parse(std::string_view line);
  const Event& event() const;
  const ReadError& error() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Reads a whole stream in pieces and hands every event to `sink`. None: all was read. A last line
// without a newline is read if it is complete; a stream without a header is an error.
std::optional<ReadError> ReadHistory(std::istream& in,
                                     const std::function<void(const Event&)>& sink);

// "{"vdsconform":"history/1"}" without a newline.
std::string HistoryHeader();
// One event as a line, without a newline. ParseLine(ToJson(e)) == e.
std::string ToJson(const Event& event);
void WriteHistory(std::ostream& out, const History& history);

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_HISTORY_JSON_H_
