#include "harness/call_trace.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace vdsconform {
namespace {

// No address of code has it.
constexpr uintptr_t kBlocked = ~(UINTPTR_MAX >> 1);

}  // namespace

bool IsReached(const CodeMap& code, uintptr_t address, uintptr_t last) {
  if (!code.IsIut(address)) return false;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code
  return address != last || !IsRepeatPrefix(*reinterpret_cast<const uint8_t*>(address));
}

void CallTrace::Begin() {
  reached_.resize(kMaxBoundaries);
  size_ = 0;
  first_system_call_ = SIZE_MAX;
  blocks_trap_ = has_gap_ = is_too_long_ = false;
}

bool CallTrace::Add(uintptr_t address) {
  is_too_long_ = size_ == reached_.size();
  if (is_too_long_) return false;
  reached_[size_++] = blocks_trap_ ? address | kBlocked : address;
  return true;
}

void CallTrace::NoteSystemCall(bool blocks_trap) {
  first_system_call_ = std::min(first_system_call_, size_ - 1);
  blocks_trap_ = blocks_trap;
}

std::vector<Boundary> CallTrace::Boundaries(const CodeMap& code) const {
  std::vector<Boundary> boundaries;
  std::unordered_map<uintptr_t, uint32_t> visits;
  std::unordered_map<uintptr_t, uint32_t> visits_beyond;  // since the anchor
  std::unordered_set<uintptr_t> blocked;                  // executed with SIGTRAP blocked
  Boundary next;
  bool anchored = false;
  uintptr_t last = 0;
  for (size_t i = 0; i < size_; ++i) {
    const uintptr_t address = reached_[i] & ~kBlocked;
    if (IsReached(code, address, last)) {
      next.instruction = anchored ? next.instruction + 1 : 0;
      next.beyond = 0;
      next.anchor = address;
      next.visit = ++visits[address];
      next.visit_beyond = 0;
      visits_beyond.clear();
      anchored = true;
    } else {
      ++next.beyond;
      const bool is_new = address != last;
      if (is_new) ++visits_beyond[address];
      next.visit_beyond = is_new && i < first_system_call_ ? visits_beyond[address] : 0;
    }
    last = address;
    next.address = address;
    if ((reached_[i] & kBlocked) != 0) blocked.insert(address);
    // The breakpoint of the anchor is met at each of its visits.
    next.steps = blocked.contains(next.anchor) || blocked.contains(address) ? i + 1 : 0;
    // What a library does before the implementation's first instruction is not reached from it.
    if (anchored) boundaries.push_back(next);
  }
  return boundaries;
}

}  // namespace vdsconform
