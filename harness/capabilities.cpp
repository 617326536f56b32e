#include "harness/capabilities.h"

#include "spec/iut.h"

namespace vdsconform {

std::vector<std::string> CapabilityNames(uint32_t capabilities) {
  struct Row {
    uint32_t bit;
    const char* name;
  };
  constexpr Row kRows[] = {{VDSCONFORM_DRIVE, "DRIVE"},
                           {VDSCONFORM_CANCEL, "CANCEL"},
                           {VDSCONFORM_WAIT, "WAIT"},
                           {VDSCONFORM_ESTIMATE, "ESTIMATE"},
                           {VDSCONFORM_NOT_ESTIMATE, "NOT_ESTIMATE"}};
  std::vector<std::string> names;
  for (const Row& row : kRows) {
    if ((capabilities & row.bit) != 0) names.emplace_back(row.name);
  }
  return names;
}

std::string DescribeCapabilities(uint32_t capabilities) {
  std::string text;
  for (const std::string& name : CapabilityNames(capabilities)) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace vdsconform
