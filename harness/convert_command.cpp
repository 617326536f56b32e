#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <variant>

#include "harness/artifacts.h"
#include "harness/commands.h"
#include "harness/history_file.h"
#include "harness/text.h"
#include "spec/history_binary.h"
#include "spec/history_json.h"

namespace vdsconform {
namespace {

int Fail(int exit_code, const std::string& message) {
  std::cerr << "vdsconform: " << Printable(message) << '\n';
  return exit_code;
}

// Writes each event as it is read; an error of the input, or empty.
std::string Convert(std::istream& in, const std::string& form, std::ostream& out) {
  const bool pack = form.empty() ? !LooksBinary(in) : form == "binary";
  if (pack) {
    BinaryHistoryWriter writer(out);
    return ReadEitherHistory(in, [&writer](const Event& event) { writer.Write(event); });
  }
  out << HistoryHeader() << '\n';
  return ReadEitherHistory(in, [&out](const Event& event) { out << ToJson(event) << '\n'; });
}

int ConvertToFile(const Options& options) {
  const std::variant<OutputFile, std::string> prepared = OutputFile::Prepare(options.output);
  if (const auto* why = std::get_if<std::string>(&prepared)) return Fail(2, *why);
  const OutputFile& output = std::get<OutputFile>(prepared);
  std::ofstream out;
  errno = 0;
  std::string error = WithHistoryFile(options.file, [&](std::istream& in) {
    out.open(output.scratch(), std::ios::binary | std::ios::trunc);
    return Convert(in, options.form, out);
  });
  out.close();
  std::string broken;
  if (!out) broken = options.output + ": cannot be written: " + std::strerror(errno ? errno : EIO);
  if (error.empty() && broken.empty()) {
    if (!output.direct()) broken = output.Publish();
    return broken.empty() ? 0 : Fail(4, broken);
  }
  if (!output.direct()) unlink(output.scratch().c_str());
  return error.empty() ? Fail(4, broken) : Fail(2, error);
}

}  // namespace

int ConvertCommand(const Options& options) {
  if (options.output != "-") return ConvertToFile(options);
  const std::string error = WithHistoryFile(
      options.file, [&options](std::istream& in) { return Convert(in, options.form, std::cout); });
  return error.empty() ? 0 : Fail(2, error);
}

}  // namespace vdsconform
