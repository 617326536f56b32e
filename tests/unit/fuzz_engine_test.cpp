#include "harness/fuzz_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace vdsconform {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// As the process is told them: by its command line.
std::optional<FuzzWorkerOptions> Parse(const std::vector<std::string>& arguments) {
  std::vector<const char*> pointers = {"vdsconform"};
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  return ParseFuzzWorkerArguments(static_cast<int>(pointers.size()), pointers.data());
}

void ExpectRoundTrip(const FuzzWorkerOptions& options) {
  const auto parsed = Parse(ToArguments(options));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->board, options.board);
  EXPECT_EQ(parsed->found, options.found);
  EXPECT_EQ(parsed->strict, options.strict);
  EXPECT_EQ(parsed->profile, options.profile);
  EXPECT_EQ(parsed->iut.library, options.iut.library);
  EXPECT_EQ(parsed->iut.host, options.iut.host);
  EXPECT_EQ(parsed->iut.parameters, options.iut.parameters);
  EXPECT_EQ(parsed->iut.patience.rest_ms, options.iut.patience.rest_ms);
  EXPECT_EQ(parsed->iut.patience.hang_ms, options.iut.patience.hang_ms);
  EXPECT_EQ(parsed->iut.patience.operation_ms, options.iut.patience.operation_ms);
  EXPECT_EQ(parsed->engine, options.engine);
}

TEST(FuzzEngine, WhatAWorkerIsToldArrives) {
  ExpectRoundTrip({});
  FuzzWorkerOptions options;
  options.board = 7;
  options.found = 1'000;
  options.strict = true;
  options.profile = Profile::kMsVds;
  options.iut.library = "/a folder/my=library.so";
  options.iut.parameters = {"key=value",   "path=/with spaces/and=signs",
                            "empty=",      "line=a\nb",
                            "--engine=no", "iut=other.so"};
  options.iut.patience = {5, 4'294'967'295u, 60'000};
  options.engine = {"-runs=5", "", "a folder", "key=value", "--engine", "board=3"};
  ExpectRoundTrip(options);
}

TEST(FuzzEngine, AHostsCommandLineArrives) {
  FuzzWorkerOptions options;
  options.iut.host = "FOO='a b' wine \"my host.exe\" --x=y --engine";
  ExpectRoundTrip(options);
  options.iut.host = "--engine";
  ExpectRoundTrip(options);
}

TEST(FuzzEngine, OtherCommandLinesAreNotItsOwn) {
  EXPECT_FALSE(Parse({}));
  EXPECT_FALSE(Parse({"fuzz", "--iut", "a.so"}));
  EXPECT_FALSE(Parse({"run", "fuzz-worker"}));
  const auto bare = Parse({"fuzz-worker"});
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->board, -1);
  EXPECT_THAT(bare->engine, IsEmpty());
}

TEST(FuzzEngine, WhatIsNotKnownIsPassedOver) {
  const auto parsed = Parse({"fuzz-worker", "later=1", "stray", "iut=a.so", "--engine", "-x"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->iut.library, "a.so");
  EXPECT_THAT(parsed->engine, ElementsAre("-x"));
}

TEST(FuzzEngine, AnInputFitsIntoOneWriteToThePipe) {
  // The key is a requirement and a cause.
  EXPECT_LE(sizeof(FoundHeader) + 256 + kMaxPackedBytes, size_t{4096});
}

}  // namespace
}  // namespace vdsconform
