// How much memory the process has in use.
#ifndef VDSCONFORM_HARNESS_HEAP_USE_H_
#define VDSCONFORM_HARNESS_HEAP_USE_H_

#include <cstdint>
#include <optional>

namespace vdsconform {

// Bytes that malloc has given out and not got back, what is in quarantine left out; it is emptied.
// None where the C library does not tell, or a sanitizer takes its place. Thread-safe.
std::optional<uint64_t> HeapInUse();

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_HEAP_USE_H_
