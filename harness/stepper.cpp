#include "harness/stepper.h"

#include <sched.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "harness/call_trace.h"
#include "harness/thread_state.h"
#include "harness/trap_flag.h"

namespace vdsconform {

std::string Stepper::WhyNot() { return WhyNoTrapFlag(); }

#if defined(__x86_64__) && defined(__linux__)
namespace {

constexpr greg_t kTrapFlag = 0x100;
constexpr uint8_t kBreakpoint = 0xCC;
constexpr greg_t kDebugException = 1;
constexpr greg_t kBreakpointException = 3;
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
  bool is_repeating;       // the instruction under it, which was reached before
  uint8_t* in_library;     // where it goes on to from the anchor; nullptr: nowhere
  bool is_in_library;      // it has
  uintptr_t last;          // boundary before
  uintptr_t return_to;     // into the implementation, from the library it is in
  bool iut_thread;         // the implementation's own, being traced or stopped
  uint32_t arming;         // for which it is to be stopped
  greg_t signal_set;       // the argument that was replaced for a system call; 0: none
  uint64_t unblocked_set;  // what it was replaced by
};
thread_local Following following;

thread_local bool is_own_thread = false;

// The one breakpoint there may be.
struct Slot {
  uint8_t* address;
  uint8_t original;
  Following* owner;  // nullptr: the implementation's first thread to come here
  // Without an owner:
  Stepper::Target target;
  uint32_t visits;
  bool stopped;
};
Slot slot;

// Tracing the implementation's own threads: which one it is, none yet, or that it is over.
constexpr pid_t kNoThread = 0;
constexpr pid_t kTraceOver = -1;
std::atomic<pid_t> traced_thread{kTraceOver};
std::atomic<uint32_t> marked_threads{0};  // have taken the signal
// How often threads of the implementation were to be stopped, and how many of them are being.
std::atomic<uint32_t> armings{0};
std::atomic<uint32_t> stopping_threads{0};
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

struct sigaction handler_before;  // of SIGTRAP

const CodeMap* code_map = nullptr;
// Filled in the handler. Never destroyed: a call that is traced may end the process.
CallTrace& trace = *new CallTrace;

// NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code
uint8_t* At(uintptr_t address) { return reinterpret_cast<uint8_t*>(address); }

void Write(uint8_t* address, uint8_t byte) { *static_cast<volatile uint8_t*>(address) = byte; }

// With `target` the breakpoint has no owner.
void SetBreakpoint(uint8_t* address, Following* owner, const Stepper::Target* target = nullptr) {
  const SlotLock lock;
  if (slot.address != nullptr) Write(slot.address, slot.original);
  slot = Slot{};
  slot.address = address;
  slot.original = *address;
  slot.owner = owner;
  if (target != nullptr) slot.target = *target;
  Write(address, kBreakpoint);
}

// Takes `owner`'s back; nullptr: anybody's.
void ClearBreakpoint(const Following* owner) {
  const SlotLock lock;
  if (slot.address == nullptr || (owner != nullptr && slot.owner != owner)) return;
  Write(slot.address, slot.original);
  slot.address = nullptr;
}

// Not before the breakpoint has been taken back: what gives access to errno may hold it. A thread
// of the implementation may have waited for a processor since it came there, until nobody wants it
// any more; those who have gone on without it see either that it is here or that it will not be.
void CallStopped(Following& f) {
  const int error = errno;
  if (f.iut_thread) stopping_threads.fetch_add(1);
  if (!f.iut_thread || f.arming == armings.load()) {
    f.stopped = true;
    f.target.stopped(f.target.argument);
  }
  if (f.iut_thread) stopping_threads.fetch_sub(1);
  errno = error;
}

void Stop(Following& f) {
  f.mode = Mode::kNone;
  CallStopped(f);
}

bool IsSystemCall(uintptr_t address) { return At(address)[0] == 0x0F && At(address)[1] == 0x05; }

// The first word of a signal set, which is all that the kernel's has.
uint64_t SignalSetAt(greg_t address) {
  uint64_t set = 0;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the argument of a system call
  std::memcpy(&set, reinterpret_cast<void*>(address), kSignalSetBytes);
  return set;
}

constexpr uint64_t kTrapInSet = uint64_t{1} << (SIGTRAP - 1);

// After the system call that a traced thread is about to make.
bool BlocksTrapAfter(const greg_t* registers, bool blocks) {
  if (registers[REG_RAX] != SYS_rt_sigprocmask || registers[REG_RSI] == 0) return blocks;
  const bool named = (SignalSetAt(registers[REG_RSI]) & kTrapInSet) != 0;
  switch (registers[REG_RDI]) {
    case SIG_BLOCK:
      return blocks || named;
    case SIG_UNBLOCK:
      return blocks && !named;
    default:
      return named;
  }
}

// A trap that finds its signal blocked ends the process, so SIGTRAP is kept out of masks that the
// thread sets. What makes a thread or process would hand the trap flag on to it.
bool MayStepInto(Following& f, greg_t* registers) {
  switch (registers[REG_RAX]) {
    case SYS_rt_sigprocmask: {
      const greg_t set = registers[REG_RSI];
      if (set == 0 || registers[REG_RDI] == SIG_UNBLOCK) return true;
      f.unblocked_set = SignalSetAt(set) & ~kTrapInSet;
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

// True as long as the calling thread, one of the implementation's own, is the one to be traced.
bool MayTrace(bool own) {
  const auto self = static_cast<pid_t>(syscall(SYS_gettid));
  pid_t traced = kNoThread;
  if (own) traced_thread.compare_exchange_strong(traced, self);
  traced = traced_thread.load();
  return traced == self || traced == kNoThread;
}

// Starts or ends tracing in a thread of the implementation, at its next instruction.
void OnMark(int /*signal*/, siginfo_t* /*info*/, void* context) {
  greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  if (following.signal_set != 0) registers[REG_RSI] = following.signal_set;
  following = Following{};
  if (traced_thread.load() == kTraceOver) {
    registers[REG_EFL] &= ~kTrapFlag;
  } else {
    following.mode = Mode::kTrace;
    following.iut_thread = true;
    registers[REG_EFL] |= kTrapFlag;
  }
  marked_threads.fetch_add(1);
}

// One that programs leave alone.
int MarkSignal() { return SIGRTMAX - 2; }

// Has each of the threads take the signal; those that have ended do not.
void Mark(const std::vector<pid_t>& tids) {
  // Never taken back: one that is delivered late would end the process.
  static const bool installed = [] {
    struct sigaction action {};
    action.sa_sigaction = OnMark;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    return sigaction(MarkSignal(), &action, nullptr) == 0;
  }();
  if (!installed) return;
  uint32_t sent = 0;
  marked_threads = 0;
  for (const pid_t tid : tids) {
    if (syscall(SYS_tgkill, getpid(), tid, MarkSignal()) == 0) ++sent;
  }
  constexpr int kYields = 100'000;
  for (int i = 0; i < kYields && marked_threads.load() < sent; ++i) sched_yield();
}

std::vector<pid_t> marked;

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
      f.is_repeating = slot.address == At(address) && IsRepeatPrefix(slot.original);
    }
    f.mode = Mode::kNone;
    registers[REG_EFL] &= ~kTrapFlag;
    return;
  }
  if (code_map->IsHarness(address)) {
    f.last = address;
    return;
  }
  const bool own = IsReached(*code_map, address, f.last);
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

  // One that was to be traced or stopped, and is late.
  if (f.mode == Mode::kTrace && f.iut_thread && !MayTrace(own)) f.mode = Mode::kNone;
  if (f.mode == Mode::kBeyond && f.iut_thread && f.arming != armings.load()) f.mode = Mode::kNone;

  switch (f.mode) {
    case Mode::kTrace:
      // A thread that is not the one yet has come to nothing that counts.
      if (f.iut_thread && traced_thread.load() == kNoThread) break;
      if (!trace.Add(address)) {
        f.mode = Mode::kNone;
      } else if (IsSystemCall(address)) {
        trace.NoteSystemCall(BlocksTrapAfter(registers, trace.blocks_trap()));
      }
      break;
    case Mode::kCount:
      if (f.target.everywhere) {
        // What a library does before the implementation's first instruction is not reached from it.
        if (f.instructions == 0) break;
        CallStopped(f);
      } else if (f.instructions == f.target.boundary.instruction + 1 &&
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
  const bool all = f.mode == Mode::kTrace || (f.mode == Mode::kCount && f.target.everywhere);
  const bool too_far = all && f.beyond >= kMaxBeyond && f.return_to != 0;
  if (too_far) trace.NoteGap();
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
  {
    const SlotLock lock;
    if (slot.address != At(address)) {
      // Taken back while this thread was on its way here; or one that is none of ours, which then
      // does what it would have done.
      if (*At(address) == kBreakpoint) signal(SIGTRAP, SIG_DFL);
      return;
    }
    const bool is_repeating = std::exchange(f.is_repeating, false);
    bool there = false;
    if (slot.owner == nullptr) {
      if (!is_own_thread && !is_repeating) ++slot.visits;
      there = !is_own_thread && !is_repeating && slot.visits == slot.target.boundary.visit;
      if (there) {
        f = Following{};
        f.target = slot.target;
        f.iut_thread = true;
        f.arming = armings.load();
        slot.stopped = true;
      }
    } else if (slot.owner == &f) {
      const Boundary& boundary = f.target.boundary;
      const uint32_t wanted = f.is_in_library ? boundary.visit_beyond : boundary.visit;
      if (!is_repeating) ++f.visits;
      there = f.after_library != Mode::kNone || f.visits == wanted;
    }
    Write(slot.address, slot.original);
    if (there && f.in_library != nullptr) {
      slot.address = std::exchange(f.in_library, nullptr);
      slot.original = *slot.address;
      Write(slot.address, kBreakpoint);
      f.is_in_library = true;
      f.visits = 0;
      return;
    }
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
  } else if (f.target.boundary.beyond == 0 || f.is_in_library) {
    Stop(f);
  } else {
    f.mode = Mode::kBeyond;
    f.last = address;
    f.beyond = 0;
    registers[REG_EFL] |= kTrapFlag;
  }
}

// Any function of libc that this called might hold the breakpoint that it is called for.
void OnTrap(int /*signal*/, siginfo_t* info, void* context) {
  trap_count.fetch_add(1, std::memory_order_relaxed);
  auto* interrupted = static_cast<ucontext_t*>(context);
  const greg_t exception = interrupted->uc_mcontext.gregs[REG_TRAPNO];
  // The signal's own code does not always tell a step from a breakpoint; on virtual machines the
  // former has been seen as the latter.
  if (info->si_code > 0 && exception == kDebugException) {
    Step(following, interrupted);
  } else if (info->si_code > 0 && exception == kBreakpointException) {
    Break(following, interrupted);
  } else {
    // Sent, by whomever: it does what it would have done without us.
    signal(SIGTRAP, SIG_DFL);
    raise(SIGTRAP);
  }
}

}  // namespace

Stepper::Stepper(const CodeMap* code) {
  code_map = code;
  slot = Slot{};
  struct sigaction action {};
  action.sa_sigaction = OnTrap;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaddset(&action.sa_mask, MarkSignal());
  struct sigaction before {};
  sigaction(SIGTRAP, &action, &before);
  if (before.sa_sigaction != OnTrap) handler_before = before;
}

Stepper::~Stepper() {
  ClearBreakpoint(nullptr);
  armings.fetch_add(1);
  // One that its implementation has ended meanwhile never goes.
  constexpr int kYields = 1'000'000;
  for (int i = 0; i < kYields && stopping_threads.load() != 0; ++i) sched_yield();
  for (const uintptr_t page : writable_) CodeMap::Protect(page);
  if (handler_before.sa_handler != SIG_DFL) sigaction(SIGTRAP, &handler_before, nullptr);
}

// False: the system refuses.
bool Stepper::MakeLibraryWritable(uintptr_t address) {
  const uintptr_t page = CodeMap::PageOf(address);
  if (std::find(writable_.begin(), writable_.end(), page) != writable_.end()) return true;
  if (!CodeMap::MakeWritable(page)) return false;
  writable_.push_back(page);
  return true;
}

void Stepper::Trace() {
  following = Following{};
  following.mode = Mode::kTrace;
  trace.Begin();
}

void Stepper::TraceIutThreads(const std::vector<pid_t>& tids) {
  trace.Begin();
  marked.clear();
  for (const pid_t tid : tids) {
    if (!BlocksSignal(tid, MarkSignal())) marked.push_back(tid);
  }
  traced_thread = kNoThread;
  Mark(marked);
}

void Stepper::MarkOwnThread() { is_own_thread = true; }

Boundary Stepper::Here() {
  Boundary here;
  here.instruction = following.instructions - 1;
  here.beyond = following.beyond;
  return here;
}

std::vector<Boundary> Stepper::TakeTrace(bool* complete) {
  ClearBreakpoint(nullptr);
  if (traced_thread.exchange(kTraceOver) != kTraceOver) Mark(std::exchange(marked, {}));
  *complete = trace.is_complete();
  following = Following{};
  return trace.Boundaries(*code_map);
}

void Stepper::Arm(const Target& target) {
  following = Following{};
  following.target = target;
  if (target.iut_thread) {
    armings.fetch_add(1);
    SetBreakpoint(At(target.boundary.anchor), nullptr, &target);
  } else if (target.by_steps || target.everywhere) {
    following.mode = Mode::kCount;
  } else {
    const Boundary& boundary = target.boundary;
    // Each visit before the one that counts takes two traps.
    const bool pays = boundary.visit_beyond != 0 && 2 * boundary.visit_beyond < boundary.beyond;
    if (target.alone && pays && MakeLibraryWritable(boundary.address)) {
      following.in_library = At(boundary.address);
    }
    SetBreakpoint(At(boundary.anchor), &following);
  }
}

bool Stepper::Disarm() {
  ClearBreakpoint(following.target.iut_thread ? nullptr : &following);
  if (following.target.iut_thread) armings.fetch_add(1);
  const bool stopped = following.target.iut_thread ? slot.stopped : following.stopped;
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
  // What comes now uses the same libraries.
  if (following.is_in_library) ClearBreakpoint(&following);
}

#else

Stepper::Stepper(const CodeMap* /*code*/) {}
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
void Stepper::TraceIutThreads(const std::vector<pid_t>& /*tids*/) {}
void Stepper::MarkOwnThread() {}
Boundary Stepper::Here() { return {}; }
uint64_t Stepper::traps() { return 0; }

#endif

}  // namespace vdsconform
