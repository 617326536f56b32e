// Runs a program and waits for it, with all that it prints kept in a file. Thread-safe.
#ifndef VDSCONFORM_TESTS_MUTANTS_RUN_COMMAND_H_
#define VDSCONFORM_TESTS_MUTANTS_RUN_COMMAND_H_

#include <string>
#include <vector>

namespace vdsconform::mutants {

// The exit code; 128 and the signal's number if a signal ended it; -1 if it could not be started.
// `arguments` begins with the program's path.
int RunCommand(const std::vector<std::string>& arguments, const std::string& output_file);

}  // namespace vdsconform::mutants

#endif  // VDSCONFORM_TESTS_MUTANTS_RUN_COMMAND_H_
