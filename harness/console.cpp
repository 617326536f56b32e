#include "harness/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ostream>

#include "harness/capabilities.h"
#include "harness/conformance_case.h"
#include "harness/options.h"
#include "harness/report_text.h"
#include "harness/text.h"

namespace vdsconform {
namespace {

constexpr const char* kRed = "1;31";
constexpr const char* kGreen = "1;32";
constexpr const char* kYellow = "1;33";
constexpr const char* kBold = "1";
constexpr const char* kDim = "2";
constexpr size_t kLabelColumns = 11;
constexpr size_t kMinColumns = 40;

// The columns that UTF-8 text takes, every character counted as one.
size_t Columns(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  }));
}

const char* ColourOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return kGreen;
    case Verdict::kFail:
    case Verdict::kError:
      return kRed;
    case Verdict::kInconclusive:
      return kYellow;
    case Verdict::kNotApplicable:
      break;
  }
  return kDim;
}

std::string VerdictWord(const Campaign& campaign, Req req) {
  const Verdict verdict = campaign.VerdictOf(req);
  if (verdict == Verdict::kPass && !campaign.state(req).findings.empty()) return "known";
  if (verdict == Verdict::kNotApplicable) return "not applicable";
  return verdict == Verdict::kFail ? "FAIL" : std::string(Name(verdict));
}

// What stands behind a requirement's row: how many findings, or why there is no verdict.
std::string Remark(const Campaign& campaign, Req req) {
  const RequirementState& state = campaign.state(req);
  if (!state.findings.empty()) return Count(state.findings.size(), "finding");
  if (campaign.VerdictOf(req) == Verdict::kPass) return {};
  const std::vector<std::string> reasons = Reasons(state);
  if (reasons.empty()) return {};
  std::string first(Lines(reasons.front()).front());
  if (reasons.size() > 1) first += fmt::format(" (and {} more)", reasons.size() - 1);
  return first;
}

}  // namespace

Console::Style Console::StyleOf(int descriptor) {
  Style style;
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  if (isatty(descriptor) == 0 || dumb) return style;
  style.live = true;
  const char* no_color = std::getenv("NO_COLOR");
  style.colour = no_color == nullptr || *no_color == '\0';
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.columns = std::max<size_t>(kMinColumns, size.ws_col);
  }
  return style;
}

