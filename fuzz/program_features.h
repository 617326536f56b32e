// What a fuzzer is told of a Program's run beside code coverage: which states, transitions, calls,
// answers and interleavings it has seen, so that it also finds its way in a closed binary.
//
// Counters in the section that libFuzzer reads beside those of instrumented code; without it they
// are memory that nobody reads. One thread.
#ifndef VDSCONFORM_FUZZ_PROGRAM_FEATURES_H_
#define VDSCONFORM_FUZZ_PROGRAM_FEATURES_H_

#include <cstdint>

#include "spec/history.h"

namespace vdsconform {

// Counts what is in the history.
void NoteFeatures(const History& history);

// Clears the counters, as libFuzzer does before each run.
void ClearFeatures();

// How many different ones the last run had.
uint32_t CountFeatures();

}  // namespace vdsconform

#endif  // VDSCONFORM_FUZZ_PROGRAM_FEATURES_H_
