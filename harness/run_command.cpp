#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>

#include "harness/artifacts.h"
#include "harness/code_listing.h"
#include "harness/commands.h"
#include "harness/conformance_case.h"
#include "harness/console.h"
#include "harness/gtest_setup.h"
#include "harness/interrupt.h"
#include "harness/open_subject.h"
#include "harness/report_text.h"
#include "harness/reports.h"
#include "harness/text.h"

namespace vdsconform {
namespace {

int WrongUse(const std::string& message) {
  std::cerr << "vdsconform: " << Printable(message) << '\n';
  return 2;
}

// Around all cases: which requirements have all of theirs selected, and what GoogleTest's own
// report would otherwise not know.
class CampaignEnvironment : public testing::Environment {
 public:
  explicit CampaignEnvironment(Campaign* campaign) : campaign_(campaign) {}

  void SetUp() override {
    const testing::UnitTest& all = *testing::UnitTest::GetInstance();
    for (int i = 0; i < all.total_test_suite_count(); ++i) {
      const testing::TestSuite& suite = *all.GetTestSuite(i);
      const std::optional<Req> req = RequirementOfSuite(suite.name());
      for (int j = 0; req && j < suite.total_test_count(); ++j) {
        if (!suite.GetTestInfo(j)->should_run()) campaign_->state(*req).partial = true;
      }
    }
  }

  void TearDown() override {
    campaign_->interrupted = StopRequested();
    for (const Requirement& requirement : AllRequirements()) {
      RequirementState& state = campaign_->state(requirement.req);
      if (state.applicable_cases == 0 && state.not_applicable.empty() &&
          state.inconclusive.empty() && state.findings.empty()) {
        state.not_applicable.push_back("not selected");
      }
      for (const ReportedFinding& reported : state.findings) {
        // A finding of another requirement's case has failed no case.
        const std::string suite = reported.test_case.substr(0, reported.test_case.find('.'));
        const bool foreign = RequirementOfSuite(suite) != requirement.req;
        if (foreign && campaign_->Counts(reported.finding)) {
          ADD_FAILURE() << FailureText(reported);
        }
      }
    }
    for (const KnownFailure& known : campaign_->Unexpected()) {
      ADD_FAILURE() << known.id << ": known failure that no longer fails: remove the line";
    }
  }

