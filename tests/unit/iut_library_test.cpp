#include "harness/iut_library.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace vdsconform {
namespace {

std::string Hostile(const std::string& name) {
  return std::string(VDSCONFORM_HOSTILE_DIR) + "/" + name + ".so";
}

// Why a library is refused, without its path.
std::string ErrorOf(const std::string& path) {
  auto loaded = IutLibrary::Load(path);
  const auto* error = std::get_if<std::string>(&loaded);
  if (error == nullptr) return "(accepted)";
  EXPECT_TRUE(error->starts_with(path + ": ")) << *error;
  return error->substr(std::min(error->size(), path.size() + 2));
}

class IutLibraryFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "vdsconform-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& content) {
    const std::string path = (folder_ / "file.so").string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::filesystem::path folder_;
};

TEST(IutLibrary, LoadsWhatKeepsTheContract) {
  auto loaded = IutLibrary::Load(Hostile("none"));
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<IutLibrary>>(loaded));
  const auto& library = std::get<std::unique_ptr<IutLibrary>>(loaded);
  EXPECT_EQ(library->info().name, "hostile");
  EXPECT_EQ(library->info().version, "none");
  EXPECT_EQ(library->info().capabilities, 31u);
  EXPECT_NE(library->iut().begin, nullptr);
}

TEST(IutLibrary, NamesWhatIsWrongWithTheDescription) {
  EXPECT_EQ(ErrorOf(Hostile("no-export")), "exports no function vdsconform_iut (see iut.h)");
  EXPECT_EQ(ErrorOf(Hostile("null-export")),
            "vdsconform_iut(1) returned NULL: it does not speak version 1 of the contract");
  EXPECT_EQ(ErrorOf(Hostile("wrong-abi")), "its abi field is 7, expected 1");
  EXPECT_EQ(ErrorOf(Hostile("small-size")),
            "its size field is 8, expected sizeof(struct vdsconform_iut) = " +
                std::to_string(sizeof(vdsconform_iut)));
  EXPECT_EQ(ErrorOf(Hostile("no-name")), "its name is NULL or empty");
  EXPECT_EQ(ErrorOf(Hostile("no-begin")), "its begin function is NULL");
  EXPECT_EQ(ErrorOf(Hostile("no-end")), "its end function is NULL");
  EXPECT_EQ(ErrorOf(Hostile("no-finish")), "it declares DRIVE, but its finish function is NULL");
  EXPECT_EQ(ErrorOf(Hostile("no-progress")),
            "it declares DRIVE, but its progress function is NULL");
  EXPECT_EQ(ErrorOf(Hostile("unknown-capability")),
            "its capabilities have bits that version 1 does not define: 0x40");
  EXPECT_EQ(ErrorOf(Hostile("no-plan")),
            "its capabilities name neither ESTIMATE nor NOT_ESTIMATE, so that no operation could "
            "be started");
}

TEST_F(IutLibraryFile, NamesWhatIsWrongWithTheFile) {
  EXPECT_EQ(ErrorOf((folder_ / "missing.so").string()), "no such file");
  EXPECT_EQ(ErrorOf(folder_.string()), "is a directory, not a shared library");
  EXPECT_EQ(ErrorOf("/dev/null"), "is not a regular file");
  EXPECT_EQ(ErrorOf(Write("int main() { return 0; }\n")), "is not a shared library: no ELF header");
  EXPECT_EQ(ErrorOf(Write("")), "is not a shared library: no ELF header");
  EXPECT_EQ(ErrorOf(Write("\x7f"
                          "ELF")),
            "is not a shared library: its header is cut off");
  EXPECT_TRUE(ErrorOf(Write("MZ\x90")).starts_with("is a Windows library"));
}

TEST_F(IutLibraryFile, NamesAnotherArchitecture) {
  std::ifstream in(Hostile("none"), std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(in)), {});
  ASSERT_GT(content.size(), 20u);
  content[18] = static_cast<char>(0xF3);  // RISC-V
  content[19] = 0;
  EXPECT_TRUE(ErrorOf(Write(content))
                  .starts_with("was built for another architecture (ELF machine 243, 64 bits"));
}

TEST_F(IutLibraryFile, PassesTheLoadersReasonOn) {
  std::ifstream in(Hostile("none"), std::ios::binary);
  std::string content(64, '\0');
  in.read(content.data(), 64);
  EXPECT_TRUE(ErrorOf(Write(content)).starts_with("cannot be loaded: ")) << ErrorOf(Write(content));
}

TEST_F(IutLibraryFile, ANameWithoutASlashIsAFileHere) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::copy_file(Hostile("none"), folder_ / "local.so");
  std::filesystem::current_path(folder_);
  EXPECT_EQ(ErrorOf("local.so"), "(accepted)");
  std::filesystem::current_path(before);
}

TEST(IutLibrary, AnEmptyNameIsRefused) {
  auto loaded = IutLibrary::Load("");
  ASSERT_TRUE(std::holds_alternative<std::string>(loaded));
  EXPECT_EQ(std::get<std::string>(loaded), "no library was named");
}

}  // namespace
}  // namespace vdsconform
