#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <iostream>
#include <random>
#include <set>

#include "harness/artifacts.h"
#include "harness/commands.h"
#include "harness/console.h"
#include "harness/examiner.h"
#include "harness/fuzz_job.h"
#include "harness/interrupt.h"
#include "harness/known_failures.h"
#include "harness/open_subject.h"
#include "harness/reports.h"
#include "harness/scratch_folder.h"
#include "harness/text.h"

namespace vdsconform {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLookMs = 20;
// What one input may use of its own time before it is looked into apart.
constexpr uint32_t kInputPatienceMs = 400;
// A process that dies before it runs anything will do so again.
constexpr uint32_t kMaxVainStarts = 3;
// How long a Program is tried again and made smaller, so that one does not take all the time.
constexpr auto kExaminedFor = std::chrono::seconds(15);
constexpr auto kExaminedAtLast = std::chrono::seconds(5);
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
        corpus_(std::move(corpus)),
        console_(std::cout, Console::StyleOf(1)),
        examiner_(subject, campaign, options.iut.patience,
                  [this] { return StopRequested() || Clock::now() >= examined_until_; }) {
    campaign_->elapsed = [this] {
      return std::chrono::duration<double>(Clock::now() - start_).count();
    };
  }

  int Run() {
    Header();
    for (uint32_t i = 0; i < options_.fuzz.jobs && error_.empty(); ++i) {
      StartJob(jobs_.emplace_back());
    }
    while (error_.empty() && !StopRequested() && !TimeIsUp() && AnyRuns()) {
      Wait();
      for (Slot& slot : jobs_) {
        if (slot.job) LookAfter(slot);
      }
      ExamineClaims();
      ShowProgress(false);
    }
    for (Slot& slot : jobs_) Stop(slot);
    ExamineClaims();
    return Conclude();
  }

 private:
  struct Slot {
    std::unique_ptr<FuzzJob> job;
    uint64_t executions_before = 0;  // of processes that have ended
    uint32_t vain_starts = 0;
  };

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

  bool AnyRuns() const {
    return std::any_of(jobs_.begin(), jobs_.end(), [](const Slot& slot) { return !!slot.job; });
  }

  uint64_t Executions() const {
    uint64_t all = 0;
    for (const Slot& slot : jobs_) {
      all += slot.executions_before + (slot.job ? slot.job->executions() : 0);
    }
    return all;
  }

  void StartJob(Slot& slot) {
    FuzzWorkerOptions worker;
    worker.strict = campaign_->strict();
    worker.profile = campaign_->profile();
    worker.iut = options_.iut;
    const size_t most = kPackedHeaderBytes + options_.fuzz.max_steps * kPackedStepBytes;
    const uint64_t seed = campaign_->seed + 7919 * starts_++;
    const bool shares = options_.fuzz.jobs > 1 || !options_.fuzz.corpus.empty();
    worker.engine = {"-max_len=" + std::to_string(most),
                     "-seed=" + std::to_string(seed % 0x7FFFFFFF + 1), "-timeout=0",
                     "-rss_limit_mb=4096", "-malloc_limit_mb=4096", "-detect_leaks=0",
                     "-print_funcs=0", "-print_pcs=0", "-verbosity=1", "-entropic=0",
                     // Nobody but other processes adds to the corpus.
                     shares ? "-reload=1" : "-reload=0",
                     // Whatever ends the process is seen from outside.
                     "-handle_segv=0", "-handle_bus=0", "-handle_abrt=0", "-handle_ill=0",
                     "-handle_fpe=0", "-handle_int=0", "-handle_term=0", "-handle_xfsz=0",
                     "-handle_usr1=0", "-handle_usr2=0", "-handle_alrm=0"};
    if (options_.fuzz.runs != 0) {
      const uint64_t share = std::max<uint64_t>(1, options_.fuzz.runs / options_.fuzz.jobs);
      const uint64_t left = share > slot.executions_before ? share - slot.executions_before : 0;
      if (left == 0) return;
      worker.engine.push_back("-runs=" + std::to_string(left));
    }
    worker.engine.push_back(corpus_);
    auto started = FuzzJob::Start(std::move(worker));
    if (auto* error = std::get_if<std::string>(&started)) {
      error_ = std::move(*error);
      return;
    }
    slot.job = std::get<std::unique_ptr<FuzzJob>>(std::move(started));
  }

  void Wait() {
    std::vector<pollfd> polled;
    for (const Slot& slot : jobs_) {
      if (!slot.job) continue;
      for (const int fd : slot.job->descriptors()) polled.push_back({fd, POLLIN, 0});
    }
    poll(polled.data(), polled.size(), kLookMs);
  }

