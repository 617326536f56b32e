#include "tests/mutants/fuzz_page.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <sstream>

#include "tests/mutants/one_thread.h"

namespace vdsconform::mutants {
namespace {

constexpr const char* kMeasured = "Measured";
constexpr const char* kNotFound = "not found";
constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

std::string Grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string Rounded(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", seconds);
  return text;
}

std::string RoundedOrNot(double seconds) {
  return seconds < std::numeric_limits<double>::max() ? Rounded(seconds) : kNotFound;
}

template <class T>
T Median(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? T{} : values[values.size() / 2];
}

// One that was not found counts as later than any other.
uint64_t MedianExecutions(const std::vector<Search>& searches) {
  std::vector<uint64_t> all;
  for (const Search& search : searches) all.push_back(search.found ? search.executions : kNever);
  return Median(std::move(all));
}

double MedianSeconds(const std::vector<Search>& searches) {
  std::vector<double> all;
  for (const Search& search : searches) {
    all.push_back(search.found ? search.seconds : std::numeric_limits<double>::max());
  }
  return Median(std::move(all));
}

size_t CountFound(const std::vector<Search>& searches) {
  return static_cast<size_t>(std::count_if(searches.begin(), searches.end(),
                                           [](const Search& search) { return search.found; }));
}

// "1,234 | 0.05 | 3/3 |"; executions of what was not found are of no interest.
std::string Cells(const std::vector<Search>& searches) {
  const uint64_t executions = MedianExecutions(searches);
  const std::string runs =
      std::to_string(CountFound(searches)) + "/" + std::to_string(searches.size());
  if (executions == kNever) return std::string(kNotFound) + " | | " + runs + " | ";
  return Grouped(executions) + " | " + Rounded(MedianSeconds(searches)) + " | " + runs + " | ";
}

// The columns that no run changes.
std::string Said(const Row& row) {
  const std::string start = "| `" + std::string(row.name) + "` | " + row.profile + " | ";
  switch (PartOf(row)) {
    case Part::kOneThread:
      return start + row.requirement + " | ";
    case Part::kConforms:
      return start;
    case Part::kBeyond:
      return start + row.requirement + " | " + std::string(WhyNotOnOneThread(row)) + " |";
  }
  return start;
}

std::string Line(const Measured& measured) {
  const std::string said = Said(measured.row);
  switch (PartOf(measured.row)) {
    case Part::kOneThread:
      return said + Cells(measured.fuzz) + Cells(measured.random) +
             (measured.seed.empty() ? "" : "`" + measured.seed + "`") + " |\n";
    case Part::kConforms: {
      uint64_t executions = 0;
      for (const Search& search : measured.fuzz) executions += search.executions;
      return said + Grouped(executions) + " |\n";
    }
    case Part::kBeyond:
      return said + "\n";
  }
  return said;
}

constexpr const char* Heading(Part part) {
  switch (part) {
    case Part::kOneThread:
      return "\n## Found\n\n"
             "| mutant | profile | meant | executions | seconds | runs | RapidCheck: executions | "
             "seconds | runs | seed |\n|---|---|---|---|---|---|---|---|---|---|\n";
    case Part::kConforms:
      return "\n## Nothing to find\n\nExecutions of all runs together.\n\n"
             "| mutant | profile | executions |\n|---|---|---|\n";
    case Part::kBeyond:
      return "\n## Beyond one thread\n\nThese are for `run`, which races and stops threads.\n\n"
             "| mutant | profile | meant | why |\n|---|---|---|---|\n";
  }
  return "";
}

constexpr const char* kOpening =
    "# Fuzz matrix\n\n"
    "What `vdsconform fuzz` finds in the mutants, from an empty corpus and in one process; beside "
    "it\nRapidCheck with the same Programs, runner and judge, and nothing that steers it. "
    "Executions and\nseconds are until the Program ran that shows what was meant, the median of "
    "the "
    "runs, each with a\nseed of its own; confirming it and making it small comes after. A run that "
    "found nothing in fewer than\n100,000 executions, because the machine was busy, is made again, "
    "five times as long. What ends or\nkeeps RapidCheck's process counts as found, whatever its "
    "requirement. The seed, in\n`fuzz/corpus/reference`, is the smallest Program that was left. A "
    "test holds the page against the\nmutants, except for its numbers, and the seeds against what "
    "they kill; `./dev fuzz-matrix` writes\nboth.\n\n";

// The line of one kind of search: how many were found and how late.
std::string Summary(const char* name, const std::vector<const std::vector<Search>*>& searches) {
  std::vector<uint64_t> executions;
  std::vector<double> seconds;
  size_t found = 0;
  size_t runs = 0;
  for (const std::vector<Search>* row : searches) {
    executions.push_back(MedianExecutions(*row));
    seconds.push_back(MedianSeconds(*row));
    found += CountFound(*row);
    runs += row->size();
  }
  const size_t rows = static_cast<size_t>(
      std::count_if(executions.begin(), executions.end(), [](uint64_t e) { return e != kNever; }));
  uint64_t most = 0;
  double latest = 0;
  for (const uint64_t each : executions) most = std::max(most, each == kNever ? 0 : each);
  for (const double each : seconds) {
    if (each < std::numeric_limits<double>::max()) latest = std::max(latest, each);
  }
  const uint64_t median = Median(executions);
  std::ostringstream text;
  text << "| " << name << " | " << rows << " of " << searches.size() << " | " << found << " of "
       << runs << " | " << (median == kNever ? kNotFound : Grouped(median)) << " | "
       << Grouped(most) << " | " << RoundedOrNot(Median(seconds)) << " | " << Rounded(latest)
       << " |\n";
  return text.str();
}

std::string Summaries(const std::vector<Measured>& all) {
  std::vector<const std::vector<Search>*> fuzz;
  std::vector<const std::vector<Search>*> random;
  for (const Measured& measured : all) {
    if (PartOf(measured.row) != Part::kOneThread) continue;
    fuzz.push_back(&measured.fuzz);
    random.push_back(&measured.random);
  }
  return "| | mutants found | in runs | median executions | most | median seconds | most |\n"
         "|---|---|---|---|---|---|---|\n" +
         Summary("fuzz", fuzz) + Summary("RapidCheck", random);
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> CellsOf(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, '|');) {
    const size_t first = cell.find_first_not_of(" `");
    const size_t last = cell.find_last_not_of(" `");
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return cells;
}

bool IsOfRow(const std::string& line) { return line.rfind("| `", 0) == 0; }

constexpr std::array kParts = {Part::kOneThread, Part::kConforms, Part::kBeyond};

}  // namespace

Part PartOf(const Row& row) {
  if (*row.requirement == '\0') return Part::kConforms;
  return WhyNotOnOneThread(row).empty() ? Part::kOneThread : Part::kBeyond;
}

std::string FuzzPage(const std::vector<Measured>& all, const std::string& measured) {
  std::string page = kOpening + Summaries(all) + "\n" + kMeasured + " " + measured + "\n";
  for (const Part part : kParts) {
    page += Heading(part);
    for (const Measured& each : all) {
      if (PartOf(each.row) == part) page += Line(each);
    }
  }
  return page;
}

std::vector<std::string> OutdatedFuzzPage(const std::string& page, const std::vector<Row>& rows) {
  std::vector<std::string> outdated;
  std::vector<std::string> there;
  for (const std::string& line : Lines(page)) {
    if (IsOfRow(line)) there.push_back(line);
  }
  size_t next = 0;
  for (const Part part : kParts) {
    if (page.find(Heading(part)) == std::string::npos) {
      outdated.push_back(std::string("there is no part like this:") + Heading(part));
    }
    for (const Row& row : rows) {
      if (PartOf(row) != part) continue;
      const std::string line = next < there.size() ? there[next] : "(end)";
      ++next;
      if (line.rfind(Said(row), 0) != 0) {
        outdated.push_back("'" + line + "' should begin '" + Said(row) + "'");
      } else if (part == Part::kOneThread && CellsOf(line)[4] == kNotFound) {
        outdated.push_back(std::string(row.name) + ": fuzzing did not find it");
      } else if (part == Part::kOneThread && CellsOf(line).back().empty()) {
        outdated.push_back(std::string(row.name) + ": it has no seed");
      }
    }
  }
  if (next < there.size()) outdated.push_back("'" + there[next] + "' is one too many");
  if (page.rfind(kOpening, 0) != 0) outdated.emplace_back("it opens with other words");
  return outdated;
}

std::vector<SeededRow> SeededRows(const std::string& page) {
  std::vector<SeededRow> rows;
  for (const std::string& line : Lines(page)) {
    const std::vector<std::string> cells = CellsOf(line);
    // Those of the first part have the most columns.
    if (IsOfRow(line) && cells.size() > 10) rows.push_back({cells[1], cells[10]});
  }
  return rows;
}

}  // namespace vdsconform::mutants
