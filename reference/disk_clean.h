// A clean: overwrites a disk image with zeros, in a thread of its own.
//
// This is the production use of AsyncOperation: nobody drives it. While it runs, percent is the
// share of bytes written. Cancel is honoured between chunks and returns once the worker has let go
// of the image, so nothing is written to it after the operation is reported finished.
//
// The worker holds a reference of its own: an operation whose client has released everything runs
// to its end. It is not tied to the process either: exit ends it wherever it is.
//
// Thread-safety: the functions may be called from any thread.
#ifndef VDSCONFORM_REFERENCE_DISK_CLEAN_H_
#define VDSCONFORM_REFERENCE_DISK_CLEAN_H_

#include <cstddef>
#include <memory>

#include "reference/async_operation.h"
#include "reference/disk_image.h"

namespace vdsconform {

// Starts to clean `image`, `chunk` bytes (above 0) at a time, and gives the caller one reference to
// the operation in *async. On failure nothing has started.
HRESULT StartClean(std::unique_ptr<Image> image, size_t chunk, IVdsAsync** async);

// What the worker does, in the calling thread: cleans `image`, reports progress to `operation` and
// returns the result to finish with, without finishing. `zeros` holds `chunk` bytes of zero.
HRESULT Clean(Image& image, const std::byte* zeros, size_t chunk, AsyncOperation& operation);

}  // namespace vdsconform

#endif  // VDSCONFORM_REFERENCE_DISK_CLEAN_H_
