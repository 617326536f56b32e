// Words of a command line, made of bytes: one a line, without bytes that an argument cannot have.
#ifndef VDSCONFORM_FUZZ_WORDS_H_
#define VDSCONFORM_FUZZ_WORDS_H_

#include <string>
#include <string_view>
#include <vector>

namespace vdsconform {

inline std::vector<std::string> Words(std::string_view bytes) {
  std::vector<std::string> words;
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view line = bytes.substr(0, end);
    words.emplace_back(line.substr(0, line.find('\0')));
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  }
  return words;
}

inline std::vector<const char*> Pointers(const std::vector<std::string>& words) {
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  return pointers;
}

}  // namespace vdsconform

#endif  // VDSCONFORM_FUZZ_WORDS_H_
