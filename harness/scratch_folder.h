// A folder that is there for a while: the user's own, made if need be, or one that goes with the
// object.
#ifndef VDSCONFORM_HARNESS_SCRATCH_FOLDER_H_
#define VDSCONFORM_HARNESS_SCRATCH_FOLDER_H_

#include <string>
#include <utility>
#include <variant>

namespace vdsconform {

class ScratchFolder {
 public:
  // `path`: the user's, which is kept; empty: one of our own among the temporary files.
  static std::variant<ScratchFolder, std::string> Make(const std::string& path);

  ~ScratchFolder();
  ScratchFolder(ScratchFolder&& other) noexcept
      : path_(std::exchange(other.path_, {})), is_own_(std::exchange(other.is_own_, false)) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;

  const std::string& path() const { return path_; }

 private:
  ScratchFolder(std::string path, bool is_own) : path_(std::move(path)), is_own_(is_own) {}

  std::string path_;
  bool is_own_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_SCRATCH_FOLDER_H_
