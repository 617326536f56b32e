// The kill matrix: runs the command on every mutant and compares what it says with the mutant's
// row. A faulty one must fail with the requirement that it was made to break and with no other, a
// conforming one must pass, and every requirement must have a mutant that it alone finds.
//
// Exit codes: 0 all as it should be, 1 some not, 2 wrong use.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "tests/mutants/mutant_base.h"
#include "tests/mutants/run_command.h"

namespace vdsconform::mutants {
namespace {

using Ids = std::set<std::string>;

struct Settings {
  std::string command;
  std::string libraries;
  std::string work;
  std::vector<std::string> only;
  unsigned jobs = 2;
  bool table = false;
};

// What one run of the command said.
struct Report {
  int exit_code = -1;
  Ids failed;
  Ids advised;
  std::string problem;  // the report could not be read
};

struct Result {
  Row row;
  Report report;
  std::string mismatch;  // empty: as the row wants it
  double seconds = 0;
  unsigned tries = 1;
};

std::string Join(const Ids& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : " ") + id;
  return text.empty() ? "nothing" : text;
}

std::vector<std::string> Words(const char* text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

bool IsAdvisory(const std::string& id) { return id.rfind("QA-", 0) == 0; }

Report ReadReport(const std::string& file) {
  Report report;
  std::ifstream in(file);
  const nlohmann::json document = nlohmann::json::parse(in, nullptr, false);
  if (document.is_discarded() || !document.contains("requirements")) {
    report.problem = file + " is no report";
    return report;
  }
  for (const char* list : {"requirements", "advisories"}) {
    for (const nlohmann::json& entry : document.value(list, nlohmann::json::array())) {
      const std::string id = entry.value("id", "");
      const bool found = !entry.value("findings", nlohmann::json::array()).empty();
      if (IsAdvisory(id) && found) report.advised.insert(id);
      if (!IsAdvisory(id) && entry.value("verdict", "") == "fail") report.failed.insert(id);
    }
  }
  return report;
}

Report Run(const Settings& settings, const Row& row, bool strict, unsigned seed) {
  const std::string base = settings.work + "/" + row.name;
  const std::string json = base + ".json";
  std::filesystem::remove(json);
  std::vector<std::string> arguments = {
      settings.command, "run", "--iut", settings.libraries + "/libmutant_" + row.name + ".so",
      "--profile", row.profile, "--json", json, "--artifacts", base + ".findings",
      // The same random Programs every time.
      "--seed", std::to_string(seed)};
  for (const std::string& word : Words(row.how)) arguments.push_back(word);
  if (strict) arguments.emplace_back("--strict");
  const int exit_code = RunCommand(arguments, base + ".log");
  Report report = ReadReport(json);
  report.exit_code = exit_code;
  return report;
}

// Those of `found` that are neither wanted nor allowed beside.
Ids Surplus(const Ids& found, const std::string& wanted, const Ids& allowed) {
  Ids surplus;
  for (const std::string& id : found) {
    if (id != wanted && allowed.count(id) == 0) surplus.insert(id);
  }
  return surplus;
}

// What is wrong with the report on this row; empty: nothing.
std::string Compare(const Row& row, const Report& report) {
  if (!report.problem.empty()) return report.problem;
  const std::string wanted = row.requirement;
  const bool faulty = !wanted.empty() && !IsAdvisory(wanted);
  const std::vector<std::string> also = Words(row.also);
  const Ids allowed(also.begin(), also.end());
  std::string mismatch;
  const auto complain = [&mismatch](const std::string& text) {
    mismatch += (mismatch.empty() ? "" : "; ") + text;
  };
  if (faulty && report.failed.count(wanted) == 0) complain(wanted + " does not fail");
  const Ids failures = Surplus(report.failed, wanted, allowed);
  if (!failures.empty()) complain("fails with " + Join(failures));
  if (!faulty) {
    if (!wanted.empty() && report.advised.count(wanted) == 0) complain("no advice of " + wanted);
    // QA-05 is a measurement and may be given of anything.
    Ids advice = Surplus(report.advised, wanted, allowed);
    advice.erase("QA-05");
    if (!advice.empty()) complain("advice of " + Join(advice));
  }
  const int exit_code = faulty ? 1 : allowed.count("inconclusive") != 0 ? 3 : 0;
  if (report.exit_code != exit_code) {
    complain("exit code " + std::to_string(report.exit_code) + " instead of " +
             std::to_string(exit_code));
  }
  return mismatch;
}

// What is seen of a race is the machine's choice, and with it, now and then, what else a fault
// looks like. A faulty row may therefore be tried again; one that conforms must pass each time.
constexpr unsigned kTries = 3;

Result Try(const Settings& settings, const Row& row) {
  Result result;
  result.row = row;
  const auto start = std::chrono::steady_clock::now();
  const std::string wanted = row.requirement;
  const unsigned tries = wanted.empty() || IsAdvisory(wanted) ? 1 : kTries;
  for (result.tries = 1;; ++result.tries) {
    result.report = Run(settings, row, false, result.tries);
    result.mismatch = Compare(row, result.report);
    if (result.mismatch.empty() || result.tries == tries) break;
  }
  if (result.mismatch.empty() && IsAdvisory(row.requirement)) {
    const int exit_code = Run(settings, row, true, 1).exit_code;
    if (exit_code != 1) {
      result.mismatch = "exit code " + std::to_string(exit_code) + " instead of 1 with --strict";
    }
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  result.seconds = taken.count();
  return result;
}

void Print(const Result& result) {
  const char* const kind = *result.row.requirement == '\0' ? "conforms" : result.row.requirement;
  Ids found = result.report.failed;
  found.insert(result.report.advised.begin(), result.report.advised.end());
  const std::string tries =
      result.tries == 1 ? "" : "  in " + std::to_string(result.tries) + " tries";
  std::printf("%-8s %-34s meant %-8s found %-12s %5.1f s%s%s%s\n",
              result.mismatch.empty() ? "ok" : "MISMATCH", result.row.name, kind,
              Join(found).c_str(), result.seconds, tries.c_str(),
              result.mismatch.empty() ? "" : "  ", result.mismatch.c_str());
  std::fflush(stdout);
}

std::vector<Result> TryAll(const Settings& settings, const std::vector<Row>& rows) {
  std::vector<Result> results(rows.size());
  std::atomic<size_t> next{0};
  std::mutex printing;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < settings.jobs; ++i) {
    threads.emplace_back([&] {
      for (size_t index = next++; index < rows.size(); index = next++) {
        results[index] = Try(settings, rows[index]);
        const std::lock_guard lock(printing);
        Print(results[index]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return results;
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
  const std::string file = settings.work + "/requirements.json";
  Ids ids;
  if (RunCommand({settings.command, "list", "--json"}, file) != 0) return ids;
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

void PrintTable(const std::vector<Result>& results) {
  std::printf("\n| mutant | what it does | profile | meant | failed | advised |\n");
  std::printf("|---|---|---|---|---|---|\n");
  for (const Result& result : results) {
    const Row& row = result.row;
    std::printf("| `%s` | %s | %s | %s | %s | %s |\n", row.name, row.does, row.profile,
                *row.requirement == '\0' ? "conforms" : row.requirement,
                Join(result.report.failed).c_str(), Join(result.report.advised).c_str());
  }
}

int Matrix(const Settings& settings) {
  std::vector<Row> rows;
  for (const Row& row : AllRows()) {
    const auto& only = settings.only;
    if (only.empty() || std::find(only.begin(), only.end(), row.name) != only.end()) {
      rows.push_back(row);
    }
  }
  if (rows.empty() || rows.size() < settings.only.size()) {
    std::fprintf(stderr, "kill_matrix: --only names a mutant that does not exist\n");
    return 2;
  }
  std::filesystem::create_directories(settings.work);

  const auto start = std::chrono::steady_clock::now();
  const std::vector<Result> results = TryAll(settings, rows);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  if (settings.table) PrintTable(results);

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
  return mismatches == 0 && missing.empty() && !known.empty() ? 0 : 1;
}

}  // namespace
}  // namespace vdsconform::mutants

int main(int argc, char** argv) {
  vdsconform::mutants::Settings settings;
  CLI::App app{"Compares what vdsconform finds in each mutant with what it should find"};
  app.add_option("--command", settings.command, "The vdsconform to run")->required();
  app.add_option("--libraries", settings.libraries, "Where libmutant_NAME.so are")->required();
  app.add_option("--work", settings.work, "A directory for reports and logs")->required();
  app.add_option("--only", settings.only, "Names of the mutants to run; default: all");
  app.add_option("--jobs", settings.jobs, "How many run at once")->check(CLI::Range(1u, 64u));
  app.add_flag("--table", settings.table, "Print the matrix as Markdown, too");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return vdsconform::mutants::Matrix(settings);
}
