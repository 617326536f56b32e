// What a traced call executed, and the boundaries that this makes.
//
// One thread at a time adds to a trace, in its signal handler; Begin and Boundaries are called
// before and after.
#ifndef VDSCONFORM_HARNESS_CALL_TRACE_H_
#define VDSCONFORM_HARNESS_CALL_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/boundary.h"
#include "harness/code_map.h"

namespace vdsconform {

// Of a trace: in all, and of each library function that the implementation calls. Of a longer one
// only the first are boundaries.
inline constexpr size_t kMaxBoundaries = 50'000;
inline constexpr uint32_t kMaxBeyond = 1'000;

// x86-64: an instruction that begins so may be a string instruction, which is repeated.
inline bool IsRepeatPrefix(uint8_t byte) { return byte == 0xF2 || byte == 0xF3; }

// True if the implementation's own instruction at `address` is reached, after the one at `last`. A
// string instruction traps after each repetition but is reached only once.
bool IsReached(const CodeMap& code, uintptr_t address, uintptr_t last);

class CallTrace {
 public:
  // Forgets what there was.
  void Begin();

  // The instruction at `address` is about to be executed. False: there is no more room.
  bool Add(uintptr_t address);
  // It makes a system call, and has SIGTRAP blocked afterwards or not.
  void NoteSystemCall(bool blocks_trap);
  bool blocks_trap() const { return blocks_trap_; }
  // Something was left out.
  void NoteGap() { has_gap_ = true; }

  bool is_complete() const { return !has_gap_ && !is_too_long_; }
  std::vector<Boundary> Boundaries(const CodeMap& code) const;

 private:
  std::vector<uintptr_t> reached_;  // with kBlocked where SIGTRAP was blocked; of fixed size
  size_t size_ = 0;
  size_t first_system_call_ = SIZE_MAX;  // index
  bool blocks_trap_ = false;
  bool has_gap_ = false;
  bool is_too_long_ = false;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_CALL_TRACE_H_
