// One run of the command on one mutant: what it said, and whether that is what the row wants.
//
// Thread-safe as long as no two runs are of one row.
#ifndef VDSCONFORM_TESTS_MUTANTS_KILL_RUN_H_
#define VDSCONFORM_TESTS_MUTANTS_KILL_RUN_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {

using Ids = std::set<std::string>;

// "QS-09 QS-10"; "nothing".
std::string Join(const Ids& ids);
std::vector<std::string> Words(const char* text);
bool IsAdvisory(const std::string& id);
// It has to fail; else it conforms, perhaps with advice.
bool IsFaulty(const Row& row);

// Where things are.
struct Places {
  std::string command;    // the vdsconform to run
  std::string libraries;  // where libmutant_NAME.so are
  std::string work;       // for reports and logs
};

// A finding, with the case that showed it first.
struct Kill {
  std::string id;
  std::string probe;
  uint64_t programs = 0;  // until then
  double seconds = 0;
};

// What the command said.
struct Report {
  int exit_code = -1;
  Ids failed;
  Ids advised;
  std::vector<Kill> kills;  // one for each requirement and cause
  uint64_t programs = 0;    // in all
  std::string problem;      // the report could not be read
};

struct RunOptions {
  unsigned seed = 1;
  bool strict = false;
  bool fail_fast = false;  // ends with the first case that fails: a beginning of the whole run
  std::string only_case;   // empty: as the row says
};
Report Run(const Places& places, const Row& row, const RunOptions& options);

// What is wrong with the report on this row; empty: nothing.
std::string Compare(const Row& row, const Report& report);

// What found the row's requirement first; nullptr: nothing did.
const Kill* FirstKill(const Row& row, const Report& report);

}  // namespace vdsconform::mutants

#endif  // VDSCONFORM_TESTS_MUTANTS_KILL_RUN_H_
