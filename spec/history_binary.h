// History in a packed binary form (history-binary.md), for speed and size.
//
// It says what the JSON lines of history_json.h say, with nothing lost and with one way to write
// each history. Reading is streaming: memory does not grow with the file, nor with any length that
// the file states. Not thread-safe: one reader or writer, one thread.
#ifndef VDSCONFORM_SPEC_HISTORY_BINARY_H_
#define VDSCONFORM_SPEC_HISTORY_BINARY_H_

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "history.h"

namespace vdsconform {

// What a packed history starts with, before the byte that is its version. No text starts so.
inline constexpr std::string_view kBinaryMagic = "\x89VDSH\r\n";
inline constexpr uint8_t kBinaryVersion = 1;
// The most that one event takes; what is longer is not a history.
inline constexpr uint64_t kMaxBinaryEvent = uint64_t{1} << 20;

// What is wrong with an input, and at which byte, counted from 0.
struct BinaryReadError {
  uint64_t offset = 0;
  std::string message;
};

// True if what comes next starts as a packed history does. Takes nothing from the stream.
bool LooksBinary(std::istream& in);

// Reads a whole stream in pieces and hands every event to `sink`. None: all was read. Checks what
// the format promises of an event and of the order of events, as the reader of JSON lines does.
std::optional<BinaryReadError> ReadBinaryHistory(std::istream& in,
                                                 const std::function<void(const Event&)>& sink);

// Writes a history event by event; they are in order, as WriteHistory's are. `out` outlives it.
class BinaryHistoryWriter {
 public:
  explicit BinaryHistoryWriter(std::ostream& out);
  void Write(const Event& event);

 private:
  std::ostream& out_;
  std::string bytes_;  // of one event
  int64_t last_t0_ = 0;
};

void WriteBinaryHistory(std::ostream& out, const History& history);

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_HISTORY_BINARY_H_
