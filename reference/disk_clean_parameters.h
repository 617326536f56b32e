// What --param may say to the disk-clean plugin, read from "key=value" strings:
//
//   image=PATH     the image to clean: an existing regular file
//   overwrite=yes  the image may hold data, which is lost; the default is no
//   size=64M       how large a temporary image to make, or an empty one to grow; K, M, G: 1024s
//   chunk=1M       bytes between two looks at Cancel, 512 to 64M
//
// Pure and thread-safe. Not covered: whether the image can be opened (disk_image.h).
#ifndef VDSCONFORM_REFERENCE_DISK_CLEAN_PARAMETERS_H_
#define VDSCONFORM_REFERENCE_DISK_CLEAN_PARAMETERS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "spec/com.h"

namespace vdsconform {

// Why an operation was not started: what begin returns, and a line for a person.
struct Refusal {
  HRESULT result;
  std::string reason;
};

struct DiskCleanParameters {
  std::string image{};             // empty: a temporary file
  std::optional<uint64_t> size{};  // bytes, above 0
  bool overwrite = false;
  size_t chunk = size_t{1} << 20;  // bytes
};

// Refuses what it does not know, a key given twice, and combinations without a meaning.
std::variant<DiskCleanParameters, Refusal> ParseDiskCleanParameters(
    std::span<const char* const> parameters);

// Digits and at most one of K, M, G; none if it is not that or does not fit a file's offset.
std::optional<uint64_t> ParseByteCount(std::string_view text);

}  // namespace vdsconform

#endif  // VDSCONFORM_REFERENCE_DISK_CLEAN_PARAMETERS_H_
