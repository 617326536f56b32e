#include "harness/conformance_case.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>

#include "harness/capabilities.h"
#include "harness/text.h"
#include "spec/iut.h"

namespace vdsconform {
namespace {

RunContext* current_run = nullptr;

std::string CurrentCase() {
  const testing::TestInfo* info = testing::UnitTest::GetInstance()->current_test_info();
  return std::string(info->test_suite_name()) + "." + info->name();
}

// The texts of the running case's failures.
std::string FailureSummaries() {
  std::string text;
  const testing::TestResult* result =
      testing::UnitTest::GetInstance()->current_test_info()->result();
  for (int i = 0; i < result->total_part_count(); ++i) {
    const testing::TestPartResult& part = result->GetTestPartResult(i);
    if (!part.failed()) continue;
    if (!text.empty()) text += "; ";
    text += part.message();
  }
  return text;
}

}  // namespace

void SetRunContext(RunContext* context) {
  current_run = context;
  if (context == nullptr) return;
  context->trier.emplace(context->subject, context->campaign->profile(), context->patience,
                         context->stopping);
}

RunContext& CurrentRun() {
  if (current_run == nullptr) {
    std::cerr << "vdsconform: a case ran outside a campaign\n";
    std::abort();
  }
  return *current_run;
}

void ConformanceCase::SetUp() {
  RunContext& run = CurrentRun();
  RequirementState& state = run.campaign->state(req_);
  const Requirement& requirement = Get(req_);
  // Skipping hides nothing here: each reason is kept in the campaign, whose verdict counts it.
  if (!Applies(req_, run.campaign->profile())) {
    GTEST_SKIP() << requirement.id << " is not part of profile " << Name(run.campaign->profile());
  }
  const uint32_t missing = needs_ & ~run.subject->info().capabilities;
  if (missing != 0) {
    const std::string reason = "the IUT does not declare " + DescribeCapabilities(missing);
    const std::string text = CurrentCase() + ": " + reason;
    std::vector<std::string>& known = state.not_applicable;
    if (std::find(known.begin(), known.end(), text) == known.end()) known.push_back(text);
    GTEST_SKIP() << "not applicable: " << reason;
  }
  ++state.applicable_cases;
  if (run.stopping && run.stopping()) {
    state.inconclusive.push_back(CurrentCase() + ": interrupted");
    GTEST_SKIP() << "interrupted";
  }
}

void ConformanceCase::TearDown() {
  RunContext& run = CurrentRun();
  if (const std::optional<Trial> wait = run.trier->TakeConfirmedWait()) Record(*wait);
  // A case can also fail by itself: an assertion of its own, an exception, a broken property
  // that no finding explains. That is the suite's failure, not the IUT's.
  if (HasFailure() && !explained_) {
    const std::string error = CurrentCase() + ": " + FailureSummaries();
    run.campaign->AddError(error);
    run.campaign->state(req_).errors.push_back(error);
  }
  if (inconclusive_.empty()) return;
  std::string reasons;
  for (const std::string& reason : inconclusive_) reasons += (reasons.empty() ? "" : "; ") + reason;
  run.campaign->state(req_).inconclusive.push_back(CurrentCase() + ": " + reasons);
  GTEST_SKIP() << "inconclusive: " << reasons;
}

bool ConformanceCase::Run(const Program& program) { return Record(Try(program)); }

ConformanceCase::Trial ConformanceCase::Try(const Program& program) {
  RunContext& run = CurrentRun();
  Trial trial = run.trier->Try(program);
  if (run.tick) run.tick();
  return trial;
}

bool ConformanceCase::Record(const Trial& trial) {
  RunContext& run = CurrentRun();
  Campaign& campaign = *run.campaign;
  if (!trial.execution.error.empty()) {
    const std::string error = CurrentCase() + ": " + trial.execution.error;
    std::vector<std::string>& errors = campaign.state(req_).errors;
    if (errors.empty() || errors.back() != error) {
      campaign.AddError(error);
      errors.push_back(error);
      ADD_FAILURE() << "the suite failed: " << Printable(trial.execution.error);
    }
    explained_ = true;
  }
  if (!trial.execution.inconclusive.empty()) inconclusive_.insert(trial.execution.inconclusive);

  campaign.stack_bytes = std::max(campaign.stack_bytes, trial.execution.stack_bytes);
  bool save = false;
  for (const Finding& finding : trial.judgement.findings) {
    save = save || (campaign.IsNew(finding) && (trial.failed || campaign.Counts(finding)));
    explained_ = true;
    if (finding.req == Req::kQs06) run.trier->TakeConfirmedWait();
  }
  const std::string reproduce = save && run.save ? run.save(trial.program, CurrentCase()) : "";
  const std::vector<ReportedFinding> fresh = campaign.Add(
      trial.judgement, CurrentCase(), &trial.program, reproduce, trial.execution.output);
  if (run.show) {
    for (const ReportedFinding& reported : fresh) run.show(reported);
  }

  bool own = false;
  for (const Finding& finding : trial.judgement.findings) {
    if (finding.req != req_) continue;
    own = true;
    if (const KnownFailure* known = campaign.Known(finding)) {
      RecordProperty("known_failure", known->id + " " + known->reason);
    } else if (campaign.Counts(finding) && failed_causes_.insert(finding.cause).second) {
      for (const ReportedFinding& reported : campaign.state(req_).findings) {
        if (reported.finding.cause == finding.cause) ADD_FAILURE() << FailureText(reported);
      }
    }
  }
  return !own;
}

bool ConformanceCase::Has(uint32_t capabilities) const {
  return (CurrentRun().subject->info().capabilities & capabilities) == capabilities;
}

bool ConformanceCase::quick() const { return CurrentRun().quick; }

std::vector<bool> ConformanceCase::Estimables() const {
  std::vector<bool> estimables;
  if (Has(VDSCONFORM_ESTIMATE)) estimables.push_back(true);
  if (Has(VDSCONFORM_NOT_ESTIMATE)) estimables.push_back(false);
  return estimables;
}

std::string FailureText(const ReportedFinding& reported) {
  const Requirement& requirement = Get(reported.finding.req);
  std::string text = std::string(requirement.id) + " " + requirement.name + ": " +
                     reported.finding.message + "\n  rule    " + requirement.rule + "\n  source  " +
                     requirement.source;
  if (!reported.stopped.empty()) text += "\n  stopped " + reported.stopped;
  if (!reported.step.empty()) text += "\n  where   " + reported.test_case + " " + reported.step;
  if (!reported.reproduce.empty()) text += "\n  again   " + reported.reproduce;
  return Printable(text);
}

std::optional<Req> RequirementOfSuite(std::string_view suite) {
  for (size_t at = suite.find('Q'); at != std::string_view::npos; at = suite.find('Q', at + 1)) {
    const std::string_view id = suite.substr(at, 4);
    if (id.size() != 4) return std::nullopt;
    const bool digits = std::isdigit(static_cast<unsigned char>(id[2])) != 0 &&
                        std::isdigit(static_cast<unsigned char>(id[3])) != 0;
    if (!digits) continue;
    const std::string spelt = std::string(id.substr(0, 2)) + "-" + std::string(id.substr(2));
    if (const std::optional<Req> req = ParseReq(spelt)) return req;
  }
  return std::nullopt;
}

}  // namespace vdsconform
