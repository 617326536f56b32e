#include "harness/heap_use.h"

#include <malloc.h>

#include "harness/quarantine.h"

namespace vdsconform {

std::optional<uint64_t> HeapInUse() {
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 33)
  EmptyQuarantine();
  const struct mallinfo2 info = mallinfo2();
  const uint64_t bytes = uint64_t{info.uordblks} + uint64_t{info.hblkhd};
  if (bytes != 0) return bytes;
#endif
#endif
  return std::nullopt;
}

}  // namespace vdsconform
