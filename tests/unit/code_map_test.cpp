#include "harness/code_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "harness/iut_library.h"

namespace vdsconform {
namespace {

using testing::ContainsRegex;
using testing::MatchesRegex;

// The place of the library's finish, which it does not export.
std::string PlaceOfFinish(const std::string& name) {
  auto loaded = IutLibrary::Load(std::string(VDSCONFORM_EXPLORED_DIR) + "/" + name + ".so");
  if (const auto* error = std::get_if<std::string>(&loaded)) return *error;
  const auto& library = std::get<std::unique_ptr<IutLibrary>>(loaded);
  return CodeMap::Place(reinterpret_cast<uintptr_t>(library->iut().finish));
}

TEST(CodeMap, NamesFunctionsThatAreNotExported) {
  EXPECT_THAT(PlaceOfFinish("writer"),
              MatchesRegex("writer\\.so\\+0x[0-9a-f]+ "
                           "\\(explored::\\(anonymous namespace\\)::Finish\\+0x0\\)"));
}

TEST(CodeMap, TellsTheOffsetWhereNothingNamesTheFunction) {
  EXPECT_THAT(PlaceOfFinish("writer-stripped"), MatchesRegex("writer-stripped\\.so\\+0x[0-9a-f]+"));
}

TEST(CodeMap, NamesWhatIsExported) {
  // Not one that a sanitizer has in the program itself.
  EXPECT_THAT(CodeMap::Place(reinterpret_cast<uintptr_t>(&getpagesize) + 1),
              ContainsRegex("libc.*\\+0x[0-9a-f]+ \\(.*getpagesize\\+0x1\\)"));
}

TEST(CodeMap, TellsAnAddressThatIsNobodysAsItIs) { EXPECT_EQ(CodeMap::Place(0x10), "0x10"); }

}  // namespace
}  // namespace vdsconform
