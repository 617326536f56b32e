#include "reference/disk_image.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

constexpr uint64_t kDefaultSize = uint64_t{64} << 20;
constexpr uint32_t kErrorSharingViolation = 32;
constexpr uint32_t kErrorFileExists = 80;

class FileImage final : public Image {
 public:
  explicit FileImage(int descriptor) : descriptor_(descriptor) {}
  ~FileImage() override {
    // A child that was forked meanwhile shares the lock, so closing alone might not end it.
    flock(descriptor_, LOCK_UN);
    close(descriptor_);
  }
  FileImage(const FileImage&) = delete;
  FileImage& operator=(const FileImage&) = delete;

  int descriptor() const { return descriptor_; }
  void set_size(uint64_t size) { size_ = size; }

  uint64_t size() const override { return size_; }

  int Write(const void* data, size_t bytes, uint64_t offset, size_t* written) override {
    const ssize_t done = pwrite(descriptor_, data, bytes, static_cast<off_t>(offset));
    *written = done < 0 ? 0 : static_cast<size_t>(done);
    return done < 0 ? errno : 0;
  }

  int Sync() override { return fsync(descriptor_) == 0 ? 0 : errno; }

 private:
  const int descriptor_;
  uint64_t size_ = 0;
};

using Opened = std::variant<std::unique_ptr<Image>, Refusal>;

Refusal Refuse(const std::string& path, int error) {
  return {HresultFromErrno(error), path + ": " + std::generic_category().message(error)};
}

Refusal Refuse(const std::string& path, const char* reason) {
  return {hr::kInvalidArg, path + ": " + reason};
}

// Why a file of this kind is not an image; NULL if it may be one.
const char* WhyNotAnImage(mode_t mode) {
  if (S_ISREG(mode)) return nullptr;
  if (S_ISLNK(mode)) return "is a symbolic link; name the image itself";
  if (S_ISDIR(mode)) return "is a directory";
  if (S_ISBLK(mode) || S_ISCHR(mode)) return "is a device; only regular files are cleaned";
  return "is not a regular file";
}

// How much of an image with `held` bytes to clean, or why not.
std::variant<uint64_t, Refusal> ChooseSize(const DiskCleanParameters& parameters, uint64_t held) {
  if (held == 0) return parameters.size.value_or(0);
  if (!parameters.overwrite) {
    return Refusal{FromWin32(kErrorFileExists), parameters.image + ": holds " +
                                                    std::to_string(held) +
                                                    " bytes; overwrite=yes allows losing them"};
  }
  if (parameters.size.value_or(held) != held) {
    return Refusal{hr::kInvalidArg, parameters.image + ": holds " + std::to_string(held) +
                                        " bytes; size= only grows an empty image"};
  }
  return held;
}

Opened OpenExisting(const DiskCleanParameters& parameters) {
  const std::string& path = parameters.image;
  struct stat found;
  // Opening alone can make a device act, so the name is looked at first. That look proves nothing;
  // the one at the open descriptor does.
  if (lstat(path.c_str(), &found) != 0) return Refuse(path, errno);
  if (const char* reason = WhyNotAnImage(found.st_mode)) return Refuse(path, reason);
  const int descriptor =
      open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return Refuse(path, errno);
  auto image = std::make_unique<FileImage>(descriptor);
  if (fstat(descriptor, &found) != 0) return Refuse(path, errno);
  if (const char* reason = WhyNotAnImage(found.st_mode)) return Refuse(path, reason);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Refuse(path, errno);
    return Refusal{FromWin32(kErrorSharingViolation), path + ": another operation is using it"};
  }
  // Only now, for whoever held the lock may have grown the file.
  if (fstat(descriptor, &found) != 0) return Refuse(path, errno);
  auto size = ChooseSize(parameters, static_cast<uint64_t>(found.st_size));
  if (auto* refusal = std::get_if<Refusal>(&size)) return std::move(*refusal);
  image->set_size(std::get<uint64_t>(size));
  return image;
}

// A file without a name in `folder`; negative if there is none to be had, errno says why.
int OpenNameless(const std::string& folder) {
#ifdef O_TMPFILE
  const int nameless = open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC | O_EXCL, 0600);
  // Not every file system can do this; what really is wrong then shows below.
  if (nameless >= 0) return nameless;
#endif
  std::string path = folder + "/vdsconform-XXXXXX";
  const int descriptor = mkostemp(path.data(), O_CLOEXEC);
  if (descriptor >= 0) unlink(path.c_str());
  return descriptor;
}

Opened OpenTemporary(const DiskCleanParameters& parameters) {
  const char* const named = std::getenv("TMPDIR");
  const std::string folder = named != nullptr && *named != '\0' ? named : "/tmp";
  const int descriptor = OpenNameless(folder);
  if (descriptor < 0) return Refuse("a temporary file in " + folder, errno);
  auto image = std::make_unique<FileImage>(descriptor);
  image->set_size(parameters.size.value_or(kDefaultSize));
  return image;
}

}  // namespace

Opened OpenImage(const DiskCleanParameters& parameters) {
  return parameters.image.empty() ? OpenTemporary(parameters) : OpenExisting(parameters);
}

HRESULT HresultFromErrno(int error) {
  switch (error) {
    case ENOENT:
      return FromWin32(2);  // ERROR_FILE_NOT_FOUND
    case ENOTDIR:
      return FromWin32(3);  // ERROR_PATH_NOT_FOUND
    case EMFILE:
    case ENFILE:
      return FromWin32(4);  // ERROR_TOO_MANY_OPEN_FILES
    case EACCES:
    case EPERM:
      return FromWin32(5);  // ERROR_ACCESS_DENIED
    case EROFS:
      return FromWin32(19);  // ERROR_WRITE_PROTECT
    case ETXTBSY:
      return FromWin32(kErrorSharingViolation);
    case ENOSPC:
      return FromWin32(112);  // ERROR_DISK_FULL
    case ENAMETOOLONG:
      return FromWin32(206);  // ERROR_FILENAME_EXCED_RANGE
    case EFBIG:
      return FromWin32(223);  // ERROR_FILE_TOO_LARGE
    case EIO:
      return FromWin32(1117);  // ERROR_IO_DEVICE
    case EDQUOT:
      return FromWin32(1295);  // ERROR_DISK_QUOTA_EXCEEDED
    case ENOMEM:
      return hr::kOutOfMemory;
    default:
      return FromWin32(31);  // ERROR_GEN_FAILURE
  }
}

}  // namespace vdsconform
