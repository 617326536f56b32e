// Random Programs for tests: those that random bytes stand for.
//
// Pure; each test has a seed of its own, so that a failure shows again.
#ifndef VDSCONFORM_TESTS_UNIT_RANDOM_PROGRAMS_H_
#define VDSCONFORM_TESTS_UNIT_RANDOM_PROGRAMS_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "harness/program_bytes.h"

namespace vdsconform {

inline std::vector<uint8_t> RandomBytes(std::mt19937& random, size_t size) {
  std::vector<uint8_t> bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

// As many bytes as `steps` whole steps take.
constexpr size_t PackedSize(size_t steps) { return kPackedHeaderBytes + steps * kPackedStepBytes; }

inline Program Unpacked(std::span<const uint8_t> bytes) {
  Program program;
  UnpackProgram(bytes, &program);
  return program;
}

}  // namespace vdsconform

#endif  // VDSCONFORM_TESTS_UNIT_RANDOM_PROGRAMS_H_
