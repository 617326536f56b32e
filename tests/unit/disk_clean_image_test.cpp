#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "reference/disk_image.h"
#include "spec/hresult.h"
#include "tests/unit/disk_clean_test_support.h"

namespace vdsconform {
namespace {

using ::testing::EndsWith;
using testing::Folder;
using ::testing::HasSubstr;

std::unique_ptr<Image> Opened(const DiskCleanParameters& parameters) {
  auto opened = OpenImage(parameters);
  if (const auto* refusal = std::get_if<Refusal>(&opened)) {
    ADD_FAILURE() << "refused: " << refusal->reason;
    return nullptr;
  }
  return std::move(std::get<std::unique_ptr<Image>>(opened));
}

Refusal Refused(const DiskCleanParameters& parameters) {
  auto opened = OpenImage(parameters);
  const auto* refusal = std::get_if<Refusal>(&opened);
  if (refusal == nullptr) {
    ADD_FAILURE() << parameters.image << " was opened";
    return {hr::kOk, ""};
  }
  return *refusal;
}

void ExpectRefused(const DiskCleanParameters& parameters, HRESULT result,
                   const std::string& reason_end) {
  const Refusal refusal = Refused(parameters);
  EXPECT_EQ(ToBits(refusal.result), ToBits(result)) << refusal.reason;
  EXPECT_THAT(refusal.reason, EndsWith(reason_end));
}

TEST(DiskCleanImageTest, OpensAFileThatMayBeOverwritten) {
  const Folder folder;
  const std::string path = folder.Make("disk", 1000);
  EXPECT_EQ(Opened({.image = path, .overwrite = true})->size(), 1000u);
  EXPECT_EQ(Opened({.image = path, .size = 1000, .overwrite = true})->size(), 1000u);
  EXPECT_EQ(folder.Read("disk"), std::string(1000, '\x5A')) << "opening alone wrote";
}

TEST(DiskCleanImageTest, RefusesToLoseDataUnasked) {
  const Folder folder;
  const std::string path = folder.Make("disk", 1);
  ExpectRefused({.image = path}, FromWin32(80),
                "disk: holds 1 bytes; overwrite=yes allows losing them");
  ExpectRefused({.image = path, .size = 1}, FromWin32(80),
                "disk: holds 1 bytes; overwrite=yes allows losing them");
  ExpectRefused({.image = path, .size = 2, .overwrite = true}, hr::kInvalidArg,
                "disk: holds 1 bytes; size= only grows an empty image");
}

TEST(DiskCleanImageTest, GrowsOnlyAnEmptyFile) {
  const Folder folder;
  const std::string path = folder.Make("disk", 0);
  EXPECT_EQ(Opened({.image = path})->size(), 0u);
  EXPECT_EQ(Opened({.image = path, .size = 5000})->size(), 5000u);
  EXPECT_EQ(folder.Read("disk"), "") << "opening alone wrote";
}

TEST(DiskCleanImageTest, RefusesWhatIsNotARegularFile) {
  const Folder folder;
  const std::string target = folder.Make("disk", 0);
  ASSERT_EQ(symlink(target.c_str(), folder.Path("link").c_str()), 0);
  ASSERT_EQ(symlink("/dev/full", folder.Path("device").c_str()), 0);
  ASSERT_EQ(mkfifo(folder.Path("pipe").c_str(), 0600), 0);
  ExpectRefused({.image = "/dev/full", .overwrite = true}, hr::kInvalidArg,
                "/dev/full: is a device; only regular files are cleaned");
  ExpectRefused({.image = folder.path(), .overwrite = true}, hr::kInvalidArg, "is a directory");
  ExpectRefused({.image = folder.Path("link"), .overwrite = true}, hr::kInvalidArg,
                "link: is a symbolic link; name the image itself");
  ExpectRefused({.image = folder.Path("device"), .overwrite = true}, hr::kInvalidArg,
                "device: is a symbolic link; name the image itself");
  ExpectRefused({.image = folder.Path("pipe"), .overwrite = true}, hr::kInvalidArg,
                "pipe: is not a regular file");
}

TEST(DiskCleanImageTest, RefusesWhatIsNotThere) {
  const Folder folder;
  ExpectRefused({.image = folder.Path("none"), .size = 1}, FromWin32(2),
                "none: No such file or directory");
  EXPECT_FALSE(std::filesystem::exists(folder.Path("none")));
  folder.Make("file", 0);
  ExpectRefused({.image = folder.Path("file/disk")}, FromWin32(3), "Not a directory");
}

TEST(DiskCleanImageTest, RefusesAnImageInUse) {
  const Folder folder;
  const std::string path = folder.Make("disk", 0);
  auto first = Opened({.image = path, .size = 10});
  ExpectRefused({.image = path, .size = 10}, FromWin32(32), "disk: another operation is using it");
  first.reset();
  EXPECT_NE(Opened({.image = path, .size = 10}), nullptr) << "the lock outlived its image";
}

// Opens as somebody who may not, in a process of its own, for root may do anything.
[[noreturn]] void OpenUnprivileged(const std::string& path) {
  constexpr uid_t kNobody = 65534;
  if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
                         setresuid(kNobody, kNobody, kNobody) != 0)) {
    std::fprintf(stderr, "cannot give up root: errno %d\n", errno);
    std::_Exit(1);
  }
  auto opened = OpenImage({.image = path, .overwrite = true});
  const auto* refusal = std::get_if<Refusal>(&opened);
  if (refusal == nullptr || refusal->result != FromWin32(5)) std::_Exit(2);
  std::fprintf(stderr, "%s\n", refusal->reason.c_str());
  std::_Exit(0);
}

