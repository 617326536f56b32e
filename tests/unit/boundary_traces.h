// Made-up traces of calls, for the tests of what is chosen from them.
#ifndef VDSCONFORM_TESTS_UNIT_BOUNDARY_TRACES_H_
#define VDSCONFORM_TESTS_UNIT_BOUNDARY_TRACES_H_

#include <cstdint>
#include <vector>

#include "harness/boundary.h"

namespace vdsconform {

// `cheap` boundaries that are reached without a trap on the way, then `dear` ones of a loop.
inline std::vector<Boundary> Trace(uint32_t cheap, uint32_t dear, uint32_t visit = 100) {
  std::vector<Boundary> boundaries;
  for (uint32_t i = 0; i < cheap + dear; ++i) {
    Boundary& boundary = boundaries.emplace_back();
    boundary.instruction = i;
    boundary.visit = i < cheap ? 1 : visit;
  }
  return boundaries;
}

}  // namespace vdsconform

#endif  // VDSCONFORM_TESTS_UNIT_BOUNDARY_TRACES_H_
