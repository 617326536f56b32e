// The page of the fuzz matrix, fuzz-matrix.md: what `vdsconform fuzz` finds in each mutant, beside
// what RapidCheck finds, and the seed that shows it again.
//
// What the rows say is held against the tables, and the seeds against the mutants. The numbers are
// the measurement of one run on one machine, and are not.
#ifndef VDSCONFORM_TESTS_MUTANTS_FUZZ_PAGE_H_
#define VDSCONFORM_TESTS_MUTANTS_FUZZ_PAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/mutants/fuzz_run.h"
#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {

// What a row is there for, which is also the part of the page that it stands in.
enum class Part {
  kOneThread,  // it must be found
  kConforms,   // nothing must be found
  kBeyond,     // one thread cannot show it
};
Part PartOf(const Row& row);

struct Measured {
  Row row;
  std::vector<Search> fuzz;    // one for each seed
  std::vector<Search> random;  // the same of RapidCheck; none of rows that conform
  std::string seed;            // the file in the corpus that shows it; empty: none does
  std::string mismatch;        // empty: as it should be
};

// `measured`: what the numbers come from, a sentence.
std::string FuzzPage(const std::vector<Measured>& all, const std::string& measured);

// What is not true of `page` any more, a line for each; empty: nothing.
std::vector<std::string> OutdatedFuzzPage(const std::string& page, const std::vector<Row>& rows);

// The rows that the page says were found, with their seeds.
struct SeededRow {
  std::string name;
  std::string seed;
};
std::vector<SeededRow> SeededRows(const std::string& page);

}  // namespace vdsconform::mutants

#endif  // VDSCONFORM_TESTS_MUTANTS_FUZZ_PAGE_H_
