// Which interleavings of an explored Program are run: every combination of the boundaries at which
// its threads can be stopped, as far as the budget goes, and a sample of the rest.
//
// What one costs depends on where it stops: a boundary in a loop or inside a library is reached
// only with traps on the way, and any where no breakpoint can be set. Interleavings whose every
// stop is cheap come first and in order; what the budget leaves for the others goes to a sample
// that depends on the seed alone. Pure.
#ifndef VDSCONFORM_HARNESS_INTERLEAVINGS_H_
#define VDSCONFORM_HARNESS_INTERLEAVINGS_H_

#include <cstdint>
#include <vector>

#include "harness/boundary.h"

namespace vdsconform {

// An interleaving: for each preemption, the index of its boundary.
using Interleaving = std::vector<uint32_t>;

// Traps that a thread takes before the one that stops it there.
uint64_t TrapsOnTheWay(const Boundary& boundary);

// `traces[p]`: the boundaries of preemption p. At most `budget` interleavings, and `trap_budget`
// traps on the way.
std::vector<Interleaving> ChooseInterleavings(const std::vector<std::vector<Boundary>>& traces,
                                              uint64_t budget, uint64_t trap_budget, uint64_t seed);

// The same in another order: first about `affordable` of them, from everywhere alike, then as many
// of those between them, and so on. As they are where all are affordable.
std::vector<Interleaving> SpreadOut(const std::vector<Interleaving>& chosen, uint64_t affordable);

// How many there are.
uint64_t CountInterleavings(const std::vector<std::vector<Boundary>>& traces);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_INTERLEAVINGS_H_
