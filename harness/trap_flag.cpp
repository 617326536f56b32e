#include "harness/trap_flag.h"

#include <csignal>

#include "harness/sanitized.h"
#include "harness/thread_state.h"

namespace vdsconform {

#if defined(__x86_64__) && defined(__linux__)
namespace {

volatile sig_atomic_t probe_traps = 0;

void CountProbe(int /*signal*/) { probe_traps = probe_traps + 1; }

bool TrapFlagWorks() {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = CountProbe;
  if (sigaction(SIGTRAP, &action, &before) != 0) return false;
  probe_traps = 0;
  SetTrapFlag();
  __asm__ volatile("nop\n\tnop\n\tnop" ::: "memory");
  ClearTrapFlag();
  const bool works = probe_traps >= 3;
  sigaction(SIGTRAP, &before, nullptr);
  return works;
}

}  // namespace

std::string WhyNoTrapFlag() {
  if (kSanitized) return "this program was built with a sanitizer";
  if (IsBeingDebugged()) return "a debugger is attached";
  static const bool works = TrapFlagWorks();
  return works ? "" : "the processor's trap flag does not work here: an emulator, valgrind?";
}

#else

std::string WhyNoTrapFlag() { return "only on x86-64 Linux can threads be stopped"; }

#endif

}  // namespace vdsconform
