// The page of the kill matrix, kill-matrix.md: a line for each mutant, with what found it.
//
// What the rows say, and which probe found each mutant, is held against a run. How many Programs
// and seconds it took is the measurement of one run on one machine, and is not.
#ifndef VDSCONFORM_TESTS_MUTANTS_KILL_PAGE_H_
#define VDSCONFORM_TESTS_MUTANTS_KILL_PAGE_H_

#include <functional>
#include <string>
#include <vector>

#include "tests/mutants/kill_run.h"

namespace vdsconform::mutants {

// What came of one row.
struct Result {
  Row row;
  Report report;         // the run that decided whether it is
  std::string mismatch;  // empty: as the row wants it
  double seconds = 0;
  unsigned runs = 0;
  unsigned kills = 0;  // runs that found what the row wants found, or that passed where it conforms
};

// `measured`: what the numbers come from, a sentence.
std::string Page(const std::vector<Result>& results, const std::string& measured);

// What is not true of `page` any more, a line for each; empty: nothing. `kills` tells whether a
// case alone finds what a row wants found; it is asked where the run does not tell.
std::vector<std::string> Outdated(
    const std::string& page, const std::vector<Result>& results,
    const std::function<bool(const Row& row, const std::string& probe)>& kills);

}  // namespace vdsconform::mutants

#endif  // VDSCONFORM_TESTS_MUTANTS_KILL_PAGE_H_
