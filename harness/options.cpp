#include "harness/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>

#include "harness/program_bytes.h"
#include "harness/text.h"

namespace vdsconform {
namespace {

constexpr uint32_t kMaxPatienceMs = 3'600'000;
constexpr uint32_t kMaxFuzzSeconds = 100'000'000;
constexpr uint32_t kMaxJobs = 32;
constexpr uint32_t kMaxOperationSeconds = 1'000'000;
// Of a quick run, unless --rest-ms says otherwise. What is seen waiting is confirmed with several
// times as much (trial.h).
constexpr uint32_t kQuickRestMs = 250;

// The cases that explore.
constexpr const char* kExploredCases = "*Explored*";

constexpr const char* kFooter =
    "Exit codes: 0 conforms; 1 does not; 2 wrong use or unreadable input; 3 inconclusive; 4 the\n"
    "suite itself failed. `vdsconform COMMAND --help` has a command's options.";

// What the parser fills in beside Options itself.
struct Raw {
  std::string profile = "win32";
  uint32_t operation_s = 300;
  uint64_t seed = 0;
  std::string explore;
};

// CLI11 takes a negative number for a large one, and one that is too large for the largest. An
// error, or empty.
std::string IsSeed(const std::string& text) {
  uint64_t seed = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, seed);
  const bool whole = error == std::errc() && parsed == end;
  return whole ? "" : "expected a whole number from 0 to 2^64 - 1, got " + text;
}

void AddProfile(CLI::App* command, Raw* raw) {
  command->add_option("--profile", raw->profile, "What to judge by: win32 or ms-vds")
      ->check(CLI::IsMember({"win32", "ms-vds"}))
      ->capture_default_str();
}

void AddReportOptions(CLI::App* command, ReportOptions* report) {
  const std::string group = "Reports";
  command->add_flag("--strict", report->strict, "Advisories fail, too");
  command
      ->add_option("--known-failures", report->known_failures,
                   "Findings that are expected: lines of a requirement and a reason")
      ->type_name("FILE");
  command->add_option("--json", report->json, "Write a JSON report")
      ->type_name("FILE")
      ->group(group);
  command->add_option("--junit", report->junit, "Write a JUnit report")
      ->type_name("FILE")
      ->group(group);
  command->add_option("--sarif", report->sarif, "Write a SARIF 2.1.0 report")
      ->type_name("FILE")
      ->group(group);
  command->add_option("--html", report->html, "Write a report to read in a browser")
      ->type_name("FILE")
      ->group(group);
}

void AddIutOptions(CLI::App* command, IutOptions* iut, Raw* raw) {
  const std::string group = "Implementation under test";
  command->add_option("--iut", iut->library, "The shared library to test")
      ->type_name("LIB")
      ->group(group);
  command
      ->add_option("--host", iut->host,
                   "A program that speaks the process protocol, as a shell command")
      ->type_name("COMMAND")
      ->group(group);
  // One value each time, so that what follows is not swallowed.
  command->add_option("--param", iut->parameters, "A value that `begin` gets; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->group(group);
  command
      ->add_flag("--in-process", iut->in_process,
                 "Run the library in this process, for a debugger: a crash ends the run")
      ->group(group);
  command
      ->add_option("--rest-ms", iut->patience.rest_ms,
                   "A call's own milliseconds after which it is taken to be waiting")
      ->type_name("MS")
      ->check(CLI::Range(1u, kMaxPatienceMs))
      ->capture_default_str()
      ->group("Patience");
  command
      ->add_option("--hang-ms", iut->patience.hang_ms,
                   "A call's own milliseconds after which it counts as hung")
      ->type_name("MS")
      ->check(CLI::Range(1u, kMaxPatienceMs))
      ->capture_default_str()
      ->group("Patience");
  command
      ->add_option("--operation-timeout", raw->operation_s,
                   "Seconds after which an operation that runs by itself is given up")
      ->type_name("S")
      ->check(CLI::Range(1u, kMaxOperationSeconds))
      ->capture_default_str()
      ->group("Patience");
}

void AddRun(CLI::App* app, Options* options, Raw* raw) {
  CLI::App* run = app->add_subcommand("run", "Test an implementation and give a verdict");
  AddIutOptions(run, &options->iut, raw);
  AddProfile(run, raw);
  AddReportOptions(run, &options->report);
  run->add_option("--filter", options->filter, "Which cases, as in --gtest_filter")
      ->type_name("PATTERN");
  run->add_option("--seed", raw->seed, "Seed of everything random; printed if left out")
      ->type_name("N")
      ->check(IsSeed, "a whole number");
  run->add_flag(
      "--quick", options->quick,
      "Fewer rounds and --rest-ms " + std::to_string(kQuickRestMs) + ", for a first look");
  run->add_option("--explore", raw->explore,
                  "Try every interleaving with so many stops, 1 or 2, or off; 1 if --quick, else 2")
      ->type_name("off|1|2")
      ->check(CLI::IsMember({"off", "1", "2"}));
  run->add_option("--artifacts", options->artifacts,
                  "Where programs that show findings are saved; made when one is")
      ->type_name("DIR")
      ->capture_default_str();
  run->footer("GoogleTest's flags (--gtest_...) and its variables for sharding work, too.");
}

void AddCheck(CLI::App* app, Options* options, Raw* raw) {
  CLI::App* check = app->add_subcommand("check", "Judge a history and give a verdict");
  check->add_option("FILE", options->file, "A history as JSON lines or packed; - is standard input")
      ->required();
  AddProfile(check, raw);
  AddReportOptions(check, &options->report);
}

void AddConvert(CLI::App* app, Options* options) {
  CLI::App* convert = app->add_subcommand("convert", "Pack a history, or unpack it");
  convert
      ->add_option("FILE", options->file, "A history as JSON lines or packed; - is standard input")
      ->required();
  convert->add_option("OUTPUT", options->output, "The file to write; - is standard output")
      ->required();
  convert
      ->add_option("--to", options->form,
                   "The form to write; the other one than FILE's if left out")
      ->type_name("json|binary")
      ->check(CLI::IsMember({"json", "binary"}));
}

void AddReplay(CLI::App* app, Options* options, Raw* raw) {
  CLI::App* replay = app->add_subcommand("replay", "Run a saved program again and show all of it");
  replay->add_option("PROGRAM", options->file, "A program as JSON; - is standard input")
      ->required();
  AddIutOptions(replay, &options->iut, raw);
  AddProfile(replay, raw);
  replay->add_option("--repeat", options->repeat, "How often, at most, until it shows a finding")
      ->type_name("N")
      ->check(CLI::Range(1u, 1'000'000'000u))
      ->capture_default_str();
  replay->add_option("--history", options->history, "Write the history as JSON lines")
      ->type_name("FILE");
}

void AddExplore(CLI::App* app, Options* options, Raw* raw) {
  CLI::App* explore = app->add_subcommand(
      "explore", "Only try interleavings, and show the code where a thread was stopped");
  CLI::Option* program = explore->add_option(
      "PROGRAM", options->file, "A saved program that stops threads, to run and show this one");
  AddIutOptions(explore, &options->iut, raw);
  AddProfile(explore, raw);
  explore->add_option("--explore", raw->explore, "How many threads are stopped at once, 1 or 2")
      ->type_name("1|2")
      ->check(CLI::IsMember({"1", "2"}))
      ->excludes(program);
  explore
      ->add_option(
          "--filter", options->filter,
          std::string("Which cases, as in --gtest_filter; ") + kExploredCases + " if left out")
      ->type_name("PATTERN")
      ->excludes(program);
  explore->add_option("--seed", raw->seed, "Seed of everything random; printed if left out")
      ->type_name("N")
      ->check(IsSeed, "a whole number")
      ->excludes(program);
  explore
      ->add_option("--artifacts", options->artifacts,
                   "Where programs that show findings are saved; made when one is")
      ->type_name("DIR")
      ->capture_default_str()
      ->excludes(program);
}

void AddFuzz(CLI::App* app, Options* options, Raw* raw) {
  CLI::App* fuzz = app->add_subcommand(
      "fuzz", "Search for programs that show a finding, until it is told to stop");
  AddIutOptions(fuzz, &options->iut, raw);
  AddProfile(fuzz, raw);
  fuzz->add_flag("--strict", options->report.strict, "Advisories are findings, too");
  fuzz->add_option("--known-failures", options->report.known_failures,
                   "Findings that are expected: lines of a requirement and a reason")
      ->type_name("FILE");
  fuzz->add_option("--time", options->fuzz.seconds, "Seconds; 0: until interrupted")
      ->type_name("S")
      ->check(CLI::Range(0u, kMaxFuzzSeconds))
      ->capture_default_str();
  fuzz->add_option("--runs", options->fuzz.runs, "Executions after which it stops; 0: no limit")
      ->type_name("N")
      ->check(IsSeed, "a whole number")
      ->capture_default_str();
  fuzz->add_option("--jobs", options->fuzz.jobs, "Processes that fuzz side by side")
      ->type_name("N")
      ->check(CLI::Range(1u, kMaxJobs))
      ->capture_default_str();
  fuzz->add_option("--corpus", options->fuzz.corpus,
                   "Where inputs are kept that reached something new, and read from at first")
      ->type_name("DIR");
  fuzz->add_option("--max-steps", options->fuzz.max_steps, "Steps of a program, at most")
      ->type_name("N")
      ->check(CLI::Range(1u, static_cast<uint32_t>(kMaxPackedSteps)))
      ->capture_default_str();
  fuzz->add_option("--seed", raw->seed, "Seed of everything random; printed if left out")
      ->type_name("N")
      ->check(IsSeed, "a whole number");
  fuzz->add_option("--artifacts", options->artifacts,
                   "Where programs that show findings are saved; made when one is")
      ->type_name("DIR")
      ->capture_default_str();
  fuzz->footer(
      "Exit codes: 0 nothing was found; 1 something was; 2 wrong use; 3 nothing was executed, or\n"
      "a suspicion could not be confirmed; 4 the suite itself failed.");
}

void AddCorpus(CLI::App* app, Options* options, Raw* raw) {
  CLI::App* corpus = app->add_subcommand("corpus", "Work on what `fuzz --corpus` has kept");
  corpus->require_subcommand(1);
  CLI::App* show = corpus->add_subcommand("show", "Show inputs as programs");
  show->add_option("PATH", options->paths, "Files and folders")->required();
  CLI::App* merge = corpus->add_subcommand(
      "merge", "Add to the first folder what the others reach beyond it, and nothing else");
  merge->add_option("DIR", options->paths, "The folder to add to, then those to take from")
      ->required()
      ->expected(2, 1'000);
  AddIutOptions(merge, &options->iut, raw);
  CLI::App* minimise = corpus->add_subcommand(
      "minimise", "Leave in a folder as few and as short inputs as reach all that it reaches");
  minimise->add_option("DIR", options->paths, "The folder")->required()->expected(1);
  AddIutOptions(minimise, &options->iut, raw);
  show->parse_complete_callback([=] { options->corpus_action = CorpusAction::kShow; });
  merge->parse_complete_callback([=] { options->corpus_action = CorpusAction::kMerge; });
  minimise->parse_complete_callback([=] { options->corpus_action = CorpusAction::kMinimise; });
}

void AddOthers(CLI::App* app, Options* options) {
  CLI::App* list = app->add_subcommand("list", "List the requirements, or the cases");
  CLI::Option* json = list->add_flag("--json", options->list_json, "As JSON");
  list->add_flag("--cases", options->list_cases, "The cases, one a line")->excludes(json);
  CLI::App* explain = app->add_subcommand("explain", "Explain a requirement");
  explain->add_option("ID", options->id, "A requirement, such as QS-09, or a contradiction, C5")
      ->required();
}

// What no single option can check; empty: nothing is wrong.
std::string WhatIsWrong(const Options& options) {
  const bool explores = options.command == Command::kExplore;
  const bool fuzzes = options.command == Command::kFuzz;
  const bool selects =
      options.command == Command::kCorpus && options.corpus_action != CorpusAction::kShow;
  const bool uses_iut = options.command == Command::kRun || options.command == Command::kReplay ||
                        explores || fuzzes || selects;
  const bool only_lists =
      std::any_of(options.gtest_flags.begin(), options.gtest_flags.end(),
                  [](const std::string& flag) { return flag.rfind("--gtest_list_tests", 0) == 0; });
  if (!options.gtest_flags.empty() && options.command != Command::kRun &&
      !(options.command == Command::kList && options.list_cases)) {
    return options.gtest_flags.front() + ": GoogleTest's flags belong to `run` and `list --cases`";
  }
  if (!uses_iut) return {};
  const IutOptions& iut = options.iut;
  if (!iut.library.empty() && !iut.host.empty()) {
    return "--iut and --host exclude each other: give the one to test";
  }
  if (explores && iut.library.empty()) {
    return "what is to be explored is a library's code: give --iut LIB";
  }
  if (iut.library.empty() && iut.host.empty() && !only_lists) {
    return "what is to be tested? Give --iut LIB or --host COMMAND";
  }
  if (iut.in_process && iut.library.empty() && !only_lists) {
    return "--in-process needs a library: give --iut LIB";
  }
  if (iut.in_process && (fuzzes || selects)) {
    return "--in-process belongs to `run` and `replay`: what is fuzzed may end its process";
  }
  if (!iut.parameters.empty() && !iut.host.empty()) {
    return "--param goes to a library: put what the host needs into its command";
  }
  for (const std::string& parameter : iut.parameters) {
    const size_t equals = parameter.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return "--param " + parameter + ": expected KEY=VALUE";
    }
  }
  const bool gtest_output =
      std::any_of(options.gtest_flags.begin(), options.gtest_flags.end(),
                  [](const std::string& flag) { return flag.rfind("--gtest_output", 0) == 0; });
  if (gtest_output && !options.report.junit.empty()) {
    return "--junit and --gtest_output exclude each other: both name GoogleTest's report";
  }
  return {};
}

const std::map<std::string, Command>& Commands() {
  static const std::map<std::string, Command> commands = {
      {"run", Command::kRun},       {"check", Command::kCheck},     {"convert", Command::kConvert},
      {"replay", Command::kReplay}, {"explore", Command::kExplore}, {"fuzz", Command::kFuzz},
      {"corpus", Command::kCorpus}, {"list", Command::kList},       {"explain", Command::kExplain}};
  return commands;
}

Leave WrongUse(const std::string& message) {
  return Leave{2, "vdsconform: " + message + "\nvdsconform --help shows how it is used.\n"};
}

Leave FromParseError(CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    std::ostringstream out;
    std::ostringstream err;
    app.exit(error, out, err);
    return Leave{0, out.str()};
  }
  return WrongUse(error.what());
}

}  // namespace

std::string_view Version() { return VDSCONFORM_VERSION; }

std::variant<Options, Leave> ParseOptions(int argc, const char* const* argv) {
  Options options;
  Raw raw;
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.rfind("--gtest_", 0) == 0) {
      options.gtest_flags.push_back(argument);
    } else {
      arguments.push_back(argument);
    }
  }

