#include "harness/scratch_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace vdsconform {

namespace fs = std::filesystem;

std::variant<ScratchFolder, std::string> ScratchFolder::Make(const std::string& path) {
  std::error_code error;
  if (!path.empty()) {
    const fs::file_status status = fs::status(path, error);
    if (fs::exists(status) && !fs::is_directory(status)) return path + ": is not a folder";
    fs::create_directories(path, error);
    if (error) return path + ": cannot be made: " + error.message();
    return ScratchFolder(path, false);
  }
  const fs::path base = fs::temp_directory_path(error);
  if (error) {
    const char* const named = getenv("TMPDIR");
    return std::string(named == nullptr ? "/tmp" : named) +
           ": is no folder for temporary files: " + error.message();
  }
  std::string pattern = (base / "vdsconform-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    return pattern + ": cannot be made: " + std::strerror(errno);
  }
  return ScratchFolder(pattern, true);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (is_own_) fs::remove_all(path_, ignored);
}

}  // namespace vdsconform
