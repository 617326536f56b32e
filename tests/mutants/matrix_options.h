// The options that both matrices have.
#ifndef VDSCONFORM_TESTS_MUTANTS_MATRIX_OPTIONS_H_
#define VDSCONFORM_TESTS_MUTANTS_MATRIX_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/mutants/kill_run.h"

namespace vdsconform::mutants {

struct MatrixOptions {
  Places places;
  std::vector<std::string> only;
  unsigned jobs = 1;
  std::string write_page;  // files; empty: none
  std::string check_page;
};

// --only, which what concerns all rows excludes.
inline CLI::Option* AddMatrixOptions(CLI::App& app, MatrixOptions& options) {
  app.add_option("--command", options.places.command, "The vdsconform to run")->required();
  app.add_option("--libraries", options.places.libraries, "Where libmutant_NAME.so are")
      ->required();
  app.add_option("--work", options.places.work, "A directory for reports and logs")->required();
  app.add_option("--jobs", options.jobs, "How many run at once")->check(CLI::Range(1u, 64u));
  CLI::Option* only =
      app.add_option("--only", options.only, "Names of the mutants to run; default: all");
  app.add_option("--write-page", options.write_page, "Write the page of this run")->excludes(only);
  return only;
}

// The exit code where the command line is wrong or was a question; none: go on.
inline std::optional<int> ParseMatrixOptions(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
}

// "on a machine with 2 processors, one mutant at a time."
inline std::string WhereMeasured(const MatrixOptions& options) {
  return "on a machine with " + std::to_string(std::thread::hardware_concurrency()) +
         " processors, " +
         (options.jobs == 1 ? "one mutant" : std::to_string(options.jobs) + " mutants") +
         " at a time.";
}

}  // namespace vdsconform::mutants

#endif  // VDSCONFORM_TESTS_MUTANTS_MATRIX_OPTIONS_H_
