// The fuzz matrix: how soon `vdsconform fuzz` finds what a mutant does wrong, starting with
// nothing, beside how soon plain RapidCheck does.
//
// What one thread can show must be found in every run, and in what conforms nothing. What is said
// to be beyond one thread must not be found by RapidCheck, which has but one. With --replay-seeds
// nothing is fuzzed: each seed that the page names is tried on its mutant.
//
// Exit codes: 0 all as it should be, 1 some not, 2 wrong use.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "tests/mutants/fuzz_page.h"
#include "tests/mutants/fuzz_run.h"
#include "tests/mutants/killers.h"
#include "tests/mutants/matrix_options.h"
#include "tests/mutants/row_selection.h"

namespace vdsconform::mutants {
namespace {

struct Settings : MatrixOptions {
  std::string random_search;  // the program of that name
  unsigned runs = 1;
  unsigned first_seed = 1;
  unsigned seconds = 2;
  std::string write_seeds;  // folders; empty: none
  std::string replay_seeds;
};

void Complain(Measured& measured, const std::string& text) {
  measured.mismatch += (measured.mismatch.empty() ? "" : "; ") + text;
}

// What two seconds are good for where nothing else runs. A machine that is busy may need longer.
constexpr uint64_t kEnough = 100'000;
constexpr unsigned kLonger = 5;

// An advised row conforms: it is only found where advisories count.
void FuzzOnce(const Settings& settings, unsigned seed, Measured& measured) {
  const Row& row = measured.row;
  const bool meant = PartOf(row) == Part::kOneThread;
  if (!meant || IsAdvisory(row.requirement)) {
    const Search plain = Fuzz(settings.places, row, settings.seconds, seed, false);
    if (!plain.others.empty() || plain.found || !plain.problem.empty()) {
      Complain(measured, "conforms, and fuzz reports " + Join(plain.others) + " " + plain.problem);
    }
    if (!meant) measured.fuzz.push_back(plain);
  }
  if (!meant) return;
  const bool strict = IsAdvisory(row.requirement);
  Search search = Fuzz(settings.places, row, settings.seconds, seed, strict);
  if (!search.found && search.executions < kEnough) {
    search = Fuzz(settings.places, row, kLonger * settings.seconds, seed, strict);
  }
  if (!search.found) Complain(measured, "not found with seed " + std::to_string(seed));
  if (!search.problem.empty()) Complain(measured, search.problem);
  measured.fuzz.push_back(std::move(search));
}

Measured Measure(const Settings& settings, const Row& row) {
  Measured measured;
  measured.row = row;
  const Part part = PartOf(row);
  for (unsigned run = 0; run < settings.runs; ++run) {
    const unsigned seed = settings.first_seed + run;
    if (part != Part::kBeyond) FuzzOnce(settings, seed, measured);
    if (part == Part::kConforms) continue;
    Search random =
        SearchAtRandom(settings.random_search, settings.places, row, settings.seconds, seed);
    if (!random.problem.empty()) Complain(measured, random.problem);
    if (part == Part::kBeyond && random.found) Complain(measured, "one thread does show it");
    measured.random.push_back(std::move(random));
  }
  return measured;
}

std::string Describe(const std::vector<Search>& searches) {
  std::string text;
  for (const Search& search : searches) {
    char number[96];
    std::snprintf(number, sizeof number, " %s%llu in %.2f s", search.found ? "" : "nothing in ",
                  static_cast<unsigned long long>(search.executions), search.seconds);
    text += number;
    if (!search.others.empty()) text += " (and " + Join(search.others) + ")";
  }
  return text;
}

void Print(const Measured& measured) {
  const char* const meant =
      *measured.row.requirement == '\0' ? "conforms" : measured.row.requirement;
  std::printf("%-8s %-38s %-8s fuzz%s  RapidCheck%s  %s\n",
              measured.mismatch.empty() ? "ok" : "MISMATCH", measured.row.name, meant,
              Describe(measured.fuzz).c_str(), Describe(measured.random).c_str(),
              measured.mismatch.c_str());
  std::fflush(stdout);
}

std::vector<Measured> MeasureAll(const Settings& settings, const std::vector<Row>& rows) {
  return MeasureRows<Measured>(
      rows, settings.jobs, [&](const Row& row) { return Measure(settings, row); }, Print);
}

// Gives each row that was found its seed. False: the seeds cannot be written.
bool SeeToSeeds(const Settings& settings, std::vector<Measured>& all) {
  Killers killers(settings.places);
  for (Measured& measured : all) {
    const auto shown = std::find_if(measured.fuzz.begin(), measured.fuzz.end(),
                                    [](const Search& search) { return search.found; });
    if (PartOf(measured.row) != Part::kOneThread || shown == measured.fuzz.end()) continue;
    measured.seed = killers.For(measured.row, shown->program_file);
    if (!measured.seed.empty()) continue;
    Complain(measured, shown->program_file + " does not show it again");
    Print(measured);
  }
  if (settings.write_seeds.empty()) return true;
  const std::string error = killers.Write(settings.write_seeds);
  if (!error.empty()) std::printf("%s\n", error.c_str());
  return error.empty();
}

std::string ContentOf(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What the numbers of the page come from.
std::string Measurement(const Settings& settings) {
  return "with " + std::to_string(settings.runs) + (settings.runs == 1 ? " run" : " runs") +
         " of " + std::to_string(settings.seconds) + " seconds each " + WhereMeasured(settings);
}

// False: it could not be written.
bool WritePage(const Settings& settings, const std::vector<Measured>& all) {
  std::ofstream out(settings.write_page);
  out << FuzzPage(all, Measurement(settings));
  if (out.flush()) return true;
  std::printf("%s cannot be written\n", settings.write_page.c_str());
  return false;
}

int CheckPage(const Settings& settings) {
  const std::vector<std::string> outdated =
      OutdatedFuzzPage(ContentOf(settings.check_page), AllRows());
  for (const std::string& line : outdated) {
    std::printf("%s: %s\n", settings.check_page.c_str(), line.c_str());
  }
  return outdated.empty() ? 0 : 1;
}

// Each mutant that the page says was found still has its seed, and is still killed by it.
int ReplaySeeds(const Settings& settings) {
  const std::vector<Row> rows = AllRows();
  const Killers killers(settings.places);
  size_t bad = 0;
  const std::vector<SeededRow> seeded = SeededRows(ContentOf(settings.check_page));
  for (const SeededRow& each : seeded) {
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const Row& known) { return each.name == known.name; });
    const Packed program = Killers::Read(settings.replay_seeds, each.seed);
    std::string wrong;
    if (row == rows.end()) {
      wrong = "there is no such mutant";
    } else if (program.empty()) {
      wrong = "its seed '" + each.seed + "' is not there";
    } else if (!killers.Kills(program, *row)) {
      wrong = each.seed + " does not show " + row->requirement;
    }
    if (wrong.empty()) continue;
    ++bad;
    std::printf("%s: %s\n", each.name.c_str(), wrong.c_str());
  }
  std::printf("%zu mutants, %zu without their seed\n", seeded.size(), bad);
  return bad == 0 && !seeded.empty() ? 0 : 1;
}

int Matrix(const Settings& settings) {
  if (!settings.replay_seeds.empty()) return ReplaySeeds(settings);
  if (!settings.check_page.empty()) return CheckPage(settings);
  const std::vector<Row> rows = ChosenRows(settings.only);
  if (rows.empty() || rows.size() < settings.only.size()) {
    std::fprintf(stderr, "fuzz_matrix: --only names a mutant that does not exist\n");
    return 2;
  }
  std::filesystem::create_directories(settings.places.work);
  std::vector<Measured> all = MeasureAll(settings, rows);
  const bool seeds = SeeToSeeds(settings, all);
  const auto mismatches = static_cast<size_t>(std::count_if(
      all.begin(), all.end(), [](const Measured& each) { return !each.mismatch.empty(); }));
  std::printf("%zu mutants, %zu not as meant\n", all.size(), mismatches);
  const bool page = settings.write_page.empty() || WritePage(settings, all);
  return mismatches == 0 && page && seeds ? 0 : 1;
}

}  // namespace
}  // namespace vdsconform::mutants

int main(int argc, char** argv) {
  vdsconform::mutants::Settings settings;
  CLI::App app{"Measures how soon vdsconform fuzz finds what each mutant does wrong"};
  CLI::Option* only = vdsconform::mutants::AddMatrixOptions(app, settings);
  app.add_option("--random-search", settings.random_search, "The program of that name");
  app.add_option("--runs", settings.runs, "Fuzz each so often, with a seed for each time")
      ->check(CLI::Range(1u, 100u));
  app.add_option("--seed", settings.first_seed, "The first of the seeds");
  app.add_option("--time", settings.seconds, "Seconds of each search")
      ->check(CLI::Range(1u, 1'000u));
  app.add_option("--write-seeds", settings.write_seeds, "Write the Programs found to this folder")
      ->excludes(only);
  CLI::Option* check = app.add_option("--check-page", settings.check_page,
                                      "Only hold this page against the tables of mutants");
  app.add_option("--replay-seeds", settings.replay_seeds,
                 "Only try the seeds that the page names, from this folder, on their mutants")
      ->needs(check);
  const std::optional<int> code = vdsconform::mutants::ParseMatrixOptions(app, argc, argv);
  if (code) return *code;
  return vdsconform::mutants::Matrix(settings);
}