 private:
  Campaign* campaign_;
};

// RapidCheck reads its parameters from the environment, once, at its first use.
void SeedRapidCheck(uint64_t seed) {
  const char* given = std::getenv("RC_PARAMS");
  std::string parameters = given != nullptr && *given != '\0' ? std::string(given) + " " : "";
  parameters += "seed=" + std::to_string(seed);
  setenv("RC_PARAMS", parameters.c_str(), 1);
}

// Short enough to be copied by hand.
uint64_t RandomSeed() { return std::random_device()(); }

void ShowCode(const Options& options, const ReportedFinding& reported, Console* console) {
  for (const Preemption& preemption : reported.stops) {
    for (const std::string& line : DescribeCode(preemption, options.iut.library)) {
      console->Line(Printable(line));
    }
    console->Line("");
  }
}

void SetUpContext(const Options& options, Subject* subject, Campaign* campaign, Console* console,
                  RunContext* context) {
  context->subject = subject;
  context->campaign = campaign;
  context->seed = campaign->seed;
  context->quick = options.quick;
  context->explore = options.explore;
  if (options.explore != 0) campaign->not_explored = campaign->iut.no_exploration;
  context->patience = options.iut.patience;
  context->stopping = [] { return StopRequested().load(); };
  const bool shows_code = options.command == Command::kExplore;
  context->show = [=, &options](const ReportedFinding& reported) {
    // Advisories are for the end.
    if (campaign->Counts(reported.finding) || !Get(reported.finding.req).advisory) {
      console->Finding(*campaign, reported);
      if (shows_code) ShowCode(options, reported, console);
    }
  };
  context->save = [=, &options](const Program& program, const std::string& test_case) {
    const Artifacts::Saved saved = Artifacts(&options).Save(program, test_case);
    if (saved.error.empty()) return saved.command;
    campaign->AddError(saved.error);
    return "vdsconform run " + IutArguments(options) + " --filter " + ShellWord(test_case) +
           " --seed " + std::to_string(campaign->seed);
  };
}

// Runs the cases. False: none was selected.
bool RunCases(RunContext* context, Console* console) {
  Campaign* campaign = context->campaign;
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  auto* listener = new ConsoleListener(console, campaign);  // GoogleTest deletes both
  listeners.Append(listener);
  testing::AddGlobalTestEnvironment(new CampaignEnvironment(campaign));
  context->tick = [listener] { listener->Tick(); };
  SetRunContext(context);
  campaign->elapsed = [start = std::chrono::steady_clock::now()] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  // GoogleTest would repeat on after an interrupt, for ever if it was told so.
  const int repeat = GTEST_FLAG_GET(repeat);
  GTEST_FLAG_SET(repeat, 1);
  for (int i = 0; (repeat < 0 || i < repeat) && (i == 0 || !StopRequested()); ++i) {
    // The verdict is the campaign's: it also knows what was inconclusive.
    [[maybe_unused]] const int gtest_status = RUN_ALL_TESTS();
  }
  campaign->seconds = campaign->elapsed();
  campaign->interrupted = StopRequested();
  SetRunContext(nullptr);
  return testing::UnitTest::GetInstance()->test_to_run_count() > 0;
}

int Campaigning(const Options& options, Campaign* campaign, const Reports& reports) {
  // GoogleTest writes its report after each repetition.
  RemoveOnSecondSignal(reports.junit_scratch());
  HandleInterrupts();
  // A host that dies while it is written to is the host's end, not ours.
  signal(SIGPIPE, SIG_IGN);
  std::variant<std::unique_ptr<Subject>, std::string> opened = OpenSubject(options.iut);
  if (const auto* error = std::get_if<std::string>(&opened)) return WrongUse(*error);
  const std::unique_ptr<Subject> subject = std::get<std::unique_ptr<Subject>>(std::move(opened));
  campaign->iut = subject->info();
  campaign->iut_origin = Origin(options.iut);

  Console console(std::cout, Console::StyleOf(1));
  console.Header(*campaign);
  RunContext context;
  SetUpContext(options, subject.get(), campaign, &console, &context);
  if (!RunCases(&context, &console)) {
    return WrongUse("no case was selected: look at the filter and the shard");
  }
  const std::vector<std::string> broken = reports.Write(*campaign);
  console.Summary(*campaign);
  for (const std::string& error : broken) std::cerr << "vdsconform: " << error << '\n';
  return broken.empty() ? ExitCode(campaign->WholeVerdict()) : ExitCode(Verdict::kError);
}

}  // namespace

int RunCommand(const Options& options) {
  Campaign campaign(options.profile, options.report.strict);
  campaign.seed = options.seed ? *options.seed : RandomSeed();
  std::string error = LoadKnownFailures(options.report, &campaign);
  if (!error.empty()) return WrongUse(error);
  const std::variant<Reports, std::string> prepared =
      Reports::Prepare(options.report, Reports::Junit::kGoogleTest);
  if (const auto* why = std::get_if<std::string>(&prepared)) return WrongUse(*why);
  const Reports& reports = std::get<Reports>(prepared);

  GTestSetup setup;
  setup.filter = options.filter;
  setup.xml = reports.junit_scratch();
  // GoogleTest takes 1 to 99999 to shuffle by.
  setup.random_seed = static_cast<int>(campaign.seed % 99999) + 1;
  error = SetUpGoogleTest(options.gtest_flags, setup);
  if (!error.empty()) return WrongUse(error);
  SeedRapidCheck(campaign.seed);

  if (AsksGoogleTest(options.gtest_flags)) {
    [[maybe_unused]] const int gtest_status = RUN_ALL_TESTS();
    const bool any = testing::UnitTest::GetInstance()->test_to_run_count() > 0;
    return any || !testing::GTEST_FLAG(list_tests)
               ? 0
               : WrongUse("no case was selected: look at the filter and the shard");
  }
  return Campaigning(options, &campaign, reports);
}

}  // namespace vdsconform
