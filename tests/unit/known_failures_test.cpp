#include "harness/known_failures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace vdsconform {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::variant<std::vector<KnownFailure>, std::string> Parse(const std::string& text) {
  std::istringstream in(text);
  return ParseKnownFailures(in, "list.txt");
}

std::string Error(const std::string& text) {
  const auto parsed = Parse(text);
  const auto* error = std::get_if<std::string>(&parsed);
  return error != nullptr ? *error : "no error";
}

TEST(KnownFailures, ReadsIdsCausesReasonsAndComments) {
  const auto parsed =
      Parse("# expected\n\n  qs-05 -1 until 2.0, see C5 # really\r\nQS-09/torn\tno lock yet");
  const auto& known = std::get<std::vector<KnownFailure>>(parsed);
  ASSERT_EQ(known.size(), 2u);
  EXPECT_EQ(known[0].id, "QS-05");
  EXPECT_EQ(known[0].reason, "-1 until 2.0, see C5 # really");
  EXPECT_EQ(known[1].id, "QS-09/torn");
  EXPECT_EQ(known[1].reason, "no lock yet");
}

TEST(KnownFailures, AnEmptyListIsAList) {
  EXPECT_TRUE(std::get<std::vector<KnownFailure>>(Parse("")).empty());
}

TEST(KnownFailures, ErrorsNameTheFileAndTheLine) {
  EXPECT_THAT(Error("# one\nQS-99 because\n"), StartsWith("list.txt:2: "));
  EXPECT_THAT(Error("QS-99 because\n"), HasSubstr("QS-99"));
  EXPECT_THAT(Error("QS-05\n"), StartsWith("list.txt:1: QS-05 has no reason"));
  EXPECT_THAT(Error("QS-05/cause   \n"), StartsWith("list.txt:1: QS-05/cause has no reason"));
  EXPECT_THAT(Error("QS-05/ reason\n"), StartsWith("list.txt:1: no cause"));
  EXPECT_THAT(Error("QS-05 a\nqs-05 b\n"), StartsWith("list.txt:2: QS-05 is listed twice"));
}

TEST(KnownFailures, AFileThatCannotBeReadIsAnError) {
  for (const std::string path : {"/nonexistent/list.txt", "/"}) {
    const auto read = ReadKnownFailures(path);
    ASSERT_TRUE(std::holds_alternative<std::string>(read)) << path;
    EXPECT_THAT(std::get<std::string>(read), StartsWith(path + ": cannot be read: "));
  }
}

}  // namespace
}  // namespace vdsconform
