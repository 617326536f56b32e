#include "harness/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

using testing::HasSubstr;
using testing::Not;

class ConsoleTest : public testing::Test {
 protected:
  ConsoleTest() : campaign_(Profile::kWin32, false) {
    campaign_.iut = {"mine", "1.0", 1};
    campaign_.iut_origin = "mine.so";
  }

  ReportedFinding Add(Req req, const std::string& message) {
    Judgement judgement;
    Event event;
    event.step = 0;
    judgement.findings.push_back({req, "cause", message, {event}, 2});
    judgement.observations[static_cast<size_t>(req)] = 1500;
    campaign_.state(req).applicable_cases = 1;
    const Program program = InOrder({steps::Query()});
    return campaign_.Add(judgement, "QS09.Torn", &program, "vdsconform replay p.json --iut mine.so")
        .at(0);
  }

  std::string Summary(const Console::Style& style = {}) {
    std::ostringstream out;
    Console(out, style).Summary(campaign_);
    return out.str();
  }
  std::string Finding(const ReportedFinding& reported, const Console::Style& style = {}) {
    std::ostringstream out;
    Console(out, style).Finding(campaign_, reported);
    return out.str();
  }

  Campaign campaign_;
};

TEST_F(ConsoleTest, AFindingIsABlock) {
  const std::string text = Finding(Add(Req::kQs09, "saw S_OK with 42 %; allowed S_OK with 100 %"));
  EXPECT_THAT(text, HasSubstr("FAIL QS-09 one snapshot: cause\n"));
  EXPECT_THAT(text, HasSubstr("  saw      S_OK with 42 %\n"));
  EXPECT_THAT(text, HasSubstr("  allowed  S_OK with 100 %\n"));
  EXPECT_THAT(text, HasSubstr("  where    QS09.Torn, step 1: "));
  EXPECT_THAT(text, HasSubstr("  source   "));
  EXPECT_THAT(text, HasSubstr("  again    vdsconform replay p.json --iut mine.so\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST_F(ConsoleTest, ALongMessageIsWrappedAndIndented) {
  std::string message = "saw";
  for (int i = 0; i < 60; ++i) message += " words";
  std::istringstream lines(Finding(Add(Req::kQs09, message)));
  size_t indented = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("words") == std::string::npos) continue;
    EXPECT_LE(line.size(), 100u);
    if (line.rfind("           words", 0) == 0) ++indented;
  }
  EXPECT_GE(indented, 3u);
}

TEST_F(ConsoleTest, WhatAnImplementationSaysCannotReachTheTerminal) {
  campaign_.iut.name = "\x1b]0;title\x07";
  const ReportedFinding reported = Add(Req::kQs09, "saw \x1b[2J; allowed x");
  EXPECT_THAT(Finding(reported), Not(HasSubstr("\x1b")));
  EXPECT_THAT(Summary(), Not(HasSubstr("\x1b")));
}

TEST_F(ConsoleTest, ColoursOnlyWhereWanted) {
  const ReportedFinding reported = Add(Req::kQs09, "saw a; allowed b");
  Console::Style style;
  style.colour = true;
  EXPECT_THAT(Finding(reported, style), HasSubstr("\x1b[1;31mFAIL\x1b[0m"));
  EXPECT_THAT(Summary(style), HasSubstr("\x1b[1;31m"));
  EXPECT_THAT(Summary(), Not(HasSubstr("\x1b")));
}

TEST_F(ConsoleTest, TheSummaryEndsWithTheVerdict) {
  Add(Req::kQs09, "saw a; allowed b");
  campaign_.state(Req::kQs16).not_applicable.push_back("the IUT does not declare WAIT");
  const std::string text = Summary();
  EXPECT_THAT(
      text, testing::EndsWith("FAIL: mine 1.0 does not conform to win32 (1 of 18 requirements)\n"));
  EXPECT_THAT(text, testing::ContainsRegex("QS-09 one snapshot +FAIL +1,500  1 finding\n"));
  EXPECT_THAT(text, testing::ContainsRegex("QS-16 .* not applicable +0  the IUT does not declare"));
}

TEST_F(ConsoleTest, AdvisoriesAndKnownFailuresStandApart) {
  campaign_.set_known_failures({{"QS-09", "no lock yet"}, {"QS-02", "gone"}});
  const ReportedFinding known = Add(Req::kQs09, "saw a; allowed b");
  Add(Req::kQa01, "saw a strange return value");
  EXPECT_THAT(Finding(known), HasSubstr("KNOWN QS-09"));
  EXPECT_THAT(Finding(known), HasSubstr("  reason   no lock yet\n"));
  const std::string text = Summary();
  EXPECT_THAT(text, HasSubstr("Advisories, which fail nothing:\n  QA-01"));
  EXPECT_THAT(text, HasSubstr("(2 times)"));
  EXPECT_THAT(text, HasSubstr("  QS-09: still fails (no lock yet)\n"));
  EXPECT_THAT(text, HasSubstr("  QS-02: was not tested (gone)\n"));
  campaign_.state(Req::kQs02).applicable_cases = 1;
  campaign_.state(Req::kQs02).observations = 1;
  EXPECT_THAT(Summary(), HasSubstr("  QS-02: no longer fails: remove the line (gone)\n"));
}

TEST_F(ConsoleTest, TheLiveLineFitsTheTerminalAndIsRemoved) {
  std::ostringstream out;
  Console::Style style;
  style.live = true;
  style.columns = 40;
  Console console(out, style);
  console.Live(std::string(200, 'x'));
  EXPECT_EQ(out.str(), "\r\x1b[K" + std::string(39, 'x'));
  console.Line("done");
  EXPECT_THAT(out.str(), testing::EndsWith("\r\x1b[K"
                                           "done\n"));
}

TEST_F(ConsoleTest, WithoutATerminalThereIsNoLiveLine) {
  std::ostringstream out;
  Console console(out, {});
  console.Live("x");
  EXPECT_EQ(out.str(), "");
}

TEST(ConsoleStyle, AFileIsNoTerminal) {
  const Console::Style style = Console::StyleOf(-1);
  EXPECT_FALSE(style.live);
  EXPECT_FALSE(style.colour);
}

}  // namespace
}  // namespace vdsconform
