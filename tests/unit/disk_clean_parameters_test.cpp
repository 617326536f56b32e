#include "reference/disk_clean_parameters.h"

#include <gtest/gtest.h>

#include <vector>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

using Strings = std::vector<const char*>;

DiskCleanParameters Accepted(const Strings& parameters) {
  const auto parsed = ParseDiskCleanParameters(parameters);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    ADD_FAILURE() << "refused: " << refusal->reason;
    return {};
  }
  return std::get<DiskCleanParameters>(parsed);
}

// The reason for refusing; empty if accepted.
std::string Refused(const Strings& parameters) {
  const auto parsed = ParseDiskCleanParameters(parameters);
  const auto* refusal = std::get_if<Refusal>(&parsed);
  if (refusal == nullptr) return {};
  EXPECT_EQ(refusal->result, hr::kInvalidArg);
  return refusal->reason;
}

TEST(DiskCleanParametersTest, HasDefaults) {
  const DiskCleanParameters parsed = Accepted({});
  EXPECT_EQ(parsed.image, "");
  EXPECT_EQ(parsed.size, std::nullopt);
  EXPECT_FALSE(parsed.overwrite);
  EXPECT_EQ(parsed.chunk, 1u << 20);
}

TEST(DiskCleanParametersTest, TakesAllKeys) {
  const DiskCleanParameters parsed =
      Accepted({"image=/a=b", "overwrite=yes", "size=3K", "chunk=64K"});
  EXPECT_EQ(parsed.image, "/a=b");
  EXPECT_TRUE(parsed.overwrite);
  EXPECT_EQ(parsed.size, 3072u);
  EXPECT_EQ(parsed.chunk, 65'536u);
  EXPECT_FALSE(Accepted({"image=x", "overwrite=no"}).overwrite);
}

TEST(DiskCleanParametersTest, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(Refused({"sise=1M"}), "sise=1M: unknown; known are image, overwrite, size and chunk");
  EXPECT_EQ(Refused({"=1"}), "=1: unknown; known are image, overwrite, size and chunk");
  EXPECT_EQ(Refused({"size"}), "size: not of the form key=value");
  EXPECT_EQ(Refused({""}), ": not of the form key=value");
  EXPECT_EQ(Refused({nullptr}), "a parameter is NULL");
}

TEST(DiskCleanParametersTest, RefusesBadValues) {
  EXPECT_EQ(Refused({"image="}), "image= needs a path");
  EXPECT_EQ(Refused({"image=x", "overwrite=Yes"}), "overwrite=Yes: allowed are yes and no");
  EXPECT_EQ(Refused({"size=0"}), "size=0: needs bytes above 0, such as 64M");
  EXPECT_EQ(Refused({"size=64m"}), "size=64m: needs bytes above 0, such as 64M");
  EXPECT_EQ(Refused({"chunk=511"}), "chunk=511: allowed are 512 to 64M");
  EXPECT_EQ(Refused({"chunk=65M"}), "chunk=65M: allowed are 512 to 64M");
  EXPECT_EQ(Accepted({"chunk=512"}).chunk, 512u);
  EXPECT_EQ(Accepted({"chunk=64M"}).chunk, 64u << 20);
}

TEST(DiskCleanParametersTest, RefusesContradictions) {
  EXPECT_EQ(Refused({"size=1M", "size=1M"}), "size= is given twice");
  EXPECT_EQ(Refused({"overwrite=no"}), "overwrite= has no meaning without image=");
}

TEST(DiskCleanParametersTest, CountsBytes) {
  EXPECT_EQ(ParseByteCount("0"), 0u);
  EXPECT_EQ(ParseByteCount("1"), 1u);
  EXPECT_EQ(ParseByteCount("2K"), 2048u);
  EXPECT_EQ(ParseByteCount("3M"), 3u << 20);
  EXPECT_EQ(ParseByteCount("4G"), uint64_t{4} << 30);
  EXPECT_EQ(ParseByteCount("9223372036854775807"), 9223372036854775807u);
  EXPECT_EQ(ParseByteCount("8589934591G"), uint64_t{8589934591u} << 30);
  for (const char* const text :
       {"", "K", "-1", "+1", " 1", "1 ", "1KB", "1KK", "0x10", "1.5M", "1T", "9223372036854775808",
        "8589934592G", "99999999999999999999"}) {
    EXPECT_EQ(ParseByteCount(text), std::nullopt) << "'" << text << "'";
  }
}

}  // namespace
}  // namespace vdsconform
