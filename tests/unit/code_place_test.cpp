#include "harness/code_place.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace vdsconform {
namespace {

TEST(CodePlace, IsToldAsModuleAndOffset) {
  CodePlace place;
  place.offset = 0x1139;
  EXPECT_EQ(Describe(place), "0x1139");
  place.module = "libmine.so";
  EXPECT_EQ(Describe(place), "libmine.so+0x1139");
  place.function = "Finish";
  place.into_function = 0x12;
  EXPECT_EQ(Describe(place), "libmine.so+0x1139 (Finish+0x12)");
}

TEST(CodePlace, IsReadAsItIsTold) {
  for (const std::string module : {"libmine.so", "lib+0x2.so", "my library.so"}) {
    for (const std::string function : {"", "Finish", "(anonymous namespace)::f", "a+0x1", "f (x"}) {
      CodePlace place;
      place.module = module;
      place.offset = UINT64_MAX;
      place.function = function;
      place.into_function = function.empty() ? 0 : 0x12;
      const std::optional<CodePlace> read = ParseCodePlace(Describe(place));
      EXPECT_EQ(read, place) << Describe(place);
    }
  }
}

TEST(CodePlace, IsNoneOfAnotherText) {
  for (const char* text :
       {"", "0x1139", "libmine.so", "libmine.so+", "libmine.so+0x", "libmine.so+1139", "+0x1139",
        "libmine.so+0x1139 ", "libmine.so+0x1139g", "libmine.so+0x11111111111111111", "/a+0x1",
        "../a.so+0x1", "a.so+0x1 (", "a.so+0x1 ()", "a.so+0x1 (f)", "a.so+0x1 (+0x1)",
        "a.so+0x1 (f+0x1", "a.so+0x-1"}) {
    EXPECT_FALSE(ParseCodePlace(text)) << text;
  }
}

TEST(CodePlace, FunctionsAreNamedWithoutTheirParameters) {
  EXPECT_EQ(Demangled("Finish"), "Finish");
  EXPECT_EQ(Demangled("_Z1fv"), "f");
  EXPECT_EQ(Demangled("_Z1fPFvvE"), "f");                   // f(void (*)())
  EXPECT_EQ(Demangled("_ZNK1ScvbEv"), "S::operator bool");  // S::operator bool() const
  EXPECT_EQ(Demangled("_ZN1SclEv"), "S::operator()");       // S::operator()()
  EXPECT_EQ(Demangled("_Z1fv.cold"), "f");                  // f() [clone .cold]
  EXPECT_EQ(Demangled("_ZN12_GLOBAL__N_11fEv"), "(anonymous namespace)::f");
  EXPECT_EQ(Demangled("_ZN12_GLOBAL__N_11fENS_1PE"), "(anonymous namespace)::f");
  // Data: f's static x.
  EXPECT_EQ(Demangled("_ZN12_GLOBAL__N_11xE"), "(anonymous namespace)::x");
}

}  // namespace
}  // namespace vdsconform
