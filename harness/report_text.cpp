#include "harness/report_text.h"

#include <algorithm>

#include "harness/text.h"

namespace vdsconform {
namespace {

size_t CountVerdicts(const Campaign& campaign, Verdict verdict) {
  size_t count = 0;
  for (const bool advisory : {false, true}) {
    // An advisory is one of the requirements only where it can fail.
    if (advisory && !campaign.strict()) continue;
    for (const Req req : ReportedRequirements(campaign, advisory)) {
      if (campaign.VerdictOf(req) == verdict) ++count;
    }
  }
  return count;
}

std::string OfAll(size_t count, const Campaign& campaign) {
  const size_t all = ReportedRequirements(campaign, false).size() +
                     (campaign.strict() ? ReportedRequirements(campaign, true).size() : 0);
  return std::to_string(count) + " of " + Count(all, "requirement");
}

std::string InconclusiveLine(const Campaign& campaign, const std::string& subject) {
  const std::string line = "INCONCLUSIVE: it is open whether " + subject + " conforms to " +
                           std::string(Name(campaign.profile()));
  if (campaign.interrupted) return line + " (interrupted)";
  const size_t open = CountVerdicts(campaign, Verdict::kInconclusive);
  if (open == 0) return line + " (nothing was observed)";
  return line + " (" + OfAll(open, campaign) + " could not be tested)";
}

}  // namespace

std::string DescribeExploration(const Campaign& campaign) {
  if (!campaign.not_explored.empty()) {
    return "not explored, only raced: " + Printable(campaign.not_explored);
  }
  if (campaign.explored_programs == 0) return {};
  const Exploration& explored = campaign.explored;
  std::string text = "explored " + Grouped(explored.performed) + " of " +
                     Grouped(explored.possible) + " interleavings of " +
                     Count(campaign.explored_programs, "program");
  if (explored.truncated) text += ", of the first instructions of a very long call";
  if (explored.held != 0) text += "; in " + Grouped(explored.held) + " a call waited for a lock";
  if (explored.missed != 0) text += "; " + Grouped(explored.missed) + " took another path";
  return text;
}

std::string DescribeStack(const Campaign& campaign) {
  if (campaign.stack_bytes == 0) return {};
  return Grouped(campaign.stack_bytes) + " bytes, at most";
}

std::string SubjectName(const Campaign& campaign) {
  if (campaign.iut.name.empty()) return Printable(campaign.iut_origin);
  return Printable(campaign.iut.name +
                   (campaign.iut.version.empty() ? "" : " " + campaign.iut.version));
}

std::string VerdictLine(const Campaign& campaign) {
  const std::string subject = SubjectName(campaign);
  const std::string profile(Name(campaign.profile()));
  switch (campaign.WholeVerdict()) {
    case Verdict::kPass: {
      const size_t open = CountVerdicts(campaign, Verdict::kNotApplicable);
      const size_t passed = CountVerdicts(campaign, Verdict::kPass);
      return "PASS: " + subject + " conforms to " + profile + " (" + OfAll(passed, campaign) +
             (open > 0 ? " tested" : "") + ")";
    }
    case Verdict::kFail: {
      const size_t failed = CountVerdicts(campaign, Verdict::kFail);
      if (failed == 0) return "FAIL: the list of known failures is out of date for " + subject;
      return "FAIL: " + subject + " does not conform to " + profile + " (" +
             OfAll(failed, campaign) + (campaign.interrupted ? ", interrupted" : "") + ")";
    }
    case Verdict::kError:
      return "ERROR: the suite failed; " + subject + " has no verdict";
    case Verdict::kNotApplicable:
    case Verdict::kInconclusive:
      break;
  }
  return InconclusiveLine(campaign, subject);
}

std::vector<Req> ReportedRequirements(const Campaign& campaign, bool advisory) {
  std::vector<Req> reqs;
  for (const Requirement& requirement : AllRequirements()) {
    if (requirement.advisory == advisory && Applies(requirement.req, campaign.profile())) {
      reqs.push_back(requirement.req);
    }
  }
  return reqs;
}

std::vector<std::string> Reasons(const RequirementState& state) {
  std::vector<std::string> reasons;
  for (const auto* list : {&state.errors, &state.inconclusive, &state.not_applicable}) {
    for (const std::string& reason : *list) {
      const std::string printable = Printable(reason);
      if (std::find(reasons.begin(), reasons.end(), printable) == reasons.end()) {
        reasons.push_back(printable);
      }
    }
  }
  return reasons;
}

SawAllowed SplitMessage(std::string_view message) {
  constexpr std::string_view kSaw = "saw ";
  constexpr std::string_view kAllowed = "; allowed ";
  SawAllowed parts;
  if (message.substr(0, kSaw.size()) == kSaw) message.remove_prefix(kSaw.size());
  const size_t at = message.rfind(kAllowed);
  parts.saw = Printable(message.substr(0, at));
  if (at != std::string_view::npos) parts.allowed = Printable(message.substr(at + kAllowed.size()));
  return parts;
}

KnownState StateOf(const KnownFailure& known, const Campaign& campaign) {
  for (const KnownFailure& unexpected : campaign.Unexpected()) {
    if (unexpected.id == known.id) return KnownState::kNoLonger;
  }
  for (const Requirement& requirement : AllRequirements()) {
    for (const ReportedFinding& found : campaign.state(requirement.req).findings) {
      const std::string id = requirement.id;
      if (known.id == id || known.id == id + "/" + found.finding.cause) return KnownState::kFails;
    }
  }
  return KnownState::kNotTested;
}

std::string_view Name(KnownState state) {
  switch (state) {
    case KnownState::kFails:
      return "fails";
    case KnownState::kNoLonger:
      return "no-longer-fails";
    case KnownState::kNotTested:
      return "not-tested";
  }
  return "not-tested";
}

}  // namespace vdsconform
