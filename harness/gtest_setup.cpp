#include "harness/gtest_setup.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vdsconform {

std::string SetUpGoogleTest(const std::vector<std::string>& flags, const GTestSetup& setup) {
  if (!setup.filter.empty()) GTEST_FLAG_SET(filter, setup.filter);
  if (!setup.xml.empty()) GTEST_FLAG_SET(output, "xml:" + setup.xml);
  if (setup.random_seed != 0) GTEST_FLAG_SET(random_seed, setup.random_seed);
  std::vector<std::string> arguments = {"vdsconform"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  int argc = static_cast<int>(arguments.size());
  testing::InitGoogleTest(&argc, argv.data());
  // GoogleTest leaves what it does not know, and its request for help, where it was.
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[static_cast<size_t>(i)];
    if (flag != "--gtest_help") return flag + ": GoogleTest knows no such flag or value";
  }
  return {};
}

bool AsksGoogleTest(const std::vector<std::string>& flags) {
  return testing::GTEST_FLAG(list_tests) ||
         std::find(flags.begin(), flags.end(), "--gtest_help") != flags.end();
}

}  // namespace vdsconform
