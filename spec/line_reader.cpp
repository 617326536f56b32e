#include "line_reader.h"

#include <algorithm>
#include <cstring>
#include <istream>

namespace vdsconform {
namespace {

// Short inputs are read with little memory, long ones with few reads.
constexpr size_t kFirstPieceBytes = size_t{1} << 12;
constexpr size_t kPieceBytes = size_t{1} << 18;

}  // namespace

LineReader::LineReader(std::istream& in, size_t max_bytes)
    : in_(in), max_bytes_(max_bytes), buffer_(kFirstPieceBytes), piece_(kFirstPieceBytes) {}

bool LineReader::Next(std::string_view* line) {
  unterminated_ = false;
  do {
    const char* const start = buffer_.data() + begin_;
    const void* const newline = std::memchr(start + scanned_, '\n', end_ - begin_ - scanned_);
    if (newline != nullptr) {
      const auto size = static_cast<size_t>(static_cast<const char*>(newline) - start);
      *line = {start, size};
      begin_ += size + 1;
      scanned_ = 0;
      return true;
    }
    scanned_ = end_ - begin_;
  } while (scanned_ <= max_bytes_ && Fill());

  if (begin_ == end_) return false;
  *line = {buffer_.data() + begin_, end_ - begin_};
  begin_ = end_;
  scanned_ = 0;
  unterminated_ = true;
  return true;
}

// Reads one piece behind what is there; false: the stream has no more.
bool LineReader::Fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (buffer_.size() - end_ < piece_) buffer_.resize(end_ + piece_);
  in_.read(buffer_.data() + end_, static_cast<std::streamsize>(piece_));
  piece_ = std::min(2 * piece_, kPieceBytes);
  end_ += static_cast<size_t>(in_.gcount());
  return in_.gcount() > 0;
}

}  // namespace vdsconform
