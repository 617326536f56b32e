// What the reader and the writer of packed histories share: which bit announces which field.
#ifndef VDSCONFORM_SPEC_BINARY_FIELDS_H_
#define VDSCONFORM_SPEC_BINARY_FIELDS_H_

#include <cstdint>

#include "history.h"

namespace vdsconform {

// An event starts with a number: the call in its low bits, and above them a bit for each field that
// is not at its default. Fields follow in this order. The most frequent ones come first, so that
// the number is short.
inline constexpr int kBinaryCallBits = 4;
static_assert(kCallCount <= 1 << kBinaryCallBits);

enum class BinaryField : uint8_t {
  kT1,            // a number, less t0
  kRet,           // 4 bytes, as all codes are
  kHr,            //
  kPercent,       // a number
  kNotEstimable,  // nothing follows
  kDriven,        // nothing follows
  kNull,          // a byte, the enumerator
  kResult,        // 4 bytes
  kStep,          // a number
  kSwitches,      // a number
  kAliased,       // nothing follows
  kHeap,          // a number
  kCount,         // a number
  kIid,           // a byte, the enumerator
  kOut,           // a byte, the enumerator
  kWitness,       // a byte, the enumerator
  kFault,         // a byte, the enumerator
  kHeld,          // nothing follows
  kSleptIn,       // a text: its length, then its bytes
  kClobbered,     // a text
  kDetail,        // a text
  kStopped,       // numbers: instruction, beyond; a byte: iut_thread; a text: at
  kBlocked,       // a text: in; numbers: asleep_ns, cpu_ns; a byte: for_good; how many texts: stack
};
inline constexpr int kBinaryFieldCount = static_cast<int>(BinaryField::kBlocked) + 1;

constexpr uint64_t BinaryBit(BinaryField field) {
  return uint64_t{1} << (kBinaryCallBits + static_cast<int>(field));
}

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_BINARY_FIELDS_H_
