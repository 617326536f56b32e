// One search for what a mutant does wrong: by the command's `fuzz`, or by RapidCheck alone.
//
// Thread-safe as long as no two searches are of one row.
#ifndef VDSCONFORM_TESTS_MUTANTS_FUZZ_RUN_H_
#define VDSCONFORM_TESTS_MUTANTS_FUZZ_RUN_H_

#include <cstdint>
#include <string>

#include "tests/mutants/kill_run.h"

namespace vdsconform::mutants {

// What came of one search.
struct Search {
  bool found = false;       // what the row is meant to be found by
  uint64_t executions = 0;  // until then, or all
  double seconds = 0;
  // Of `fuzz` only.
  Ids others;                // what it reported besides
  std::string program_file;  // the smallest Program that shows it
  std::string problem;       // it did not end as it should
};

// `fuzz` for so many seconds, from an empty corpus, in one process. `strict`: advisories count.
Search Fuzz(const Places& places, const Row& row, unsigned seconds, unsigned seed, bool strict);

// What `fuzz` printed, and the exit code that it ended with.
Search ReadFuzzOutput(const Row& row, const std::string& output, int exit_code, bool strict);

// The program random_search for so many seconds.
Search SearchAtRandom(const std::string& random_search, const Places& places, const Row& row,
                      unsigned seconds, unsigned seed);

}  // namespace vdsconform::mutants

#endif  // VDSCONFORM_TESTS_MUTANTS_FUZZ_RUN_H_
