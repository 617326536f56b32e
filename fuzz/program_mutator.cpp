// libFuzzer's own mutations, replaced by those of packed Programs; linked into every target whose
// input is one.
#include "fuzz/program_mutator.h"

#include <cstddef>
#include <cstdint>

#include "harness/program_mutation.h"

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  return vdsconform::MutateProgram(data, size, max_size, seed, vdsconform::DearMutants());
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* first, size_t first_size,
                                            const uint8_t* second, size_t second_size, uint8_t* out,
                                            size_t max_size, unsigned int seed) {
  return vdsconform::CrossPrograms({first, first_size}, {second, second_size}, {out, max_size},
                                   seed);
}
