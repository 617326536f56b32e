#include "harness/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vdsconform {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";

TEST(Text, ValidUtf8IsKeptAndTheRestReplaced) {
  EXPECT_EQ(ValidUtf8("plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
  EXPECT_EQ(ValidUtf8("a\xFFz"), std::string("a") + kReplacement + "z");
  // Cut off, overlong, a surrogate, beyond the last character.
  EXPECT_EQ(ValidUtf8("\xE2\x82"), std::string(kReplacement) + kReplacement);
  EXPECT_EQ(ValidUtf8("\xC0\x80"), std::string(kReplacement) + kReplacement);
  EXPECT_EQ(ValidUtf8("\xED\xA0\x80").find('\xED'), std::string::npos);
  EXPECT_EQ(ValidUtf8("\xF4\x90\x80\x80").find('\xF4'), std::string::npos);
}

TEST(Text, PrintableTakesControlCharactersAway) {
  EXPECT_EQ(Printable("\x1b[31mred\x07\r\n\tend\x7f"), "?[31mred??\n\tend?");
  EXPECT_EQ(Printable("\xC2\x9B"
                      "31m"),
            "?31m");
  EXPECT_EQ(Printable("\xEF\xBF\xBF!"), "?!");
  EXPECT_EQ(Printable(std::string_view("a\0b", 3)), "a?b");
}

TEST(Text, EscapesXml) {
  EXPECT_EQ(EscapeXml("<a href=\"x\">'&'\n"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&#10;");
  EXPECT_EQ(EscapeXml("\x01"), "?");
}

TEST(Text, QuotesShellWords) {
  EXPECT_EQ(ShellWord("./mine-1.0.so"), "./mine-1.0.so");
  EXPECT_EQ(ShellWord(""), "''");
  EXPECT_EQ(ShellWord("a b"), "'a b'");
  EXPECT_EQ(ShellWord("it's $HOME"), "'it'\\''s $HOME'");
}

TEST(Text, GroupsAndCounts) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
  EXPECT_EQ(Count(1, "case"), "1 case");
  EXPECT_EQ(Count(2000, "case"), "2,000 cases");
}

TEST(Text, MeasuresEditDistance) {
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("QS-09", "QS-09"), 0u);
  EXPECT_EQ(EditDistance("QS9", "QS-09"), 2u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
}

TEST(Text, SplitsLines) {
  EXPECT_THAT(Lines("a\n\nb"), testing::ElementsAre("a", "", "b"));
  EXPECT_THAT(Lines(""), testing::ElementsAre(""));
}

}  // namespace
}  // namespace vdsconform
