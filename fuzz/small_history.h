// A small history made of bytes, for the comparison of the judge with an exhaustive search.
//
// Every byte string stands for one, and a small change of the bytes is a small change of it. The
// first byte says of what kind the operations are; after it come moves of three bytes: which thread
// does what to which operation, and two that say with what answer. A thread that is in a call ends
// it first. Moves follow one another in time, and no two calls of different threads begin or end at
// the same instant: there the search knows more than pairs of calls tell (see the property test).
// It holds what tests/property/small_histories.h promises of its histories. Pure and thread-safe.
#ifndef VDSCONFORM_FUZZ_SMALL_HISTORY_H_
#define VDSCONFORM_FUZZ_SMALL_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "spec/history.h"

namespace vdsconform {

// The calls that follow the begins. The search takes 16 of an operation, in time that grows with
// the orders in which they may have taken effect.
inline constexpr size_t kMostSmallCalls = 12;

History SmallHistory(std::span<const uint8_t> bytes);

}  // namespace vdsconform

#endif  // VDSCONFORM_FUZZ_SMALL_HISTORY_H_
