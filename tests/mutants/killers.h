// The packed Programs in the fuzz targets' corpus that show what the mutants do wrong.
//
// Each is tried by the executor on the mutant in a process of its own, so that it shows the
// requirement and not just a death. Not thread-safe.
#ifndef VDSCONFORM_TESTS_MUTANTS_KILLERS_H_
#define VDSCONFORM_TESTS_MUTANTS_KILLERS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/mutants/kill_run.h"

namespace vdsconform::mutants {

using Packed = std::vector<uint8_t>;

class Killers {
 public:
  explicit Killers(Places places) : places_(std::move(places)) {}

  // Whether the Program shows what the row is meant to be found by, in one of so many tries.
  bool Kills(const Packed& program, const Row& row, int tries = kTries) const;

  // The name of a Program that kills the row: one that is known of another row with the same
  // requirement, else the one in the file, which is known from then on. Empty: that one does not
  // kill it either, or has no packed form.
  std::string For(const Row& row, const std::string& program_file);

  // Writes them into the folder, in the place of those that were there. Empty, or what went wrong.
  std::string Write(const std::string& folder) const;

  // The Program in the file of that name; empty: there is none.
  static Packed Read(const std::string& folder, const std::string& name);

 private:
  // A call that sleeps is seen to do so often, but not each time.
  static constexpr int kTries = 100;

  struct Known {
    std::string requirement;
    Packed program;
  };

  Places places_;
  std::map<std::string, Known> known_;  // by name
};

}  // namespace vdsconform::mutants

#endif  // VDSCONFORM_TESTS_MUTANTS_KILLERS_H_
