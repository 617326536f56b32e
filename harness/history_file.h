// A file or standard input with a history, as JSON lines or packed: told apart by its first byte.
//
// Errors are messages that name the file, the place in it and the cause. One object, one thread.
#ifndef VDSCONFORM_HARNESS_HISTORY_FILE_H_
#define VDSCONFORM_HARNESS_HISTORY_FILE_H_

#include <functional>
#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

#include "spec/history.h"

namespace vdsconform {

// Hands every event of the stream to `sink`. An error that names the place in it, or empty.
std::string ReadEitherHistory(std::istream& in, const std::function<void(const Event&)>& sink);

// "standard input" for "-".
std::string HistoryName(const std::string& path);

// Opens the file, "-" for standard input, and hands the stream to `use`. Gives what `use` gives, or
// why the file cannot be read; an error begins with the file's name.
std::string WithHistoryFile(const std::string& path,
                            const std::function<std::string(std::istream&)>& use);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_HISTORY_FILE_H_
