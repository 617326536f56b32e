// Makes a Program that shows something smaller, as long as it still shows it.
//
// Steps are taken out in ever smaller pieces (delta debugging, Zeller and Hildebrandt 2002), then
// what is left is made plain: one thread, one operation, the usual outputs, simple values, fewer
// rounds, no stops. Pure but for `shows`.
#ifndef VDSCONFORM_HARNESS_MINIMISE_H_
#define VDSCONFORM_HARNESS_MINIMISE_H_

#include <cstdint>
#include <functional>

#include "harness/program.h"

namespace vdsconform {

// The smallest Program found; `program` itself if none smaller shows it. `shows` is asked at most
// `tries` times, never about `program` itself.
Program Minimise(const Program& program, const std::function<bool(const Program&)>& shows,
                 uint32_t tries);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_MINIMISE_H_
