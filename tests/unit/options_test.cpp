#include "harness/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vdsconform {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::variant<Options, Leave> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "vdsconform");
  return ParseOptions(static_cast<int>(arguments.size()), arguments.data());
}

Options Good(const std::vector<const char*>& arguments) {
  const auto parsed = Parse(arguments);
  if (const auto* leave = std::get_if<Leave>(&parsed)) {
    ADD_FAILURE() << leave->text;
    return {};
  }
  return std::get<Options>(parsed);
}

// The message of a command line that must be refused.
std::string Bad(const std::vector<const char*>& arguments) {
  const auto parsed = Parse(arguments);
  const auto* leave = std::get_if<Leave>(&parsed);
  if (leave == nullptr) return "was accepted";
  EXPECT_EQ(leave->exit_code, 2);
  return leave->text;
}

TEST(Options, RunTakesAll) {
  const Options options = Good({"run",
                                "--iut",
                                "mine.so",
                                "--param",
                                "a=b",
                                "--param",
                                "c=d=e",
                                "--profile",
                                "ms-vds",
                                "--strict",
                                "--known-failures",
                                "known",
                                "--json",
                                "j",
                                "--junit",
                                "u",
                                "--sarif",
                                "s",
                                "--html",
                                "h",
                                "--filter",
                                "QS01*",
                                "--seed",
                                "18446744073709551615",
                                "--quick",
                                "--in-process",
                                "--artifacts",
                                "dir",
                                "--rest-ms",
                                "5",
                                "--hang-ms",
                                "7",
                                "--operation-timeout",
                                "9",
                                "--gtest_repeat=2"});
  EXPECT_EQ(options.command, Command::kRun);
  EXPECT_EQ(options.iut.library, "mine.so");
  EXPECT_THAT(options.iut.parameters, ElementsAre("a=b", "c=d=e"));
  EXPECT_EQ(options.profile, Profile::kMsVds);
  EXPECT_TRUE(options.report.strict);
  EXPECT_EQ(options.report.known_failures, "known");
  EXPECT_EQ(options.report.json + options.report.junit + options.report.sarif + options.report.html,
            "jush");
  EXPECT_EQ(options.filter, "QS01*");
  EXPECT_EQ(options.seed, 18446744073709551615u);
  EXPECT_TRUE(options.quick);
  EXPECT_TRUE(options.iut.in_process);
  EXPECT_EQ(options.artifacts, "dir");
  EXPECT_EQ(options.iut.patience.rest_ms, 5u);
  EXPECT_EQ(options.iut.patience.hang_ms, 7u);
  EXPECT_EQ(options.iut.patience.operation_ms, 9'000u);
  EXPECT_THAT(options.gtest_flags, ElementsAre("--gtest_repeat=2"));
}

TEST(Options, RunHasTheUsualDefaults) {
  const Options options = Good({"run", "--host", "wine host.exe"});
  EXPECT_EQ(options.iut.host, "wine host.exe");
  EXPECT_EQ(options.profile, Profile::kWin32);
  EXPECT_FALSE(options.seed.has_value());
  EXPECT_EQ(options.artifacts, "vdsconform-findings");
  EXPECT_EQ(options.iut.patience.operation_ms, Patience().operation_ms);
}

TEST(Options, AQuickRunHasLessPatienceUnlessItIsGiven) {
  const uint32_t usual = Good({"run", "--iut", "a"}).iut.patience.rest_ms;
  EXPECT_LT(Good({"run", "--iut", "a", "--quick"}).iut.patience.rest_ms, usual);
  EXPECT_EQ(Good({"run", "--iut", "a", "--quick", "--rest-ms", "1000"}).iut.patience.rest_ms,
            1000u);
}

TEST(Options, OtherCommands) {
  EXPECT_EQ(Good({"check", "-"}).file, "-");
  EXPECT_EQ(Good({"check", "h.jsonl", "--profile", "ms-vds"}).profile, Profile::kMsVds);
  const Options convert = Good({"convert", "-", "h.bin", "--to", "binary"});
  EXPECT_EQ(convert.command, Command::kConvert);
  EXPECT_EQ(convert.file + " " + convert.output + " " + convert.form, "- h.bin binary");
  EXPECT_EQ(Good({"convert", "h.bin", "-"}).form, "");
  const Options explore = Good({"explore", "--iut", "a.so", "--profile", "ms-vds", "--seed", "7"});
  EXPECT_EQ(explore.command, Command::kExplore);
  EXPECT_EQ(explore.filter, "*Explored*");
  EXPECT_EQ(explore.explore, 2u);
  EXPECT_EQ(explore.seed, 7u);
  EXPECT_EQ(explore.profile, Profile::kMsVds);
  EXPECT_EQ(explore.file, "");
  const Options narrow = Good({"explore", "--iut", "a.so", "--explore", "1", "--filter", "QS11*"});
  EXPECT_EQ(narrow.explore, 1u);
  EXPECT_EQ(narrow.filter, "QS11*");
  EXPECT_EQ(Good({"explore", "p.json", "--iut", "a.so"}).file, "p.json");
  const Options replay =
      Good({"replay", "p.json", "--iut", "a.so", "--repeat", "3", "--history", "h"});
  EXPECT_EQ(replay.command, Command::kReplay);
  EXPECT_EQ(replay.file, "p.json");
  EXPECT_EQ(replay.repeat, 3u);
  EXPECT_EQ(replay.history, "h");
  EXPECT_TRUE(Good({"list", "--json"}).list_json);
  EXPECT_TRUE(Good({"list", "--cases"}).list_cases);
  EXPECT_EQ(Good({"explain", "qs-09"}).id, "qs-09");
}

TEST(Options, FuzzTakesAll) {
  const Options options = Good({"fuzz",
                                "--iut",
                                "mine.so",
                                "--param",
                                "a=b",
                                "--profile",
                                "ms-vds",
                                "--strict",
                                "--known-failures",
                                "known",
                                "--time",
                                "0",
                                "--runs",
                                "18446744073709551615",
                                "--jobs",
                                "32",
                                "--corpus",
                                "a folder",
                                "--max-steps",
                                "256",
                                "--seed",
                                "7",
                                "--rest-ms",
                                "5",
                                "--hang-ms",
                                "6",
                                "--artifacts",
                                "dir"});
  EXPECT_EQ(options.command, Command::kFuzz);
  EXPECT_EQ(options.iut.library, "mine.so");
  EXPECT_THAT(options.iut.parameters, ElementsAre("a=b"));
  EXPECT_EQ(options.profile, Profile::kMsVds);
  EXPECT_TRUE(options.report.strict);
  EXPECT_EQ(options.report.known_failures, "known");
  EXPECT_EQ(options.fuzz.seconds, 0u);
  EXPECT_EQ(options.fuzz.runs, 18446744073709551615u);
  EXPECT_EQ(options.fuzz.jobs, 32u);
  EXPECT_EQ(options.fuzz.corpus, "a folder");
  EXPECT_EQ(options.fuzz.max_steps, 256u);
  EXPECT_EQ(options.seed, 7u);
  EXPECT_EQ(options.artifacts, "dir");
  EXPECT_EQ(options.iut.patience.rest_ms, 5u);
  EXPECT_EQ(options.iut.patience.hang_ms, 6u);
}

TEST(Options, FuzzHasTheUsualDefaults) {
  const Options options = Good({"fuzz", "--host", "wine host.exe"});
  EXPECT_EQ(options.iut.host, "wine host.exe");
  EXPECT_EQ(options.profile, Profile::kWin32);
  EXPECT_FALSE(options.report.strict);
  EXPECT_EQ(options.fuzz.seconds, 60u);
  EXPECT_EQ(options.fuzz.runs, 0u);
  EXPECT_EQ(options.fuzz.jobs, 1u);
  EXPECT_EQ(options.fuzz.max_steps, 16u);
  EXPECT_EQ(options.fuzz.corpus, "");
  EXPECT_FALSE(options.seed.has_value());
  EXPECT_EQ(options.artifacts, "vdsconform-findings");
}

TEST(Options, CorpusKnowsItsActions) {
  const Options show = Good({"corpus", "show", "a", "b"});
  EXPECT_EQ(show.command, Command::kCorpus);
  EXPECT_EQ(show.corpus_action, CorpusAction::kShow);
  EXPECT_THAT(show.paths, ElementsAre("a", "b"));
  const Options merge = Good({"corpus", "merge", "--iut", "a.so", "into", "x", "y"});
  EXPECT_EQ(merge.corpus_action, CorpusAction::kMerge);
  EXPECT_THAT(merge.paths, ElementsAre("into", "x", "y"));
  EXPECT_EQ(merge.iut.library, "a.so");
  const Options minimise = Good({"corpus", "minimise", "dir", "--host", "h"});
  EXPECT_EQ(minimise.corpus_action, CorpusAction::kMinimise);
  EXPECT_THAT(minimise.paths, ElementsAre("dir"));
  EXPECT_EQ(minimise.iut.host, "h");
}

TEST(Options, FuzzAndCorpusRefuseWithTheReason) {
  EXPECT_THAT(Bad({"fuzz"}), HasSubstr("Give --iut LIB or --host COMMAND"));
  EXPECT_THAT(Bad({"fuzz", "--iut", "a", "--host", "b"}), HasSubstr("exclude each other"));
  EXPECT_THAT(Bad({"fuzz", "--iut", "a", "--in-process"}), HasSubstr("--in-process"));
  EXPECT_THAT(Bad({"fuzz", "--iut", "a", "--jobs", "0"}), HasSubstr("--jobs"));
  EXPECT_THAT(Bad({"fuzz", "--iut", "a", "--jobs", "33"}), HasSubstr("--jobs"));
  EXPECT_THAT(Bad({"fuzz", "--iut", "a", "--max-steps", "0"}), HasSubstr("--max-steps"));
  EXPECT_THAT(Bad({"fuzz", "--iut", "a", "--max-steps", "257"}), HasSubstr("--max-steps"));
  EXPECT_THAT(Bad({"fuzz", "--iut", "a", "--time", "-1"}), HasSubstr("--time"));
  EXPECT_THAT(Bad({"fuzz", "--iut", "a", "--runs", "x"}), HasSubstr("--runs"));
  EXPECT_THAT(Bad({"fuzz", "--iut", "a", "--seed", "-1"}), HasSubstr("--seed"));
  EXPECT_THAT(Bad({"fuzz", "--iut", "a", "--filter", "*"}), HasSubstr("--filter"));
  EXPECT_THAT(Bad({"fuzz", "--iut", "a", "stray"}), HasSubstr("stray"));
  EXPECT_THAT(Bad({"fuzz", "--iut", "a", "--gtest_repeat=2"}), HasSubstr("--gtest_repeat=2"));
  EXPECT_THAT(Bad({"corpus"}), HasSubstr("subcommand is required"));
  EXPECT_THAT(Bad({"corpus", "show"}), HasSubstr("PATH"));
  EXPECT_THAT(Bad({"corpus", "merge", "a", "b"}), HasSubstr("Give --iut"));
  EXPECT_THAT(Bad({"corpus", "merge", "--iut", "a", "one"}), HasSubstr("DIR"));
  EXPECT_THAT(Bad({"corpus", "minimise", "a"}), HasSubstr("Give --iut"));
  EXPECT_THAT(Bad({"corpus", "minimise", "--iut", "a"}), HasSubstr("DIR"));
  EXPECT_THAT(Bad({"corpus", "minimise", "--iut", "a", "--in-process", "d"}),
              HasSubstr("--in-process"));
}

TEST(Options, AParameterDoesNotSwallowWhatFollows) {
  const Options options = Good({"replay", "--iut", "a.so", "--param", "k=v", "p.json"});
  EXPECT_EQ(options.file, "p.json");
}

TEST(Options, RefusesWithTheReason) {
  EXPECT_THAT(Bad({}), HasSubstr("subcommand is required"));
  EXPECT_THAT(Bad({"jump"}), HasSubstr("jump"));
  EXPECT_THAT(Bad({"run"}), HasSubstr("Give --iut LIB or --host COMMAND"));
  EXPECT_THAT(Bad({"run", "--iut", "a", "--host", "b"}), HasSubstr("exclude each other"));
  EXPECT_THAT(Bad({"run", "--iut", "a", "--fast"}), HasSubstr("--fast"));
  EXPECT_THAT(Bad({"run", "--iut", "a", "b"}), HasSubstr("b"));
  EXPECT_THAT(Bad({"run", "--iut"}), HasSubstr("--iut"));
  EXPECT_THAT(Bad({"run", "--iut", "a", "--param", "k"}), HasSubstr("--param k: expected"));
  EXPECT_THAT(Bad({"run", "--iut", "a", "--param", "=v"}), HasSubstr("--param =v: expected"));
  EXPECT_THAT(Bad({"run", "--host", "a", "--param", "k=v"}), HasSubstr("--param"));
  EXPECT_THAT(Bad({"run", "--host", "a", "--in-process"}), HasSubstr("--in-process"));
  EXPECT_THAT(Bad({"run", "--iut", "a", "--profile", "win"}), HasSubstr("--profile"));
  EXPECT_THAT(Bad({"run", "--iut", "a", "--seed", "-1"}), HasSubstr("--seed"));
  EXPECT_THAT(Bad({"run", "--iut", "a", "--seed", "18446744073709551616"}), HasSubstr("--seed"));
  EXPECT_THAT(Bad({"run", "--iut", "a", "--seed", "x"}), HasSubstr("--seed"));
  EXPECT_THAT(Bad({"run", "--iut", "a", "--rest-ms", "0"}), HasSubstr("--rest-ms"));
  EXPECT_THAT(Bad({"run", "--iut", "a", "--junit", "x", "--gtest_output=xml"}),
              HasSubstr("--gtest_output"));
  EXPECT_THAT(Bad({"check"}), HasSubstr("FILE"));
  EXPECT_THAT(Bad({"check", "f", "--gtest_repeat=2"}), HasSubstr("--gtest_repeat=2"));
  EXPECT_THAT(Bad({"replay", "p.json"}), HasSubstr("Give --iut"));
  EXPECT_THAT(Bad({"explore", "--host", "h"}), HasSubstr("give --iut"));
  EXPECT_THAT(Bad({"explore", "--iut", "a", "--explore", "off"}), HasSubstr("--explore"));
  EXPECT_THAT(Bad({"explore", "p.json", "--iut", "a", "--filter", "*"}), HasSubstr("--filter"));
  EXPECT_THAT(Bad({"explore", "p.json", "--iut", "a", "--explore", "1"}), HasSubstr("--explore"));
  EXPECT_THAT(Bad({"explore", "p.json", "--iut", "a", "--seed", "1"}), HasSubstr("--seed"));
  EXPECT_THAT(Bad({"explore", "p.json", "--iut", "a", "--artifacts", "d"}),
              HasSubstr("--artifacts"));
  EXPECT_THAT(Bad({"replay", "p.json", "--iut", "a", "--repeat", "0"}), HasSubstr("--repeat"));
  EXPECT_THAT(Bad({"list", "--json", "--cases"}), HasSubstr("excludes"));
  EXPECT_THAT(Bad({"explain"}), HasSubstr("ID"));
}

TEST(Options, HelpAndVersionLeaveWithZero) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"--help"}, {"run", "--help"}, {"--version"}}) {
    const auto parsed = Parse(arguments);
    const auto* leave = std::get_if<Leave>(&parsed);
    ASSERT_NE(leave, nullptr);
    EXPECT_EQ(leave->exit_code, 0);
    EXPECT_THAT(leave->text,
                HasSubstr(arguments.back() == std::string("--version") ? std::string(Version())
                                                                       : "--help"));
  }
}

TEST(Options, ListingCasesNeedsNoImplementation) {
  EXPECT_THAT(Good({"run", "--gtest_list_tests"}).gtest_flags, ElementsAre("--gtest_list_tests"));
}

}  // namespace
}  // namespace vdsconform
