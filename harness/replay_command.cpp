#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <sstream>

#include "harness/artifacts.h"
#include "harness/code_listing.h"
#include "harness/commands.h"
#include "harness/console.h"
#include "harness/interrupt.h"
#include "harness/one_interleaving.h"
#include "harness/open_subject.h"
#include "harness/program_json.h"
#include "harness/text.h"
#include "harness/trial.h"
#include "spec/history_json.h"

namespace vdsconform {
namespace {

// A longer history is shown around its findings only.
constexpr size_t kMaxShownCalls = 200;
constexpr size_t kShownAround = 8;

int WrongUse(const std::string& message) {
  std::cerr << "vdsconform: " << Printable(message) << '\n';
  return 2;
}

std::variant<Program, std::string> ReadProgram(const std::string& name) {
  std::ifstream file;
  if (name != "-") {
    errno = 0;
    file.open(name, std::ios::binary);
    if (!file) return name + ": cannot be read: " + std::strerror(errno);
  }
  std::istream& in = name == "-" ? std::cin : file;
  const std::string json{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) return name + ": cannot be read";
  std::variant<Program, std::string> program = ParseProgram(json);
  if (const auto* error = std::get_if<std::string>(&program)) return name + ": " + *error;
  return program;
}

void PrintProgram(const Program& program) {
  std::cout << "\nProgram";
  if (!program.name.empty()) std::cout << " \"" << Printable(program.name) << '"';
  std::cout << ", " << Name(program.schedule.kind);
  if (program.schedule.kind == Schedule::Kind::kRacing) {
    std::cout << ", " << Count(program.schedule.rounds, "round");
  }
  const bool explored = program.schedule.kind == Schedule::Kind::kExplored;
  for (const Preemption& preemption : program.schedule.preemptions) {
    std::cout << "; step " << preemption.step + 1 << " is stopped before "
              << (explored ? "each instruction" : Printable(Describe(preemption.point)));
  }
  std::cout << '\n';
  for (size_t i = 0; i < program.operations.size(); ++i) {
    std::cout << "  operation " << i << ": its progress "
              << (program.operations[i].estimable ? "can" : "cannot") << " be estimated\n";
  }
  for (size_t i = 0; i < program.steps.size(); ++i) {
    std::cout << "  step " << i + 1 << ": " << Describe(program.steps[i]) << '\n';
  }
}

void PrintCode(const Program& preempted, const std::string& library) {
  for (const Preemption& preemption : preempted.schedule.preemptions) {
    std::cout << '\n';
    for (const std::string& line : DescribeCode(preemption, library)) {
      std::cout << Printable(line) << '\n';
    }
  }
}

// Where the threads were stopped in the interleaving that showed the finding.
void PrintCode(const Trial& trial, const Finding& finding, const std::string& library) {
  if (const auto one = OneInterleaving(trial.program, trial.execution, finding)) {
    PrintCode(*one, library);
  }
}

// The indices of the events to show: all, or those around what the findings rest on.
std::set<size_t> Shown(const Trial& trial) {
  const std::vector<Event>& events = trial.execution.history.events;
  std::set<size_t> shown;
  for (size_t i = 0; events.size() <= kMaxShownCalls && i < events.size(); ++i) shown.insert(i);
  if (!shown.empty()) return shown;
  for (const Finding& finding : trial.judgement.findings) {
    for (const Event& witness : finding.witnesses) {
      const auto at = std::find(events.begin(), events.end(), witness);
      if (at == events.end()) continue;
      const auto index = static_cast<size_t>(at - events.begin());
      const size_t first = index > kShownAround ? index - kShownAround : 0;
      const size_t last = std::min(events.size(), index + kShownAround + 1);
      for (size_t i = first; i < last; ++i) shown.insert(i);
    }
  }
  return shown;
}

void PrintHistory(const Trial& trial) {
  const std::vector<Event>& events = trial.execution.history.events;
  const std::set<size_t> shown = Shown(trial);
  std::cout << "\nHistory, " << Count(events.size(), "call");
  if (shown.size() < events.size()) std::cout << "; --history FILE writes all of them";
  std::cout << '\n';
  size_t next = 0;
  for (const size_t i : shown) {
    if (i != next) std::cout << "  ...\n";
    next = i + 1;
    const std::string step = events[i].step ? "step " + std::to_string(*events[i].step + 1) : "";
    std::cout << "  " << step << std::string(step.size() < 10 ? 10 - step.size() : 1, ' ')
              << Printable(Describe(events[i])) << '\n';
  }
  if (next < events.size()) std::cout << "  ...\n";
}

// Runs the Program until it shows a finding that counts, `repeat` times at most.
Trial TryUntilShown(Trier& trier, const Program& program, uint32_t repeat, uint32_t* runs) {
  Trial trial;
  for (*runs = 0; *runs < repeat && !trier.stopping();) {
    trial = trier.Try(program);
    ++*runs;
    const bool over =
        trial.failed || !trial.execution.error.empty() || !trial.execution.inconclusive.empty();
    if (over) break;
  }
  return trial;
}

int Conclude(const Options& options, const Trial& trial, uint32_t runs, Campaign* campaign,
             Console* console) {
  const bool explores = options.command == Command::kExplore;
  const std::string again = std::string("vdsconform ") + (explores ? "explore " : "replay ") +
                            ShellWord(options.file) + " " + IutArguments(options);
  for (const ReportedFinding& reported :
       campaign->Add(trial.judgement, "replay of " + options.file, &trial.program, again,
                     trial.execution.output)) {
    console->Finding(*campaign, reported);
    if (explores) PrintCode(trial, reported.finding, options.iut.library);
  }
  std::cout << '\n';
  const std::string in_runs = runs == 1 ? "" : " in " + Count(runs, "run");
  if (!trial.execution.error.empty()) {
    std::cout << "ERROR: the suite failed: " << Printable(trial.execution.error) << '\n';
    return ExitCode(Verdict::kError);
  }
  if (trial.failed) {
    std::cout << "FAIL: the program shows a finding" << (runs == 1 ? "" : in_runs) << '\n';
    return ExitCode(Verdict::kFail);
  }
  if (StopRequested() || !trial.execution.inconclusive.empty()) {
    std::cout << "INCONCLUSIVE: "
              << (StopRequested() ? "interrupted" : Printable(trial.execution.inconclusive))
              << '\n';
    return ExitCode(Verdict::kInconclusive);
  }
  std::cout << "PASS: the program shows no finding" << in_runs << '\n';
  return ExitCode(Verdict::kPass);
}

}  // namespace

int ReplayCommand(const Options& options) {
  const std::variant<Program, std::string> read = ReadProgram(options.file);
  if (const auto* error = std::get_if<std::string>(&read)) return WrongUse(*error);
  const Program& program = std::get<Program>(read);
  const bool explores = options.command == Command::kExplore;
  if (explores && program.schedule.preemptions.empty()) {
    return WrongUse(options.file + ": stops no thread; `vdsconform replay` runs it");
  }
  std::optional<OutputFile> history;
  if (!options.history.empty()) {
    std::variant<OutputFile, std::string> prepared = OutputFile::Prepare(options.history);
    if (const auto* error = std::get_if<std::string>(&prepared)) return WrongUse(*error);
    history = std::get<OutputFile>(std::move(prepared));
  }
  HandleInterrupts();
  signal(SIGPIPE, SIG_IGN);
  std::variant<std::unique_ptr<Subject>, std::string> opened = OpenSubject(options.iut);
  if (const auto* error = std::get_if<std::string>(&opened)) return WrongUse(*error);
  Subject& subject = *std::get<std::unique_ptr<Subject>>(opened);

  Campaign campaign(options.profile, false);
  campaign.iut = subject.info();
  campaign.iut_origin = Origin(options.iut);
  Console console(std::cout, Console::StyleOf(1));
  Trier trier(&subject, options.profile, options.iut.patience,
              [] { return StopRequested().load(); });
  uint32_t runs = 0;
  const Trial trial = TryUntilShown(trier, program, options.repeat, &runs);
  console.Line(
      console.Coloured("1", std::string("vdsconform ") + (explores ? "explore: " : "replay: ") +
                                Printable(campaign.iut.name + " " + campaign.iut.version)));
  PrintProgram(program);
  if (explores && program.schedule.kind == Schedule::Kind::kPreempted) {
    PrintCode(program, options.iut.library);
  }
  PrintHistory(trial);
  const int exit_code = Conclude(options, trial, runs, &campaign, &console);
  if (!history) return exit_code;
  std::ostringstream lines;
  WriteHistory(lines, trial.execution.history);
  const std::string error = history->Write(lines.str());
  if (error.empty()) return exit_code;
  std::cerr << "vdsconform: " << error << '\n';
  return ExitCode(Verdict::kError);
}

}  // namespace vdsconform
