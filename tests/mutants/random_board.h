// What random_search leaves in a file, so that it is there however the process ends.
#ifndef VDSCONFORM_TESTS_MUTANTS_RANDOM_BOARD_H_
#define VDSCONFORM_TESTS_MUTANTS_RANDOM_BOARD_H_

#include <cstdint>

namespace vdsconform::mutants {

struct RandomBoard {
  enum End : uint32_t {
    kEndedByTheProgram,  // the process ended, or was kept, amid a Program
    kFound,
    kNothingFound,
  };
  uint64_t executions = 0;  // begun so far
  double seconds = 0;       // until the last of them began, or until the end
  End end = kEndedByTheProgram;
  uint32_t unused = 0;
};

}  // namespace vdsconform::mutants

#endif  // VDSCONFORM_TESTS_MUTANTS_RANDOM_BOARD_H_