std::string Console::Coloured(const char* code, const std::string& text) const {
  return style_.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

void Console::ClearLive() {
  if (live_shown_) out_ << "\r\x1b[K";
  live_shown_ = false;
}

void Console::Live(std::string_view text) {
  if (!style_.live) return;
  const auto now = std::chrono::steady_clock::now();
  if (live_shown_ && now - last_live_ < std::chrono::milliseconds(100)) return;
  last_live_ = now;
  live_shown_ = true;
  // Cut to the width: a line that wraps cannot be rewritten.
  out_ << "\r\x1b[K" << text.substr(0, style_.columns - 1) << std::flush;
}

void Console::Line(std::string_view text) {
  ClearLive();
  out_ << text << '\n' << std::flush;
}

void Console::Field(std::string_view label, std::string_view text) {
  if (text.empty()) return;
  const size_t width = std::max(style_.columns, kMinColumns) - kLabelColumns;
  out_ << fmt::format("  {:<{}}", label, kLabelColumns - 2);
  size_t column = 0;
  bool first_line = true;
  for (std::string_view line : Lines(text)) {
    if (!first_line) out_ << '\n' << std::string(kLabelColumns, ' ');
    first_line = false;
    column = 0;
    while (!line.empty()) {
      const std::string_view word = line.substr(0, line.find(' '));
      if (column > 0 && column + 1 + Columns(word) > width) {
        out_ << '\n' << std::string(kLabelColumns, ' ');
        column = 0;
      }
      if (column > 0) out_ << ' ';
      out_ << word;
      column += Columns(word) + (column > 0 ? 1 : 0);
      line.remove_prefix(std::min(line.size(), word.size() + 1));
    }
  }
  out_ << '\n';
}

void Console::Header(const Campaign& campaign) {
  Line(Coloured(kBold, fmt::format("vdsconform {}: {}", Version(), SubjectName(campaign))));
  if (campaign.iut.name.empty()) {
    Field("profile", Name(campaign.profile()));
  } else {
    Field("from", Printable(campaign.iut_origin));
    Field("declares", DescribeCapabilities(campaign.iut.capabilities));
    Field("profile", fmt::format("{}, seed {}", Name(campaign.profile()), campaign.seed));
  }
  out_ << std::flush;
}

void Console::Finding(const Campaign& campaign, const ReportedFinding& reported) {
  const Requirement& requirement = Get(reported.finding.req);
  const KnownFailure* known = campaign.Known(reported.finding);
  const bool counts = campaign.Counts(reported.finding);
  const char* word = known != nullptr ? "KNOWN" : counts ? "FAIL" : "NOTE";
  ClearLive();
  out_ << fmt::format("\n{} {} {}: {}\n", Coloured(counts ? kRed : kYellow, word),
                      Coloured(kBold, requirement.id), requirement.name,
                      Printable(reported.finding.cause));
  const SawAllowed message = SplitMessage(reported.finding.message);
  Field("saw", message.saw);
  Field("allowed", message.allowed);
  Field("stopped", Printable(reported.stopped));
  Field("where",
        Printable(reported.test_case + (reported.step.empty() ? "" : ", " + reported.step)));
  Field("source", requirement.source);
  if (known != nullptr) Field("reason", known->reason);
  if (reported.executions > 0) {
    Field("found", fmt::format("after {}, {:.2f} s", Count(reported.executions, "execution"),
                               reported.seconds));
  }
  Field("printed", Printable(reported.output));
  // Not wrapped: it is there to be copied.
  if (!reported.reproduce.empty()) out_ << "  again    " << Printable(reported.reproduce) << '\n';
  out_ << '\n' << std::flush;
}

void Console::Error(std::string_view message) {
  ClearLive();
  out_ << '\n' << Coloured(kRed, "ERROR") << " of the suite\n";
  Field("what", Printable(message));
  out_ << '\n' << std::flush;
}

void Console::Row(const Campaign& campaign, Req req, size_t name_columns) {
  const Requirement& requirement = Get(req);
  const std::string verdict = fmt::format("{:<14}", VerdictWord(campaign, req));
  std::string row = fmt::format("  {} {:<{}}  {}  {:>13}", requirement.id, requirement.name,
                                name_columns, Coloured(ColourOf(campaign.VerdictOf(req)), verdict),
                                Grouped(campaign.state(req).observations));
  const std::string remark = Remark(campaign, req);
  if (!remark.empty()) row += "  " + remark;
  out_ << row << '\n';
}

void Console::Advisories(const Campaign& campaign) {
  bool first = true;
  for (const Req req : ReportedRequirements(campaign, true)) {
    for (const ReportedFinding& reported : campaign.state(req).findings) {
      if (first) {
        out_ << (campaign.strict() ? "\nAdvisories:\n" : "\nAdvisories, which fail nothing:\n");
      }
      first = false;
      const SawAllowed message = SplitMessage(reported.finding.message);
      Field(Get(req).id, fmt::format("{}: {} ({})", Get(req).name, message.saw,
                                     Count(reported.finding.count, "time")));
    }
  }
}

void Console::KnownFailures(const Campaign& campaign) {
  if (campaign.known_failures().empty()) return;
  out_ << "\nKnown failures:\n";
  for (const KnownFailure& known : campaign.known_failures()) {
    const char* state = "still fails";
    switch (StateOf(known, campaign)) {
      case KnownState::kFails:
        break;
      case KnownState::kNoLonger:
        state = "no longer fails: remove the line";
        break;
      case KnownState::kNotTested:
        state = "was not tested";
        break;
    }
    out_ << fmt::format("  {}: {} ({})\n", known.id, state, known.reason);
  }
}

void Console::Summary(const Campaign& campaign) {
  ClearLive();
  size_t name_columns = 0;
  for (const Req req : ReportedRequirements(campaign, false)) {
    name_columns = std::max(name_columns, std::string_view(Get(req).name).size());
  }
  out_ << fmt::format("\n  {:<{}}  {:<14}  {:>13}\n", "requirement", name_columns + 6, "verdict",
                      "observations");
  for (const Req req : ReportedRequirements(campaign, false)) Row(campaign, req, name_columns);
  Advisories(campaign);
  KnownFailures(campaign);
  if (!campaign.errors().empty()) {
    out_ << "\n" << Count(campaign.errors().size(), "error") << " of the suite:\n";
    for (const std::string& error : campaign.errors()) Field("", Printable(error));
  }
  out_ << '\n';
  if (const std::string text = DescribeExploration(campaign); !text.empty()) out_ << text << '\n';
  if (const std::string text = DescribeStack(campaign); !text.empty()) {
    out_ << "stack used by a QueryStatus: " << text << '\n';
  }
  if (campaign.programs > 0) {
    out_ << fmt::format("{}, {} in {:.1f} s, seed {}\n", Count(campaign.programs, "program"),
                        Count(campaign.events, "call"), campaign.seconds, campaign.seed);
  } else {
    out_ << fmt::format("{} in {:.1f} s\n", Count(campaign.events, "call"), campaign.seconds);
  }
  out_ << Coloured(ColourOf(campaign.WholeVerdict()), VerdictLine(campaign)) << '\n' << std::flush;
}

uint64_t ConsoleListener::Findings() const {
  uint64_t findings = 0;
  for (const Requirement& requirement : AllRequirements()) {
    for (const ReportedFinding& found : campaign_->state(requirement.req).findings) {
      if (campaign_->Counts(found.finding)) ++findings;
    }
  }
  return findings;
}

void ConsoleListener::OnTestIterationStart(const testing::UnitTest& unit_test, int /*iteration*/) {
  total_ = unit_test.test_to_run_count();
  done_ = 0;
  start_ = std::chrono::steady_clock::now();
}

void ConsoleListener::OnTestSuiteStart(const testing::TestSuite& /*suite*/) {
  suite_programs_ = campaign_->programs;
  suite_findings_ = Findings();
}

void ConsoleListener::OnTestStart(const testing::TestInfo& test) {
  current_ = std::string(test.test_suite_name()) + "." + test.name();
  Tick();
}

void ConsoleListener::Tick() {
  if (!console_->live()) return;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const double rate = seconds > 0.5 ? static_cast<double>(campaign_->programs) / seconds : 0;
  console_->Live(fmt::format("case {} of {}: {}  {:.0f} programs/s  {}", done_ + 1, total_,
                             current_, rate, Count(Findings(), "finding")));
}

void ConsoleListener::OnTestEnd(const testing::TestInfo& /*test*/) {
  ++done_;
  for (; errors_ < campaign_->errors().size(); ++errors_) {
    console_->Error(campaign_->errors()[errors_]);
  }
}

void ConsoleListener::OnTestSuiteEnd(const testing::TestSuite& suite) {
  if (console_->live()) return;
  // What is not applicable stands in the table at the end, with its reason.
  const bool nothing_ran = suite.skipped_test_count() == suite.test_to_run_count() &&
                           campaign_->programs == suite_programs_;
  if (nothing_ran) return;
  const std::optional<Req> req = RequirementOfSuite(suite.name());
  const std::string title =
      req ? fmt::format("{} {} ({})", Get(*req).id, Get(*req).name, suite.name()) : suite.name();
  std::string outcome = "ok";
  if (Findings() > suite_findings_) {
    outcome = Count(Findings() - suite_findings_, "new finding");
  } else if (suite.failed_test_count() > 0) {
    outcome = Count(static_cast<uint64_t>(suite.failed_test_count()), "case") + " failed";
  } else if (suite.skipped_test_count() > 0) {
    outcome = fmt::format("{} skipped", suite.skipped_test_count());
  }
  console_->Line(fmt::format("[{}/{}] {}: {}, {}, {}", done_, total_, title,
                             Count(static_cast<uint64_t>(suite.test_to_run_count()), "case"),
                             Count(campaign_->programs - suite_programs_, "program"), outcome));
}

}  // namespace vdsconform
