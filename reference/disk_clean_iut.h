// The disk clean as an IUT: a real operation that runs by itself and can only be observed.
//
// The plugin vdsconform_disk_clean exports it; its parameters are in disk_clean_parameters.h. What
// it refuses it names in one line on stderr. Thread-safety: as the contract asks (spec/iut.h).
#ifndef VDSCONFORM_REFERENCE_DISK_CLEAN_IUT_H_
#define VDSCONFORM_REFERENCE_DISK_CLEAN_IUT_H_

#include "spec/iut.h"

namespace vdsconform {

const vdsconform_iut& DiskCleanIut();

}  // namespace vdsconform

#endif  // VDSCONFORM_REFERENCE_DISK_CLEAN_IUT_H_
