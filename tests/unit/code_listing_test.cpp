#include "harness/code_listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/code_map.h"
#include "harness/code_place.h"
#include "harness/elf_file.h"
#include "harness/iut_library.h"

namespace vdsconform {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Library(const std::string& name) {
  return std::string(VDSCONFORM_EXPLORED_DIR) + "/" + name + ".so";
}

// The address of its `finish` in the library's file.
uint64_t Finish(const std::string& name) {
  auto loaded = IutLibrary::Load(Library(name));
  const auto& library = std::get<std::unique_ptr<IutLibrary>>(loaded);
  const auto place =
      ParseCodePlace(CodeMap::Place(reinterpret_cast<uintptr_t>(library->iut().finish)));
  return place ? place->offset : 0;
}

size_t ArrowAt(const std::vector<std::string>& lines) {
  const auto arrow = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.rfind("  -> ", 0) == 0;
  });
  return static_cast<size_t>(arrow - lines.begin());
}

uint64_t AddressOf(const std::string& line) { return std::stoull(line.substr(5), nullptr, 16); }

Preemption StoppedAt(const std::string& at) {
  Preemption preemption;
  preemption.step = 2;
  preemption.point.instruction = 17;
  preemption.point.at = at;
  return preemption;
}

TEST(CodeListing, ShowsTheInstructionsAround) {
  if (!WhyNotDisassembled().empty()) GTEST_SKIP() << WhyNotDisassembled();
  for (const char* name : {"writer", "writer-stripped"}) {
    const uint64_t begin = Finish(name);
    std::vector<std::string> lines = ListCode(Library(name), begin);
    // The first instruction has none before it in its function.
    ASSERT_EQ(ArrowAt(lines), 0u) << name;
    ASSERT_GT(lines.size(), 3u);
    EXPECT_EQ(AddressOf(lines[0]), begin);
    // From the third on, the first two are before it and the same.
    const std::vector<std::string> further = ListCode(Library(name), AddressOf(lines[2]));
    ASSERT_EQ(ArrowAt(further), 2u) << name;
    EXPECT_EQ(further[1], lines[1]);
    EXPECT_EQ(further[0].substr(5), lines[0].substr(5));
    EXPECT_EQ(further[2].substr(5), lines[2].substr(5));
  }
}

TEST(CodeListing, ShowsNoMoreThanAFewBeforeAndAfterAndNothingBeyondTheFunction) {
  if (!WhyNotDisassembled().empty()) GTEST_SKIP() << WhyNotDisassembled();
  std::optional<ElfFile> elf = ElfFile::Open(Library("mutex"));
  ASSERT_TRUE(elf);
  const auto function = elf->FunctionAt(Finish("mutex"));
  ASSERT_TRUE(function);
  uint64_t address = function->begin;
  for (size_t i = 0;; ++i) {
    const std::vector<std::string> lines = ListCode(Library("mutex"), address);
    const size_t arrow = ArrowAt(lines);
    ASSERT_LT(arrow, lines.size());
    EXPECT_EQ(arrow, std::min(i, kShownInstructions));
    EXPECT_LE(lines.size() - arrow - 1, kShownInstructions);
    for (const std::string& line : lines) {
      EXPECT_GE(AddressOf(line), function->begin);
      EXPECT_LT(AddressOf(line), function->end);
    }
    if (arrow + 1 == lines.size()) return;  // the last one
    address = AddressOf(lines[arrow + 1]);
  }
}

TEST(CodeListing, HasNothingOfWhatIsNoCode) {
  EXPECT_THAT(ListCode(Library("writer"), 0), IsEmpty());
  EXPECT_THAT(ListCode(Library("writer"), UINT64_MAX), IsEmpty());
  EXPECT_THAT(ListCode("/nowhere/at.all", 0x1139), IsEmpty());
  EXPECT_THAT(ListCode("/proc/self/status", 0x1139), IsEmpty());
}

TEST(CodeListing, TellsTheStepAndThePlace) {
  CodePlace place;
  place.module = "writer-stripped.so";
  place.offset = Finish("writer-stripped");
  const auto lines = DescribeCode(StoppedAt(Describe(place)), Library("writer-stripped"));
  ASSERT_GT(lines.size(), 1u);
  EXPECT_EQ(lines[0], "  code     step 3 was stopped before " + Describe(place));
  EXPECT_EQ(ArrowAt(lines), 1u + (WhyNotDisassembled().empty() ? 0u : 1u));
}

TEST(CodeListing, FindsModulesBesideTheLibraryAndInUse) {
  const auto beside = DescribeCode(StoppedAt("mutex.so+0x" +
                                             [] {
                                               CodePlace place;
                                               place.offset = Finish("mutex");
                                               return Describe(place).substr(2);
                                             }()),
                                   Library("writer"));
  EXPECT_LT(ArrowAt(beside), beside.size());
  // Not one that a sanitizer has in the program itself.
  const auto place = ParseCodePlace(CodeMap::Place(reinterpret_cast<uintptr_t>(&getpagesize)));
  ASSERT_TRUE(place);
  const auto in_use = DescribeCode(StoppedAt(Describe(*place)), Library("writer"));
  EXPECT_LT(ArrowAt(in_use), in_use.size()) << in_use.back();
}

TEST(CodeListing, SaysWhyThereIsNone) {
  const auto code = [](const std::string& at) {
    return DescribeCode(StoppedAt(at), Library("writer"));
  };
  EXPECT_THAT(code(""), ElementsAre("  code     step 3 was stopped before instruction 17, whose "
                                    "place is not known"));
  EXPECT_THAT(code("../writer.so+0x10").back(), HasSubstr("is not known"));
  EXPECT_THAT(code("elsewhere.so+0x10").back(), HasSubstr("elsewhere.so is not found"));
  EXPECT_THAT(code("writer.so+0x10").back(), HasSubstr("has no code there"));
  CodePlace place;
  place.module = "writer.so";
  place.offset = Finish("writer");
  place.function = "Finish";
  EXPECT_THAT(code(Describe(place)).back(), HasSubstr("was built anew"));
  place.function = "explored::(anonymous namespace)::Finish";
  EXPECT_LT(ArrowAt(code(Describe(place))), 7u);
  place.into_function = 1;
  EXPECT_THAT(code(Describe(place)).back(), HasSubstr("was built anew"));
}

}  // namespace
}  // namespace vdsconform
