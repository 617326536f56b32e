// The command line as a value.
//
// Parsing touches neither files nor GoogleTest. What is wrong with a command line is a message
// and exit code 2.
#ifndef VDSCONFORM_HARNESS_OPTIONS_H_
#define VDSCONFORM_HARNESS_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/subject.h"
#include "spec/requirements.h"

namespace vdsconform {

// The version of the suite, such as "1.0.0".
std::string_view Version();

enum class Command : uint8_t {
  kRun,
  kCheck,
  kConvert,
  kReplay,
  kExplore,
  kFuzz,
  kCorpus,
  kList,
  kExplain
};

// Shared by `run` and `check`.
struct ReportOptions {
  bool strict = false;
  std::string known_failures;  // file; empty: none
  std::string json;            // files to write; empty: none
  std::string junit;
  std::string sarif;
  std::string html;
};

// Shared by `run`, `replay` and `explore`.
struct IutOptions {
  std::string library;  // exactly one of these two
  std::string host;
  std::vector<std::string> parameters;  // "key=value"
  bool in_process = false;
  Patience patience;
};

struct FuzzOptions {
  uint32_t seconds = 60;    // 0: until interrupted
  uint64_t runs = 0;        // 0: no limit
  uint32_t jobs = 1;        // processes
  uint32_t max_steps = 16;  // of a Program
  std::string corpus;       // a folder; empty: one that does not outlive the run
};

// What `corpus` does with its folders.
enum class CorpusAction : uint8_t { kShow, kMerge, kMinimise };

struct Options {
  Command command = Command::kRun;
  Profile profile = Profile::kWin32;
  ReportOptions report;
  IutOptions iut;

  // run and explore
  std::string filter;  // a GoogleTest pattern; empty: all
  std::optional<uint64_t> seed;
  bool quick = false;
  uint32_t explore = kMaxPreemptions;  // threads stopped at once
  std::string artifacts = "vdsconform-findings";
  std::vector<std::string> gtest_flags;  // "--gtest_...", as given; also for `list --cases`

  // check and convert: "-" is standard input; replay: the Program; explore: the Program, or empty
  std::string file;

  // convert
  std::string output;  // "-" is standard output
  std::string form;    // "json" or "binary"; empty: the one that the input has not

  // replay
  uint32_t repeat = 1;
  std::string history;

  FuzzOptions fuzz;

  // corpus: what it works on, files or folders; merge: into the first
  CorpusAction corpus_action = CorpusAction::kShow;
  std::vector<std::string> paths;

  // list
  bool list_json = false;
  bool list_cases = false;

  std::string id;  // explain
};

// What to do instead of a command: print and leave.
struct Leave {
  int exit_code = 2;
  std::string text;  // for standard output if the code is 0, else for standard error
};

std::variant<Options, Leave> ParseOptions(int argc, const char* const* argv);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_OPTIONS_H_
