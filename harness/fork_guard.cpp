#include "harness/fork_guard.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <mutex>

namespace vdsconform {
namespace {

std::atomic<long> guarded_process{0};

// Not getpid: it may remember what it told before.
long OwnProcess() { return syscall(SYS_getpid); }

void MakeGuard() {
  const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* page = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  if (madvise(page, size, MADV_WIPEONFORK) != 0) {
    munmap(page, size);
    return;
  }
  *static_cast<uint32_t*>(page) = 1;
  guarded_process.store(OwnProcess(), std::memory_order_relaxed);
  internal::guard_word.store(static_cast<const volatile uint32_t*>(page),
                             std::memory_order_release);
}

}  // namespace

void InstallForkGuard() {
  static std::once_flag once;
  std::call_once(once, MakeGuard);
}

bool InSharingChild() {
  const long guarded = guarded_process.load(std::memory_order_relaxed);
  return guarded != 0 && !InForkedChild() && OwnProcess() != guarded;
}

}  // namespace vdsconform
