#include "hresult.h"

#include <algorithm>
#include <vector>

namespace vdsconform {
namespace {

constexpr Code kCodes[] = {
#include "codes.inc"
};

constexpr uint32_t kReservedR = 1u << 30;  // the second severity bit of an NTSTATUS
constexpr uint32_t kCustomer = 1u << 29;
constexpr uint32_t kReservedN = 1u << 28;  // set by HRESULT_FROM_NT
constexpr uint32_t kReservedX = 1u << 27;
constexpr uint32_t kReservedBits = kReservedR | kReservedN | kReservedX;

constexpr uint32_t kFacilityItf = 4;
constexpr uint32_t kFacilityWin32 = 7;

// The facilities that the Windows SDK's winerror.h defines (10.0.26100), as far as they fit into
// the 11 bits that [MS-ERREF] 2.1 gives a facility; the larger ones, of DirectX for instance, run
// into reserved bit 27. Sorted, both ends included.
struct FacilityRange {
  uint16_t first;
  uint16_t last;
};
constexpr FacilityRange kFacilities[] = {
    {0, 4},       {7, 27},      {31, 44},     {48, 66},     {70, 70},     {80, 85},
    {98, 103},    {109, 109},   {112, 113},   {120, 122},   {128, 131},   {133, 136},
    {153, 153},   {160, 160},   {173, 173},   {176, 176},   {208, 208},   {231, 232},
    {234, 234},   {256, 261},   {263, 264},   {272, 272},   {278, 278},   {289, 290},
    {293, 293},   {296, 297},   {305, 305},   {885, 886},   {1094, 1094}, {1490, 1490},
    {1536, 1536}, {1793, 1793}, {1967, 1968}, {1989, 1989}, {1996, 1996},
};

constexpr uint32_t FacilityOf(HRESULT hr) { return (ToBits(hr) >> 16) & 0x7FFu; }
constexpr uint32_t CodeOf(HRESULT hr) { return ToBits(hr) & 0xFFFFu; }

bool IsWindowsFacility(uint32_t facility) {
  return std::any_of(std::begin(kFacilities), std::end(kFacilities),
                     [facility](FacilityRange range) {
                       return range.first <= facility && facility <= range.last;
                     });
}

const std::vector<Code>& CodesByValue() {
  static const std::vector<Code> codes = [] {
    std::vector<Code> sorted(std::begin(kCodes), std::end(kCodes));
    // Stable, so that of several names for a value the table's first is found.
    std::stable_sort(sorted.begin(), sorted.end(), [](const Code& a, const Code& b) {
      return ToBits(a.value) < ToBits(b.value);
    });
    return sorted;
  }();
  return codes;
}

const std::vector<Code>& CodesByName() {
  static const std::vector<Code> codes = [] {
    std::vector<Code> sorted(std::begin(kCodes), std::end(kCodes));
    std::sort(sorted.begin(), sorted.end(), [](const Code& a, const Code& b) {
      return std::string_view(a.name) < std::string_view(b.name);
    });
    return sorted;
  }();
  return codes;
}

bool IsNamedVdsCode(HRESULT hr) {
  const std::optional<std::string_view> name = NameOf(hr);
  return name && name->substr(0, 4) == "VDS_";
}

CodeClass ClassifyItf(HRESULT hr) {
  const uint32_t code = CodeOf(hr);
  if (code < 0x0200) return CodeClass::kStandard;  // COM keeps these for itself
  if (0x2400 <= code && code <= 0x2BFF) return CodeClass::kVds;
  return IsNamedVdsCode(hr) ? CodeClass::kVds : CodeClass::kForeign;
}

// "bit 28 is" or "bits 30, 28 and 27 are".
std::string ReservedBits(HRESULT hr) {
  std::vector<std::string> set;
  for (const int bit : {30, 28, 27}) {
    if (ToBits(hr) & (1u << bit)) set.push_back(std::to_string(bit));
  }
  if (set.size() == 1) return "bit " + set[0] + " is";
  std::string text = "bits " + set[0];
  for (size_t i = 1; i < set.size(); ++i) {
    text += (i + 1 == set.size() ? " and " : ", ") + set[i];
  }
  return text + " are";
}

// What a code with reserved bits is likely to be; empty: no idea.
std::string LikelyOrigin(HRESULT hr) {
  const uint32_t bits = ToBits(hr);
  // Linux numbers its errors up to 4095.
  if (hr < 0 && hr >= -4095) {
    return "this looks like a negated error number, " + std::to_string(hr);
  }
  if ((bits & (kReservedN | kReservedX)) == kReservedN) {
    return "this looks like an NTSTATUS mapped by HRESULT_FROM_NT";
  }
  if ((bits & kReservedBits) == kReservedR) return "this looks like an NTSTATUS";
  if ((bits & kReservedBits) == kReservedX) return "this looks like a code of DirectX";
  return "";
}

}  // namespace

std::span<const Code> AllCodes() { return kCodes; }

std::optional<std::string_view> NameOf(HRESULT hr) {
  const std::vector<Code>& codes = CodesByValue();
  const auto found =
      std::lower_bound(codes.begin(), codes.end(), ToBits(hr),
                       [](const Code& code, uint32_t bits) { return ToBits(code.value) < bits; });
  if (found == codes.end() || found->value != hr) return std::nullopt;
  return found->name;
}

std::optional<HRESULT> CodeNamed(std::string_view name) {
  const std::vector<Code>& codes = CodesByName();
  const auto found = std::lower_bound(
      codes.begin(), codes.end(), name,
      [](const Code& code, std::string_view wanted) { return code.name < wanted; });
  if (found == codes.end() || found->name != name) return std::nullopt;
  return found->value;
}

std::string Describe(HRESULT hr) {
  const std::string hex = ToHex(hr);
  if (const auto name = NameOf(hr)) return std::string(*name) + " (" + hex + ")";
  // Taken from memory that the host has poisoned.
  if (ToBits(hr) == kFreedMemory) return hex + " (what freed memory is filled with)";
  const uint32_t facility = FacilityOf(hr);
  switch (Classify(hr)) {
    case CodeClass::kMalformed:
      return hex + " (malformed: reserved " + ReservedBits(hr) + " set)";
    case CodeClass::kWin32:
      return hex + " (Win32 error " + std::to_string(CodeOf(hr)) + ")";
    case CodeClass::kVds:
      return hex + " (VDS code without a name)";
    case CodeClass::kForeign:
      if (ToBits(hr) & kCustomer) return hex + " (customer-defined code)";
      if (facility == kFacilityItf) return hex + " (code of another interface)";
      return hex + " (unknown facility " + std::to_string(facility) + ")";
    case CodeClass::kStandard:
      break;
  }
  return hex + " (facility " + std::to_string(facility) + ", code " + std::to_string(CodeOf(hr)) +
         ")";
}

std::string ToHex(HRESULT hr) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text = "0x00000000";
  uint32_t bits = ToBits(hr);
  for (size_t i = text.size() - 1; bits != 0; --i, bits >>= 4) text[i] = kDigits[bits & 0xFu];
  return text;
}

