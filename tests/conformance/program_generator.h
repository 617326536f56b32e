// Random Programs, as RapidCheck generators.
//
// What they make is valid by construction and shrinks towards fewer steps, threads and operations,
// lower percents and plainer results. The generators are pure values; random_program_cases.cpp
// executes what they make. Not covered: operations that run by themselves, and preemption.
#ifndef VDSCONFORM_TESTS_CONFORMANCE_PROGRAM_GENERATOR_H_
#define VDSCONFORM_TESTS_CONFORMANCE_PROGRAM_GENERATOR_H_

// GoogleTest before RapidCheck, which would otherwise not see what it adapts to.
#include <gtest/gtest.h>
// RapidCheck next.
#include <rapidcheck.h>

#include <cstdint>

#include "harness/program.h"

namespace vdsconform {

struct GeneratorOptions {
  uint32_t capabilities = 0;  // only what these vdsconform_capability bits allow is made
  Schedule::Kind schedule = Schedule::Kind::kInOrder;  // or kRacing
  uint32_t rounds = 1;                                 // of a racing Program
  uint32_t threads = 4;
  uint32_t operations = 3;
  // Steps of a Program of size 100; smaller sizes make shorter Programs.
  uint32_t steps = 24;
};

// Any Program within `options`.
rc::Gen<Program> AnyProgram(const GeneratorOptions& options);

}  // namespace vdsconform

#endif  // VDSCONFORM_TESTS_CONFORMANCE_PROGRAM_GENERATOR_H_
