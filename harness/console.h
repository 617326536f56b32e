// What a person or a CI log sees of a campaign.
//
// On a terminal there is one live line at the bottom; elsewhere there are only whole lines, one a
// group of cases. Findings are shown when they are made. Text of the IUT's is made safe to print.
// Not thread-safe.
#ifndef VDSCONFORM_HARNESS_CONSOLE_H_
#define VDSCONFORM_HARNESS_CONSOLE_H_

#include <gtest/gtest.h>

#include <chrono>
#include <iosfwd>
#include <string>
#include <string_view>

#include "harness/campaign.h"

namespace vdsconform {

class Console {
 public:
  struct Style {
    bool live = false;    // a line that is rewritten
    bool colour = false;  // ANSI colours
    size_t columns = 100;
  };
  // A terminal is live and in colour, unless TERM says that it is dumb; NO_COLOR, not empty, takes
  // the colours away.
  static Style StyleOf(int descriptor);

  Console(std::ostream& out, const Style& style) : out_(out), style_(style) {}

  void Header(const Campaign& campaign);
  // Rewrites the live line; nothing where there is none. At most ten times a second.
  void Live(std::string_view text);
  void Line(std::string_view text);
  void Finding(const Campaign& campaign, const ReportedFinding& reported);
  void Error(std::string_view message);
  // The table, the advisories, the known failures, the errors and the verdict.
  void Summary(const Campaign& campaign);

  bool live() const { return style_.live; }
  // Escape sequences around `text` if there are colours: "1;31" is bold and red.
  std::string Coloured(const char* code, const std::string& text) const;

 private:
  void ClearLive();
  // `text` behind a label, wrapped and indented under itself.
  void Field(std::string_view label, std::string_view text);
  void Row(const Campaign& campaign, Req req, size_t name_columns);
  void Advisories(const Campaign& campaign);
  void KnownFailures(const Campaign& campaign);

  std::ostream& out_;
  Style style_;
  bool live_shown_ = false;
  std::chrono::steady_clock::time_point last_live_;
};

// Takes the place of GoogleTest's own printer.
class ConsoleListener : public testing::EmptyTestEventListener {
 public:
  // Both outlive the listener.
  ConsoleListener(Console* console, const Campaign* campaign)
      : console_(console), campaign_(campaign) {}

  void OnTestIterationStart(const testing::UnitTest& unit_test, int iteration) override;
  void OnTestSuiteStart(const testing::TestSuite& suite) override;
  void OnTestStart(const testing::TestInfo& test) override;
  void OnTestEnd(const testing::TestInfo& test) override;
  void OnTestSuiteEnd(const testing::TestSuite& suite) override;

  // Brings the live line up to date, within a case.
  void Tick();

 private:
  uint64_t Findings() const;

  Console* console_;
  const Campaign* campaign_;
  int total_ = 0;
  int done_ = 0;
  uint64_t suite_programs_ = 0;
  uint64_t suite_findings_ = 0;
  size_t errors_ = 0;
  std::string current_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_CONSOLE_H_
