#include <chrono>
#include <iostream>
#include <vector>

#include "harness/campaign.h"
#include "harness/commands.h"
#include "harness/console.h"
#include "harness/history_file.h"
#include "harness/reports.h"
#include "harness/text.h"
#include "spec/judge.h"

namespace vdsconform {
namespace {

int WrongUse(const std::string& message) {
  std::cerr << "vdsconform: " << Printable(message) << '\n';
  return 2;
}

// Judges the history as it is read; an error that names the place, or empty.
std::string JudgeFile(const std::string& path, Campaign* campaign) {
  Judge judge(campaign->profile());
  std::string error = WithHistoryFile(path, [&judge](std::istream& in) {
    return ReadEitherHistory(in, [&judge](const Event& event) { judge.Observe(event); });
  });
  if (!error.empty()) return error;
  const std::string profile = campaign->profile() == Profile::kWin32
                                  ? ""
                                  : " --profile " + std::string(Name(campaign->profile()));
  campaign->Add(judge.Finish(), HistoryName(path), nullptr,
                "vdsconform check " + ShellWord(path) + profile);
  return {};
}

// A history is judged for what it shows; the rest does not apply to it.
void MarkExercised(Campaign* campaign) {
  for (const Requirement& requirement : AllRequirements()) {
    RequirementState& state = campaign->state(requirement.req);
    if (state.observations > 0) {
      state.applicable_cases = 1;
    } else if (state.findings.empty()) {
      state.not_applicable.push_back("the history does not exercise it");
    }
  }
}

}  // namespace

int CheckCommand(const Options& options) {
  Campaign campaign(options.profile, options.report.strict);
  campaign.iut_origin = HistoryName(options.file);
  std::string error = LoadKnownFailures(options.report, &campaign);
  if (!error.empty()) return WrongUse(error);
  const std::variant<Reports, std::string> prepared =
      Reports::Prepare(options.report, Reports::Junit::kOwn);
  if (const auto* why = std::get_if<std::string>(&prepared)) return WrongUse(*why);

  const auto start = std::chrono::steady_clock::now();
  error = JudgeFile(options.file, &campaign);
  if (!error.empty()) return WrongUse(error);
  MarkExercised(&campaign);
  campaign.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  Console console(std::cout, Console::StyleOf(1));
  console.Header(campaign);
  for (const Requirement& requirement : AllRequirements()) {
    for (const ReportedFinding& reported : campaign.state(requirement.req).findings) {
      if (!requirement.advisory || campaign.Counts(reported.finding)) {
        console.Finding(campaign, reported);
      }
    }
  }
  const std::vector<std::string> broken = std::get<Reports>(prepared).Write(campaign);
  console.Summary(campaign);
  for (const std::string& why : broken) std::cerr << "vdsconform: " << why << '\n';
  return broken.empty() ? ExitCode(campaign.WholeVerdict()) : ExitCode(Verdict::kError);
}

}  // namespace vdsconform