  // Takes what the process says, and puts another in its place where it came to its end.
  void LookAfter(Slot& slot) {
    slot.job->Read();
    const FuzzJob::State state = slot.job->Look(kInputPatienceMs);
    TakeClaims(slot);
    if (state == FuzzJob::State::kRuns) return;
    const bool in_vain = slot.job->executions() == 0;
    if (state == FuzzJob::State::kEnded) return Stop(slot);
    if (state == FuzzJob::State::kDied && in_vain) {
      const bool has_engine = slot.job->End().detail != "exit status " + std::to_string(kNoEngine);
      if (!has_engine || ++slot.vain_starts >= kMaxVainStarts) {
        error_ = slot.job->WhyInVain();
        return;
      }
    } else {
      slot.vain_starts = 0;
      const std::string what = state == FuzzJob::State::kStuck
                                   ? std::string("a call that did not come back")
                                   : slot.job->End().detail;
      claims_.push_back(
          {{what, slot.job->CurrentInput(), slot.job->executions(), Clock::now()}, Before(slot)});
      ++ends_;
    }
    Stop(slot);
    // What ended it is looked into before it can end the next.
    ExamineClaims();
    if (!TimeIsUp() && !StopRequested()) StartJob(slot);
  }

  void TakeClaims(Slot& slot) {
    for (FuzzJob::Claim& claim : slot.job->TakeClaims()) {
      claims_.push_back({std::move(claim), Before(slot)});
    }
  }

  // Executions that do not count in the process that makes them now: of those that were in its
  // place, and of the others.
  uint64_t Before(const Slot& slot) const {
    return Executions() - (slot.job ? slot.job->executions() : 0);
  }

  void Stop(Slot& slot) {
    if (!slot.job) return;
    slot.job->Read();
    TakeClaims(slot);
    NoteReach(*slot.job);
    slot.executions_before += slot.job->executions();
    slot.job.reset();
  }

  void ExamineClaims() {
    while (!claims_.empty() && error_.empty()) {
      const auto [claim, before] = std::move(claims_.front());
      claims_.pop_front();
      // A requirement and a cause that were looked into before tell nothing new; how a process
      // ended may have any cause.
      const bool is_cause = claim.key.rfind("QS-", 0) == 0 || claim.key.rfind("QA-", 0) == 0;
      if (is_cause && !OnlySlept(claim) && !examined_.insert(claim.key).second) continue;
      if (StopRequested()) return;
      Examine(claim, before + claim.executions);
    }
  }

  void Examine(const FuzzJob::Claim& claim, uint64_t executions) {
    Program program;
    UnpackProgram(claim.input, &program);
    RestrictTo(campaign_->iut.capabilities, &program);
    const bool sleeps = OnlySlept(claim);
    examined_until_ = Clock::now() + (TimeIsUp() ? kExaminedAtLast : kExaminedFor);
    Examiner::Result result = examiner_.Examine(program, !sleeps);
    for (Slot& slot : jobs_) {
      if (slot.job) slot.job->Forgive();
    }
    if (!result.error.empty()) {
      error_ = result.error;
      return;
    }
    const double seconds = std::chrono::duration<double>(claim.at - start_).count();
    for (const Examiner::Found& found : result.found) Report(found, executions, seconds);
    if (!result.confirmed && !sleeps && unconfirmed_keys_.insert(claim.key).second) {
      const Artifacts::Saved saved = Artifacts(&options_).Save(program, "unconfirmed");
      unconfirmed_.push_back(claim.key +
                             (saved.error.empty() ? ": " + saved.command : ": " + saved.error));
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
      ++findings_;
      if (campaign_->Counts(reported.finding)) ++counting_;
    }
  }

  // The most of any process, as they share what they learn.
  void NoteReach(const FuzzJob& job) {
    features_ = std::max(features_, job.features());
    kept_ = std::max(kept_, job.corpus());
    coverage_ = std::max(coverage_, job.coverage());
  }

  std::string Progress() {
    for (const Slot& slot : jobs_) {
      if (slot.job) NoteReach(*slot.job);
    }
    const double seconds = campaign_->elapsed();
    const uint64_t executions = Executions();
    std::string line =
        "#" + Grouped(executions) + "  " +
        Grouped(static_cast<uint64_t>(static_cast<double>(executions) / std::max(seconds, 0.001))) +
        "/s  ";
    if (coverage_ > 0) line += "coverage " + Grouped(coverage_) + "  ";
    line += "features " + Grouped(features_) + "  corpus " + Grouped(kept_) + "  findings " +
            Grouped(findings_) + "  " + Duration(seconds);
    if (ends_ > 0) line += "  restarts " + Grouped(ends_);
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
    const uint64_t executions = Executions();
    ShowProgress(true);
    if (!error_.empty()) {
      std::cerr << "vdsconform: " << Printable(error_) << '\n';
      return ExitCode(Verdict::kError);
    }
    for (const std::string& claim : unconfirmed_) {
      console_.Line("not shown again by its program alone: " + Printable(claim));
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
  const std::string corpus_;
  Console console_;
  Examiner examiner_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_line_ = Clock::now();
  Clock::time_point examined_until_ = Clock::now();
  std::vector<Slot> jobs_;
  struct Suspicion {
    FuzzJob::Claim claim;
    uint64_t before = 0;  // executions beside those of its process
  };
  std::deque<Suspicion> claims_;
  std::set<std::string> examined_;
  std::set<std::string> unconfirmed_keys_;
  std::vector<std::string> unconfirmed_;
  std::string error_;
  uint64_t starts_ = 0;
  uint64_t ends_ = 0;  // of processes, before their time
  uint64_t findings_ = 0;
  uint64_t counting_ = 0;
  uint64_t features_ = 0;
  uint64_t kept_ = 0;
  uint64_t coverage_ = 0;
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
