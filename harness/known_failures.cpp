#include "harness/known_failures.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "harness/text.h"

namespace vdsconform {
namespace {

constexpr std::string_view kSpace = " \t\r";

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

std::variant<std::vector<KnownFailure>, std::string> ParseKnownFailures(std::istream& in,
                                                                        const std::string& name) {
  std::vector<KnownFailure> known;
  std::string line;
  for (size_t number = 1; std::getline(in, line); ++number) {
    const std::string where = name + ":" + std::to_string(number) + ": ";
    const std::string_view text = Trim(line);
    if (text.empty() || text.front() == '#') continue;
    const size_t end = std::min(text.find_first_of(kSpace), text.size());
    const std::string_view id = text.substr(0, end);
    const std::string_view reason = Trim(text.substr(end));
    const size_t slash = id.find('/');
    const std::optional<Req> req = ParseReq(id.substr(0, slash));
    if (!req) return where + "no requirement is called " + Printable(id);
    std::string spelt = Get(*req).id;
    if (slash != std::string_view::npos) {
      if (slash + 1 == id.size()) return where + "no cause after " + Printable(id);
      spelt += id.substr(slash);
    }
    if (reason.empty()) return where + spelt + " has no reason: say why it is expected to fail";
    for (const KnownFailure& other : known) {
      if (other.id == spelt) return where + spelt + " is listed twice";
    }
    known.push_back(KnownFailure{spelt, Printable(reason)});
  }
  if (in.bad()) return name + ": cannot be read";
  return known;
}

std::variant<std::vector<KnownFailure>, std::string> ReadKnownFailures(const std::string& path) {
  std::ifstream in(path);
  // Reading a directory opens, and fails at the first byte.
  if (!in || (in.peek() == std::ifstream::traits_type::eof() && in.bad())) {
    return path + ": cannot be read: " + std::strerror(errno != 0 ? errno : EIO);
  }
  in.clear();
  return ParseKnownFailures(in, path);
}

}  // namespace vdsconform
