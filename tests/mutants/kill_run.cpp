#include "tests/mutants/kill_run.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/mutants/run_command.h"

namespace vdsconform::mutants {
namespace {

Report ReadReport(const std::string& file) {
  Report report;
  std::ifstream in(file);
  const nlohmann::json document = nlohmann::json::parse(in, nullptr, false);
  if (document.is_discarded() || !document.contains("requirements")) {
    report.problem = file + " is no report";
    return report;
  }
  report.programs = document.value("programs", uint64_t{0});
  for (const char* list : {"requirements", "advisories"}) {
    for (const nlohmann::json& entry : document.value(list, nlohmann::json::array())) {
      const std::string id = entry.value("id", "");
      const nlohmann::json findings = entry.value("findings", nlohmann::json::array());
      if (IsAdvisory(id) && !findings.empty()) report.advised.insert(id);
      if (!IsAdvisory(id) && entry.value("verdict", "") == "fail") report.failed.insert(id);
      for (const nlohmann::json& finding : findings) {
        report.kills.push_back({id, finding.value("case", ""),
                                finding.value("programs", uint64_t{0}),
                                finding.value("seconds", 0.0)});
      }
    }
  }
  return report;
}

// How the row wants the command to look, or one case with the rest of that.
std::vector<std::string> How(const Row& row, const std::string& only_case) {
  std::vector<std::string> how = Words(row.how);
  if (only_case.empty()) return how;
  const auto filter = std::find(how.begin(), how.end(), "--filter");
  if (filter != how.end()) how.erase(filter, filter + 2);
  how.insert(how.end(), {"--filter", only_case});
  return how;
}

// Those of `found` that are neither wanted nor allowed beside.
Ids Surplus(const Ids& found, const std::string& wanted, const Ids& allowed) {
  Ids surplus;
  for (const std::string& id : found) {
    if (id != wanted && allowed.count(id) == 0) surplus.insert(id);
  }
  return surplus;
}

}  // namespace

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

bool IsFaulty(const Row& row) { return *row.requirement != '\0' && !IsAdvisory(row.requirement); }

Report Run(const Places& places, const Row& row, const RunOptions& options) {
  const std::string base = places.work + "/" + row.name;
  const std::string json = base + ".json";
  std::filesystem::remove(json);
  std::vector<std::string> arguments = {
      places.command, "run", "--iut", places.libraries + "/libmutant_" + row.name + ".so",
      "--profile", row.profile, "--json", json, "--artifacts", base + ".findings",
      // The same random Programs every time.
      "--seed", std::to_string(options.seed)};
  for (const std::string& word : How(row, options.only_case)) arguments.push_back(word);
  if (options.strict) arguments.emplace_back("--strict");
  if (options.fail_fast) arguments.emplace_back("--gtest_fail_fast");
  const int exit_code = RunCommand(arguments, base + ".log");
  Report report = ReadReport(json);
  report.exit_code = exit_code;
  return report;
}

std::string Compare(const Row& row, const Report& report) {
  if (!report.problem.empty()) return report.problem;
  const std::string wanted = row.requirement;
  const bool faulty = IsFaulty(row);
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

const Kill* FirstKill(const Row& row, const Report& report) {
  const Kill* first = nullptr;
  for (const Kill& kill : report.kills) {
    if (kill.id != row.requirement) continue;
    if (first == nullptr || kill.programs < first->programs) first = &kill;
  }
  return first;
}

}  // namespace vdsconform::mutants
