// A disk image: the file that a clean overwrites, and how it is opened without harm.
//
// Only a regular file is ever opened for writing: no device, no directory, nothing behind a
// symbolic link in the last part of the path. The kind is established on the open descriptor, so
// exchanging the file meanwhile gains nothing. An image is locked while it is open, so two cleans
// never meet on it.
//
// Thread-safety: an Image belongs to one thread at a time; the functions may be called from any.
// Not covered: other programs that write to the file without asking for the lock.
#ifndef VDSCONFORM_REFERENCE_DISK_IMAGE_H_
#define VDSCONFORM_REFERENCE_DISK_IMAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>

#include "reference/disk_clean_parameters.h"

namespace vdsconform {

// What a clean needs of a file. Errors are errno values, 0 for none.
class Image {
 public:
  virtual ~Image() = default;
  // How many bytes there are to clean.
  virtual uint64_t size() const = 0;
  // Writes at most `bytes` bytes at `offset`; *written says how many.
  virtual int Write(const void* data, size_t bytes, uint64_t offset, size_t* written) = 0;
  // Returns once what was written is on the medium.
  virtual int Sync() = 0;
};

// Opens the image that the parameters name, or makes a temporary one that has no name, so that
// nothing of it is left however the process ends. Writes nothing yet.
std::variant<std::unique_ptr<Image>, Refusal> OpenImage(const DiskCleanParameters& parameters);

// The HRESULT_FROM_WIN32 code, or E_OUTOFMEMORY, that says the same as an errno value.
HRESULT HresultFromErrno(int error);

}  // namespace vdsconform

#endif  // VDSCONFORM_REFERENCE_DISK_IMAGE_H_
