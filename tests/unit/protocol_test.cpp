#include "harness/protocol.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "harness/program_json.h"
#include "spec/iut.h"

namespace vdsconform {
namespace {

std::string ErrorOf(const std::string& line) {
  const HostLine parsed = ParseHostLine(line);
  const auto* malformed = std::get_if<Malformed>(&parsed);
  return malformed ? malformed->message : "(accepted)";
}

TEST(Protocol, GreetingComesThrough) {
  Hello hello;
  hello.info = {"mine", "1.0", VDSCONFORM_DRIVE | VDSCONFORM_WAIT | VDSCONFORM_NOT_ESTIMATE,
                "a debugger is attached"};
  const std::string line = ToJson(hello);
  EXPECT_EQ(line, R"({"vdsconform":"host/1","iut":{"name":"mine","version":"1.0",)"
                  R"("capabilities":["DRIVE","WAIT","NOT_ESTIMATE"]},)"
                  R"("explores":false,"why_not":"a debugger is attached"})");
  const HostLine parsed = ParseHostLine(line);
  const auto* got = std::get_if<Hello>(&parsed);
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(got->info.name, "mine");
  EXPECT_EQ(got->info.version, "1.0");
  EXPECT_EQ(got->info.capabilities, hello.info.capabilities);
  EXPECT_EQ(got->info.no_exploration, hello.info.no_exploration);
  EXPECT_EQ(got->error, "");
}

// Deeper than a stack.
TEST(Protocol, NestingThatNobodyCanFollowIsRefused) {
  constexpr size_t kDepth = 400'000;
  const std::string nested = std::string(kDepth, '[') + std::string(kDepth, ']');
  EXPECT_EQ(
      ErrorOf(R"({"vdsconform":"host/1","iut":{"name":"x","capabilities":[)" + nested + "]}}"),
      "iut.capabilities: expected DRIVE, CANCEL, WAIT, ESTIMATE or NOT_ESTIMATE, got an array "
      "of arrays or objects");
  const RunnerLine program =
      ParseRunnerLine(R"({"vdsconform":"program/1","steps":[)" + nested + "]}");
  ASSERT_TRUE(std::holds_alternative<Malformed>(program));
  EXPECT_EQ(std::get<Malformed>(program).message,
            "steps[0]: expected an object, got an array of arrays or objects");
}

TEST(Protocol, HostThatSaysNothingOfExplorationDoesNotExplore) {
  const std::string greeting =
      R"({"vdsconform":"host/1","iut":{"name":"mine","version":"1","capabilities":["WAIT"]})";
  const auto silent = ParseHostLine(greeting + "}");
  EXPECT_NE(std::get<Hello>(silent).info.no_exploration, "");
  const auto explores = ParseHostLine(greeting + R"(,"explores":true})");
  EXPECT_EQ(std::get<Hello>(explores).info.no_exploration, "");
  EXPECT_TRUE(std::holds_alternative<Malformed>(ParseHostLine(greeting + R"(,"explores":1})")));
}

TEST(Protocol, GreetingCarriesAnError) {
  Hello hello;
  hello.error = "no such \"file\"";
  const HostLine parsed = ParseHostLine(ToJson(hello));
  const auto* got = std::get_if<Hello>(&parsed);
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(got->error, "no such \"file\"");
}

TEST(Protocol, NamesThatAreNotUnicodeAreShownSomehow) {
  Hello hello;
  hello.info = {"caf\xe9", "1", VDSCONFORM_ESTIMATE};
  const HostLine parsed = ParseHostLine(ToJson(hello));
  const auto* got = std::get_if<Hello>(&parsed);
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(got->info.name, "caf\xef\xbf\xbd");
}

TEST(Protocol, GreetingsThatSayTooLittleAreRefused) {
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"host/1"})"), "iut: expected an object");
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"host/1","iut":{}})"),
            "iut.name: expected a string that is not empty");
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"host/1","iut":{"name":"x"}})"), "iut.capabilities: missing");
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"host/1","iut":{"name":"x","capabilities":["DRIV"]}})"),
            "iut.capabilities: expected DRIVE, CANCEL, WAIT, ESTIMATE or NOT_ESTIMATE, got "
            "\"DRIV\"");
  const HostLine parsed =
      ParseHostLine(R"({"vdsconform":"host/1","iut":{"name":"x","capabilities":["DRIVE"]}})");
  ASSERT_TRUE(std::holds_alternative<Hello>(parsed));
  EXPECT_NE(std::get<Hello>(parsed).error, "");
}

TEST(Protocol, DoneComesThrough) {
  EXPECT_EQ(ToJson(Done{}), R"({"vdsconform":"done"})");
  const HostLine parsed = ParseHostLine(ToJson(Done{"began badly", "broke", true}));
  const auto* done = std::get_if<Done>(&parsed);
  ASSERT_NE(done, nullptr);
  EXPECT_EQ(done->inconclusive, "began badly");
  EXPECT_EQ(done->error, "broke");
  EXPECT_TRUE(done->hung);
}

