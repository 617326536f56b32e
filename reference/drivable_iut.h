// The reference implementation as an IUT that the suite drives: all five capabilities.
//
// The plugin vdsconform_reference exports it; tests and fuzzers may use it without a library.
// Thread-safety: as the contract asks (spec/iut.h); the description is constant.
#ifndef VDSCONFORM_REFERENCE_DRIVABLE_IUT_H_
#define VDSCONFORM_REFERENCE_DRIVABLE_IUT_H_

#include "spec/iut.h"

namespace vdsconform {

const vdsconform_iut& ReferenceIut();

}  // namespace vdsconform

#endif  // VDSCONFORM_REFERENCE_DRIVABLE_IUT_H_
