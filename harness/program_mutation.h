// Mutations of packed Programs (program_bytes.h) by whole steps, for fuzzers.
//
// Bytes inserted or taken out anywhere would make every later step another one. These keep the
// steps whole: one is added, taken out, repeated, moved, or changed in one property, with the
// values at which implementations go wrong more often than the rest. All functions are pure: the
// same arguments give the same bytes. Thread-safe.
#ifndef VDSCONFORM_HARNESS_PROGRAM_MUTATION_H_
#define VDSCONFORM_HARNESS_PROGRAM_MUTATION_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace vdsconform {

// Of so many mutants one calls something as often as a counter of 16 bits does not hold: by itself
// that comes too seldom. It takes as long as a thousand others, so it is tried often only on
// implementations that nobody knows.
inline constexpr size_t kDearOften = 4'096;
inline constexpr size_t kDearSeldom = 32'768;

// Changes the `size` bytes at `data`, where there is room for `max_size`, and gives the new size.
size_t MutateProgram(uint8_t* data, size_t size, size_t max_size, uint32_t seed,
                     size_t dear_of = kDearSeldom);

// A Program that begins as `first` and goes on as `second`, cut between steps; gives its size, at
// most `out.size()`.
size_t CrossPrograms(std::span<const uint8_t> first, std::span<const uint8_t> second,
                     std::span<uint8_t> out, uint32_t seed);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_PROGRAM_MUTATION_H_
