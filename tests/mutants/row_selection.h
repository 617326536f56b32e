// What the matrices share: which rows they go through, and several of them at a time.
#ifndef VDSCONFORM_TESTS_MUTANTS_ROW_SELECTION_H_
#define VDSCONFORM_TESTS_MUTANTS_ROW_SELECTION_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {

// All rows if `only` is empty. Fewer than `only` has names: one of them is no mutant's.
inline std::vector<Row> ChosenRows(const std::vector<std::string>& only) {
  std::vector<Row> rows = AllRows();
  if (only.empty()) return rows;
  std::erase_if(rows, [&](const Row& row) {
    return std::find(only.begin(), only.end(), row.name) == only.end();
  });
  return rows;
}

// Measures `jobs` rows at a time; `print` is called with one result at a time, as they come. The
// results are in the rows' order.
template <class Result, class Measure, class Print>
std::vector<Result> MeasureRows(const std::vector<Row>& rows, unsigned jobs, Measure measure,
                                Print print) {
  std::vector<Result> results(rows.size());
  std::atomic<size_t> next{0};
  std::mutex printing;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < jobs; ++i) {
    threads.emplace_back([&] {
      for (size_t index = next++; index < rows.size(); index = next++) {
        results[index] = measure(rows[index]);
        const std::lock_guard lock(printing);
        print(results[index]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return results;
}

}  // namespace vdsconform::mutants

#endif  // VDSCONFORM_TESTS_MUTANTS_ROW_SELECTION_H_
