#include "harness/report_junit.h"

#include <fmt/format.h>

#include "harness/conformance_case.h"
#include "harness/report_text.h"
#include "harness/text.h"

namespace vdsconform {
namespace {

struct Counts {
  int tests = 0;
  int failures = 0;
  int skipped = 0;
};

std::string TestCase(const Campaign& campaign, Req req, Counts* counts) {
  const Requirement& requirement = Get(req);
  const RequirementState& state = campaign.state(req);
  std::string body;
  for (const ReportedFinding& reported : state.findings) {
    if (!campaign.Counts(reported.finding)) continue;
    body += fmt::format("      <failure message=\"{}\" type=\"{}\">{}</failure>\n",
                        EscapeXml(reported.finding.message),
                        EscapeXml(std::string(requirement.id) + "/" + reported.finding.cause),
                        EscapeXml(FailureText(reported)));
  }
  ++counts->tests;
  if (!body.empty()) {
    ++counts->failures;
  } else if (campaign.VerdictOf(req) != Verdict::kPass) {
    ++counts->skipped;
    const std::vector<std::string> reasons = Reasons(state);
    body = fmt::format("      <skipped message=\"{}\"/>\n",
                       EscapeXml(reasons.empty() ? "not observed" : reasons.front()));
  }
  return fmt::format(
      "    <testcase classname=\"vdsconform.{}\" name=\"{} {}\" time=\"0\">\n{}"
      "    </testcase>\n",
      Name(campaign.profile()), requirement.id, EscapeXml(requirement.name), body);
}

// What fails or stops a campaign without being a requirement's.
std::string Others(const Campaign& campaign, Counts* counts) {
  std::string cases;
  for (const KnownFailure& known : campaign.Unexpected()) {
    ++counts->tests;
    ++counts->failures;
    cases += fmt::format(
        "    <testcase classname=\"vdsconform.known-failures\" name=\"{}\" time=\"0\">\n"
        "      <failure message=\"known failure that no longer fails: remove the line\"/>\n"
        "    </testcase>\n",
        EscapeXml(known.id));
  }
  return cases;
}

}  // namespace

std::string JunitReport(const Campaign& campaign) {
  Counts counts;
  std::string cases;
  for (const bool advisory : {false, true}) {
    if (advisory && !campaign.strict()) continue;
    for (const Req req : ReportedRequirements(campaign, advisory)) {
      cases += TestCase(campaign, req, &counts);
    }
  }
  cases += Others(campaign, &counts);
  const std::string attributes =
      fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.3f}\"",
                  counts.tests, counts.failures, counts.skipped, campaign.seconds);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"vdsconform\" {0}>\n"
      "  <testsuite name=\"{1}\" {0}>\n{2}  </testsuite>\n</testsuites>\n",
      attributes, EscapeXml(SubjectName(campaign)), cases);
}

}  // namespace vdsconform
