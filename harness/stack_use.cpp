#include "harness/stack_use.h"

#include <pthread.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

// Here memory is used that no variable owns.
#if defined(__clang__)
#define VDSCONFORM_UNCHECKED __attribute__((no_sanitize("address", "thread", "memory")))
#else
#define VDSCONFORM_UNCHECKED \
  __attribute__((no_sanitize_address)) __attribute__((no_sanitize_thread))
#endif

namespace vdsconform {
namespace {

// No pointer, no small number.
constexpr uintptr_t kPaint = static_cast<uintptr_t>(0xB7D3'A95F'C1E8'7B2DULL);
constexpr size_t kDeepest = size_t{1} << 20;
// Left unpainted: where this file's own functions are at work.
constexpr size_t kOwnBytes = 256;

uintptr_t LowestAddressOfStack() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return UINTPTR_MAX;
  void* lowest = nullptr;
  size_t size = 0;
  const int error = pthread_attr_getstack(&attributes, &lowest, &size);
  pthread_attr_destroy(&attributes);
  return error == 0 ? reinterpret_cast<uintptr_t>(lowest) : UINTPTR_MAX;
}

// It runs programs with a library of its own preloaded, whose name is the same for all its tools.
bool IsUnderValgrind() {
  const char* const preloaded = std::getenv("LD_PRELOAD");
  return preloaded != nullptr &&
         std::string_view(preloaded).find("/vgpreload_") != std::string_view::npos;
}

volatile uintptr_t& Word(uintptr_t address) {
  return *reinterpret_cast<volatile uintptr_t*>(address);  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace

// How far may be painted: the first thread's stack grows only where it is used from the top.
size_t StackUse::Room() const {
  static const bool paints = !IsUnderValgrind();
  if (!paints || lowest_ >= top_) return 0;
  return std::min(depth_, (top_ - lowest_) / 2);
}

__attribute__((noinline)) VDSCONFORM_UNCHECKED void StackUse::Paint() {
  if (lowest_ == 0) lowest_ = LowestAddressOfStack();
  top_ = reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) + 2 * sizeof(uintptr_t);
  last_ = top_ - kOwnBytes;
  first_ = last_ - Room();
  for (uintptr_t at = first_; at < last_; at += sizeof(uintptr_t)) Word(at) = kPaint;
}

__attribute__((noinline)) VDSCONFORM_UNCHECKED uint32_t StackUse::Measure() {
  uintptr_t at = first_;
  while (at < last_ && Word(at) == kPaint) at += sizeof(uintptr_t);
  if (at == first_ && first_ < last_) depth_ = std::min(2 * depth_, kDeepest);
  return first_ == last_ ? 0 : static_cast<uint32_t>(top_ - at);
}

}  // namespace vdsconform
