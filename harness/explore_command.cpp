#include "harness/commands.h"

namespace vdsconform {

int ExploreCommand(const Options& options) {
  return options.file.empty() ? RunCommand(options) : ReplayCommand(options);
}

}  // namespace vdsconform
