#include "harness/fatal_signals.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include "harness/quarantine.h"

namespace vdsconform {
namespace {

constexpr std::array<int, 6> kFatal{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGABRT};
std::array<struct sigaction, kFatal.size()> previous;
Journal* noted = nullptr;

// What of freed memory the call of this thread, which failed at `address`, had used.
Journal::Freed FreedOf(int32_t tid, const void* address) {
  for (const Journal::Slot& slot : noted->slots) {
    if (slot.tid != tid || slot.call < 0 || slot.object == 0) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): looked for, not used
    if (IsQuarantined(reinterpret_cast<const void*>(slot.object))) return Journal::kOwnObject;
  }
  return IsNearPoison(address) ? Journal::kOtherMemory : Journal::kNothing;
}

void Note(int number, siginfo_t* info, void*) {
  const int saved_errno = errno;
  const auto tid = static_cast<int32_t>(syscall(SYS_gettid));
  int32_t nobody = 0;
  if (__atomic_compare_exchange_n(&noted->fatal_tid, &nobody, tid, false, __ATOMIC_RELAXED,
                                  __ATOMIC_RELAXED)) {
    noted->freed = FreedOf(tid, info->si_addr);
  }
  for (size_t i = 0; i < kFatal.size(); ++i) {
    if (kFatal[i] == number) sigaction(number, &previous[i], nullptr);
  }
  // A faulting instruction faults again on return; a signal that was sent has to be sent again.
  if (info->si_code <= 0) syscall(SYS_tgkill, getpid(), tid, number);
  errno = saved_errno;
}

}  // namespace

void NoteFatalSignals(Journal* journal) {
  noted = journal;
  struct sigaction action {};
  action.sa_sigaction = Note;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < kFatal.size(); ++i) sigaction(kFatal[i], &action, &previous[i]);
}

}  // namespace vdsconform
