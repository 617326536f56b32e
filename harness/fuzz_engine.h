// Between `vdsconform fuzz` and the process that does the fuzzing.
//
// The fuzzing process, `vdsconform fuzz-worker ...`, is the fuzzing engine with the implementation
// in it, which may crash, hang or exit it. What it runs at the moment stands in memory that both
// share, and inputs that showed something new come through a pipe; so nothing is lost with it.
#ifndef VDSCONFORM_HARNESS_FUZZ_ENGINE_H_
#define VDSCONFORM_HARNESS_FUZZ_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/options.h"
#include "harness/program_bytes.h"
#include "spec/judge.h"

namespace vdsconform {

inline constexpr size_t kMaxPackedBytes = kPackedHeaderBytes + kMaxPackedSteps * kPackedStepBytes;

// Shared memory, written by the fuzzing process only. Fields but `input` are atomic.
struct FuzzBoard {
  uint64_t executions;  // begun so far
  uint32_t running;     // 1: `input` is being run
  uint32_t size;        // of it
  uint8_t input[kMaxPackedBytes];
};

// What comes through the pipe: this, then the key, then the input; at most PIPE_BUF bytes together.
struct FoundHeader {
  uint32_t key_size;
  uint32_t input_size;
  uint64_t executions;  // begun by then, that of the input included
  int64_t at_ns;        // on the monotonic clock
};

// The cause of a finding that a Program's run on the calling thread slept: no verdict, but reason
// to look closer.
inline constexpr std::string_view kSleptSomewhere = "slept-somewhere";

// What a process calls a finding: requirement and cause.
std::string ClaimKey(const Finding& finding);

struct FuzzWorkerOptions {
  int board = -1;  // descriptors
  int found = -1;
  bool strict = false;
  Profile profile = Profile::kWin32;
  IutOptions iut;
  std::vector<std::string> engine;  // the engine's own arguments
};

// How such a process is told all this, and the reverse; none: the command line asks for something
// else.
std::vector<std::string> ToArguments(const FuzzWorkerOptions& options);
std::optional<FuzzWorkerOptions> ParseFuzzWorkerArguments(int argc, const char* const* argv);

// Exit code of a fuzzing process in a build that has no engine.
inline constexpr int kNoEngine = 5;
inline constexpr std::string_view kNoEngineMessage =
    "this build has no fuzzing engine: it was built where libFuzzer was not found "
    "(Debian: libclang-rt-dev)";

// Fuzzes; gives the exit code. Defined beside the fuzz targets.
int FuzzWorkerMain(const FuzzWorkerOptions& options);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_FUZZ_ENGINE_H_
