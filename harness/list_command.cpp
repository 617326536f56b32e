#include <gtest/gtest.h>

#include <iostream>

#include "harness/commands.h"
#include "harness/gtest_setup.h"
#include "harness/report_json.h"

namespace vdsconform {
namespace {

int ListCases(const Options& options) {
  const std::string error = SetUpGoogleTest(options.gtest_flags, {});
  if (!error.empty()) {
    std::cerr << "vdsconform: " << error << '\n';
    return 2;
  }
  if (!options.gtest_flags.empty()) {
    // GoogleTest alone knows how to apply its filters.
    GTEST_FLAG_SET(list_tests, true);
    [[maybe_unused]] const int gtest_status = RUN_ALL_TESTS();
    if (testing::UnitTest::GetInstance()->test_to_run_count() > 0) return 0;
    std::cerr << "vdsconform: no case was selected: look at the filter and the shard\n";
    return 2;
  }
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *all.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      std::cout << suite.name() << '.' << suite.GetTestInfo(j)->name() << '\n';
    }
  }
  return 0;
}

void ListRequirements(bool advisories) {
  for (const Requirement& requirement : AllRequirements()) {
    if (requirement.advisory != advisories) continue;
    std::cout << "  " << requirement.id << "  " << requirement.name;
    if (requirement.ms_vds_only) std::cout << " (ms-vds only)";
    std::cout << '\n';
  }
}

}  // namespace

int ListCommand(const Options& options) {
  if (options.list_cases) return ListCases(options);
  if (options.list_json) {
    std::cout << JsonCatalogue();
    return 0;
  }
  std::cout << "Requirements:\n";
  ListRequirements(false);
  std::cout << "Advisories:\n";
  ListRequirements(true);
  std::cout << "`vdsconform explain QS-09` tells more of one.\n";
  return 0;
}

}  // namespace vdsconform
