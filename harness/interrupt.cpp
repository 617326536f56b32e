#include "harness/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include "harness/child_process.h"

namespace vdsconform {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler uses it");

// Written before the handler is in place, and read by it only.
std::string& ScratchPath() {
  static std::string path;
  return path;
}
const char* scratch_path = nullptr;

void OnSignal(int number) {
  const bool again = stop_requested.exchange(true);
  KillAllHosts();
  if (!again) return;
  if (scratch_path != nullptr) unlink(scratch_path);
  _exit(128 + number);
}

}  // namespace

void HandleInterrupts() {
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction old {};
    sigaction(number, nullptr, &old);
    if (old.sa_handler == SIG_IGN) continue;
    // Without SA_RESTART, so that whoever waits for a host notices at once.
    struct sigaction action {};
    action.sa_handler = OnSignal;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
  }
}

void RemoveOnSecondSignal(const std::string& path) {
  ScratchPath() = path;
  scratch_path = path.empty() ? nullptr : ScratchPath().c_str();
}

const std::atomic<bool>& StopRequested() { return stop_requested; }

}  // namespace vdsconform
