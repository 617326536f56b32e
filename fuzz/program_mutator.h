// What a target says to the mutator of packed Programs that is linked into it.
#ifndef VDSCONFORM_FUZZ_PROGRAM_MUTATOR_H_
#define VDSCONFORM_FUZZ_PROGRAM_MUTATOR_H_

#include <cstddef>

namespace vdsconform {

// kDearOften or kDearSeldom (program_mutation.h). Each target defines it.
size_t DearMutants();

}  // namespace vdsconform

#endif  // VDSCONFORM_FUZZ_PROGRAM_MUTATOR_H_
