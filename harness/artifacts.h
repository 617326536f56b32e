// Files that the command writes: reports, whole or not at all, and Programs that showed findings.
//
// Errors are messages that name the file and the cause. Not thread-safe.
#ifndef VDSCONFORM_HARNESS_ARTIFACTS_H_
#define VDSCONFORM_HARNESS_ARTIFACTS_H_

#include <string>
#include <string_view>
#include <variant>

#include "harness/options.h"
#include "harness/program.h"

namespace vdsconform {

// A file that appears under its name only when it is complete: it is written beside its place and
// then renamed. What is no regular file, such as /dev/stdout or a pipe, is written directly.
class OutputFile {
 public:
  // Finds out whether the file can be written, and leaves nothing behind.
  static std::variant<OutputFile, std::string> Prepare(const std::string& path);

  // Puts `content` in its place; an error, or empty.
  std::string Write(std::string_view content) const;

  // For content that someone else writes: where to, and how it gets to its place then. A file
  // that is written directly is its own scratch file.
  const std::string& scratch() const { return scratch_; }
  std::string Publish() const;

  const std::string& path() const { return path_; }
  // True for what is no regular file.
  bool direct() const { return path_ == scratch_; }

 private:
  std::string path_;
  std::string scratch_;
};

// Where Programs are saved that showed findings. The folder is made when there is one.
class Artifacts {
 public:
  // `options` outlives the object.
  explicit Artifacts(const Options* options) : options_(options) {}

  // The command line that replays the Program, or why it could not be saved.
  struct Saved {
    std::string command;
    std::string error;
  };
  // Saves the Program under a name made of the case's and of its content.
  Saved Save(const Program& program, const std::string& test_case) const;

 private:
  const Options* options_;
};

// "--iut LIB --param k=v --profile ms-vds": the options that say what is tested and how.
std::string IutArguments(const Options& options);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_ARTIFACTS_H_
