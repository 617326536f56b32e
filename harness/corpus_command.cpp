#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>

#include "harness/commands.h"
#include "harness/fuzz_job.h"
#include "harness/interrupt.h"
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

size_t CountFiles(const std::string& folder) {
  std::error_code error;
  const fs::directory_iterator entries(folder, error);
  return error ? 0 : static_cast<size_t>(std::distance(entries, fs::directory_iterator()));
}

// Lets the engine merge: what reaches something is copied from all other folders into the first.
// An error, or empty.
std::string Merge(const Options& options, const std::vector<std::string>& folders) {
  FuzzWorkerOptions worker;
  worker.iut = options.iut;
  worker.profile = options.profile;
  worker.engine = {"-merge=1", "-timeout=0", "-rss_limit_mb=4096", "-detect_leaks=0"};
  worker.engine.insert(worker.engine.end(), folders.begin(), folders.end());
  auto started = FuzzJob::Start(std::move(worker));
  if (auto* error = std::get_if<std::string>(&started)) return std::move(*error);
  FuzzJob& job = *std::get<std::unique_ptr<FuzzJob>>(started);
  constexpr uint32_t kPatienceMs = 60'000;
  while (true) {
    job.Read();
    if (StopRequested()) return "interrupted";
    switch (job.Look(kPatienceMs)) {
      case FuzzJob::State::kRuns:
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        break;
      case FuzzJob::State::kEnded:
        return {};
      case FuzzJob::State::kStuck:
        return "an input does not come to its end; `vdsconform fuzz` finds out why";
      case FuzzJob::State::kDied:
        return job.End().detail == "exit status " + std::to_string(kNoEngine)
                   ? "this build has no fuzzing engine: it was built where libFuzzer was not found "
                     "(Debian: libclang-rt-dev)"
                   : "the implementation ended the process: " + job.End().detail + "\n" +
                         job.last_words();
    }
  }
}

int MergeInto(const Options& options) {
  for (const std::string& path : options.paths) {
    std::error_code error;
    if (path != options.paths.front() && !fs::is_directory(path, error)) {
      return WrongUse(path + ": is not a folder");
    }
  }
  const auto into = ScratchFolder::Make(options.paths.front());
  if (const auto* error = std::get_if<std::string>(&into)) return WrongUse(*error);
  const size_t before = CountFiles(options.paths.front());
  const std::string error = Merge(options, options.paths);
  if (!error.empty()) {
    std::cerr << "vdsconform: " << Printable(error) << '\n';
    return 4;
  }
  std::cout << Printable(options.paths.front()) << ": "
            << Count(CountFiles(options.paths.front()) - before, "input") << " added to "
            << Grouped(before) << '\n';
  return 0;
}

// Nothing is taken out of the folder before all that is to stay stands beside it.
int MinimiseFolder(const Options& options) {
  const std::string& folder = options.paths.front();
  std::error_code error;
  if (!fs::is_directory(folder, error)) return WrongUse(folder + ": is not a folder");
  const auto kept = ScratchFolder::Make(folder + ".minimised");
  if (const auto* why = std::get_if<std::string>(&kept)) return WrongUse(*why);
  const std::string beside = std::get<ScratchFolder>(kept).path();
  const std::string failed = Merge(options, {beside, folder});
  if (!failed.empty()) {
    fs::remove_all(beside, error);
    std::cerr << "vdsconform: " << Printable(failed) << '\n';
    return 4;
  }
  const size_t before = CountFiles(folder);
  const std::string old = folder + ".old";
  fs::rename(folder, old, error);
  if (!error) fs::rename(beside, folder, error);
  if (error) {
    std::cerr << "vdsconform: " << Printable(folder) << ": cannot be replaced: " << error.message()
              << '\n';
    return 4;
  }
  fs::remove_all(old, error);
  std::cout << Printable(folder) << ": " << Count(CountFiles(folder), "input") << " of "
            << Grouped(before) << " kept\n";
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
