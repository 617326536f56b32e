#include "harness/scratch_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace vdsconform {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

// With a folder for temporary files of the test's own.
class ScratchFolderTest : public testing::Test {
 protected:
  ScratchFolderTest() {
    if (const char* value = getenv("TMPDIR")) before_ = value;
    std::string pattern = (fs::temp_directory_path() / "scratch-test-XXXXXX").string();
    base_ = mkdtemp(pattern.data());
    setenv("TMPDIR", base_.c_str(), 1);
  }
  ~ScratchFolderTest() override {
    if (before_) {
      setenv("TMPDIR", before_->c_str(), 1);
    } else {
      unsetenv("TMPDIR");
    }
    std::error_code ignored;
    fs::remove_all(base_, ignored);
  }

  static ScratchFolder Made(const std::string& path) {
    auto made = ScratchFolder::Make(path);
    if (const auto* error = std::get_if<std::string>(&made)) ADD_FAILURE() << *error;
    return std::get<ScratchFolder>(std::move(made));
  }
  static std::string Refused(const std::string& path) {
    const auto made = ScratchFolder::Make(path);
    const auto* error = std::get_if<std::string>(&made);
    return error == nullptr ? "was made" : *error;
  }
  static void Write(const fs::path& path) { std::ofstream(path) << "content"; }

  std::optional<std::string> before_;
  fs::path base_;
};

TEST_F(ScratchFolderTest, OneOfOurOwnGoesWithAllThatIsInIt) {
  std::string path;
  {
    const ScratchFolder folder = Made("");
    path = folder.path();
    EXPECT_THAT(path, StartsWith((base_ / "vdsconform-").string()));
    EXPECT_TRUE(fs::is_directory(path));
    // For no other user to look into or write to.
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    fs::create_directory(fs::path(path) / "deep");
    Write(fs::path(path) / "deep" / "file");
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::is_empty(base_));
}

TEST_F(ScratchFolderTest, TwoOfOurOwnAreDifferent) {
  const ScratchFolder first = Made("");
  const ScratchFolder second = Made("");
  EXPECT_NE(first.path(), second.path());
}

TEST_F(ScratchFolderTest, AMovedOneGoesOnlyOnce) {
  std::optional<ScratchFolder> outer;
  {
    ScratchFolder folder = Made("");
    outer.emplace(std::move(folder));
  }
  EXPECT_TRUE(fs::is_directory(outer->path()));
  const std::string path = outer->path();
  outer.reset();
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(ScratchFolderTest, TheUsersIsMadeAndStays) {
  const fs::path path = base_ / "new" / "corpus";
  {
    const ScratchFolder folder = Made(path.string());
    EXPECT_EQ(folder.path(), path.string());
    EXPECT_TRUE(fs::is_directory(path));
    Write(path / "input");
  }
  EXPECT_TRUE(fs::exists(path / "input"));
  { const ScratchFolder again = Made(path.string()); }
  EXPECT_TRUE(fs::exists(path / "input"));
}

TEST_F(ScratchFolderTest, ErrorsNameThePath) {
  const fs::path file = base_ / "file";
  Write(file);
  EXPECT_EQ(Refused(file.string()), file.string() + ": is not a folder");
  const std::string below = (file / "folder").string();
  EXPECT_THAT(Refused(below), StartsWith(below + ": cannot be made: "));
  const std::string nowhere = (base_ / "nowhere").string();
  setenv("TMPDIR", nowhere.c_str(), 1);
  EXPECT_THAT(Refused(""), HasSubstr(nowhere));
}

}  // namespace
}  // namespace vdsconform
