// The plugin vdsconform_reference.
#include "reference/drivable_iut.h"
#include "reference/plugin.h"

const struct vdsconform_iut* vdsconform_iut(uint32_t abi) {
  return abi == VDSCONFORM_ABI ? &vdsconform::ReferenceIut() : nullptr;
}
