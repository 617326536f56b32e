// The fuzz matrix: how the command's output is read, and what a change of the rows does to the
// page.
#include "tests/mutants/fuzz_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/mutants/one_thread.h"

namespace vdsconform::mutants {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Row kFaulty = {"sometimes_wrong", "Is wrong.", "QS-03", nullptr};
constexpr Row kAdvised = {"slow_to_tell", "Tells late.", "QA-01", nullptr};
constexpr Row kPlain = {"plain", "Is right.", "", nullptr};
constexpr Row kConvoy = {"lock_convoy", "Waits.", "QS-06", nullptr};

// As the command prints it.
constexpr const char* kOutput =
    "vdsconform fuzz: sometimes_wrong 1\n"
    "libmutant_sometimes_wrong.so, profile win32, seed 1, 1 process, for 0:02 min\n"
    "\n"
    "FAIL QS-10 final is final: result-changed\n"
    "  saw      something\n"
    "  found    after 12 executions, 0.01 s\n"
    "  again    vdsconform replay a/fuzz-QS-10-1.json --iut libmutant_sometimes_wrong.so\n"
    "\n"
    "\n"
    "FAIL QS-03 final result: wrong-result\n"
    "  saw      something else\n"
    "  found    after 1,234 executions, 0.25 s\n"
    "  again    vdsconform replay a/fuzz-QS-03-1.json --iut libmutant_sometimes_wrong.so\n"
    "\n"
    "#200,000  100,000/s  features 1,890  corpus 1,651  findings 2  0:02\n"
    "FAIL: 2 findings in 200,000 executions\n";

TEST(FuzzOutput, TellsWhenWhatWasMeantWasFound) {
  const Search search = ReadFuzzOutput(kFaulty, kOutput, 1, false);
  EXPECT_TRUE(search.found);
  EXPECT_EQ(search.executions, 1'234u);
  EXPECT_DOUBLE_EQ(search.seconds, 0.25);
  EXPECT_EQ(search.program_file, "a/fuzz-QS-03-1.json");
  EXPECT_THAT(search.others, ElementsAre("QS-10"));
  EXPECT_EQ(search.problem, "");
}

TEST(FuzzOutput, OfNothingFoundHasAllExecutions) {
  const Search search =
      ReadFuzzOutput(kPlain, "#5,000  1/s  features 2\nnothing was found\n", 0, false);
  EXPECT_FALSE(search.found);
  EXPECT_EQ(search.executions, 5'000u);
  EXPECT_THAT(search.others, IsEmpty());
  EXPECT_EQ(search.problem, "");
}

TEST(FuzzOutput, WithAnotherExitCodeIsAProblem) {
  EXPECT_EQ(ReadFuzzOutput(kFaulty, kOutput, 0, false).problem, "exit code 0");
  EXPECT_EQ(ReadFuzzOutput(kPlain, "#9  1/s\n", 3, false).problem, "exit code 3");
}

TEST(FuzzOutput, WhatConformsIsNotMeantToBeFound) {
  const std::string output = "FAIL QA-01 real clients: one\n  found    after 1 execution, 0.00 s\n";
  EXPECT_FALSE(ReadFuzzOutput(kAdvised, output, 1, false).found);
  EXPECT_THAT(ReadFuzzOutput(kAdvised, output, 1, false).others, ElementsAre("QA-01"));
  EXPECT_TRUE(ReadFuzzOutput(kAdvised, output, 1, true).found);
}

Search FoundAfter(uint64_t executions, double seconds) {
  Search search;
  search.found = true;
  search.executions = executions;
  search.seconds = seconds;
  return search;
}

Search NotIn(uint64_t executions) {
  Search search;
  search.executions = executions;
  return search;
}

std::vector<Measured> Four() {
  std::vector<Measured> all(4);
  all[0] = {kFaulty,
            {FoundAfter(1'234, 0.25), NotIn(9'999), FoundAfter(7, 0.01)},
            {NotIn(50'000), NotIn(60'000), FoundAfter(40'000, 1.5)},
            "kills-1",
            ""};
  all[1] = {kPlain, {NotIn(200'000), NotIn(1'000)}, {}, "", ""};
  all[2] = {kConvoy, {}, {NotIn(70'000)}, "", ""};
  all[3] = {kAdvised, {FoundAfter(3, 0)}, {FoundAfter(1, 0)}, "kills-2", ""};
  return all;
}

std::vector<Row> RowsOf(const std::vector<Measured>& all) {
  std::vector<Row> rows;
  for (const Measured& measured : all) rows.push_back(measured.row);
  return rows;
}

TEST(FuzzPage, ShowsMediansAndCountsWhatWasNotFoundAsLater) {
  const std::string page = FuzzPage(Four(), "once.");
  EXPECT_THAT(page,
              HasSubstr("| `sometimes_wrong` | win32 | QS-03 | 1,234 | 0.25 | 2/3 | not found "
                        "| | 1/3 | `kills-1` |\n"));
  EXPECT_THAT(page, HasSubstr("| `plain` | win32 | 201,000 |\n"));
  EXPECT_THAT(page, HasSubstr("| `lock_convoy` | win32 | QS-06 | two threads have to call at once "
                              "|\n"));
  EXPECT_THAT(page, HasSubstr("| fuzz | 2 of 2 | 3 of 4 | 1,234 | 1,234 | 0.25 | 0.25 |\n"));
  EXPECT_THAT(page, HasSubstr("| RapidCheck | 1 of 2 | 2 of 4 | not found | 1 | not found | "
                              "0.00 |\n"));
  EXPECT_THAT(page, HasSubstr("Measured once.\n"));
}

TEST(FuzzPage, StaysTrueWhileOnlyNumbersChange) {
  std::vector<Measured> later = Four();
  later[0].fuzz = {FoundAfter(5, 1)};
  later[1].fuzz = {NotIn(6)};
  EXPECT_THAT(OutdatedFuzzPage(FuzzPage(later, "later."), RowsOf(Four())), IsEmpty());
}

TEST(FuzzPage, IsOutdatedByAChangeOfARow) {
  const std::string page = FuzzPage(Four(), "once.");
  std::vector<Row> rows = RowsOf(Four());
  rows[0].requirement = "QS-04";
  EXPECT_THAT(OutdatedFuzzPage(page, rows),
              ElementsAre(HasSubstr("sometimes_wrong` | win32 | QS-04")));
  rows = RowsOf(Four());
  rows[1].profile = "ms-vds";
  EXPECT_THAT(OutdatedFuzzPage(page, rows), ElementsAre(HasSubstr("plain` | ms-vds")));
}

TEST(FuzzPage, IsOutdatedByARowMoreOrLess) {
  const std::string page = FuzzPage(Four(), "once.");
  std::vector<Row> rows = RowsOf(Four());
  rows.push_back(kPlain);
  EXPECT_FALSE(OutdatedFuzzPage(page, rows).empty());
  rows.resize(3);
  EXPECT_FALSE(OutdatedFuzzPage(page, rows).empty());
}

TEST(FuzzPage, IsOutdatedByWhatWasNotFoundOrHasNoSeed) {
  std::vector<Measured> all = Four();
  all[0].fuzz = {NotIn(5)};
  EXPECT_THAT(OutdatedFuzzPage(FuzzPage(all, "once."), RowsOf(all)),
              ElementsAre("sometimes_wrong: fuzzing did not find it"));
  all = Four();
  all[3].seed.clear();
  EXPECT_THAT(OutdatedFuzzPage(FuzzPage(all, "once."), RowsOf(all)),
              ElementsAre("slow_to_tell: it has no seed"));
}

TEST(FuzzPage, TellsTheSeeds) {
  const std::vector<SeededRow> seeded = SeededRows(FuzzPage(Four(), "once."));
  ASSERT_EQ(seeded.size(), 2u);
  EXPECT_EQ(seeded[0].name, "sometimes_wrong");
  EXPECT_EQ(seeded[0].seed, "kills-1");
  EXPECT_EQ(seeded[1].name, "slow_to_tell");
  EXPECT_EQ(seeded[1].seed, "kills-2");
}

TEST(OneThread, ReasonsAreOfMutantsThatExist) { EXPECT_THAT(UnknownReasons(), IsEmpty()); }

TEST(OneThread, ShowsMostOfWhatIsWrong) {
  size_t shown = 0;
  size_t beyond = 0;
  for (const Row& row : AllRows()) {
    const Part part = PartOf(row);
    shown += part == Part::kOneThread ? 1 : 0;
    beyond += part == Part::kBeyond ? 1 : 0;
  }
  EXPECT_GT(shown, 2 * beyond);
  EXPECT_GT(beyond, 0u);
}

}  // namespace
}  // namespace vdsconform::mutants
