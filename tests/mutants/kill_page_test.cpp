// The page of the kill matrix: what a change of the rows or of the probes does to it.
#include "tests/mutants/kill_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vdsconform::mutants {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Result Killed(const char* name, const std::string& probe) {
  Result result;
  result.row = {name, "Breaks something.", "QS-09", nullptr};
  result.report.failed = {"QS-09"};
  result.report.kills = {{"QS-10", "QS10.Other", 3, 0.25}, {"QS-09", probe, 7, 0.5}};
  result.runs = result.kills = 1;
  return result;
}

Result Passed(const char* name) {
  Result result;
  result.row = {name, "Is right.", "", nullptr};
  result.report.programs = 1'491;
  result.runs = result.kills = 1;
  return result;
}

bool Never(const Row& /*row*/, const std::string& /*probe*/) { return false; }

std::vector<Result> Two() { return {Killed("torn", "QS09.OneState"), Passed("plain")}; }

TEST(KillPage, NamesWhatFoundTheMeantRequirement) {
  const std::string page = Page(Two(), "once.");
  EXPECT_THAT(page, HasSubstr("| `torn` | Breaks something. | win32 | QS-09 | `QS09.OneState` | 7 "
                              "| 0.50 | 1/1 |\n"));
  EXPECT_THAT(page, HasSubstr("| `plain` | Is right. | win32 | conforms |  | 1491 |  | 1/1 |\n"));
  EXPECT_THAT(page, HasSubstr("Of 2 mutants\n\n- 1 are faulty"));
  EXPECT_THAT(page, HasSubstr("Measured once.\n"));
}

TEST(KillPage, StaysTrueWhileOnlyNumbersChange) {
  const std::string page = Page(Two(), "once.");
  std::vector<Result> later = Two();
  later[0].report.kills[1].programs = 700;
  later[0].report.kills[1].seconds = 5;
  later[1].report.programs = 3;
  later[0].runs = later[0].kills = 10;
  EXPECT_THAT(Outdated(page, later, Never), IsEmpty());
}

TEST(KillPage, IsOutdatedByAChangeOfARow) {
  const std::string page = Page(Two(), "once.");
  std::vector<Result> later = Two();
  later[0].row.does = "Breaks something else.";
  EXPECT_THAT(Outdated(page, later, Never), ElementsAre(HasSubstr("Breaks something else.")));
  later = Two();
  later[0].row.requirement = "QS-10";
  EXPECT_FALSE(Outdated(page, later, Never).empty());
}

TEST(KillPage, IsOutdatedByARowMoreOrLess) {
  const std::string page = Page(Two(), "once.");
  std::vector<Result> later = Two();
  later.push_back(Passed("more"));
  EXPECT_FALSE(Outdated(page, later, Never).empty());
  later.resize(1);
  EXPECT_FALSE(Outdated(page, later, Never).empty());
}

TEST(KillPage, IsOutdatedByAProbeThatKillsNoLonger) {
  const std::string page = Page(Two(), "once.");
  const std::vector<Result> later = {Killed("torn", "QS09.Another"), Passed("plain")};
  std::vector<std::string> asked;
  const auto kills = [&](const Row& row, const std::string& probe) {
    asked.push_back(std::string(row.name) + " " + probe);
    return asked.size() == 1;
  };
  EXPECT_THAT(Outdated(page, later, kills), IsEmpty());
  EXPECT_THAT(asked, ElementsAre("torn QS09.OneState"));
  EXPECT_THAT(Outdated(page, later, kills), ElementsAre("torn: QS09.OneState does not kill it"));
}

TEST(KillPage, IsOutdatedByAnEmptyProbe) {
  std::vector<Result> unkilled = Two();
  unkilled[0].report.kills.clear();
  EXPECT_THAT(Outdated(Page(unkilled, "once."), Two(), Never),
              ElementsAre(HasSubstr("torn: a probe is named where none is due, or none where")));
}

}  // namespace
}  // namespace vdsconform::mutants
