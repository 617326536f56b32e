#include <signal.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "harness/artifacts.h"
#include "harness/commands.h"
#include "harness/console.h"
#include "harness/examiner.h"
#include "harness/fuzz_pool.h"
#include "harness/interrupt.h"
#include "harness/known_failures.h"
#include "harness/open_subject.h"
#include "harness/reports.h"
#include "harness/scratch_folder.h"
#include "harness/text.h"

namespace vdsconform {
namespace {

using Clock = std::chrono::steady_clock;

// How long a Program is tried again and made smaller, so that one does not take all the time.
constexpr auto kExaminedFor = std::chrono::seconds(15);
constexpr auto kExaminedAtLast = std::chrono::seconds(5);
// Of Programs that showed the same.
constexpr uint32_t kMostExaminations = 4;
constexpr auto kLineEvery = std::chrono::seconds(10);
constexpr const char* kCase = "fuzz";

int WrongUse(const std::string& message) {
  std::cerr << "vdsconform: " << Printable(message) << '\n';
  return 2;
}

std::string Duration(double seconds) {
  const auto whole = static_cast<uint64_t>(seconds);
  const uint64_t second = whole % 60;
  return std::to_string(whole / 60) + (second < 10 ? ":0" : ":") + std::to_string(second);
}

// That a thread slept may have had nothing to do with the implementation.
bool OnlySlept(const FuzzJob::Claim& claim) {
  return claim.key.find(kSleptSomewhere) != std::string::npos;
}

// Everything one `vdsconform fuzz` does, from the first process to the verdict.
class Fuzzing {
 public:
  Fuzzing(const Options& options, Subject* subject, Campaign* campaign, std::string corpus)
      : options_(options),
        campaign_(campaign),
        pool_(options, *campaign, std::move(corpus)),
        console_(std::cout, Console::StyleOf(1)),
        examiner_(subject, campaign, options.iut.patience,
                  [this] { return StopRequested() || Clock::now() >= examined_until_; }) {
    campaign_->elapsed = [this] {
      return std::chrono::duration<double>(Clock::now() - start_).count();
    };
  }

  int Run() {
    Header();
    while (Error().empty() && !StopRequested() && !TimeIsUp()) {
      pool_.Start();
      if (pool_.over()) break;
      pool_.Look();
      ExamineSuspicions();
      ShowProgress(false);
    }
    pool_.Stop();
    ExamineSuspicions();
    return Conclude();
  }

 private:
  void Header() {
    console_.Line(console_.Coloured(
        "1", "vdsconform fuzz: " + Printable(campaign_->iut.name + " " + campaign_->iut.version)));
    std::string line =
        Printable(campaign_->iut_origin) + ", profile " + std::string(Name(campaign_->profile())) +
        ", seed " + std::to_string(campaign_->seed) + ", " +
        (options_.fuzz.jobs == 1 ? "1 process, " : Grouped(options_.fuzz.jobs) + " processes, ");
    line += options_.fuzz.seconds == 0 ? "until interrupted"
                                       : "for " + Duration(options_.fuzz.seconds) + " min";
    console_.Line(line);
  }

  bool TimeIsUp() const {
    return options_.fuzz.seconds != 0 && campaign_->elapsed() >= options_.fuzz.seconds;
  }

  // Why it cannot go on; empty: it can.
  const std::string& Error() const { return error_.empty() ? pool_.error() : error_; }

  void ExamineSuspicions() {
    for (const FuzzPool::Suspicion& suspicion : pool_.TakeSuspicions()) {
      if (!Error().empty() || StopRequested()) return;
      const FuzzJob::Claim& claim = suspicion.claim;
      if (WasExamined(claim)) continue;
      Examine(claim, suspicion.executions);
    }
  }

  // A requirement and a cause that are known tell nothing new, nor do those that several Programs
  // have not shown again; how a process ended may have any cause.
  bool WasExamined(const FuzzJob::Claim& claim) {
    const bool is_cause = claim.key.rfind("QS-", 0) == 0 || claim.key.rfind("QA-", 0) == 0;
    if (!is_cause || OnlySlept(claim)) return false;
    return reported_.count(claim.key) != 0 || ++examined_[claim.key] > kMostExaminations;
  }

  void Examine(const FuzzJob::Claim& claim, uint64_t executions) {
    Program program;
    UnpackProgram(claim.input, &program);
    RestrictTo(campaign_->iut.capabilities, &program);
    const bool sleeps = OnlySlept(claim);
    examined_until_ = Clock::now() + (TimeIsUp() ? kExaminedAtLast : kExaminedFor);
    Examiner::Result result = examiner_.Examine(program, !sleeps);
    pool_.Forgive();
    if (!result.error.empty()) {
      error_ = result.error;
      return;
    }
    const double seconds = std::chrono::duration<double>(claim.at - start_).count();
    for (const Examiner::Found& found : result.found) Report(found, executions, seconds);
    if (!result.confirmed && !sleeps && unconfirmed_.count(claim.key) == 0) {
      const Artifacts::Saved saved = Artifacts(&options_).Save(program, "unconfirmed");
      unconfirmed_[claim.key] = saved.error.empty() ? saved.command : saved.error;
    }
  }

