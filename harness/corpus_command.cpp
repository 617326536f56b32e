#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

#include "harness/commands.h"
#include "harness/corpus_selection.h"
#include "harness/interrupt.h"
#include "harness/open_subject.h"
#include "harness/scratch_folder.h"
#include "harness/text.h"

namespace vdsconform {
namespace {

namespace fs = std::filesystem;

int WrongUse(const std::string& message) {
  std::cerr << "vdsconform: " << Printable(message) << '\n';
  return 2;
}

// The files, and those in the folders, in order; or what is wrong with one.
std::variant<std::vector<fs::path>, std::string> FilesOf(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else if (fs::exists(path, error)) {
      files.emplace_back(path);
    } else {
      return path + ": there is no such file or folder";
    }
    if (error) return path + ": cannot be read: " + error.message();
  }
  std::sort(files.begin(), files.end());
  return files;
}

int Show(const Options& options) {
  const auto listed = FilesOf(options.paths);
  if (const auto* error = std::get_if<std::string>(&listed)) return WrongUse(*error);
  for (const fs::path& file : std::get<std::vector<fs::path>>(listed)) {
    std::ifstream in(file, std::ios::binary);
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(in),
                                     std::istreambuf_iterator<char>()};
    if (!in.is_open() || in.bad()) return WrongUse(file.string() + ": cannot be read");
    Program program;
    UnpackProgram(bytes, &program);
    std::cout << Printable(file.string()) << ": " << Name(program.schedule.kind) << ", "
              << Count(program.operations.size(), "operation") << '\n';
    for (const Step& step : program.steps) std::cout << "  " << Describe(step) << '\n';
  }
  return 0;
}

int Failure(const std::string& message) {
  std::cerr << "vdsconform: " << Printable(message) << '\n';
  return 4;
}

std::string CannotBe(const fs::path& path, const char* what, const std::error_code& error) {
  return path.string() + ": cannot be " + what + ": " + error.message();
}

FuzzWorkerOptions WorkerOf(const Options& options) {
  FuzzWorkerOptions worker;
  worker.iut = options.iut;
  worker.profile = options.profile;
  return worker;
}

// What is wrong with the folders or with the implementation; empty: nothing.
std::string WhatIsWrong(const Options& options, size_t first_folder) {
  for (size_t i = first_folder; i < options.paths.size(); ++i) {
    std::error_code error;
    if (!fs::is_directory(options.paths[i], error)) return options.paths[i] + ": is not a folder";
  }
  const auto opened = OpenSubject(options.iut);
  if (const auto* why = std::get_if<std::string>(&opened)) return *why;
  return {};
}

void TellOfDeadly(const Selection& selection) {
  if (selection.deadly.empty()) return;
  std::cout << Count(selection.deadly.size(), "input")
            << " ended the process, or did not come to an end: "
            << Printable(selection.deadly.front().string())
            << (selection.deadly.size() > 1 ? " and others" : "") << '\n';
}

std::string ContentOf(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Under its own name, unless another input has that. An error, or empty.
std::string CopyInto(const std::string& folder, const fs::path& file) {
  std::error_code error;
  fs::path to = fs::path(folder) / file.filename();
  for (int i = 2; fs::exists(to, error); ++i) {
    if (ContentOf(to) == ContentOf(file)) return {};
    to = fs::path(folder) / (file.filename().string() + "-" + std::to_string(i));
  }
  fs::copy_file(file, to, error);
  return error ? CannotBe(to, "written", error) : std::string();
}

int MergeInto(const Options& options) {
  if (std::string why = WhatIsWrong(options, 1); !why.empty()) return WrongUse(why);
  const std::string& folder = options.paths.front();
  const auto into = ScratchFolder::Make(folder);
  if (const auto* error = std::get_if<std::string>(&into)) return WrongUse(*error);
  auto known = FilesOf({folder});
  auto others = FilesOf({options.paths.begin() + 1, options.paths.end()});
  for (const auto* listed : {&known, &others}) {
    if (const auto* error = std::get_if<std::string>(listed)) return WrongUse(*error);
  }
  auto& before = std::get<std::vector<fs::path>>(known);
  const auto selected =
      SelectFiles(WorkerOf(options), before, std::get<std::vector<fs::path>>(std::move(others)));
  if (const auto* error = std::get_if<std::string>(&selected)) return Failure(*error);
  const auto& selection = std::get<Selection>(selected);
  for (const fs::path& file : selection.selected) {
    if (std::string error = CopyInto(folder, file); !error.empty()) return Failure(error);
  }
  std::cout << Printable(folder) << ": " << Count(selection.selected.size(), "input")
            << " added to " << Grouped(before.size()) << '\n';
  TellOfDeadly(selection);
  return 0;
}

// What ends the process stays: it shows something.
int MinimiseFolder(const Options& options) {
  if (std::string why = WhatIsWrong(options, 0); !why.empty()) return WrongUse(why);
  const auto listed = FilesOf(options.paths);
  if (const auto* error = std::get_if<std::string>(&listed)) return WrongUse(*error);
  const auto& files = std::get<std::vector<fs::path>>(listed);
  const auto selected = SelectFiles(WorkerOf(options), {}, files);
  if (const auto* error = std::get_if<std::string>(&selected)) return Failure(*error);
  const auto& selection = std::get<Selection>(selected);
  std::set<fs::path> kept(selection.selected.begin(), selection.selected.end());
  kept.insert(selection.deadly.begin(), selection.deadly.end());
  for (const fs::path& file : files) {
    if (kept.contains(file)) continue;
    std::error_code error;
    fs::remove(file, error);
    if (error) return Failure(CannotBe(file, "removed", error));
  }
  std::cout << Printable(options.paths.front()) << ": " << Count(kept.size(), "input") << " of "
            << Grouped(files.size()) << " kept\n";
  TellOfDeadly(selection);
  return 0;
}

}  // namespace

int CorpusCommand(const Options& options) {
  HandleInterrupts();
  signal(SIGPIPE, SIG_IGN);
  switch (options.corpus_action) {
    case CorpusAction::kShow:
      return Show(options);
    case CorpusAction::kMerge:
      return MergeInto(options);
    case CorpusAction::kMinimise:
      return MinimiseFolder(options);
  }
  return 4;
}

}  // namespace vdsconform
