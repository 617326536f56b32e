// The packed form of a Program, for fuzzers: a few bytes a step, and every byte string is one.
//
// Four bytes for the Program, then ten for each step; a step cut off is read as if zeros followed.
// Zeros are the plainest: a query on thread 0 of operation 0, in order. A changed byte changes one
// property of one step. Values out of range are folded into it, and what would make a Program too
// long is left out, so that whatever the bytes are the Program is valid and small
// (kMaxPackedCalls). Results come from the table of codes or are any 32 bits; those that no
// operation may finish with stand for S_OK.
//
// Not everything can be said: names, explored schedules, `measure`, large counts. Files use JSON
// (program_json.h). A change of the table of codes changes what packed results mean. All functions
// are pure and thread-safe.
#ifndef VDSCONFORM_HARNESS_PROGRAM_BYTES_H_
#define VDSCONFORM_HARNESS_PROGRAM_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/program.h"

namespace vdsconform {

inline constexpr size_t kPackedHeaderBytes = 4;
inline constexpr size_t kPackedStepBytes = 10;
inline constexpr size_t kMaxPackedSteps = 256;
// Steps with what they repeat.
inline constexpr uint64_t kMaxPackedCalls = 100'000;
// The third byte of a step that is repeated, the last two: oftener than a byte counts, and so often
// that it costs a thousand times as much.
inline constexpr uint8_t kManyRepeat = 254;
inline constexpr uint8_t kDearRepeat = 255;
// The first byte of steps of thread 0.
inline constexpr uint8_t kPackedQuery = 0;
inline constexpr uint8_t kPackedProgress = 1;
inline constexpr uint8_t kPackedAddRef = 8;
inline constexpr uint8_t kPackedRelease = 9;

// What a step does that begins with this byte.
Action PackedAction(uint8_t first_byte);

// The Program that the bytes stand for. `program`'s memory is reused.
void UnpackProgram(std::span<const uint8_t> bytes, Program* program);

// Bytes that stand for this very Program but for its name; none if there are none.
std::optional<std::vector<uint8_t>> PackProgram(const Program& program);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_PROGRAM_BYTES_H_
