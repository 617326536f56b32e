#include "harness/stepper.h"

#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

namespace vdsconform {

#if defined(__x86_64__) && defined(__linux__)
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

constexpr greg_t kTrapFlag = 0x100;
constexpr uint8_t kBreakpoint = 0xCC;
constexpr size_t kSignalSetBytes = 8;  // of the kernel

enum class Mode : uint8_t {
  kNone,
  kTrace,   // record every boundary
  kCount,   // stop at the boundary with the target's numbers
  kBeyond,  // past the breakpoint: stop `beyond` boundaries later
  kRearm,   // has executed the instruction under the breakpoint: put it back
};

// What a thread does with its traps. Trivial, so that a handler may use it at any time.
struct Following {
  Mode mode;
  Mode after_library;  // to go on with once a library that makes threads has returned
  Stepper::Target target;
  bool stopped;
  uint64_t instructions;  // of the implementation's own so far
  uint32_t beyond;
  uint32_t visits;         // of the breakpoint
  uintptr_t last;          // boundary before
  uintptr_t return_to;     // into the implementation, from the library it is in
  greg_t signal_set;       // the argument that was replaced for a system call; 0: none
  uint64_t unblocked_set;  // what it was replaced by
};
thread_local Following following;

// The one breakpoint there may be.
struct Slot {
  uint8_t* address;
  uint8_t original;
  Following* owner;
};
Slot slot;
// Guards it, and the code under it: threads that run freely may meet a breakpoint not their own.
std::atomic_flag slot_lock = ATOMIC_FLAG_INIT;

class SlotLock {
 public:
  SlotLock() {
    while (slot_lock.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~SlotLock() { slot_lock.clear(std::memory_order_release); }
  SlotLock(const SlotLock&) = delete;
  SlotLock& operator=(const SlotLock&) = delete;
};

std::atomic<uint64_t> trap_count{0};

const CodeMap* code_map = nullptr;
// Of the trace: addresses in the order they were reached. Filled in the handler.
uintptr_t* trace_begin = nullptr;
size_t trace_size = 0;
bool trace_complete = true;

// NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code
uint8_t* At(uintptr_t address) { return reinterpret_cast<uint8_t*>(address); }

void Write(uint8_t* address, uint8_t byte) { *static_cast<volatile uint8_t*>(address) = byte; }

void SetBreakpoint(uint8_t* address, Following* owner) {
  const SlotLock lock;
  slot = {address, *address, owner};
  Write(address, kBreakpoint);
}

// Takes `owner`'s back; nullptr: anybody's.
void ClearBreakpoint(const Following* owner) {
  const SlotLock lock;
  if (slot.address == nullptr || (owner != nullptr && slot.owner != owner)) return;
  Write(slot.address, slot.original);
  slot.address = nullptr;
}

bool IsRepeated(uintptr_t address) {
  const uint8_t prefix = *At(address);
  return prefix == 0xF2 || prefix == 0xF3;
}

// A string instruction traps after each repetition but is reached only once.
bool IsOwn(uintptr_t address, uintptr_t last) {
  return code_map->IsIut(address) && !(address == last && IsRepeated(address));
}

void Stop(Following& f) {
  f.mode = Mode::kNone;
  f.stopped = true;
  f.target.stopped(f.target.argument);
}

bool IsSystemCall(uintptr_t address) { return At(address)[0] == 0x0F && At(address)[1] == 0x05; }

// A trap that finds its signal blocked ends the process, so SIGTRAP is kept out of masks that the
// thread sets. What makes a thread or process would hand the trap flag on to it.
bool MayStepInto(Following& f, greg_t* registers) {
  switch (registers[REG_RAX]) {
    case SYS_rt_sigprocmask: {
      const greg_t set = registers[REG_RSI];
      if (set == 0 || registers[REG_RDI] == SIG_UNBLOCK) return true;
      // NOLINTNEXTLINE(performance-no-int-to-ptr): the argument of a system call
      std::memcpy(&f.unblocked_set, reinterpret_cast<void*>(set), kSignalSetBytes);
      f.unblocked_set &= ~(uint64_t{1} << (SIGTRAP - 1));
      f.signal_set = set;
      registers[REG_RSI] = reinterpret_cast<greg_t>(&f.unblocked_set);
      return true;
    }
    case SYS_clone:
    case SYS_clone3:
    case SYS_fork:
    case SYS_vfork:
    case SYS_execve:
      return false;
    default:
      return true;
  }
}

// Lets the thread run freely until it is back in the implementation.
void RunUntilBack(Following& f, greg_t* registers) {
  registers[REG_EFL] &= ~kTrapFlag;
  f.after_library = f.mode;
  f.mode = Mode::kNone;
  if (f.return_to != 0) SetBreakpoint(At(f.return_to), &f);
}

// The thread is about to execute the instruction at `address`.
void Step(Following& f, ucontext_t* context) {
  greg_t* registers = context->uc_mcontext.gregs;
  const auto address = static_cast<uintptr_t>(registers[REG_RIP]);
  if (f.signal_set != 0) {
    registers[REG_RSI] = f.signal_set;
    f.signal_set = 0;
  }
  if (f.mode == Mode::kRearm) {
    {
      const SlotLock lock;
      if (slot.address != nullptr) Write(slot.address, kBreakpoint);
    }
    f.mode = Mode::kNone;
    registers[REG_EFL] &= ~kTrapFlag;
    return;
  }
  if (code_map->IsHarness(address)) {
    f.last = address;
    return;
  }
  const bool own = IsOwn(address, f.last);
  if (own) {
    ++f.instructions;
    f.beyond = 0;
  } else {
    ++f.beyond;
    // Just called: the return address is on top of the stack.
    if (code_map->IsIut(f.last) && !code_map->IsIut(address)) {
      // NOLINTNEXTLINE(performance-no-int-to-ptr): the stack pointer
      const uintptr_t top = *reinterpret_cast<const uintptr_t*>(registers[REG_RSP]);
      f.return_to = code_map->IsIut(top) ? top : 0;
    }
  }
  f.last = address;

  switch (f.mode) {
    case Mode::kTrace:
      if (trace_size < kMaxBoundaries) trace_begin[trace_size] = address;
      // One more than there is room for tells that it is incomplete.
      if (++trace_size > kMaxBoundaries) f.mode = Mode::kNone;
      break;
    case Mode::kCount:
      if (f.instructions == f.target.boundary.instruction + 1 &&
          f.beyond == f.target.boundary.beyond) {
        Stop(f);
      }
      break;
    case Mode::kBeyond:
      if (f.beyond == f.target.boundary.beyond) Stop(f);
      break;
    default:
      break;
  }
  const bool too_far = f.mode == Mode::kTrace && f.beyond >= kMaxBeyond && f.return_to != 0;
  if (too_far) trace_complete = false;
  if (f.mode == Mode::kNone) {
    registers[REG_EFL] &= ~kTrapFlag;
  } else if (too_far || (IsSystemCall(address) && !MayStepInto(f, registers))) {
    RunUntilBack(f, registers);
  }
}

// The thread has executed a breakpoint.
void Break(Following& f, ucontext_t* context) {
  greg_t* registers = context->uc_mcontext.gregs;
  const uintptr_t address = static_cast<uintptr_t>(registers[REG_RIP]) - 1;
  registers[REG_RIP] = static_cast<greg_t>(address);
  bool owns = false;
  {
    const SlotLock lock;
    if (slot.address != At(address)) {
      // Taken back while this thread was on its way here; or one that is none of ours, which then
      // does what it would have done.
      if (*At(address) == kBreakpoint) signal(SIGTRAP, SIG_DFL);
      return;
    }
    owns = slot.owner == &f;
    const bool there =
        owns && (f.after_library != Mode::kNone || ++f.visits == f.target.boundary.visit);
    Write(slot.address, slot.original);
    if (there) {
      slot.address = nullptr;
    } else {
      // Not yet, or another thread.
      f.mode = Mode::kRearm;
      registers[REG_EFL] |= kTrapFlag;
      return;
    }
  }
  if (f.after_library != Mode::kNone) {
    f.mode = f.after_library;
    f.after_library = Mode::kNone;
    registers[REG_EFL] |= kTrapFlag;
    Step(f, context);
  } else if (f.target.boundary.beyond == 0) {
    Stop(f);
  } else {
    f.mode = Mode::kBeyond;
    f.last = address;
    f.beyond = 0;
    registers[REG_EFL] |= kTrapFlag;
  }
}

void OnTrap(int /*signal*/, siginfo_t* info, void* context) {
  const int error = errno;
  trap_count.fetch_add(1, std::memory_order_relaxed);
  if (info->si_code == TRAP_TRACE) {
    Step(following, static_cast<ucontext_t*>(context));
  } else if (info->si_code == SI_KERNEL || info->si_code == TRAP_BRKPT) {
    Break(following, static_cast<ucontext_t*>(context));
  } else {
    // Sent, by whomever: it does what it would have done without us.
    signal(SIGTRAP, SIG_DFL);
    raise(SIGTRAP);
  }
  errno = error;
}

bool IsBeingDebugged() {
  std::FILE* status = std::fopen("/proc/self/status", "re");
  if (status == nullptr) return false;
  char line[256];
  long tracer = 0;
  while (std::fgets(line, sizeof line, status) != nullptr) {
    if (std::sscanf(line, "TracerPid: %ld", &tracer) == 1) break;
  }
  std::fclose(status);
  return tracer != 0;
}

volatile sig_atomic_t probe_traps = 0;

void CountProbe(int /*signal*/) { probe_traps = probe_traps + 1; }

// Both below the red zone, which the compiler may be using.
void SetTrapFlag() {
  __asm__ volatile(
      "lea -128(%%rsp), %%rsp\n\t"
      "pushfq\n\t"
      "orq $0x100, (%%rsp)\n\t"
      "popfq\n\t"
      "lea 128(%%rsp), %%rsp" ::
          : "cc", "memory");
}

void ClearTrapFlag() {
  __asm__ volatile(
      "lea -128(%%rsp), %%rsp\n\t"
      "pushfq\n\t"
      "andq $~0x100, (%%rsp)\n\t"
      "popfq\n\t"
      "lea 128(%%rsp), %%rsp" ::
          : "cc", "memory");
}

// Whether the trap flag works: not in emulators.
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

std::string Stepper::WhyNot() {
  if (kSanitized) return "this program was built with a sanitizer";
  if (IsBeingDebugged()) return "a debugger is attached";
  static const bool works = TrapFlagWorks();
  return works ? "" : "the processor's trap flag does not work here: an emulator, valgrind?";
}

Stepper::Stepper(const CodeMap* code) {
  code_map = code;
  slot = Slot{};
  if (trace_begin == nullptr) trace_begin = new uintptr_t[kMaxBoundaries];
  struct sigaction action {};
  action.sa_sigaction = OnTrap;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGTRAP, &action, &before_);
}

Stepper::~Stepper() {
  ClearBreakpoint(nullptr);
  sigaction(SIGTRAP, &before_, nullptr);
}

void Stepper::Trace() {
  following = Following{};
  following.mode = Mode::kTrace;
  trace_size = 0;
  trace_complete = true;
}

std::vector<Boundary> Stepper::TakeTrace(bool* complete) {
  ClearBreakpoint(&following);
  *complete = trace_complete && trace_size <= kMaxBoundaries;
  std::vector<Boundary> boundaries;
  std::unordered_map<uintptr_t, uint32_t> visits;
  Boundary next;
  bool anchored = false;
  uintptr_t last = 0;
  for (size_t i = 0; i < std::min(trace_size, kMaxBoundaries); ++i) {
    const uintptr_t address = trace_begin[i];
    if (IsOwn(address, last)) {
      next.instruction = anchored ? next.instruction + 1 : 0;
      next.beyond = 0;
      next.anchor = address;
      next.visit = ++visits[address];
      anchored = true;
    } else {
      ++next.beyond;
    }
    last = address;
    next.address = address;
    // What a library does before the implementation's first instruction is not reached from it.
    if (anchored) boundaries.push_back(next);
  }
  following = Following{};
  return boundaries;
}

void Stepper::Arm(const Target& target) {
  following = Following{};
  following.target = target;
  if (target.by_steps) {
    following.mode = Mode::kCount;
  } else {
    SetBreakpoint(At(target.boundary.anchor), &following);
  }
}

bool Stepper::Disarm() {
  ClearBreakpoint(&following);
  const bool stopped = following.stopped;
  following = Following{};
  return stopped;
}

void Stepper::Enter() {
  if (following.mode != Mode::kNone) SetTrapFlag();
}

uint64_t Stepper::traps() { return trap_count.load(std::memory_order_relaxed); }

void Stepper::Leave() {
  // A breakpoint may have turned stepping on meanwhile.
  ClearTrapFlag();
}

#else

std::string Stepper::WhyNot() { return "only on x86-64 Linux can threads be stopped"; }
Stepper::Stepper(const CodeMap* /*code*/) : before_() {}
Stepper::~Stepper() = default;
void Stepper::Trace() {}
std::vector<Boundary> Stepper::TakeTrace(bool* complete) {
  *complete = false;
  return {};
}
void Stepper::Arm(const Target& /*target*/) {}
bool Stepper::Disarm() { return false; }
void Stepper::Enter() {}
void Stepper::Leave() {}
uint64_t Stepper::traps() { return 0; }

#endif

}  // namespace vdsconform
