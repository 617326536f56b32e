#include "harness/trial.h"

#include <algorithm>
#include <utility>

namespace vdsconform {
namespace {

// What it lets go early then only shows less, and nothing false.
constexpr uint32_t kShortRestMs = 2;
constexpr uint32_t kShortHangMs = 500;
constexpr uint32_t kConfirmFactor = 4;
// In a fresh process the first call may have a lot to do, whatever the patience of a quick run.
constexpr uint32_t kFreshRestMs = 4'000;

bool IsSeenWaiting(const Finding& finding) {
  return finding.req == Req::kQs06 && !finding.witnesses.empty() &&
         finding.witnesses.back().witness != Witness::kNone;
}

// A finding that a call waits which rests on patience: not one that saw the call's own sleep.
bool IsWait(const Finding& finding) {
  return IsSeenWaiting(finding) && finding.witnesses.back().slept_in.empty();
}

// One that needs no confirmation: its own sleep was seen, and it came back.
bool IsSeenAsleep(const Finding& finding) {
  return IsSeenWaiting(finding) && !finding.witnesses.back().slept_in.empty() &&
         finding.witnesses.back().fault == Fault::kNone;
}

bool IsHang(const Finding& finding) {
  return !finding.witnesses.empty() && finding.witnesses.back().fault == Fault::kHung;
}

bool Crashed(const History& history) {
  return std::any_of(history.events.begin(), history.events.end(),
                     [](const Event& event) { return event.fault == Fault::kCrashed; });
}

bool ShowsWait(const Judgement& judgement) {
  return std::any_of(judgement.findings.begin(), judgement.findings.end(), IsWait);
}

bool ShowsHang(const Judgement& judgement, Req req) {
  return std::any_of(judgement.findings.begin(), judgement.findings.end(),
                     [&](const Finding& finding) { return finding.req == req && IsHang(finding); });
}

}  // namespace

Trier::Trier(Subject* subject, Profile profile, const Patience& patience,
             std::function<bool()> stopping)
    : subject_(subject),
      profile_(profile),
      full_(patience),
      patience_(patience),
      stopping_(std::move(stopping)) {
  subject_->set_patience(patience_);
}

Trial Trier::Try(const Program& program) {
  Trial trial;
  trial.program = program;
  if (!stopping()) trial.execution = subject_->Execute(program);
  // What a Program showed while it was being stopped is no conduct of the IUT.
  if (stopping()) {
    trial.execution = Execution{};
    trial.execution.inconclusive = "interrupted";
    return trial;
  }
  if (!trial.execution.error.empty()) return trial;
  trial.judgement = JudgeHistory(trial.execution.history, profile_);
  ConfirmCrash(trial);
  if (!trial.execution.error.empty()) return trial;
  ConfirmWaits(trial);
  ConfirmHangs(trial);
  trial.failed = std::any_of(trial.judgement.findings.begin(), trial.judgement.findings.end(),
                             [](const Finding& finding) { return !Get(finding.req).advisory; });
  return trial;
}

std::optional<Trial> Trier::TakeConfirmedWait() { return std::exchange(confirmed_wait_, {}); }

Execution Trier::ExecuteWith(const Patience& patience, const Program& program) {
  subject_->set_patience(patience);
  Execution execution = subject_->Execute(program);
  subject_->set_patience(patience_);
  return execution;
}

void Trier::ConfirmWaits(Trial& trial) {
  std::vector<Finding>& findings = trial.judgement.findings;
  const bool waits = ShowsWait(trial.judgement);
  const bool confirmed = waits && !waits_ && WaitsAgain(trial);
  if (waits && !confirmed) std::erase_if(findings, IsWait);
  const bool asleep = std::any_of(findings.begin(), findings.end(), IsSeenAsleep);
  if (!waits_ && (confirmed || asleep)) NoteWait(trial);
}

bool Trier::WaitsAgain(Trial& trial) {
  Patience longer = full_;
  longer.rest_ms *= kConfirmFactor;
  if (WaitsWith(longer, trial)) return true;
  if (stopping() || !trial.execution.error.empty() || !subject_->Renew()) return false;
  longer.rest_ms = std::max(longer.rest_ms, kFreshRestMs);
  return WaitsWith(longer, trial);
}

bool Trier::WaitsWith(const Patience& patience, Trial& trial) {
  const Execution again = ExecuteWith(patience, trial.program);
  trial.execution.error = again.error;
  return !stopping() && again.error.empty() && ShowsWait(JudgeHistory(again.history, profile_));
}

void Trier::NoteWait(const Trial& trial) {
  waits_ = true;
  patience_.rest_ms = std::min(patience_.rest_ms, kShortRestMs);
  // Of an operation that the driver has let go of, such a call never comes back.
  patience_.hang_ms = std::min(patience_.hang_ms, kShortHangMs);
  subject_->set_patience(patience_);
  confirmed_wait_ = trial;
}

void Trier::ConfirmCrash(Trial& trial) {
  const Schedule::Kind kind = trial.program.schedule.kind;
  const bool stops = kind == Schedule::Kind::kExplored || kind == Schedule::Kind::kPreempted;
  if (!stops || stopping() || !Crashed(trial.execution.history)) return;
  Execution again = subject_->Execute(trial.program);
  if (again.error.empty() && (stopping() || Crashed(again.history))) return;
  trial.execution = std::move(again);
  trial.judgement = JudgeHistory(trial.execution.history, profile_);
  if (trial.execution.inconclusive.empty()) {
    trial.execution.inconclusive =
        "it crashed once while threads were stopped and not when it was tried again";
  }
}

void Trier::ConfirmHangs(Trial& trial) {
  std::set<Req> reqs;
  for (const Finding& finding : trial.judgement.findings) {
    if (IsHang(finding)) reqs.insert(finding.req);
  }
  const bool full = patience_.hang_ms == full_.hang_ms;
  const bool race = trial.program.schedule.kind == Schedule::Kind::kRacing;
  for (const Req req : reqs) {
    bool keep = full && race;
    const bool known = hung_.count(req) != 0 || (waits_ && req == Req::kQs06);
    if (!keep && !known) {
      Patience longer = patience_;
      longer.hang_ms = full_.hang_ms;
      const Execution again = ExecuteWith(longer, trial.program);
      if (!again.error.empty()) trial.execution.error = again.error;
      keep = !stopping() && again.error.empty() &&
             ShowsHang(JudgeHistory(again.history, profile_), req);
      if (!keep && full) {
        trial.execution.inconclusive = "a call hung once and not when it was tried again";
      }
    }
    if (keep) {
      hung_.insert(req);
    } else {
      std::erase_if(trial.judgement.findings,
                    [&](const Finding& finding) { return finding.req == req && IsHang(finding); });
    }
  }
  if (!hung_.empty() && patience_.hang_ms > kShortHangMs) {
    patience_.hang_ms = kShortHangMs;
    subject_->set_patience(patience_);
  }
}

}  // namespace vdsconform
