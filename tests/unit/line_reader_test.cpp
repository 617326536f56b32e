#include "spec/line_reader.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace vdsconform {
namespace {

constexpr size_t kLimit = 1'000'000;

struct Lines {
  std::vector<std::string> lines;
  bool unterminated = false;
};

Lines ReadAll(const std::string& text) {
  std::istringstream in(text);
  LineReader reader(in, kLimit);
  Lines all;
  for (std::string_view line; reader.Next(&line);) {
    all.lines.emplace_back(line);
    all.unterminated = reader.unterminated();
  }
  return all;
}

TEST(LineReader, NothingHasNoLines) { EXPECT_TRUE(ReadAll("").lines.empty()); }

TEST(LineReader, SplitsAtNewlines) {
  const Lines all = ReadAll("a\n\nbc\r\n");
  EXPECT_EQ(all.lines, (std::vector<std::string>{"a", "", "bc\r"}));
  EXPECT_FALSE(all.unterminated);
}

TEST(LineReader, LastLineNeedsNoNewline) {
  const Lines all = ReadAll("a\nbc");
  EXPECT_EQ(all.lines, (std::vector<std::string>{"a", "bc"}));
  EXPECT_TRUE(all.unterminated);
}

TEST(LineReader, LinesAcrossPiecesComeWhole) {
  std::mt19937 random(7);
  std::vector<std::string> lines;
  std::string text;
  for (int i = 0; i < 200; ++i) {
    lines.emplace_back(random() % 40'000, static_cast<char>('a' + i % 26));
    text += lines.back() + "\n";
  }
  EXPECT_EQ(ReadAll(text).lines, lines);
}

TEST(LineReader, LongLinesComeCutButTooLong) {
  EXPECT_EQ(ReadAll(std::string(kLimit, 'x') + "\ny").lines.at(0).size(), kLimit);

  std::istringstream in(std::string(10 * kLimit, 'x'));
  LineReader reader(in, kLimit);
  std::string_view line;
  ASSERT_TRUE(reader.Next(&line));
  EXPECT_GT(line.size(), kLimit);
  EXPECT_LT(line.size(), 2 * kLimit);
  EXPECT_TRUE(reader.unterminated());
}

}  // namespace
}  // namespace vdsconform
