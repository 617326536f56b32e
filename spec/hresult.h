// HRESULTs: the codes that matter here, their names and their classification.
//
// The one table of codes is spec/codes.tsv; everything else is derived from it. All functions are
// pure and thread-safe. Sources: vdserr.h of the Windows SDK, winerror.h, [MS-ERREF] 2.1.
#ifndef VDSCONFORM_SPEC_HRESULT_H_
#define VDSCONFORM_SPEC_HRESULT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "com.h"

namespace vdsconform {

constexpr HRESULT ToHresult(uint32_t bits) { return static_cast<HRESULT>(bits); }
constexpr uint32_t ToBits(HRESULT hr) { return static_cast<uint32_t>(hr); }

// What the host fills freed memory with (harness/quarantine.h), read as a code.
inline constexpr uint32_t kFreedMemory = 0x6D6D6D6Du;

// The codes that rules and executors name. hresult_test checks each against the table.
namespace hr {
inline constexpr HRESULT kOk = 0;                                     // S_OK
inline constexpr HRESULT kFalse = 1;                                  // S_FALSE
inline constexpr HRESULT kOperationPending = ToHresult(0x80042409u);  // VDS_E_OPERATION_PENDING
inline constexpr HRESULT kOperationPendingMisprint =
    ToHresult(0x00042409u);                                            // [MS-VDS] 3.4.5.2.2.3
inline constexpr HRESULT kOperationCanceled = ToHresult(0x8004240Du);  // VDS_E_OPERATION_CANCELED
inline constexpr HRESULT kCancelTooLate = ToHresult(0x8004240Cu);      // VDS_E_CANCEL_TOO_LATE
inline constexpr HRESULT kVdsNotSupported = ToHresult(0x80042400u);    // VDS_E_NOT_SUPPORTED
inline constexpr HRESULT kInProgress = ToHresult(0x0004244Du);         // VDS_S_IN_PROGRESS
inline constexpr HRESULT kPending = ToHresult(0x8000000Au);            // E_PENDING
inline constexpr HRESULT kInvalidArg = ToHresult(0x80070057u);         // E_INVALIDARG
inline constexpr HRESULT kPointer = ToHresult(0x80004003u);            // E_POINTER
inline constexpr HRESULT kNotImpl = ToHresult(0x80004001u);            // E_NOTIMPL
inline constexpr HRESULT kNoInterface = ToHresult(0x80004002u);        // E_NOINTERFACE
inline constexpr HRESULT kOutOfMemory = ToHresult(0x8007000Eu);        // E_OUTOFMEMORY
inline constexpr HRESULT kFail = ToHresult(0x80004005u);               // E_FAIL
}  // namespace hr

constexpr bool Failed(HRESULT hr) { return hr < 0; }
constexpr bool Succeeded(HRESULT hr) { return hr >= 0; }

// HRESULT_FROM_WIN32 for a system error code, 1..65535.
constexpr HRESULT FromWin32(uint32_t error) { return ToHresult(0x80070000u | (error & 0xFFFFu)); }

struct Code {
  const char* name;
  HRESULT value;
};

// Every row of codes.tsv, in its order: first the VDS codes, then the others that matter.
std::span<const Code> AllCodes();

// The code's first name in the table; none if the table has none.
std::optional<std::string_view> NameOf(HRESULT hr);

// The value of a name in the table; none if the table has none.
std::optional<HRESULT> CodeNamed(std::string_view name);

// "VDS_E_OPERATION_PENDING (0x80042409)", or "0x8007001F (Win32 error 31)" and the like for a code
// that the table does not name.
std::string Describe(HRESULT hr);

// "0x80042409", always eight digits.
std::string ToHex(HRESULT hr);

// Reads "0x" and one to eight hexadecimal digits, or a name in the table; none if it is neither.
std::optional<HRESULT> ParseHresult(std::string_view text);

enum class CodeClass : uint8_t {
  kStandard,   // a code of COM itself or of a facility that Windows defines
  kVds,        // a VDS code: FACILITY_ITF in the ranges of vdserr.h
  kWin32,      // HRESULT_FROM_WIN32
  kForeign,    // well-formed bits, but interface-specific to something else, or customer-defined
  kMalformed,  // a reserved bit is set: an NTSTATUS, a pointer, a negated errno, ...
};

// Classifies the bits of a failure code (for QS-18). Success codes are classified alike.
CodeClass Classify(HRESULT hr);

// True if an operation may finish with `result` and a judge can tell it from the pending code, the
// misprint of which included (C2, C13).
bool MayBeFinal(HRESULT result);

// Why `hr` is not what a method may return as a failure (QS-18); empty if it is.
std::string WhyNotWellFormed(HRESULT hr);

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_HRESULT_H_
