#include "tests/mutants/fuzz_run.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/mutants/random_board.h"
#include "tests/mutants/run_command.h"

namespace vdsconform::mutants {
namespace {

// A call that waits, or never comes back, uses up all of its patience each time it is tried.
constexpr const char* kRestMs = "100";
constexpr const char* kHangMs = "1000";

std::string Library(const Places& places, const Row& row) {
  return places.libraries + "/libmutant_" + row.name + ".so";
}

std::string ContentOf(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// "1,234" as a number.
uint64_t Ungrouped(std::string text) {
  std::erase(text, ',');
  return std::strtoull(text.c_str(), nullptr, 10);
}

// One finding as the command prints it.
struct Printed {
  std::string id;
  uint64_t executions = 0;
  double seconds = 0;
  std::string program_file;
};

// Fields that belong to the finding above them.
void ReadField(const std::string& line, Printed& finding) {
  std::istringstream words(line);
  std::string label;
  std::string word;
  std::string number;
  words >> label;
  if (label == "found" && words >> word >> number >> word >> finding.seconds) {
    finding.executions = Ungrouped(number);
  }
  // again vdsconform replay FILE ...
  if (label == "again") words >> word >> word >> finding.program_file;
}

struct Output {
  std::vector<Printed> findings;
  uint64_t executions = 0;
};

Output ReadOutput(const std::string& text) {
  Output output;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("FAIL Q", 0) == 0) {
      output.findings.emplace_back().id = line.substr(5, 5);
    } else if (line.rfind("  ", 0) == 0 && !output.findings.empty()) {
      ReadField(line, output.findings.back());
    } else if (line.rfind("#", 0) == 0) {
      output.executions = Ungrouped(line.substr(1, line.find(' ')));
    }
  }
  return output;
}

}  // namespace

Search ReadFuzzOutput(const Row& row, const std::string& output, int exit_code, bool strict) {
  const Output read = ReadOutput(output);
  Search search;
  search.executions = read.executions;
  const bool meant_to = strict || IsFaulty(row);
  for (const Printed& finding : read.findings) {
    if (!meant_to || finding.id != row.requirement) {
      search.others.insert(finding.id);
      continue;
    }
    // Several causes may show it: the first counts, and any file will do.
    if (!search.found || finding.executions < search.executions) {
      search.executions = finding.executions;
      search.seconds = finding.seconds;
    }
    search.found = true;
    if (search.program_file.empty()) search.program_file = finding.program_file;
  }
  const int wanted = read.findings.empty() ? 0 : 1;
  if (exit_code != wanted) search.problem = "exit code " + std::to_string(exit_code);
  return search;
}

Search Fuzz(const Places& places, const Row& row, unsigned seconds, unsigned seed, bool strict) {
  const std::string base = places.work + "/" + row.name + ".fuzz";
  std::vector<std::string> arguments = {places.command, "fuzz",
                                        "--iut",        Library(places, row),
                                        "--profile",    row.profile,
                                        "--time",       std::to_string(seconds),
                                        "--seed",       std::to_string(seed),
                                        "--jobs",       "1",
                                        "--rest-ms",    kRestMs,
                                        "--hang-ms",    kHangMs,
                                        "--artifacts",  base + ".findings"};
  if (strict) arguments.emplace_back("--strict");
  const std::string log = base + ".log";
  const int exit_code = RunCommand(arguments, log);
  return ReadFuzzOutput(row, ContentOf(log), exit_code, strict);
}

Search SearchAtRandom(const std::string& random_search, const Places& places, const Row& row,
                      unsigned seconds, unsigned seed) {
  const std::string base = places.work + "/" + row.name + ".random";
  std::filesystem::remove(base + ".board");
  const int status = RunCommand({random_search, Library(places, row), row.profile, row.requirement,
                                 std::to_string(seconds), std::to_string(seed), base + ".board"},
                                base + ".log");
  Search search;
  const std::string bytes = ContentOf(base + ".board");
  RandomBoard board;
  if (bytes.size() != sizeof board) {
    search.problem = "random_search did not start, see " + base + ".log";
    return search;
  }
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(&board));
  search.executions = board.executions;
  search.seconds = board.seconds;
  // What ended the process, or kept it, counts: nobody asks for its requirement.
  search.found = board.end != RandomBoard::kNothingFound;
  if (board.end == RandomBoard::kNothingFound && status != 0) {
    search.problem = "exit code " + std::to_string(status);
  }
  return search;
}

}  // namespace vdsconform::mutants
