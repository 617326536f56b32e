#include "reference/disk_clean.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

constexpr uint32_t kOutputTypeClean = 11;  // VDS_ASYNCOUT_CLEAN
constexpr uint32_t kErrorWriteFault = 29;
constexpr uint32_t kErrorMaxThreadsReached = 164;

ULONG PercentOf(uint64_t done, uint64_t total) {
  // The larger of the two would overflow if multiplied; for it the coarser division is exact
  // enough.
  constexpr uint64_t kMultipliable = uint64_t{1} << 56;
  return static_cast<ULONG>(total < kMultipliable ? done * 100 / total : done / (total / 100));
}

struct Work {
  std::unique_ptr<Image> image;
  std::vector<std::byte> zeros;
  AsyncOperation* operation;
};

void Run(Work work) noexcept {
  // An image that outgrows the process's limit for files is this operation's error (EFBIG), not the
  // end of the process.
  sigset_t limit;
  sigemptyset(&limit);
  sigaddset(&limit, SIGXFSZ);
  pthread_sigmask(SIG_BLOCK, &limit, nullptr);

  const HRESULT result = Clean(*work.image, work.zeros.data(), work.zeros.size(), *work.operation);
  // Unlocked first: whoever sees the operation finished may start the next one on the image.
  work.image.reset();
  work.operation->Finish(result);
  work.operation->Release();
}

}  // namespace

HRESULT Clean(Image& image, const std::byte* zeros, size_t chunk, AsyncOperation& operation) {
  const uint64_t total = image.size();
  uint64_t done = 0;
  while (done < total) {
    if (operation.cancel_requested()) return hr::kOperationCanceled;
    const auto wanted = static_cast<size_t>(std::min<uint64_t>(chunk, total - done));
    size_t written = 0;
    const int error = image.Write(zeros, wanted, done, &written);
    if (error == EINTR) continue;
    if (error != 0) return HresultFromErrno(error);
    // A file that takes nothing and gives no reason would be asked for ever.
    if (written == 0) return FromWin32(kErrorWriteFault);
    done += written;
    operation.Advance(PercentOf(done, total));
  }
  if (operation.cancel_requested()) return hr::kOperationCanceled;
  const int error = image.Sync();
  return error == 0 ? hr::kOk : HresultFromErrno(error);
}

HRESULT StartClean(std::unique_ptr<Image> image, size_t chunk, IVdsAsync** async) {
  AsyncOperation* const operation = AsyncOperation::Create({.estimable = true,
                                                            .cancellation = Cancellation::kByWorker,
                                                            .output_type = kOutputTypeClean});
  if (operation == nullptr) return hr::kOutOfMemory;
  operation->AddRef();  // the worker's
  HRESULT failure = hr::kOutOfMemory;
  try {
    std::thread(Run, Work{std::move(image), std::vector<std::byte>(chunk), operation}).detach();
    *async = operation;
    return hr::kOk;
  } catch (const std::bad_alloc&) {
    failure = hr::kOutOfMemory;
  } catch (const std::system_error&) {
    failure = FromWin32(kErrorMaxThreadsReached);
  }
  operation->Release();
  operation->Release();
  return failure;
}

}  // namespace vdsconform
