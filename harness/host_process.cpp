#include "harness/host_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <optional>
#include <utility>

#include "harness/autopsy.h"
#include "harness/host_connection.h"
#include "harness/program_json.h"
#include "harness/protocol.h"
#include "spec/history_json.h"
#include "spec/iut.h"

namespace vdsconform {
namespace {

using StartedConnection = std::variant<std::unique_ptr<HostConnection>, std::string>;
using Happening = HostConnection::Happening;

constexpr const char* kInterrupted = "interrupted";

class HostedSubject : public Subject {
 public:
  HostedSubject(std::function<StartedConnection()> start, std::string origin, bool foreign,
                const HostSettings& settings)
      : start_(std::move(start)),
        origin_(std::move(origin)),
        foreign_(foreign),
        settings_(settings) {}

  // Starts a host and hears what it says of itself; an error, or empty.
  std::string Connect();

  const IutInfo& info() const override { return info_; }
  void set_patience(const Patience& patience) override {
    settings_.patience = patience;
    patience_sent_ = false;
  }
  Execution Execute(const Program& program) override;
  bool Renew() override;

 private:
  // What was received in answer to one Program.
  struct Answer {
    Execution execution;
    HistoryLineParser parser;
    uint64_t bytes = 0;
  };

  bool Stopping() const { return settings_.stop != nullptr && settings_.stop->load(); }
  bool driven() const { return (info_.capabilities & VDSCONFORM_DRIVE) != 0; }
  uint64_t SilenceMs() const { return uint64_t{2} * settings_.patience.hang_ms + 30'000; }
  std::string FirstLine();
  void Receive(const Program& program, Answer& answer);
  bool Take(const Program& program, Answer& answer);
  void NoteAt(const At& at, const Program& program);
  void Bury(const Program& program, Happening happening, Execution& execution);
  void Discard(const std::string& error, Execution& execution);

  std::function<StartedConnection()> start_;
  std::string origin_;  // the library or command, for messages
  bool foreign_;
  HostSettings settings_;
  std::unique_ptr<HostConnection> host_;
  IutInfo info_;
  bool patience_sent_ = false;
  std::string last_program_;
  int64_t at_count_ = 0;
};

std::string WithOutput(std::string message, const std::string& output) {
  if (!output.empty()) message += "; it printed:\n" + output;
  return message;
}

std::string HostedSubject::Connect() {
  StartedConnection started = start_();
  if (const auto* error = std::get_if<std::string>(&started)) return *error;
  host_ = std::get<std::unique_ptr<HostConnection>>(std::move(started));
  host_->Limit(settings_.limits);
  patience_sent_ = false;
  std::string error = FirstLine();
  if (!error.empty()) host_.reset();
  return error;
}

std::string HostedSubject::FirstLine() {
  switch (host_->Wait(SilenceMs(), settings_.stop)) {
    case Happening::kStopped:
      return kInterrupted;
    case Happening::kSilent:
      return origin_ + ": the host said nothing when it was started";
    case Happening::kTooLong:
      return origin_ + ": the host's first line is longer than allowed";
    case Happening::kExcess:
      return origin_ + ": the host was ended while it started: " + host_->excess();
    case Happening::kEnded: {
      if (Stopping()) return kInterrupted;
      const Death& death = host_->End();
      return WithOutput(
          fmt::format("{}: the process ended while the implementation was being loaded: {}",
                      origin_, death.detail),
          host_->output());
    }
    case Happening::kLine:
      break;
  }
  const HostLine line = ParseHostLine(host_->line());
  if (const auto* malformed = std::get_if<Malformed>(&line)) {
    return fmt::format("{}: the host's first line is not a greeting: {}: {}", origin_,
                       malformed->message, Excerpt(host_->line()));
  }
  const auto* hello = std::get_if<Hello>(&line);
  if (hello == nullptr) {
    return fmt::format(
        "{}: the host's first line is not a greeting (\"vdsconform\":\"host/1\"): {}", origin_,
        Excerpt(host_->line()));
  }
  if (!hello->error.empty()) return hello->error;
  info_ = hello->info;
  return "";
}

Execution HostedSubject::Execute(const Program& program) {
  Answer answer;
  Execution& execution = answer.execution;
  const Schedule::Kind kind = program.schedule.kind;
  const bool stops = kind == Schedule::Kind::kPreempted || kind == Schedule::Kind::kExplored;
  if (stops && !info_.no_exploration.empty()) {
    execution.not_explored = execution.inconclusive = info_.no_exploration;
    return std::move(execution);
  }
  std::optional<Death> late;
  std::string late_output;
  if (host_ && host_->Ended() && !Stopping()) {
    late = host_->End();
    late_output = host_->output();
    host_.reset();
  }
  if (!host_) {
    execution.error = Connect();
    if (execution.error == kInterrupted) std::swap(execution.error, execution.inconclusive);
  }
  if (host_) {
    if (!patience_sent_) host_->Send(ToJson(settings_.patience));
    patience_sent_ = true;
    host_->Send(ToJson(program));
    Receive(program, answer);
  }
  // A foreign host may leave whenever it is done; ours does not, unless the IUT makes it.
  if (late && !(foreign_ && late->fault == Fault::kExited)) {
    AddLateDeath(*late, last_program_, program, driven(), execution.history);
    if (execution.output.empty()) execution.output = late_output;
  }
  last_program_ = program.name;
  return std::move(execution);
}

bool HostedSubject::Renew() {
  // One that died after its last Program is kept for Execute, which reports it.
  if (host_ && !host_->Ended()) host_.reset();
  return true;
}

void HostedSubject::Receive(const Program& program, Answer& answer) {
  while (true) {
    const Happening happening = host_->Wait(SilenceMs(), settings_.stop);
    if (happening == Happening::kLine) {
      if (!Take(program, answer)) return;
    } else if (happening == Happening::kTooLong) {
      Discard(fmt::format("the host sent a line of more than {} bytes", kMaxLine),
              answer.execution);
      return;
    } else {
      Bury(program, happening, answer.execution);
      return;
    }
  }
}

// Takes one line of the answer. False: it was the last.
bool HostedSubject::Take(const Program& program, Answer& answer) {
  const std::string_view text = host_->line();
  answer.bytes += text.size();
  if (answer.bytes > kMaxHistory) {
    Discard(fmt::format("the host sent a history of more than {} MiB", kMaxHistory >> 20),
            answer.execution);
    return false;
  }
  const HostLine line = ParseHostLine(text);
  if (std::holds_alternative<HistoryLine>(line)) {
    const auto kind = answer.parser.Parse(text);
    if (kind == HistoryLineParser::Kind::kEvent) {
      answer.execution.history.events.push_back(answer.parser.event());
    } else if (kind == HistoryLineParser::Kind::kError) {
      const ReadError& error = answer.parser.error();
      Discard(fmt::format("the host sent a history that cannot be read: line {}: {}: {}",
                          error.line, error.message, Excerpt(text)),
              answer.execution);
      return false;
    }
    return true;
  }
  if (const auto* at = std::get_if<At>(&line)) {
    NoteAt(*at, program);
    return true;
  }
  if (std::holds_alternative<Alive>(line)) return true;
  if (const auto* done = std::get_if<Done>(&line)) {
    answer.execution.exploration = done->exploration;
    answer.execution.stack_bytes = done->stack_bytes;
    answer.execution.inconclusive = done->inconclusive;
    answer.execution.error = done->error;
    if (done->hung) host_.reset();
    return false;
  }
  const auto* malformed = std::get_if<Malformed>(&line);
  Discard(fmt::format("the host sent a line that is not of the protocol: {}: {}",
                      malformed ? malformed->message : "a second greeting", Excerpt(text)),
          answer.execution);
  return false;
}

// Keeps a foreign host's word of where it is as our own host's is kept.
void HostedSubject::NoteAt(const At& at, const Program& program) {
  Journal::Slot& slot = host_->journal().slots[std::min(at.thread, kMaxThreads)];
  if (!at.step) {
    slot.call = -1;
    return;
  }
  slot.step = static_cast<int32_t>(*at.step);
  slot.t0 = ++at_count_;
  slot.op = 0;
  slot.null_outputs = 0;
  Call call = at.call.value_or(Call::kQueryStatus);
  if (*at.step < program.steps.size()) {
    const Step& step = program.steps[*at.step];
    slot.op = step.op;
    slot.null_outputs = static_cast<uint32_t>(step.null_outputs);
    call = at.call.value_or(CallOf(step.action));
  }
  slot.call = static_cast<int32_t>(call);
}

// The host has ended or has to be: gives the history its end.
void HostedSubject::Bury(const Program& program, Happening happening, Execution& execution) {
  Death death = host_->End();
  execution.output = host_->output();
  if (happening == Happening::kStopped || Stopping()) {
    execution.inconclusive = kInterrupted;
    execution.output.clear();
  } else {
    if (happening == Happening::kSilent) {
      death = {Fault::kHung,
               fmt::format("the process gave no sign of life for {} s", SilenceMs() / 1'000), 0};
    }
    if (happening == Happening::kExcess) {
      death = {Fault::kCrashed, "the process was ended: " + host_->excess(), 0};
    }
    const Journal& journal = host_->journal();
    if (journal.stopping != 0 && death.signal == SIGTRAP) {
      // The trap was ours, and something kept us from taking it: nobody's fault that can be named.
      execution.not_explored = execution.inconclusive =
          "the process died of a trap while its threads were being stopped; does the "
          "implementation "
          "handle or block SIGTRAP?";
    } else {
      execution.stops_at_death = StopsAtDeath(journal, program);
      AddDeath(death, journal, program, driven(), execution.history);
    }
  }
  host_.reset();
}

void HostedSubject::Discard(const std::string& error, Execution& execution) {
  host_->End();
  execution.error = origin_ + ": " + error;
  execution.output = host_->output();
  host_.reset();
}

StartedSubject StartSubject(std::function<StartedConnection()> start, std::string origin,
                            bool foreign, const HostSettings& settings) {
  auto subject =
      std::make_unique<HostedSubject>(std::move(start), std::move(origin), foreign, settings);
  if (std::string error = subject->Connect(); !error.empty()) return error;
  return subject;
}

}  // namespace

StartedSubject StartHostedIut(const std::string& library,
                              const std::vector<std::string>& parameters,
                              const HostSettings& settings) {
  return StartSubject(
      [library, parameters, executable = settings.executable] {
        return HostConnection::StartOwn(executable, library, parameters);
      },
      library, false, settings);
}

StartedSubject StartForeignHost(const std::string& command, const HostSettings& settings) {
  return StartSubject([command] { return HostConnection::StartForeign(command); },
                      "--host \"" + command + "\"", true, settings);
}

}  // namespace vdsconform
