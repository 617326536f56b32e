#include "harness/artifacts.h"

#include <fcntl.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "harness/program_json.h"
#include "harness/text.h"

namespace vdsconform {
namespace {

namespace fs = std::filesystem;

std::string Cannot(const std::string& path, const char* what, int error) {
  return path + ": cannot " + what + ": " + std::strerror(error);
}

// All of `content` to `path`, which is emptied first; an error number, or 0.
int WriteAll(const std::string& path, std::string_view content) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  int error = 0;
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      error = errno;
      break;
    }
    content.remove_prefix(static_cast<size_t>(written));
  }
  // A file system may tell only here that it is full.
  if (close(fd) != 0 && error == 0) error = errno;
  return error;
}

// FNV-1a: names files by their content; nothing depends on its quality.
uint32_t Hash(std::string_view text) {
  uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

}  // namespace

std::variant<OutputFile, std::string> OutputFile::Prepare(const std::string& path) {
  OutputFile file;
  std::error_code error;
  // Through symbolic links, so that the link stays and what it names is replaced.
  const fs::path place = fs::weakly_canonical(fs::absolute(path, error), error);
  file.path_ = error ? path : place.string();
  const fs::file_status status = fs::status(file.path_, error);
  if (fs::is_directory(status)) return Cannot(path, "be written", EISDIR);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    file.scratch_ = file.path_;
    const int fd = open(file.path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    // A pipe that nobody reads yet is no error (ENXIO).
    if (fd < 0 && errno != ENXIO) return Cannot(path, "be written", errno);
    if (fd >= 0) close(fd);
    return file;
  }
  file.scratch_ = file.path_ + "." + std::to_string(getpid()) + ".tmp";
  const int fd = open(file.scratch_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return Cannot(path, "be written", errno);
  close(fd);
  unlink(file.scratch_.c_str());
  return file;
}

std::string OutputFile::Write(std::string_view content) const {
  const int error = WriteAll(scratch_, content);
  if (error == 0) return Publish();
  if (scratch_ != path_) unlink(scratch_.c_str());
  return Cannot(path_, "be written", error);
}

std::string OutputFile::Publish() const {
  if (scratch_ == path_ || std::rename(scratch_.c_str(), path_.c_str()) == 0) return {};
  const int error = errno;
  unlink(scratch_.c_str());
  return Cannot(path_, "be written", error);
}

std::string IutArguments(const Options& options) {
  const IutOptions& iut = options.iut;
  const Patience usual;
  std::string arguments =
      iut.library.empty() ? " --host " + ShellWord(iut.host) : " --iut " + ShellWord(iut.library);
  for (const std::string& parameter : iut.parameters) {
    arguments += " --param " + ShellWord(parameter);
  }
  if (options.profile != Profile::kWin32) {
    arguments += " --profile " + std::string(Name(options.profile));
  }
  if (iut.in_process) arguments += " --in-process";
  if (iut.patience.rest_ms != usual.rest_ms) {
    arguments += " --rest-ms " + std::to_string(iut.patience.rest_ms);
  }
  if (iut.patience.hang_ms != usual.hang_ms) {
    arguments += " --hang-ms " + std::to_string(iut.patience.hang_ms);
  }
  if (iut.patience.operation_ms != usual.operation_ms) {
    arguments += " --operation-timeout " + std::to_string(iut.patience.operation_ms / 1000);
  }
  return arguments.substr(1);
}

Artifacts::Saved Artifacts::Save(const Program& program, const std::string& test_case) const {
  const std::string json = ToJson(program) + "\n";
  std::string name;
  for (const char c : test_case) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' ? c : '_';
  }
  char hash[16];
  std::snprintf(hash, sizeof hash, "-%08x", Hash(json));
  const std::string path = (fs::path(options_->artifacts) / (name + hash + ".json")).string();

  std::error_code error;
  fs::create_directories(options_->artifacts, error);
  if (error) return {{}, Cannot(options_->artifacts, "be made", error.value())};
  const std::variant<OutputFile, std::string> file = OutputFile::Prepare(path);
  if (const auto* why = std::get_if<std::string>(&file)) return {{}, *why};
  const std::string why = std::get<OutputFile>(file).Write(json);
  if (!why.empty()) return {{}, why};
  return {"vdsconform replay " + ShellWord(path) + " " + IutArguments(*options_), {}};
}

}  // namespace vdsconform
