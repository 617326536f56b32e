#include "harness/campaign.h"

#include <algorithm>
#include <optional>

#include "spec/consequences.h"

namespace vdsconform {
namespace {

// "step 3: query on thread 1", counted from 1 as `vdsconform replay` does.
std::string DescribeStep(const Finding& finding, const Program* program) {
  if (program == nullptr || finding.witnesses.empty()) return {};
  const std::optional<uint32_t> step = finding.witnesses.back().step;
  if (!step || *step >= program->steps.size()) return "after the last step";
  return "step " + std::to_string(*step + 1) + ": " + Describe(program->steps[*step]);
}

std::vector<Preemption> StopsOf(const Program* program) {
  const bool stops = program != nullptr && program->schedule.kind == Schedule::Kind::kPreempted;
  return stops ? program->schedule.preemptions : std::vector<Preemption>{};
}

// "step 2 (finish with E_FAIL on thread 0) before instruction 17, libmine.so+0x1139"
std::string DescribeStops(const Program* program) {
  std::string text;
  for (const Preemption& preemption : StopsOf(program)) {
    if (!text.empty()) text += "; ";
    text += "step " + std::to_string(preemption.step + 1) + " before " + Describe(preemption.point);
  }
  return text;
}

bool IsFault(const Finding& finding) {
  return !finding.witnesses.empty() && finding.witnesses.back().fault != Fault::kNone;
}

bool Covers(const KnownFailure& known, const Finding& finding) {
  const std::string_view id = Get(finding.req).id;
  return known.id == id || known.id == std::string(id) + "/" + finding.cause;
}

}  // namespace

std::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNotApplicable:
      return "not-applicable";
    case Verdict::kPass:
      return "pass";
    case Verdict::kInconclusive:
      return "inconclusive";
    case Verdict::kError:
      return "error";
    case Verdict::kFail:
      return "fail";
  }
  return "error";
}

int ExitCode(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return 0;
    case Verdict::kFail:
      return 1;
    case Verdict::kNotApplicable:
    case Verdict::kInconclusive:
      return 3;
    case Verdict::kError:
      return 4;
  }
  return 4;
}

std::vector<ReportedFinding> Campaign::Add(const Judgement& judgement, const std::string& test_case,
                                           const Program* program, const std::string& reproduce,
                                           const std::string& output) {
  if (program != nullptr) ++programs;
  std::vector<ReportedFinding> fresh;
  for (const Finding& finding : judgement.findings) {
    if (IsExplained(finding)) continue;
    std::vector<ReportedFinding>& known = state(finding.req).findings;
    const auto same = std::find_if(known.begin(), known.end(), [&](const ReportedFinding& other) {
      return other.finding.cause == finding.cause;
    });
    if (same != known.end()) {
      same->finding.count += finding.count;
      continue;
    }
    known.push_back(ReportedFinding{finding, test_case, DescribeStep(finding, program), reproduce,
                                    DescribeStops(program),
                                    IsFault(finding) ? output : std::string(), programs,
                                    elapsed ? elapsed() : 0, StopsOf(program)});
    fresh.push_back(known.back());
    RemoveExplainedBy(finding);
  }
  for (size_t i = 0; i < states_.size(); ++i) {
    states_[i].observations += judgement.observations[i];
  }
  events += judgement.events;
  return fresh;
}

void Campaign::AddExploration(const Exploration& exploration) {
  ++explored_programs;
  explored.performed += exploration.performed;
  explored.possible += exploration.possible;
  explored.held += exploration.held;
  explored.missed += exploration.missed;
  explored.truncated = explored.truncated || exploration.truncated;
}

bool Campaign::IsExplained(const Finding& finding) const {
  for (const RequirementState& its : states_) {
    for (const ReportedFinding& known : its.findings) {
      if (Explains(known.finding, finding)) return true;
    }
  }
  return false;
}

void Campaign::RemoveExplainedBy(const Finding& cause) {
  for (RequirementState& its : states_) {
    std::erase_if(its.findings,
                  [&](const ReportedFinding& known) { return Explains(cause, known.finding); });
  }
}

bool Campaign::IsNew(const Finding& finding) const {
  if (IsExplained(finding)) return false;
  const std::vector<ReportedFinding>& known = state(finding.req).findings;
  return std::none_of(known.begin(), known.end(), [&](const ReportedFinding& other) {
    return other.finding.cause == finding.cause;
  });
}

bool Campaign::Counts(const Finding& finding) const {
  return Known(finding) == nullptr && (strict_ || !Get(finding.req).advisory);
}

const KnownFailure* Campaign::Known(const Finding& finding) const {
  for (const KnownFailure& known : known_) {
    if (Covers(known, finding)) return &known;
  }
  return nullptr;
}

std::vector<KnownFailure> Campaign::Unexpected() const {
  std::vector<KnownFailure> unexpected;
  if (interrupted || !errors_.empty()) return unexpected;
  for (const KnownFailure& known : known_) {
    const std::optional<Req> req = ParseReq(known.id.substr(0, known.id.find('/')));
    if (!req) continue;
    const RequirementState& its = state(*req);
    // Where not all was run that could show the failure, its absence says nothing.
    const bool ran = Get(*req).advisory || its.applicable_cases > 0;
    if (its.partial || !ran || its.observations == 0) continue;
    if (!its.inconclusive.empty() || !its.errors.empty()) continue;
    const bool failed =
        std::any_of(its.findings.begin(), its.findings.end(),
                    [&](const ReportedFinding& found) { return Covers(known, found.finding); });
    if (!failed) unexpected.push_back(known);
  }
  return unexpected;
}

Verdict Campaign::VerdictOf(Req req) const {
  const RequirementState& its = state(req);
  for (const ReportedFinding& found : its.findings) {
    if (Counts(found.finding)) return Verdict::kFail;
  }
  if (!its.errors.empty()) return Verdict::kError;
  // Advisories are looked for in all that is seen, in whatever case.
  if (Get(req).advisory) {
    return its.observations > 0 ? Verdict::kPass : Verdict::kNotApplicable;
  }
  if (its.applicable_cases == 0) {
    return its.inconclusive.empty() ? Verdict::kNotApplicable : Verdict::kInconclusive;
  }
  // A requirement none of whose own cases could be carried out was not tested, even if other
  // requirements' cases happened to make calls that could have broken it.
  if (its.inconclusive.size() >= its.applicable_cases) return Verdict::kInconclusive;
  return its.observations > 0 ? Verdict::kPass : Verdict::kInconclusive;
}

Verdict Campaign::WholeVerdict() const {
  Verdict whole = Verdict::kNotApplicable;
  for (const Requirement& requirement : AllRequirements()) {
    if (!Applies(requirement.req, profile_)) continue;
    const Verdict verdict = VerdictOf(requirement.req);
    // A run that saw nothing but advisories has not tested conformance.
    if (requirement.advisory && verdict == Verdict::kPass) continue;
    whole = std::max(whole, verdict);
  }
  if (whole == Verdict::kNotApplicable || interrupted) {
    whole = std::max(whole, Verdict::kInconclusive);
  }
  if (!errors_.empty()) whole = std::max(whole, Verdict::kError);
  if (!Unexpected().empty()) whole = Verdict::kFail;
  return whole;
}

}  // namespace vdsconform
