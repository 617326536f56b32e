// The kill matrix: runs the command on every mutant and compares what it says with the mutant's
// row. A faulty one must fail with the requirement that it was made to break and with no other, a
// conforming one must pass, and every requirement must have a mutant that it alone finds.
//
// It also writes the page kill-matrix.md, and tells whether the page is still true.
//
// Exit codes: 0 all as it should be, 1 some not, 2 wrong use.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tests/mutants/kill_page.h"
#include "tests/mutants/kill_run.h"
#include "tests/mutants/matrix_options.h"
#include "tests/mutants/mutant_base.h"
#include "tests/mutants/row_selection.h"
#include "tests/mutants/run_command.h"

namespace vdsconform::mutants {
namespace {

struct Settings : MatrixOptions {
  unsigned seeds = 1;
  bool until_killed = false;
};

// What is seen of a race is the machine's choice, and with it, now and then, what else a fault
// looks like. A faulty row may therefore be tried again; one that conforms must pass each time.
constexpr unsigned kTries = 3;
// The same of one case, which takes little time and may be a race.
constexpr unsigned kTriesOfCase = 100;

// With further seeds, or where that was asked for, a faulty row need only be killed: what its run
// says until then, the whole run would say, too.
Report RunSeed(const Settings& settings, const Row& row, unsigned seed) {
  RunOptions options;
  options.seed = seed;
  const bool whole = settings.seeds > 1 ? seed == 1 : !settings.until_killed;
  options.fail_fast = !whole && IsFaulty(row);
  Report report = Run(settings.places, row, options);
  if (!options.fail_fast || Compare(row, report).empty()) return report;
  options.fail_fast = false;
  return Run(settings.places, row, options);
}

// What a run that was not as meant said stays when the next one begins.
void Keep(const Settings& settings, const Row& row, unsigned seed) {
  const std::string base = settings.places.work + "/" + row.name;
  for (const char* kind : {".log", ".json"}) {
    std::error_code ignored;
    std::filesystem::copy_file(base + kind, base + ".seed-" + std::to_string(seed) + kind,
                               std::filesystem::copy_options::overwrite_existing, ignored);
  }
}

// Runs the row with one seed after another: until it is as meant, or with all of them.
void RunSeeds(const Settings& settings, Result& result) {
  const unsigned tries = settings.seeds > 1 ? settings.seeds : IsFaulty(result.row) ? kTries : 1;
  for (unsigned seed = 1; seed <= tries; ++seed) {
    Report report = RunSeed(settings, result.row, seed);
    const std::string mismatch = Compare(result.row, report);
    if (!mismatch.empty()) Keep(settings, result.row, seed);
    const bool killed =
        IsFaulty(result.row) ? report.failed.count(result.row.requirement) != 0 : mismatch.empty();
    ++result.runs;
    if (killed) ++result.kills;
    // One good run of a faulty one is enough, and one bad run of one that conforms too much.
    const bool settled = result.runs > 1 && result.mismatch.empty() == IsFaulty(result.row);
    if (!settled) {
      result.report = std::move(report);
      result.mismatch = mismatch;
    }
    if (settings.seeds == 1 && mismatch.empty()) break;
  }
}

// What is wrong with the exit code that the advice in `report` has with --strict; empty: nothing.
std::string CompareStrict(const Settings& settings, const Row& row, const Report& report) {
  RunOptions options;
  options.strict = true;
  // The case that gave it, and all of them if that one does not give it again.
  if (const Kill* kill = FirstKill(row, report)) options.only_case = kill->probe;
  int exit_code = Run(settings.places, row, options).exit_code;
  if (exit_code != 1 && !options.only_case.empty()) {
    options.only_case.clear();
    exit_code = Run(settings.places, row, options).exit_code;
  }
  if (exit_code == 1) return {};
  return "exit code " + std::to_string(exit_code) + " instead of 1 with --strict";
}

Result Try(const Settings& settings, const Row& row) {
  Result result;
  result.row = row;
  const auto start = std::chrono::steady_clock::now();
  RunSeeds(settings, result);
  if (result.mismatch.empty() && IsAdvisory(row.requirement)) {
    result.mismatch = CompareStrict(settings, row, result.report);
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  result.seconds = taken.count();
  return result;
}

void Print(const Result& result) {
  const char* const kind = *result.row.requirement == '\0' ? "conforms" : result.row.requirement;
  Ids found = result.report.failed;
  found.insert(result.report.advised.begin(), result.report.advised.end());
  std::string how;
  if (const Kill* kill = FirstKill(result.row, result.report)) {
    how = "  by " + kill->probe + " in Program " + std::to_string(kill->programs);
  }
  if (result.runs > 1) {
    how += "  in " + std::to_string(result.kills) + " of " + std::to_string(result.runs) + " runs";
  }
  std::printf("%-8s %-34s meant %-8s found %-12s %5.1f s%s%s%s\n",
              result.mismatch.empty() ? "ok" : "MISMATCH", result.row.name, kind,
              Join(found).c_str(), result.seconds, how.c_str(), result.mismatch.empty() ? "" : "  ",
              result.mismatch.c_str());
  std::fflush(stdout);
}

std::vector<Result> TryAll(const Settings& settings, const std::vector<Row>& rows) {
  return MeasureRows<Result>(
      rows, settings.jobs, [&](const Row& row) { return Try(settings, row); }, Print);
}

void CollectIds(const nlohmann::json& value, Ids* ids) {
  if (value.is_object() && value.contains("id") && value["id"].is_string()) {
    const std::string id = value["id"];
    if (id.rfind("QS-", 0) == 0 || IsAdvisory(id)) ids->insert(id);
  }
  if (!value.is_structured()) return;
  for (const nlohmann::json& item : value) CollectIds(item, ids);
}

// The ids that the command knows; empty if it cannot tell.
Ids KnownIds(const Settings& settings) {
  const std::string file = settings.places.work + "/requirements.json";
  Ids ids;
  if (RunCommand({settings.places.command, "list", "--json"}, file) != 0) return ids;
  std::ifstream in(file);
  CollectIds(nlohmann::json::parse(in, nullptr, false), &ids);
  return ids;
}

// The requirements that no mutant was found by alone.
Ids WithoutMutant(const Ids& known, const std::vector<Result>& results) {
  Ids missing = known;
  missing.erase("QA-05");  // it reports a distribution, so there is no fault to plant
  for (const Result& result : results) {
    if (!result.mismatch.empty()) continue;
    const bool advisory = IsAdvisory(result.row.requirement);
    if (advisory || result.report.failed.size() == 1) missing.erase(result.row.requirement);
  }
  return missing;
}

// What the numbers of the page come from.
std::string Measurement(const Settings& settings) {
  return "with " + std::to_string(settings.seeds) + (settings.seeds == 1 ? " seed " : " seeds ") +
         WhereMeasured(settings);
}

// False: it could not be written, or is not true any more.
bool SeeToPage(const Settings& settings, const std::vector<Result>& results) {
  if (!settings.write_page.empty()) {
    std::ofstream out(settings.write_page);
    out << Page(results, Measurement(settings));
    if (!out.flush()) {
      std::printf("%s cannot be written\n", settings.write_page.c_str());
      return false;
    }
  }
  if (settings.check_page.empty()) return true;
  std::ifstream in(settings.check_page);
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  const auto kills = [&](const Row& row, const std::string& probe) {
    for (unsigned seed = 1; seed <= kTriesOfCase; ++seed) {
      RunOptions options;
      options.seed = seed;
      options.only_case = probe;
      if (FirstKill(row, Run(settings.places, row, options)) != nullptr) return true;
    }
    return false;
  };
  const std::vector<std::string> outdated = Outdated(page, results, kills);
  for (const std::string& line : outdated) {
    std::printf("%s: %s\n", settings.check_page.c_str(), line.c_str());
  }
  return outdated.empty();
}

int Matrix(const Settings& settings) {
  const std::vector<Row> rows = ChosenRows(settings.only);
  if (rows.empty() || rows.size() < settings.only.size()) {
    std::fprintf(stderr, "kill_matrix: --only names a mutant that does not exist\n");
    return 2;
  }
  std::filesystem::create_directories(settings.places.work);

  const auto start = std::chrono::steady_clock::now();
  const std::vector<Result> results = TryAll(settings, rows);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;

  size_t mismatches = 0;
  std::map<char, size_t> kinds;  // 'S' of QS, 'A' of QA, 0 for conforming
  for (const Result& result : results) {
    if (!result.mismatch.empty()) ++mismatches;
    ++kinds[*result.row.requirement == '\0' ? '\0' : result.row.requirement[1]];
  }
  std::printf("%zu faulty, %zu advised, %zu conforming; %zu not as meant; %.1f s\n", kinds['S'],
              kinds['A'], kinds['\0'], mismatches, taken.count());
  if (!settings.only.empty()) return mismatches == 0 ? 0 : 1;

  const Ids known = KnownIds(settings);
  const Ids missing = WithoutMutant(known, results);
  if (known.empty()) std::printf("The command does not list its requirements.\n");
  if (!missing.empty()) std::printf("Without a mutant: %s\n", Join(missing).c_str());
  const bool page = SeeToPage(settings, results);
  return mismatches == 0 && missing.empty() && !known.empty() && page ? 0 : 1;
}

}  // namespace
}  // namespace vdsconform::mutants

int main(int argc, char** argv) {
  vdsconform::mutants::Settings settings;
  CLI::App app{"Compares what vdsconform finds in each mutant with what it should find"};
  settings.jobs = 2;
  CLI::Option* only = vdsconform::mutants::AddMatrixOptions(app, settings);
  app.add_option("--seeds", settings.seeds, "Run each with so many seeds and count the kills")
      ->check(CLI::Range(1u, 1'000u));
  app.add_flag("--until-killed", settings.until_killed,
               "With one seed, end a faulty one's run at its first failing case");
  app.add_option("--check-page", settings.check_page, "Hold this page against the run")
      ->excludes(only);
  const std::optional<int> code = vdsconform::mutants::ParseMatrixOptions(app, argc, argv);
  if (code) return *code;
  return vdsconform::mutants::Matrix(settings);
}
