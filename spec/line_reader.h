// LineReader: lines of a stream that is read in pieces, with bounded memory.
//
// One reader, one thread. Gives lines as bytes; their encoding is the caller's business.
#ifndef VDSCONFORM_SPEC_LINE_READER_H_
#define VDSCONFORM_SPEC_LINE_READER_H_

#include <cstddef>
#include <iosfwd>
#include <string_view>
#include <vector>

namespace vdsconform {

class LineReader {
 public:
  // `in` outlives the reader. Buffers little more than `max_bytes` for a line.
  LineReader(std::istream& in, size_t max_bytes);

  // Gives the next line without its newline, valid until the next call; false: there is none. A
  // line that is longer than `max_bytes` comes cut, but still longer than that.
  bool Next(std::string_view* line);

  // True if the line that Next gave last had no newline: the stream ended, or the line was cut.
  bool unterminated() const { return unterminated_; }

 private:
  bool Fill();

  std::istream& in_;
  const size_t max_bytes_;
  std::vector<char> buffer_;
  size_t piece_;        // bytes of the next read
  size_t begin_ = 0;    // of what has not been handed out
  size_t end_ = 0;      // of what has been read
  size_t scanned_ = 0;  // bytes from begin_ that are known to hold no newline
  bool unterminated_ = false;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_LINE_READER_H_
