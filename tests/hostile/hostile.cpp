// A small correct implementation of IVdsAsync that does one thing no implementation may do. Which,
// is chosen when it is built: CMake makes one library for each name.
//
// The tests of isolation load these. What each does is said where it does it.
#include <dlfcn.h>
#include <fcntl.h>
#include <fenv.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <locale>
#include <new>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "spec/com.h"
#include "spec/iut.h"
#include "tests/support/counted_async.h"

namespace {

constexpr std::string_view kBehaviour = HOSTILE_BEHAVIOUR;
constexpr bool Is(std::string_view name) { return kBehaviour == name; }

constexpr auto kPending = static_cast<HRESULT>(0x80042409u);
constexpr HRESULT kMisprint = 0x00042409;
constexpr auto kCanceled = static_cast<HRESULT>(0x8004240Du);
constexpr auto kTooLate = static_cast<HRESULT>(0x8004240Cu);
constexpr auto kInvalidArg = static_cast<HRESULT>(0x80070057u);

[[noreturn]] void SleepForEver() {
  while (true) pause();
}

void Crash() {
  volatile int* nowhere = nullptr;
  *nowhere = 1;
}

// Each level has something left to do after the next, so that none can be dropped.
// NOLINTNEXTLINE(misc-no-recursion)
int Overflow(const volatile int* depth) {
  volatile int frame[256];
  frame[0] = *depth + 1;
  if (*depth < 0) return 0;
  return Overflow(&frame[0]) + frame[0];
}

// A copy of the process that detaches itself, so that it leaves the process group, and sleeps.
void LeaveDaemonBehind() {
  const pid_t child = fork();
  if (child != 0) return;
  setsid();
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  if (fork() == 0) setsid();
  SleepForEver();
}

void Print(size_t bytes) {
  const std::string line(1023, '#');
  for (size_t printed = 0; printed < bytes; printed += line.size() + 1) std::puts(line.c_str());
  std::fflush(stdout);
}

// Writes into whatever descriptors there are beyond the first three.
void Scribble() {
  constexpr std::string_view kGarbage = "}{ not a line of the protocol\n";
  for (int fd = 3; fd < 1024; ++fd) {
    if (write(fd, kGarbage.data(), kGarbage.size()) < 0) continue;
  }
}

// Puts its own file where somebody else's descriptor was.
void ReplaceDescriptors() {
  const int own = open("/dev/null", O_RDWR);
  for (int fd = 3; fd < 1024; ++fd) {
    if (fd != own && fcntl(fd, F_GETFD) >= 0) dup2(own, fd);
  }
}

// To where a call has long returned from.
jmp_buf long_gone;
void RememberWhere() { static_cast<void>(setjmp(long_gone)); }

// The child comes back out of the call in the memory of its parent, which stands still meanwhile.
__attribute__((noinline)) void ShareMemoryWithChild() {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
  static_cast<void>(vfork());  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
}

// A process that shares all memory and sleeps.
void CloneWithMemory() {
  static char stack[64 * 1024];
  const auto child = [](void*) -> int { SleepForEver(); };
  static_cast<void>(clone(child, stack + sizeof stack, CLONE_VM, nullptr));
}

// Copies that copy themselves, and so on; so many of them that whoever cannot stop them has lost,
// but no more, for the sake of the machine that tests this.
[[noreturn]] void Multiply(bool detach) {
  constexpr int kEnough = 400;
  void* shared = mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) std::abort();
  auto* made = new (shared) std::atomic<int>(0);
  while (made->fetch_add(1) < kEnough) {
    if (fork() == 0 && detach) setsid();
  }
  SleepForEver();
}

// To both standard streams.
void Flood(int mebibytes) {
  const std::string block(1 << 20, '#');
  for (int i = 0; i < mebibytes; ++i) {
    if (write(i % 2 + 1, block.data(), block.size()) < 0) return;
  }
}

// Until there is none left.
void EatMemory() {
  constexpr size_t kBite = size_t{64} << 20;
  while (void* bite = std::malloc(kBite)) std::memset(bite, 1, kBite);
}

void Limit(__rlimit_resource_t resource, rlim_t value) {
  const rlimit limit{value, value};
  setrlimit(resource, &limit);
}

// Enough for an implementation, and little for whoever it shares its process with.
void LowerLimits() {
  Limit(RLIMIT_NOFILE, 0);
  Limit(RLIMIT_FSIZE, 0);
  Limit(RLIMIT_NPROC, 0);
  Limit(RLIMIT_CORE, RLIM_INFINITY);
  Limit(RLIMIT_STACK, 256 * 1024);
}

