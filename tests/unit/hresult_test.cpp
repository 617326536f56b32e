#include "spec/hresult.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vdsconform {
namespace {

constexpr size_t kVdsCodeCount = 383;
constexpr size_t kOtherCodeCount = 27;

bool IsVdsName(std::string_view name) { return name.substr(0, 4) == "VDS_"; }

// The table as it stands in the source, read without the generator.
std::vector<std::pair<std::string, uint32_t>> TableFile() {
  std::ifstream in(VDSCONFORM_SOURCE_DIR "/spec/codes.tsv");
  std::vector<std::pair<std::string, uint32_t>> rows;
  std::string name;
  std::string value;
  while (in >> name >> value) {
    rows.emplace_back(name, static_cast<uint32_t>(std::stoul(value, nullptr, 16)));
  }
  return rows;
}

TEST(Hresult, TableIsTheFileInItsOrder) {
  const auto rows = TableFile();
  ASSERT_EQ(rows.size(), kVdsCodeCount + kOtherCodeCount);
  ASSERT_EQ(AllCodes().size(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(AllCodes()[i].name, rows[i].first);
    EXPECT_EQ(ToBits(AllCodes()[i].value), rows[i].second) << rows[i].first;
  }
}

TEST(Hresult, VdsCodesComeFirst) {
  for (size_t i = 0; i < AllCodes().size(); ++i) {
    EXPECT_EQ(IsVdsName(AllCodes()[i].name), i < kVdsCodeCount) << AllCodes()[i].name;
  }
}

TEST(Hresult, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const Code& code : AllCodes()) EXPECT_TRUE(names.insert(code.name).second) << code.name;
}

TEST(Hresult, EveryNameLeadsToItsValueAndBack) {
  for (const Code& code : AllCodes()) {
    EXPECT_EQ(CodeNamed(code.name), code.value);
    ASSERT_TRUE(NameOf(code.value)) << code.name;
    EXPECT_EQ(CodeNamed(*NameOf(code.value)), code.value) << code.name;
  }
}

TEST(Hresult, UnknownNamesAndValuesLeadNowhere) {
  for (const char* name : {"", "S_O", "S_OKAY", "s_ok", "VDS_E_", "ZZZ", "0x00000000"}) {
    EXPECT_EQ(CodeNamed(name), std::nullopt) << name;
  }
  for (const uint32_t bits : {0x00000002u, 0x80042408u ^ 0x1000u, 0xFFFFFFFFu, 0x80070002u}) {
    EXPECT_EQ(NameOf(ToHresult(bits)), std::nullopt) << std::hex << bits;
  }
}

TEST(Hresult, ConstantsAgreeWithTheTable) {
  const std::pair<const char*, HRESULT> constants[] = {
      {"S_OK", hr::kOk},
      {"S_FALSE", hr::kFalse},
      {"VDS_E_OPERATION_PENDING", hr::kOperationPending},
      {"VDS_E_OPERATION_CANCELED", hr::kOperationCanceled},
      {"VDS_E_CANCEL_TOO_LATE", hr::kCancelTooLate},
      {"VDS_E_NOT_SUPPORTED", hr::kVdsNotSupported},
      {"VDS_S_IN_PROGRESS", hr::kInProgress},
      {"E_PENDING", hr::kPending},
      {"E_INVALIDARG", hr::kInvalidArg},
      {"E_POINTER", hr::kPointer},
      {"E_NOTIMPL", hr::kNotImpl},
      {"E_NOINTERFACE", hr::kNoInterface},
      {"E_OUTOFMEMORY", hr::kOutOfMemory},
      {"E_FAIL", hr::kFail},
  };
  for (const auto& [name, value] : constants) EXPECT_EQ(CodeNamed(name), value) << name;
  // C2: the misprint differs in the severity bit alone, and is nobody's code.
  EXPECT_EQ(ToBits(hr::kOperationPendingMisprint), ToBits(hr::kOperationPending) & 0x7FFFFFFFu);
  EXPECT_EQ(NameOf(hr::kOperationPendingMisprint), std::nullopt);
}

TEST(Hresult, ContestedCodesHaveTheHeadersValues) {
  EXPECT_EQ(CodeNamed("VDS_S_UPDATE_BOOTFILE_FAILED"), ToHresult(0x00042434u));    // C8
  EXPECT_EQ(CodeNamed("VDS_S_GPT_BOOT_MIRRORED_TO_MBR"), ToHresult(0x80042469u));  // C9
}

TEST(Hresult, ThreePairsOfVdsCodesDifferOnlyInSeverity) {
  std::set<uint32_t> shared;
  for (const Code& a : AllCodes()) {
    for (const Code& b : AllCodes()) {
      const bool vds = IsVdsName(a.name) && IsVdsName(b.name);
      if (vds && (ToBits(a.value) ^ ToBits(b.value)) == 0x80000000u) {
        shared.insert(ToBits(a.value) & 0xFFFFu);
      }
    }
  }
  EXPECT_EQ(shared, (std::set<uint32_t>{0x2436, 0x245A, 0x258B}));
}

TEST(Hresult, SeverityIsTheTopBit) {
  EXPECT_TRUE(Succeeded(hr::kOk) && Succeeded(hr::kFalse) && Succeeded(ToHresult(0x7FFFFFFFu)));
  EXPECT_TRUE(Failed(hr::kFail) && Failed(ToHresult(0x80000000u)) && Failed(-1));
  EXPECT_EQ(ToBits(FromWin32(0x6F4)), 0x800706F4u);
  EXPECT_EQ(NameOf(FromWin32(0x6F4)), "HRESULT_FROM_WIN32(RPC_X_NULL_REF_POINTER)");
}

TEST(Hresult, HexHasAlwaysEightDigits) {
  EXPECT_EQ(ToHex(0), "0x00000000");
  EXPECT_EQ(ToHex(1), "0x00000001");
  EXPECT_EQ(ToHex(ToHresult(0x80042409u)), "0x80042409");
  EXPECT_EQ(ToHex(ToHresult(0xABCDEF01u)), "0xABCDEF01");
  EXPECT_EQ(ToHex(-1), "0xFFFFFFFF");
}

TEST(Hresult, ParsesHexadecimalAndNames) {
  EXPECT_EQ(ParseHresult("0x0"), 0);
  EXPECT_EQ(ParseHresult("0x8004240c"), hr::kCancelTooLate);
  EXPECT_EQ(ParseHresult("0x8004240C"), hr::kCancelTooLate);
  EXPECT_EQ(ParseHresult("0xffffffff"), -1);
  EXPECT_EQ(ParseHresult("VDS_E_OPERATION_PENDING"), hr::kOperationPending);
  for (const Code& code : AllCodes()) EXPECT_EQ(ParseHresult(ToHex(code.value)), code.value);
}

TEST(Hresult, RefusesWhatIsNeither) {
  for (const char* text : {"", "0", "0x", "0X0", "0x123456789", "0x 1", "0x1 ", " 0x1", "0x-1",
                           "0xG", "0x:", "0x@", "0x`", "-1", "2147500037", "E_FAIL ", "e_fail"}) {
    EXPECT_EQ(ParseHresult(text), std::nullopt) << '"' << text << '"';
  }
  EXPECT_EQ(ParseHresult(std::string_view("0x1\0", 4)), std::nullopt);
}

TEST(Hresult, DescribesNamedAndOtherCodes) {
  const std::pair<uint32_t, const char*> rows[] = {
      {0x00000000u, "S_OK (0x00000000)"},
      {0x80042409u, "VDS_E_OPERATION_PENDING (0x80042409)"},
      {0x8007001Fu, "0x8007001F (Win32 error 31)"},
      {0x00042409u, "0x00042409 (VDS code without a name)"},
      {0x80042308u, "0x80042308 (code of another interface)"},
      {0xA0000001u, "0xA0000001 (customer-defined code)"},
      {0x87FF0001u, "0x87FF0001 (unknown facility 2047)"},
      {0xC0000005u, "0xC0000005 (malformed: reserved bit 30 is set)"},
      {0x80310001u, "0x80310001 (facility 49, code 1)"},
      {0x6D6D6D6Du, "0x6D6D6D6D (what freed memory is filled with)"},
  };
  for (const auto& [bits, text] : rows) EXPECT_EQ(Describe(ToHresult(bits)), text);
}

TEST(Hresult, Classifies) {
  using enum CodeClass;
  const std::pair<uint32_t, CodeClass> rows[] = {
      {0x80004005u, kStandard},  // E_FAIL
      {0x8000FFFFu, kStandard},  // E_UNEXPECTED
      {0x8000000Au, kStandard},  // E_PENDING
      {0x80010108u, kStandard},  // RPC_E_DISCONNECTED
      {0x800401FDu, kStandard},  // CO_E_OBJNOTCONNECTED: COM's own part of FACILITY_ITF
      {0x80040200u, kForeign},   // the first that is the interface's own
      {0x800423FFu, kForeign},   // below and above what VDS uses
      {0x80042400u, kVds},       {0x80042BFFu, kVds},
      {0x80042C00u, kForeign},   {0x00044245u, kForeign},
      {0x80042309u, kForeign},  // VSS
      {0x800706F4u, kWin32},     {0x80070000u, kWin32},
      {0x8007FFFFu, kWin32},     {0x80050001u, kForeign},  // facilities that winerror.h leaves out
      {0x80060001u, kForeign},   {0x801C0001u, kForeign},
      {0x80080001u, kStandard},  {0x801B0001u, kStandard},
      {0x80310001u, kStandard},  {0x87CC0001u, kStandard},   // 1996, the last one below 2048
      {0x87FF0001u, kForeign},   {0xA0070005u, kForeign},    // the customer bit
      {0xC0000005u, kMalformed},                             // an NTSTATUS
      {0xD0000005u, kMalformed},                             // the same by HRESULT_FROM_NT
      {0x90000005u, kMalformed}, {0x887A0001u, kMalformed},  // DXGI
      {0xFFFFFFFFu, kMalformed}, {0x407A0004u, kMalformed},
      {0x00000000u, kStandard},
  };
  for (const auto& [bits, expected] : rows) {
    EXPECT_EQ(Classify(ToHresult(bits)), expected) << std::hex << bits;
  }
}

TEST(Hresult, EveryVdsCodeIsClassifiedAsOne) {
  for (const Code& code : AllCodes()) {
    EXPECT_EQ(Classify(code.value) == CodeClass::kVds, IsVdsName(code.name)) << code.name;
  }
}

TEST(Hresult, EveryFailureOfTheTableIsWellFormed) {
  for (const Code& code : AllCodes()) {
    if (Succeeded(code.value)) continue;
    EXPECT_EQ(WhyNotWellFormed(code.value), "") << code.name;
  }
}

TEST(Hresult, SaysWhyACodeIsNotWellFormed) {
  const std::pair<uint32_t, const char*> rows[] = {
      {0xD0000005u,
       "reserved bits 30 and 28 are set: this looks like an NTSTATUS mapped by "
       "HRESULT_FROM_NT"},
      {0x90000005u,
       "reserved bit 28 is set: this looks like an NTSTATUS mapped by "
       "HRESULT_FROM_NT"},
      {0xC0000005u, "reserved bit 30 is set: this looks like an NTSTATUS"},
      {0x887A0001u, "reserved bit 27 is set: this looks like a code of DirectX"},
      {0xFFFFFFEAu,
       "reserved bits 30, 28 and 27 are set: this looks like a negated error number, "
       "-22"},
      {0xDEADBEEFu, "reserved bits 30, 28 and 27 are set"},
      {0xA0000001u, "bit 29 is set: this is a code that somebody other than Microsoft has defined"},
      {0x80042308u,
       "FACILITY_ITF codes mean something else in each interface, and VDS has none "
       "with 0x2308"},
      {0x87FF0001u, "Windows defines no facility 2047"},
      {0x00000001u, "bit 31 is clear, which says success"},
  };
  for (const auto& [bits, text] : rows) EXPECT_EQ(WhyNotWellFormed(ToHresult(bits)), text);
}

}  // namespace
}  // namespace vdsconform
