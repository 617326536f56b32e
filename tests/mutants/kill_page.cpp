#include "tests/mutants/kill_page.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <sstream>

namespace vdsconform::mutants {
namespace {

constexpr const char* kMeasured = "Measured";

std::string Meant(const Row& row) {
  const std::string meant = *row.requirement == '\0' ? "conforms" : row.requirement;
  return *row.also == '\0' ? meant : meant + " (" + row.also + ")";
}

// The columns that no run changes.
std::string Said(const Row& row) {
  return "| `" + std::string(row.name) + "` | " + row.does + " | " + row.profile + " | " +
         Meant(row) + " | ";
}

std::string Rounded(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", seconds);
  return text;
}

std::string Line(const Result& result) {
  const Kill* kill = FirstKill(result.row, result.report);
  const std::string found = kill == nullptr
                                ? " | " + std::to_string(result.report.programs) + " | "
                                : "`" + kill->probe + "` | " + std::to_string(kill->programs) +
                                      " | " + Rounded(kill->seconds);
  return Said(result.row) + found + " | " + std::to_string(result.kills) + "/" +
         std::to_string(result.runs) + " |";
}

constexpr const char* kLegend =
    "In parentheses: what a run may report besides. Programs and seconds are until the first\n"
    "finding that was meant, and all Programs where there is none. The last column counts the "
    "runs,\n"
    "each with a seed of its own, that found what was meant, or passed. A test holds the page\n"
    "against a run, except for its numbers; `./dev mutants` writes it.\n\n";

std::string Opening(const std::vector<Result>& results) {
  size_t faulty = 0;
  size_t advised = 0;
  for (const Result& result : results) {
    if (IsFaulty(result.row)) {
      ++faulty;
    } else if (*result.row.requirement != '\0') {
      ++advised;
    }
  }
  std::ostringstream text;
  text << "# Kill matrix\n\n"
       << "Each mutant is an implementation of its own, and the command is run on it. Of "
       << results.size() << " mutants\n\n"
       << "- " << faulty << " are faulty and must fail with the requirement that they break,\n"
       << "- " << advised << " conform and must be given the advice that is named,\n"
       << "- " << results.size() - faulty - advised << " conform and must pass.\n\n"
       << kLegend;
  return text.str();
}

constexpr const char* kHeading =
    "| mutant | what it does | profile | meant | killed by | Programs | seconds | runs |\n"
    "|---|---|---|---|---|---|---|---|\n";

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The probe in a line that begins as Said; empty: none.
std::string ProbeIn(const std::string& line, const Row& row) {
  const std::string rest = line.substr(Said(row).size());
  return rest.empty() || rest[0] != '`' ? "" : rest.substr(1, rest.find('`', 1) - 1);
}

bool Killed(const Result& result, const std::string& probe) {
  return std::any_of(result.report.kills.begin(), result.report.kills.end(), [&](const Kill& kill) {
    return kill.id == result.row.requirement && kill.probe == probe;
  });
}

}  // namespace

std::string Page(const std::vector<Result>& results, const std::string& measured) {
  std::string page = Opening(results) + kMeasured + " " + measured + "\n\n" + kHeading;
  for (const Result& result : results) page += Line(result) + "\n";
  return page;
}

std::vector<std::string> Outdated(
    const std::string& page, const std::vector<Result>& results,
    const std::function<bool(const Row& row, const std::string& probe)>& kills) {
  std::vector<std::string> outdated;
  std::vector<std::string> lines = Lines(page);
  std::vector<std::string> wanted = Lines(Page(results, ""));
  for (size_t i = 0; i < std::max(lines.size(), wanted.size()); ++i) {
    const std::string line = i < lines.size() ? lines[i] : "(end)";
    const std::string want = i < wanted.size() ? wanted[i] : "(end)";
    const size_t first = wanted.size() - results.size();
    if (want.rfind(kMeasured, 0) == 0 && line.rfind(kMeasured, 0) == 0) continue;
    if (i < first || i >= wanted.size()) {
      if (line != want) outdated.push_back("'" + line + "' should be '" + want + "'");
      continue;
    }
    const Result& result = results[i - first];
    if (line.rfind(Said(result.row), 0) != 0) {
      outdated.push_back("'" + line + "' should begin '" + Said(result.row) + "'");
      continue;
    }
    const std::string probe = ProbeIn(line, result.row);
    if (probe.empty() != (*result.row.requirement == '\0')) {
      outdated.push_back(std::string(result.row.name) + ": a probe is named where none is due, " +
                         "or none where one is");
    } else if (!probe.empty() && !Killed(result, probe) && !kills(result.row, probe)) {
      outdated.push_back(std::string(result.row.name) + ": " + probe + " does not kill it");
    }
  }
  return outdated;
}

}  // namespace vdsconform::mutants
