#include "harness/report_html.h"

#include <fmt/format.h>

#include "harness/capabilities.h"
#include "harness/options.h"
#include "harness/report_text.h"
#include "harness/text.h"

namespace vdsconform {
namespace {

constexpr const char* kStyle = R"css(
:root { color-scheme: light dark; --pass: #1a7f37; --fail: #cf222e; --open: #9a6700;
        --line: #8884; --soft: #8882; }
@media (prefers-color-scheme: dark) { :root { --pass: #3fb950; --fail: #ff7b72; --open: #d29922; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h1 { font-size: 1.3rem; border-left: .4rem solid var(--open); padding-left: .6rem; }
h1.pass { border-color: var(--pass); } h1.fail, h1.error { border-color: var(--fail); }
h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid var(--line);
         vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.pass { color: var(--pass); } .fail, .error { color: var(--fail); font-weight: 600; }
.inconclusive, .known { color: var(--open); } h1.pass, h1.fail, h1.error { color: inherit; }
article { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem 1rem;
          margin: 1rem 0; }
article h3 { margin: 0 0 .4rem; font-size: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; }
dt { opacity: .7; } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
code { background: var(--soft); padding: .1rem .3rem; border-radius: .2rem;
       overflow-wrap: anywhere; }
small { display: block; opacity: .8; overflow-wrap: anywhere; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .3rem; } }
)css";

std::string Term(std::string_view name, std::string_view text, bool code = false) {
  if (text.empty()) return {};
  const std::string content = code ? "<code>" + EscapeXml(text) + "</code>" : EscapeXml(text);
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, content);
}

std::string Article(const Campaign& campaign, const ReportedFinding& reported) {
  const Requirement& requirement = Get(reported.finding.req);
  const KnownFailure* known = campaign.Known(reported.finding);
  const bool counts = campaign.Counts(reported.finding);
  const char* word = known != nullptr ? "KNOWN" : counts ? "FAIL" : "NOTE";
  const SawAllowed message = SplitMessage(reported.finding.message);
  std::string html = fmt::format("<article><h3><span class=\"{}\">{}</span> {} {}: {}</h3>\n<dl>\n",
                                 counts ? "fail" : "known", word, requirement.id,
                                 EscapeXml(requirement.name), EscapeXml(reported.finding.cause));
  html += Term("saw", message.saw);
  html += Term("allowed", message.allowed);
  html += Term("how often", Grouped(reported.finding.count));
  html += Term("stopped", reported.stopped);
  html += Term("where", reported.test_case + (reported.step.empty() ? "" : ", " + reported.step));
  std::string calls;
  for (const Event& event : reported.finding.witnesses) {
    calls += (calls.empty() ? "" : "\n") + Describe(event);
  }
  html += Term("calls", calls);
  html += Term("rule", requirement.rule);
  html += Term("source", requirement.source);
  html += Term("how to fix", requirement.fix);
  if (known != nullptr) html += Term("reason", known->reason);
  html += Term("printed", reported.output);
  html += Term("again", reported.reproduce, true);
  return html + "</dl></article>\n";
}

std::string Findings(const Campaign& campaign, bool advisory, const char* title) {
  std::string html;
  for (const Req req : ReportedRequirements(campaign, advisory)) {
    for (const ReportedFinding& reported : campaign.state(req).findings) {
      html += Article(campaign, reported);
    }
  }
  return html.empty() ? html : fmt::format("<h2>{}</h2>\n{}", title, html);
}

std::string Table(const Campaign& campaign) {
  std::string html =
      "<h2>Requirements</h2>\n<table>\n<tr><th>requirement</th><th>verdict</th>"
      "<th class=\"number\">observations</th></tr>\n";
  for (const Req req : ReportedRequirements(campaign, false)) {
    const RequirementState& state = campaign.state(req);
    std::string_view verdict = Name(campaign.VerdictOf(req));
    if (verdict == "pass" && !state.findings.empty()) verdict = "known";
    std::string reasons;
    if (verdict != "pass") {
      for (const std::string& reason : Reasons(state)) {
        reasons += "<small>" + EscapeXml(reason) + "</small>";
      }
    }
    html += fmt::format(
        "<tr><td>{} {}</td><td><span class=\"{}\">{}</span>{}</td>"
        "<td class=\"number\">{}</td></tr>\n",
        Get(req).id, EscapeXml(Get(req).name), verdict, verdict, reasons,
        Grouped(state.observations));
  }
  return html + "</table>\n";
}

std::string List(const char* title, const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string html = fmt::format("<h2>{}</h2>\n<ul>\n", title);
  for (const std::string& line : lines) html += "<li>" + EscapeXml(line) + "</li>\n";
  return html + "</ul>\n";
}

std::string Summary(const Campaign& campaign) {
  std::string html = "<dl>\n";
  html += Term(campaign.iut.name.empty() ? "history" : "tested", SubjectName(campaign));
  if (!campaign.iut.name.empty()) {
    html += Term("from", campaign.iut_origin);
    html += Term("declares", DescribeCapabilities(campaign.iut.capabilities));
    html += Term("seed", std::to_string(campaign.seed));
  }
  html += Term("profile", Name(campaign.profile()));
  html += Term("calls", Grouped(campaign.events));
  html += Term("interleavings", DescribeExploration(campaign));
  html += Term("stack of a call", DescribeStack(campaign));
  html += Term("time", fmt::format("{:.1f} s", campaign.seconds));
  html += Term("suite", fmt::format("vdsconform {}", Version()));
  return html + "</dl>\n";
}

}  // namespace

std::string HtmlReport(const Campaign& campaign) {
  std::vector<std::string> known;
  for (const KnownFailure& failure : campaign.known_failures()) {
    known.push_back(
        fmt::format("{} {}: {}", failure.id, Name(StateOf(failure, campaign)), failure.reason));
  }
  const std::string line = EscapeXml(VerdictLine(campaign));
  return fmt::format(
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1 "
             "class=\"{2}\">{0}</h1>\n",
             line, kStyle, Name(campaign.WholeVerdict())) +
         Summary(campaign) + Findings(campaign, false, "Findings") + Table(campaign) +
         Findings(campaign, true, "Advisories") + List("Known failures", known) +
         List("Errors of the suite", campaign.errors()) + "</body>\n</html>\n";
}

}  // namespace vdsconform