void TakeSignals() {
  struct sigaction ignore {};
  ignore.sa_handler = [](int) {};
  for (const int number : {SIGTRAP, SIGSEGV, SIGALRM, SIGCHLD, SIGPIPE, SIGUSR1, SIGABRT}) {
    sigaction(number, &ignore, nullptr);
  }
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

void RingEvery(long microseconds) {
  const itimerval often{{0, microseconds}, {0, microseconds}};
  setitimer(ITIMER_REAL, &often, nullptr);
}

struct GroupedDigits : std::numpunct<char> {
  char do_thousands_sep() const override { return '_'; }
  std::string do_grouping() const override { return "\1"; }
};

void ChangeSurroundings() {
  if (chdir("/") != 0) return;
  umask(0777);
  setlocale(LC_ALL, "");
  std::locale::global(std::locale(std::locale::classic(), new GroupedDigits));
  setenv("TZ", "Nowhere/Here", 1);
  clearenv();
}

// Of which the second reads a pointer to the object that the first gave back.
struct Part {
  virtual ~Part() = default;
  virtual int Percent() { return 0; }
};
struct OtherPart : Part {
  int Percent() override { return 1; }
};
void UseFreedMember() {
  Part* volatile part = getpid() % 2 == 0 ? new Part : new OtherPart;
  Part* const again = part;
  delete part;
  static_cast<void>(again->Percent());
}

void FreeTwice() {
  void* volatile block = std::malloc(40);
  std::free(block);
  std::free(block);
}

void MisbehaveInQuery() {
  if (Is("terminate")) std::terminate();
  if (Is("std-quick-exit")) std::quick_exit(4);
  if (Is("longjmp")) longjmp(long_gone, 1);
  if (Is("vfork")) ShareMemoryWithChild();
  if (Is("clone")) CloneWithMemory();
  if (Is("fork-bomb")) Multiply(false);
  if (Is("detached-fork-bomb")) Multiply(true);
  if (Is("flood")) Flood(64);
  if (Is("eat-memory")) EatMemory();
  if (Is("no-more-descriptors")) Limit(RLIMIT_NOFILE, 0);
  if (Is("no-descriptors-hang")) {
    Limit(RLIMIT_NOFILE, 0);
    SleepForEver();
  }
  if (Is("low-limits")) LowerLimits();
  if (Is("signals")) TakeSignals();
  if (Is("alarm")) {
    RingEvery(10'000);
    SleepForEver();
  }
  if (Is("ticks")) {
    TakeSignals();
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    RingEvery(500);
  }
  if (Is("surroundings")) ChangeSurroundings();
  if (Is("float-traps")) {
    fesetround(FE_UPWARD);
    feenableexcept(FE_ALL_EXCEPT);
  }
  if (Is("use-freed-member")) UseFreedMember();
  if (Is("free-twice")) FreeTwice();
  if (Is("crash")) Crash();
  if (Is("abort")) std::abort();
  if (Is("exit")) std::exit(3);
  if (Is("quick-exit")) _exit(0);
  if (Is("kill")) raise(SIGKILL);
  if (Is("stack-overflow")) {
    const volatile int depth = 0;
    static_cast<void>(Overflow(&depth));
  }
  if (Is("throw")) throw std::runtime_error("out of QueryStatus");
  if (Is("chatter")) Print(10 << 20);
  if (Is("last-words")) {
    std::puts("about to fail");
    std::abort();
  }
  if (Is("close-descriptors")) syscall(SYS_close_range, 0u, ~0u, 0u);
  if (Is("replace-descriptors")) ReplaceDescriptors();
  if (Is("close-low")) {
    for (int fd = 0; fd < 100; ++fd) close(fd);
  }
  if (Is("scribble")) Scribble();
  if (Is("fork")) static_cast<void>(fork());
  if (Is("daemon")) LeaveDaemonBehind();
  if (Is("hang")) SleepForEver();
  if (Is("stop")) raise(SIGSTOP);
  if (Is("threads")) std::thread(SleepForEver).detach();
  if (Is("crash-in-thread")) std::thread(Crash).join();
}

// In the process that fuzzes, as its command line tells.
bool IsFuzzed() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  const std::string arguments{std::istreambuf_iterator<char>(in), {}};
  return arguments.find("fuzz-worker") != std::string::npos;
}

// The state in one word, so that this is right under every interleaving: percent in the low half of
// `state`, in the high half 1 once finished, the result beside it, written before.
class Operation final : public vdsconform::test_support::CountedAsync<Operation> {
 public:
  explicit Operation(bool estimable) : estimable_(estimable) {}

  HRESULT Cancel() override { return Finish(kCanceled) ? 0 : kTooLate; }

  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override {
    if (result == nullptr || output == nullptr) return kInvalidArg;
    for (uint64_t state = state_; !Finished(state); state = state_) state_.wait(state);
    *result = static_cast<HRESULT>(static_cast<uint32_t>(state_.load()));
    *output = VDS_ASYNC_OUTPUT{};
    return 0;
  }

  HRESULT QueryStatus(HRESULT* result, ULONG* percent) override {
    if (result == nullptr || percent == nullptr) {
      if (Is("crash-on-null")) Crash();
      return kInvalidArg;
    }
    MisbehaveInQuery();
    const uint64_t state = state_;
    *result = Finished(state) ? static_cast<HRESULT>(static_cast<uint32_t>(state)) : kPending;
    if (Is("wrong-once-when-fuzzed") && !Finished(state)) {
      static std::atomic<bool> once{IsFuzzed()};
      if (once.exchange(false) || state == 98) *result = kMisprint;
    }
    *percent = Finished(state) ? 100 : static_cast<uint32_t>(state);
    return 0;
  }

  void Progress(uint32_t percent) {
    uint64_t state = state_;
    const uint64_t next = estimable_ ? (percent > 99 ? 99 : percent) : 0;
    while (!Finished(state) && !state_.compare_exchange_weak(state, next)) {
    }
  }

  // True if this ended the operation.
  bool Finish(HRESULT result) {
    uint64_t state = state_;
    const uint64_t next = kFinishedBit | static_cast<uint32_t>(result);
    while (!Finished(state)) {
      if (!state_.compare_exchange_weak(state, next)) continue;
      state_.notify_all();
      return true;
    }
    return false;
  }

 private:
  static constexpr uint64_t kFinishedBit = uint64_t{1} << 32;
  static bool Finished(uint64_t state) { return (state & kFinishedBit) != 0; }

  const bool estimable_;
  std::atomic<uint64_t> state_{0};  // kFinishedBit and the result, or the percent
};

HRESULT Begin(const vdsconform_plan* plan, IVdsAsync** async, void** operation) {
  if (Is("crash-in-begin")) Crash();
  if (Is("longjmp")) RememberWhere();
  static std::atomic<int> begins{0};
  const bool refuses = Is("no-begin-today") || (Is("one-begin-per-process") && begins++ > 0);
  if (refuses) return static_cast<HRESULT>(0x80070005u);
  auto* made = new Operation(plan->estimable != 0);
  *async = made;
  *operation = made;
  return 0;
}

void Progress(void* operation, ULONG percent) {
  static_cast<Operation*>(operation)->Progress(percent);
}

void Finish(void* operation, HRESULT result) { static_cast<Operation*>(operation)->Finish(result); }

void End(void* operation) {
  if (Is("crash-in-end")) Crash();
  // Long after every call of the Program has returned.
  if (Is("crash-later")) {
    std::thread([] {
      usleep(500'000);
      Crash();
    }).detach();
  }
  static_cast<Operation*>(operation)->Release();
}

// What happens while the library is being loaded.
struct Loader {
  Loader() {
    if (Is("crash-at-load")) Crash();
    if (Is("exit-at-load")) std::exit(5);
    if (Is("crash-when-fuzzed") && IsFuzzed()) Crash();
  }
  ~Loader() {
    if (Is("crash-at-unload")) Crash();
    if (Is("hang-at-unload")) SleepForEver();
  }
} loader;

vdsconform_iut Describe() {
  vdsconform_iut iut{
      VDSCONFORM_ABI, sizeof(vdsconform_iut), "hostile", "1.0", 31, Begin, Progress, Finish, End};
  iut.version = HOSTILE_BEHAVIOUR;
  if (Is("wrong-abi")) iut.abi = 7;
  if (Is("small-size")) iut.size = 8;
  if (Is("no-name")) iut.name = nullptr;
  if (Is("no-begin")) iut.begin = nullptr;
  if (Is("no-end")) iut.end = nullptr;
  if (Is("no-finish")) iut.finish = nullptr;
  if (Is("no-progress")) iut.progress = nullptr;
  if (Is("no-plan")) iut.capabilities = VDSCONFORM_DRIVE;
  if (Is("unknown-capability")) iut.capabilities |= 64;
  return iut;
}

const vdsconform_iut description = Describe();

}  // namespace

#if HOSTILE_EXPORTS
extern "C" const vdsconform_iut* vdsconform_iut(uint32_t) {
#else
extern "C" const struct vdsconform_iut* something_else(uint32_t) {
#endif
  return Is("null-export") ? nullptr : &description;
}