TEST(Protocol, PlaceComesThrough) {
  const HostLine parsed =
      ParseHostLine(R"({"vdsconform":"at","thread":2,"step":3,"call":"QueryStatus"})");
  const auto* at = std::get_if<At>(&parsed);
  ASSERT_NE(at, nullptr);
  EXPECT_EQ(at->thread, 2u);
  EXPECT_EQ(at->step, 3u);
  EXPECT_EQ(at->call, Call::kQueryStatus);
  const HostLine out = ParseHostLine(R"({"vdsconform":"at","thread":2})");
  ASSERT_TRUE(std::holds_alternative<At>(out));
  EXPECT_FALSE(std::get<At>(out).step.has_value());
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"at","thread":99})"),
            "thread: expected an integer from 0 to 8");
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"at","call":"Querystatus"})"),
            "call: expected a name such as \"QueryStatus\", got Querystatus");
}

TEST(Protocol, HistoriesAreToldFromTheRest) {
  EXPECT_TRUE(std::holds_alternative<HistoryLine>(ParseHostLine(R"({"vdsconform":"history/1"})")));
  EXPECT_TRUE(std::holds_alternative<HistoryLine>(ParseHostLine(
      R"({"op":0,"thread":0,"call":"begin","detail":"\"vdsconform\":\"done\"","t0":1})")));
  EXPECT_TRUE(std::holds_alternative<Alive>(ParseHostLine(R"({"vdsconform":"alive"})")));
}

TEST(Protocol, StrangeDocumentsAreRefused) {
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"hsot/1"})"),
            "vdsconform: expected host/1, history/1, done, at or alive, got hsot/1");
  EXPECT_EQ(ErrorOf(R"({"vdsconform":7})"), "vdsconform: expected a string");
  EXPECT_EQ(ErrorOf(R"({"vdsconform")"), "not JSON");
  EXPECT_EQ(ErrorOf(R"(["vdsconform"])"), "not a JSON object");
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"done","hung":1})"), "hung: expected true or false");
}

TEST(Protocol, RunnerSpeaksProgramsAndPatience) {
  const Program program = InOrder({steps::Query(2)});
  const RunnerLine parsed = ParseRunnerLine(ToJson(program));
  ASSERT_TRUE(std::holds_alternative<Program>(parsed));
  EXPECT_EQ(std::get<Program>(parsed), program);

  const RunnerLine patience = ParseRunnerLine(ToJson(Patience{1, 2, 3}));
  ASSERT_TRUE(std::holds_alternative<Patience>(patience));
  EXPECT_EQ(std::get<Patience>(patience).rest_ms, 1u);
  EXPECT_EQ(std::get<Patience>(patience).hang_ms, 2u);
  EXPECT_EQ(std::get<Patience>(patience).operation_ms, 3u);

  const RunnerLine strange = ParseRunnerLine(R"({"vdsconform":"programme/1"})");
  ASSERT_TRUE(std::holds_alternative<Malformed>(strange));
  EXPECT_EQ(std::get<Malformed>(strange).message,
            "vdsconform: expected \"program/1\", got \"programme/1\"");
}

// Neither side may fall over on bytes that the other should not have sent.
TEST(Protocol, SurvivesMutatedLines) {
  const std::vector<std::string> seeds = {
      ToJson(Hello{{"mine", "1.0", 31}, ""}), ToJson(Done{"a", "b", true}), ToJson(Patience{}),
      ToJson(InOrder({steps::Query(2), steps::Finish(0)})),
      R"({"vdsconform":"at","thread":2,"step":3,"call":"QueryStatus"})"};
  std::mt19937 random(7);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string line = seeds[random() % seeds.size()];
    for (unsigned n = 1 + static_cast<unsigned>(random() % 3); n > 0; --n) {
      line[random() % line.size()] = static_cast<char>(random());
    }
    refused += std::holds_alternative<Malformed>(ParseHostLine(line)) ? 1 : 0;
    refused += std::holds_alternative<Malformed>(ParseRunnerLine(line)) ? 1 : 0;
  }
  EXPECT_GT(refused, 10'000);
}

TEST(LineBuffer, CutsAtNewlinesHoweverTheBytesCome) {
  const std::string stream = "one\n\ntwo\r\nthree\nrest";
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    LineBuffer buffer(100);
    std::vector<std::string> lines;
    for (size_t at = 0; at < stream.size(); at += piece) {
      buffer.Append(std::string_view(stream).substr(at, piece));
      while (const auto line = buffer.Next()) lines.emplace_back(*line);
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "two", "three"})) << piece;
    EXPECT_EQ(buffer.rest(), "rest");
    EXPECT_FALSE(buffer.overflowed());
  }
}

TEST(LineBuffer, RefusesLongLinesWithAndWithoutAnEnd) {
  for (const bool ended : {false, true}) {
    LineBuffer buffer(10);
    buffer.Append("0123456789\n0123456789a");
    if (ended) buffer.Append("\n");
    ASSERT_TRUE(buffer.Next().has_value());
    EXPECT_FALSE(buffer.Next().has_value());
    EXPECT_TRUE(buffer.overflowed());
  }
}

}  // namespace
}  // namespace vdsconform
