// Text of unknown origin made safe for a terminal, XML, HTML and a shell.
//
// An IUT chooses its name, its exceptions' texts and what it prints; none of it may disturb a
// report or a terminal. Pure functions, thread-safe.
#ifndef VDSCONFORM_HARNESS_TEXT_H_
#define VDSCONFORM_HARNESS_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vdsconform {

// The same text with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string ValidUtf8(std::string_view text);

// Valid UTF-8 without control characters but newline and tab; others become "?".
std::string Printable(std::string_view text);

// Printable, and safe as the content or an attribute's value of XML and HTML.
std::string EscapeXml(std::string_view text);

// One word of a POSIX shell command line; quoted only if it must be.
std::string ShellWord(std::string_view word);

// "1,234,567".
std::string Grouped(uint64_t number);

// "1 case", "2 cases".
std::string Count(uint64_t number, std::string_view noun);

// How many insertions, deletions and replacements of one character turn `a` into `b`.
size_t EditDistance(std::string_view a, std::string_view b);

// The parts of `text` between newlines.
std::vector<std::string_view> Lines(std::string_view text);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_TEXT_H_
