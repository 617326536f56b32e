// The plugin vdsconform_disk_clean.
#include "reference/disk_clean_iut.h"
#include "reference/plugin.h"

const struct vdsconform_iut* vdsconform_iut(uint32_t abi) {
  return abi == VDSCONFORM_ABI ? &vdsconform::DiskCleanIut() : nullptr;
}