  // `executions` and `seconds`: until a process said so; to confirm it took longer.
  void Report(const Examiner::Found& found, uint64_t executions, double seconds) {
    const Artifacts::Saved saved = Artifacts(&options_).Save(
        found.program, std::string(kCase) + "-" + Get(found.judgement.findings[0].req).id);
    if (!saved.error.empty()) error_ = saved.error;
    for (ReportedFinding& reported :
         campaign_->Add(found.judgement, kCase, &found.program, saved.command, found.output)) {
      reported.executions = executions;
      reported.seconds = seconds;
      console_.Finding(*campaign_, reported);
      const std::string key = ClaimKey(reported.finding);
      reported_.insert(key);
      unconfirmed_.erase(key);
      ++findings_;
      if (campaign_->Counts(reported.finding)) ++counting_;
    }
  }

  std::string Progress() {
    const FuzzPool::Reach reach = pool_.reach();
    const double seconds = campaign_->elapsed();
    const uint64_t executions = pool_.executions();
    std::string line =
        "#" + Grouped(executions) + "  " +
        Grouped(static_cast<uint64_t>(static_cast<double>(executions) / std::max(seconds, 0.001))) +
        "/s  ";
    if (reach.coverage > 0) line += "coverage " + Grouped(reach.coverage) + "  ";
    line += "features " + Grouped(reach.features) + "  corpus " + Grouped(reach.corpus) +
            "  findings " + Grouped(findings_) + "  " + Duration(seconds);
    if (pool_.ends() > 0) line += "  restarts " + Grouped(pool_.ends());
    return line;
  }

  void ShowProgress(bool last) {
    const auto now = Clock::now();
    if (console_.live() && !last) {
      console_.Live(Progress());
    } else if (last || now - last_line_ >= kLineEvery) {
      last_line_ = now;
      console_.Line(Progress());
      std::cout.flush();
    }
  }

  int Conclude() {
    campaign_->seconds = campaign_->elapsed();
    const uint64_t executions = pool_.executions();
    ShowProgress(true);
    if (!Error().empty()) {
      std::cerr << "vdsconform: " << Printable(Error()) << '\n';
      return ExitCode(Verdict::kError);
    }
    for (const auto& [key, where] : unconfirmed_) {
      console_.Line("not shown again by its program alone: " + Printable(key + ": " + where));
    }
    if (counting_ > 0) {
      console_.Line(console_.Coloured("1;31", "FAIL: " + Count(counting_, "finding")) + " in " +
                    Count(executions, "execution"));
      return ExitCode(Verdict::kFail);
    }
    if (executions == 0 || !unconfirmed_.empty()) {
      console_.Line("INCONCLUSIVE: " + (executions == 0 ? std::string("nothing was executed")
                                                        : Count(unconfirmed_.size(), "suspicion") +
                                                              " could not be confirmed"));
      return ExitCode(Verdict::kInconclusive);
    }
    console_.Line("nothing was found in " + Count(executions, "execution") +
                  "; for a verdict: vdsconform run");
    return ExitCode(Verdict::kPass);
  }

  const Options& options_;
  Campaign* campaign_;
  FuzzPool pool_;
  Console console_;
  Examiner examiner_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_line_ = Clock::now();
  Clock::time_point examined_until_ = Clock::now();
  std::map<std::string, uint32_t> examined_;        // how often Programs of a key were
  std::set<std::string> reported_;                  // keys
  std::map<std::string, std::string> unconfirmed_;  // by key: what replays it, or why nothing does
  std::string error_;
  uint64_t findings_ = 0;
  uint64_t counting_ = 0;
};

}  // namespace

int FuzzCommand(const Options& options) {
  Campaign campaign(options.profile, options.report.strict);
  campaign.seed = options.seed ? *options.seed : std::random_device()();
  const std::string error = LoadKnownFailures(options.report, &campaign);
  if (!error.empty()) return WrongUse(error);
  HandleInterrupts();
  signal(SIGPIPE, SIG_IGN);
  auto folder = ScratchFolder::Make(options.fuzz.corpus);
  if (const auto* why = std::get_if<std::string>(&folder)) return WrongUse(*why);
  const auto& corpus = std::get<ScratchFolder>(folder);
  std::variant<std::unique_ptr<Subject>, std::string> opened = OpenSubject(options.iut);
  if (const auto* why = std::get_if<std::string>(&opened)) return WrongUse(*why);
  const std::unique_ptr<Subject> subject = std::get<std::unique_ptr<Subject>>(std::move(opened));
  campaign.iut = subject->info();
  campaign.iut_origin = Origin(options.iut);
  return Fuzzing(options, subject.get(), &campaign, corpus.path()).Run();
}

}  // namespace vdsconform
