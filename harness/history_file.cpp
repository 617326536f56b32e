#include "harness/history_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <vector>

#include "spec/history_binary.h"
#include "spec/history_json.h"

namespace vdsconform {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 18;

std::string Named(const std::string& path, const std::string& error) {
  // A line of a file is written as compilers do.
  const std::string separator = error.starts_with(':') ? "" : ": ";
  return error.empty() ? error : HistoryName(path) + separator + error;
}

}  // namespace

std::string ReadEitherHistory(std::istream& in, const std::function<void(const Event&)>& sink) {
  if (LooksBinary(in)) {
    const std::optional<BinaryReadError> error = ReadBinaryHistory(in, sink);
    return error ? "byte " + std::to_string(error->offset) + ": " + error->message : "";
  }
  const std::optional<ReadError> error = ReadHistory(in, sink);
  if (!error) return {};
  return (error->line > 0 ? ":" + std::to_string(error->line) + ": " : "") + error->message;
}

std::string HistoryName(const std::string& path) { return path == "-" ? "standard input" : path; }

std::string WithHistoryFile(const std::string& path,
                            const std::function<std::string(std::istream&)>& use) {
  if (path == "-") {
    std::ios::sync_with_stdio(false);
    return Named(path, use(std::cin));
  }
  std::vector<char> buffer(kBufferBytes);
  std::ifstream in;
  in.rdbuf()->pubsetbuf(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  errno = 0;
  in.open(path, std::ios::binary);
  if (!in) return path + ": cannot be read: " + std::strerror(errno);
  return Named(path, use(in));
}

}  // namespace vdsconform
