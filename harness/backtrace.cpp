#include "harness/backtrace.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace vdsconform {
namespace {

constexpr size_t kMaxFrames = 6;
// More than calls should have on their stack; larger ones are searched in part.
constexpr size_t kMaxPages = 16;

// Copies memory of this process that may not be there, or may change meanwhile. Returns how many
// bytes there were.
size_t ReadOwnMemory(uintptr_t address, void* target, size_t size) {
  static const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  std::array<iovec, kMaxPages + 1> parts;
  size_t count = 0;
  // A part that is not mapped whole is not read at all, so each is of one page.
  for (uintptr_t at = address; at < address + size && count < parts.size(); ++count) {
    const uintptr_t end = std::min((at / page + 1) * page, address + size);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the thread looked at
    parts[count] = {reinterpret_cast<void*>(at), end - at};
    at = end;
  }
  const iovec own{target, size};
  const ssize_t got = process_vm_readv(getpid(), &own, 1, parts.data(), count, 0);
  return got < 0 ? 0 : static_cast<size_t>(got);
}

// True if the instruction that ends where this code ends is a call.
#if defined(__x86_64__)
constexpr size_t kLongestCall = 7;
bool EndsWithCall(const std::array<uint8_t, kLongestCall>& code) {
  const auto is_indirect = [&code](size_t length) {
    const uint8_t opcode = code[kLongestCall - length];
    const uint8_t operand = code[kLongestCall - length + 1];
    return opcode == 0xFF && (operand & 0x38u) == 0x10;
  };
  return code[kLongestCall - 5] == 0xE8 || is_indirect(2) || is_indirect(3) || is_indirect(4) ||
         is_indirect(6) || is_indirect(7);
}
#elif defined(__aarch64__)
constexpr size_t kLongestCall = 4;
bool EndsWithCall(const std::array<uint8_t, kLongestCall>& code) {
  uint32_t instruction = 0;
  std::memcpy(&instruction, code.data(), sizeof instruction);
  return (instruction & 0xFC000000u) == 0x94000000u || (instruction & 0xFFFFFC1Fu) == 0xD63F0000u;
}
#else
constexpr size_t kLongestCall = 1;
bool EndsWithCall(const std::array<uint8_t, kLongestCall>&) { return false; }
#endif

bool IsReturnAddress(uintptr_t address) {
  std::array<uint8_t, kLongestCall> code{};
  return ReadOwnMemory(address - code.size(), code.data(), code.size()) == code.size() &&
         EndsWithCall(code);
}

}  // namespace

std::vector<uintptr_t> ReadStack(const CodeMap& code, uintptr_t instruction, uintptr_t stack,
                                 uintptr_t end) {
  std::vector<uintptr_t> frames;
  if (instruction == 0) return frames;
  frames.push_back(instruction);
  // An implementation may have switched to a stack of its own.
  if (stack % sizeof(uintptr_t) != 0 || stack >= end) return frames;
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  std::vector<uintptr_t> words(std::min(kMaxPages * page, end - stack) / sizeof(uintptr_t));
  words.resize(ReadOwnMemory(stack, words.data(), words.size() * sizeof(uintptr_t)) /
               sizeof(uintptr_t));
  for (const uintptr_t word : words) {
    if (frames.size() == kMaxFrames) break;
    if (code.IsIut(word) && IsReturnAddress(word)) frames.push_back(word);
  }
  return frames;
}

std::vector<std::string> Places(const std::vector<uintptr_t>& frames) {
  std::vector<std::string> places;
  places.reserve(frames.size());
  for (const uintptr_t frame : frames) places.push_back(CodeMap::Place(frame));
  return places;
}

}  // namespace vdsconform
