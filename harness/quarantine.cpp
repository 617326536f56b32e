#include "harness/quarantine.h"

#include <dlfcn.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "harness/sanitized.h"
#include "spec/hresult.h"

#if defined(__GLIBC__) && UINTPTR_MAX > UINT32_MAX && !VDSCONFORM_SANITIZED
#define VDSCONFORM_QUARANTINE 1
#endif

namespace vdsconform {

#ifdef VDSCONFORM_QUARANTINE
namespace {

// A pointer that user space may use, so that the kernel tells the address when it fails, far from
// where it puts anything by itself, and odd as a number: neither a code nor a percentage.
constexpr uintptr_t kPoison = 0x00006D6D6D6D6D6D;
static_assert(static_cast<uint32_t>(kPoison) == kFreedMemory);
// Members and methods are no further from a pointer to their object.
constexpr uintptr_t kReach = uintptr_t{1} << 20;

// Larger blocks are poisoned, but not kept. Both together bound what is kept to 16 MiB.
constexpr size_t kLargestKept = 4'096;
constexpr size_t kPlaces = 4'096;
std::array<std::atomic<void*>, kPlaces> kept{};
std::atomic<size_t> next_place{0};
std::atomic<bool> is_on{false};
static_assert(std::atomic<void*>::is_always_lock_free);

using Free = void (*)(void*);
std::atomic<Free> next_free{nullptr};
std::atomic<bool> is_resolving{false};

// Gives a block to the `free` that would be called without this one: the C library's, or that of an
// allocator that was loaded before it.
void PassOn(void* block) {
  Free pass_on = next_free.load(std::memory_order_relaxed);
  if (pass_on == nullptr) {
    // Before main there is one thread. Should dlsym free something itself, that is lost.
    if (is_resolving.exchange(true)) return;
    pass_on = reinterpret_cast<Free>(dlsym(RTLD_NEXT, "free"));
    next_free.store(pass_on, std::memory_order_relaxed);
    is_resolving = false;
  }
  if (pass_on != nullptr) pass_on(block);
}

bool Holds(uintptr_t address) {
  for (const std::atomic<void*>& place : kept) {
    void* const block = place.load(std::memory_order_relaxed);
    if (block == nullptr) continue;
    const auto first = reinterpret_cast<uintptr_t>(block);
    if (address < first || address - first > kLargestKept) continue;
    if (address - first < malloc_usable_size(block)) return true;
  }
  return false;
}

void Poison(void* block, size_t size) {
  auto* bytes = static_cast<unsigned char*>(block);
  for (size_t at = 0; at + sizeof kPoison <= size; at += sizeof kPoison) {
    std::memcpy(bytes + at, &kPoison, sizeof kPoison);
  }
}

[[noreturn]] void EndForFreedTwice() {
  constexpr std::string_view kMessage = "free(): this block has been freed before\n";
  if (write(STDERR_FILENO, kMessage.data(), kMessage.size()) < 0) std::abort();
  std::abort();
}

void Keep(void* block) {
  const size_t size = malloc_usable_size(block);
  uintptr_t first = 0;
  if (size >= sizeof first) std::memcpy(&first, block, sizeof first);
  if (first == kPoison && Holds(reinterpret_cast<uintptr_t>(block))) EndForFreedTwice();
  Poison(block, size < kLargestKept ? size : kLargestKept);
  if (size > kLargestKept) return PassOn(block);
  const size_t place = next_place.fetch_add(1, std::memory_order_relaxed) % kPlaces;
  void* const oldest = kept[place].exchange(block, std::memory_order_acq_rel);
  if (oldest != nullptr) PassOn(oldest);
}

}  // namespace

bool QuarantineIsSupported() { return true; }

bool StartQuarantine() {
  // Nothing may ever come to be where poisoned pointers lead. If that fails, something is there.
  constexpr uintptr_t kFirst = (kPoison - kReach) & ~uintptr_t{0xFFFF};
  void* const first = reinterpret_cast<void*>(kFirst);  // NOLINT(performance-no-int-to-ptr)
  void* const reserved =
      mmap(first, 2 * kReach, PROT_NONE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (reserved != first) {
    if (reserved != MAP_FAILED) munmap(reserved, 2 * kReach);
    return false;
  }
  is_on.store(true, std::memory_order_release);
  return true;
}

void EmptyQuarantine() {
  for (std::atomic<void*>& place : kept) {
    if (place.load(std::memory_order_relaxed) == nullptr) continue;
    void* const block = place.exchange(nullptr, std::memory_order_acq_rel);
    if (block != nullptr) PassOn(block);
  }
}

bool IsQuarantined(const void* address) { return Holds(reinterpret_cast<uintptr_t>(address)); }

bool IsNearPoison(const void* address) {
  const auto at = reinterpret_cast<uintptr_t>(address);
  return at > kPoison - kReach && at < kPoison + kReach;
}

#else   // VDSCONFORM_QUARANTINE
bool QuarantineIsSupported() { return false; }
bool StartQuarantine() { return false; }
void EmptyQuarantine() {}
bool IsQuarantined(const void* /*address*/) { return false; }
bool IsNearPoison(const void* /*address*/) { return false; }
#endif  // VDSCONFORM_QUARANTINE

}  // namespace vdsconform

#ifdef VDSCONFORM_QUARANTINE
// Stands before the C library's for the program and all that it loads.
extern "C" [[gnu::visibility("default")]] void free(void* block) noexcept {
  using namespace vdsconform;
  if (block == nullptr) return;
  if (is_on.load(std::memory_order_relaxed) && !internal::frees_are_own) return Keep(block);
  PassOn(block);
}
#endif
