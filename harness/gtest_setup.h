// GoogleTest's own command line within ours.
#ifndef VDSCONFORM_HARNESS_GTEST_SETUP_H_
#define VDSCONFORM_HARNESS_GTEST_SETUP_H_

#include <string>
#include <vector>

namespace vdsconform {

// What our options say to GoogleTest; its own flags outrank it.
struct GTestSetup {
  std::string filter;   // empty: all
  std::string xml;      // where to write its XML report; empty: nowhere
  int random_seed = 0;  // 0: its own choice
};

// Initialises GoogleTest, once a process. `flags` begin with "--gtest_". An error about a flag that
// GoogleTest does not know, or empty.
std::string SetUpGoogleTest(const std::vector<std::string>& flags, const GTestSetup& setup);

// True if the flags ask for GoogleTest's help or list of tests and not for a run.
bool AsksGoogleTest(const std::vector<std::string>& flags);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_GTEST_SETUP_H_
