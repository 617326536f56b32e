// A small correct implementation of IVdsAsync that does one thing no implementation may do. Which,
// is chosen when it is built: CMake makes one library for each name.
//
// The tests of isolation load these. What each does is said where it does it.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "spec/com.h"
#include "spec/iut.h"

namespace {

constexpr std::string_view kBehaviour = HOSTILE_BEHAVIOUR;
constexpr bool Is(std::string_view name) { return kBehaviour == name; }

constexpr auto kPending = static_cast<HRESULT>(0x80042409u);
constexpr auto kCanceled = static_cast<HRESULT>(0x8004240Du);
constexpr auto kTooLate = static_cast<HRESULT>(0x8004240Cu);
constexpr auto kInvalidArg = static_cast<HRESULT>(0x80070057u);
constexpr auto kNoInterface = static_cast<HRESULT>(0x80004002u);

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

void MisbehaveInQuery() {
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

// The state in one word, so that this is right under every interleaving: percent in the low half of
// `state`, in the high half 1 once finished, the result beside it, written before.
class Operation final : public IVdsAsync {
 public:
  explicit Operation(bool estimable) : estimable_(estimable) {}

  HRESULT QueryInterface(const IID& iid, void** object) override {
    const IID unknown = vdsconform_iid_iunknown();
    const IID async = vdsconform_iid_ivdsasync();
    if (!vdsconform_iid_equal(&iid, &unknown) && !vdsconform_iid_equal(&iid, &async)) {
      *object = nullptr;
      return kNoInterface;
    }
    *object = static_cast<IVdsAsync*>(this);
    AddRef();
    return 0;
  }
  ULONG AddRef() override { return ++references_; }
  ULONG Release() override {
    const ULONG left = --references_;
    if (left == 0) delete this;
    return left;
  }

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
  std::atomic<ULONG> references_{2};  // the caller's and the driver's
  std::atomic<uint64_t> state_{0};    // kFinishedBit and the result, or the percent
};

HRESULT Begin(const vdsconform_plan* plan, IVdsAsync** async, void** operation) {
  if (Is("crash-in-begin")) Crash();
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