  if (!arguments.empty() && arguments.front().rfind('-', 0) != 0 &&
      Commands().count(arguments.front()) == 0) {
    return WrongUse("there is no command " + Printable(arguments.front()));
  }

  CLI::App app("Conformance tests for implementations of IVdsAsync::QueryStatus", "vdsconform");
  app.set_version_flag("--version", "vdsconform " + std::string(Version()));
  app.require_subcommand(1);
  app.footer(kFooter);
  AddRun(&app, &options, &raw);
  AddCheck(&app, &options, &raw);
  AddConvert(&app, &options);
  AddReplay(&app, &options, &raw);
  AddExplore(&app, &options, &raw);
  AddFuzz(&app, &options, &raw);
  AddCorpus(&app, &options, &raw);
  AddOthers(&app, &options);
  try {
    std::reverse(arguments.begin(), arguments.end());  // what CLI11 wants of a vector
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return FromParseError(app, error);
  }

  options.command = Commands().at(app.get_subcommands().front()->get_name());
  const CLI::App* command = app.get_subcommands().front();
  if (options.command == Command::kFuzz && command->count("--seed") > 0) options.seed = raw.seed;
  if (options.command == Command::kRun || options.command == Command::kExplore) {
    if (command->count("--seed") > 0) options.seed = raw.seed;
    options.explore = options.quick ? 1 : kMaxPreemptions;
    if (!raw.explore.empty()) {
      options.explore = raw.explore == "off" ? 0 : static_cast<uint32_t>(std::stoul(raw.explore));
    }
    if (options.quick && command->count("--rest-ms") == 0) {
      options.iut.patience.rest_ms = kQuickRestMs;
    }
  }
  if (options.command == Command::kExplore && options.filter.empty()) {
    options.filter = kExploredCases;
  }
  options.profile = *ParseProfile(raw.profile);
  options.iut.patience.operation_ms = raw.operation_s * 1000;
  const std::string wrong = WhatIsWrong(options);
  if (!wrong.empty()) return WrongUse(wrong);
  return options;
}

}  // namespace vdsconform
