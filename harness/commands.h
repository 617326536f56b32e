// The commands of `vdsconform`. Each returns the process's exit code.
//
// Results go to standard output, what is wrong with the use or the input to standard error.
#ifndef VDSCONFORM_HARNESS_COMMANDS_H_
#define VDSCONFORM_HARNESS_COMMANDS_H_

#include "harness/options.h"

namespace vdsconform {

int RunCommand(const Options& options);
int CheckCommand(const Options& options);
int ConvertCommand(const Options& options);
int ReplayCommand(const Options& options);
// Explores alone, or replays options.file, and shows the code where threads were stopped.
int ExploreCommand(const Options& options);
int FuzzCommand(const Options& options);
int CorpusCommand(const Options& options);
int ListCommand(const Options& options);
int ExplainCommand(const Options& options);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_COMMANDS_H_