std::optional<HRESULT> ParseHresult(std::string_view text) {
  if (text.substr(0, 2) != "0x") return CodeNamed(text);
  const std::string_view digits = text.substr(2);
  if (digits.empty() || digits.size() > 8) return std::nullopt;
  uint32_t bits = 0;
  for (const char c : digits) {
    uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<uint32_t>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<uint32_t>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    bits = bits << 4 | digit;
  }
  return ToHresult(bits);
}

CodeClass Classify(HRESULT hr) {
  const uint32_t bits = ToBits(hr);
  if (bits & kReservedBits) return CodeClass::kMalformed;
  if (bits & kCustomer) return CodeClass::kForeign;
  const uint32_t facility = FacilityOf(hr);
  if (facility == kFacilityItf) return ClassifyItf(hr);
  if (facility == kFacilityWin32) return CodeClass::kWin32;
  return IsWindowsFacility(facility) ? CodeClass::kStandard : CodeClass::kForeign;
}

bool MayBeFinal(HRESULT result) {
  // An operation may not finish with the pending code (C13). A final 0x00042409 would be legal,
  // but no observer can tell it from the pending code misprinted (C2), so no Program uses it.
  return result != hr::kOperationPending && result != hr::kOperationPendingMisprint;
}

std::string WhyNotWellFormed(HRESULT hr) {
  const CodeClass code_class = Classify(hr);
  if (code_class == CodeClass::kMalformed) {
    const std::string origin = LikelyOrigin(hr);
    return "reserved " + ReservedBits(hr) + " set" + (origin.empty() ? "" : ": " + origin);
  }
  if (Succeeded(hr)) return "bit 31 is clear, which says success";
  if (code_class != CodeClass::kForeign) return "";
  if (ToBits(hr) & kCustomer) {
    return "bit 29 is set: this is a code that somebody other than Microsoft has defined";
  }
  if (FacilityOf(hr) == kFacilityItf) {
    return "FACILITY_ITF codes mean something else in each interface, and VDS has none with " +
           ToHex(static_cast<HRESULT>(CodeOf(hr))).replace(2, 4, "");
  }
  return "Windows defines no facility " + std::to_string(FacilityOf(hr));
}

}  // namespace vdsconform
