#include "harness/corpus_selection.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

#include "harness/fuzz_job.h"
#include "harness/interrupt.h"
#include "harness/scratch_folder.h"

namespace vdsconform {
namespace {

namespace fs = std::filesystem;

// What one input may use of its own time; more where the executor runs it, which releases calls
// that wait.
constexpr uint32_t kInputPatienceMs = 1'000;

void SortBySize(std::vector<fs::path>& files) {
  std::vector<std::pair<uintmax_t, fs::path>> sized;
  for (fs::path& file : files) {
    std::error_code error;
    const uintmax_t size = fs::file_size(file, error);
    sized.emplace_back(error ? 0 : size, std::move(file));
  }
  std::sort(sized.begin(), sized.end());
  files.clear();
  for (auto& [size, file] : sized) files.push_back(std::move(file));
}

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

size_t CountStarted(const std::vector<Reach>& reaches) {
  return static_cast<size_t>(std::count_if(reaches.begin(), reaches.end(),
                                           [](const Reach& reach) { return reach.started; }));
}

// Lets one process run inputs until it comes to the end or an input ends it. An error, or empty;
// `done`: it came to the end.
std::string RunOnce(const FuzzWorkerOptions& worker, bool* done) {
  auto started = FuzzJob::Start(worker);
  if (auto* error = std::get_if<std::string>(&started)) return std::move(*error);
  FuzzJob& job = *std::get<std::unique_ptr<FuzzJob>>(started);
  while (!StopRequested()) {
    job.Read();
    switch (job.Look(kInputPatienceMs)) {
      case FuzzJob::State::kRuns:
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        break;
      case FuzzJob::State::kEnded:
        *done = true;
        return {};
      case FuzzJob::State::kStuck:
        return {};
      case FuzzJob::State::kDied:
        if (job.executions() > 0) return {};
        return job.WhyInVain();
    }
  }
  return "interrupted";
}

}  // namespace

std::optional<std::vector<Reach>> ParseReach(std::string_view text, size_t count) {
  std::vector<Reach> reaches(count);
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    size_t number = 0;
    if (!(words >> word) || (word != "STARTED" && word != "FT")) continue;
    if (!(words >> number) || number >= count) return std::nullopt;
    Reach& reach = reaches[number];
    if (word == "STARTED") {
      reach.started = true;
      continue;
    }
    if (!reach.started) return std::nullopt;
    reach.features.emplace(std::istream_iterator<uint64_t>(words),
                           std::istream_iterator<uint64_t>());
  }
  return reaches;
}

std::vector<size_t> SelectInputs(const std::vector<Reach>& reaches, size_t known) {
  std::vector<size_t> selected;
  std::set<uint64_t> reached;
  for (size_t i = 0; i < reaches.size(); ++i) {
    if (!reaches[i].features) continue;
    const size_t before = reached.size();
    reached.insert(reaches[i].features->begin(), reaches[i].features->end());
    if (i >= known && reached.size() > before) selected.push_back(i);
  }
  return selected;
}

std::variant<Selection, std::string> SelectFiles(const FuzzWorkerOptions& worker,
                                                 std::vector<fs::path> known,
                                                 std::vector<fs::path> files) {
  SortBySize(known);
  SortBySize(files);
  const size_t known_count = known.size();
  known.insert(known.end(), files.begin(), files.end());
  if (known.empty()) return Selection{};
  auto folder = ScratchFolder::Make("");
  if (auto* error = std::get_if<std::string>(&folder)) return std::move(*error);
  // What is to be run; the engine adds what was reached.
  const std::string control = std::get<ScratchFolder>(folder).path() + "/reach";
  std::string list = std::to_string(known.size()) + "\n" + std::to_string(known_count) + "\n";
  for (const fs::path& file : known) {
    if (file.string().find('\n') != std::string::npos) {
      return file.string() + ": a name of several lines cannot be told to the engine";
    }
    list += fs::absolute(file).string() + "\n";
  }
  if (!(std::ofstream(control) << list)) return control + ": cannot be written";

  FuzzWorkerOptions options = worker;
  options.engine = {"-merge_control_file=" + control,
                    "-merge_inner=1",
                    "-max_len=" + std::to_string(kMaxPackedBytes),
                    "-timeout=0",
                    "-rss_limit_mb=4096",
                    "-detect_leaks=0"};
  std::vector<Reach> reaches(known.size());
  for (bool done = false; !done;) {
    const size_t before = CountStarted(reaches);
    if (std::string error = RunOnce(options, &done); !error.empty()) return error;
    auto parsed = ParseReach(std::string_view(ReadAll(control)).substr(list.size()), known.size());
    if (!parsed) return control + ": the engine wrote what cannot be read";
    reaches = *std::move(parsed);
    if (!done && CountStarted(reaches) == before) return "the engine does not go on";
    done = done || CountStarted(reaches) == reaches.size();
  }
  Selection selection;
  for (const size_t i : SelectInputs(reaches, known_count)) {
    selection.selected.push_back(known[i]);
  }
  for (size_t i = 0; i < reaches.size(); ++i) {
    if (!reaches[i].features) selection.deadly.push_back(known[i]);
  }
  return selection;
}

}  // namespace vdsconform