TEST(DiskCleanImageTest, RefusesAFileThatItMayNotWrite) {
  // A fork of this test, so that the folder stays this process's to remove.
  GTEST_FLAG_SET(death_test_style, "fast");
  const Folder folder;
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  const std::string path = folder.Make("disk", 10);
  ASSERT_EQ(chmod(path.c_str(), 0444), 0);
  EXPECT_EXIT(OpenUnprivileged(path), ::testing::ExitedWithCode(0), "Permission denied");
}

TEST(DiskCleanImageTest, WritesWhereItIsToldAndNowhereElse) {
  const Folder folder;
  auto image = Opened({.image = folder.Make("disk", 100), .overwrite = true});
  const std::string zeros(10, '\0');
  size_t written = 0;
  EXPECT_EQ(image->Write(zeros.data(), zeros.size(), 40, &written), 0);
  EXPECT_EQ(written, 10u);
  EXPECT_EQ(image->Sync(), 0);
  EXPECT_EQ(folder.Read("disk"), std::string(40, '\x5A') + zeros + std::string(50, '\x5A'));
}

class TemporaryImageTest : public ::testing::Test {
 protected:
  TemporaryImageTest() {
    if (const char* named = std::getenv("TMPDIR")) before_ = named;
  }
  ~TemporaryImageTest() override {
    if (before_.empty()) {
      unsetenv("TMPDIR");
    } else {
      setenv("TMPDIR", before_.c_str(), 1);
    }
  }

  const Folder folder_;

 private:
  std::string before_;
};

TEST_F(TemporaryImageTest, HasNoName) {
  setenv("TMPDIR", folder_.path().c_str(), 1);
  auto image = Opened({.size = 3 << 20});
  EXPECT_EQ(image->size(), 3u << 20);
  size_t written = 0;
  EXPECT_EQ(image->Write("", 1, (3 << 20) - 1, &written), 0);
  EXPECT_EQ(written, 1u);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  EXPECT_EQ(Opened({})->size(), 64u << 20);
}

TEST_F(TemporaryImageTest, NeedsItsFolder) {
  setenv("TMPDIR", folder_.Path("none").c_str(), 1);
  const Refusal refusal = Refused({});
  EXPECT_EQ(refusal.result, FromWin32(2));
  EXPECT_THAT(refusal.reason, HasSubstr(folder_.Path("none") + ": No such file or directory"));
}

TEST(DiskCleanErrnoTest, HasAWindowsName) {
  const std::pair<int, uint32_t> expected[] = {
      {ENOENT, 0x80070002}, {ENOTDIR, 0x80070003}, {EMFILE, 0x80070004}, {ENFILE, 0x80070004},
      {EACCES, 0x80070005}, {EPERM, 0x80070005},   {EROFS, 0x80070013},  {ETXTBSY, 0x80070020},
      {ENOSPC, 0x80070070}, {EFBIG, 0x800700DF},   {EIO, 0x8007045D},    {EDQUOT, 0x8007050F},
      {ENOMEM, 0x8007000E}, {EBADF, 0x8007001F},   {ENXIO, 0x8007001F},  {ENAMETOOLONG, 0x800700CE},
  };
  for (const auto& [error, bits] : expected) {
    EXPECT_EQ(ToBits(HresultFromErrno(error)), bits) << "errno " << error;
  }
}

}  // namespace
}  // namespace vdsconform
