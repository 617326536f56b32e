// Which inputs of a corpus are worth keeping.
//
// A fuzzing process runs one after another and writes down what each reaches; where one ends it,
// another goes on behind that. Then an input is kept if it reaches what none before it does. The
// engine's own merge starts its processes by a shell, from a command line that is not ours.
#ifndef VDSCONFORM_HARNESS_CORPUS_SELECTION_H_
#define VDSCONFORM_HARNESS_CORPUS_SELECTION_H_

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/fuzz_engine.h"

namespace vdsconform {

// What the engine writes down: a line "STARTED 3 44" before an input is run, of its number and
// size, then "FT 3 17 99" of what it reaches, and others that are of no use here.
struct Reach {
  bool started = false;
  // None: the input, if it was started, ended the process.
  std::optional<std::vector<uint64_t>> features;
};

// Of `count` inputs; none: the text is not what an engine writes.
std::optional<std::vector<Reach>> ParseReach(std::string_view text, size_t count);

// The inputs that reach what none before them does, in order; of the first `known` none.
std::vector<size_t> SelectInputs(const std::vector<Reach>& reaches, size_t known);

struct Selection {
  std::vector<std::filesystem::path> selected;
  // Those that ended the process, which the selection says nothing of.
  std::vector<std::filesystem::path> deadly;
};

// Of `files` those that reach something beyond `known`, shorter ones first. Or why that cannot be
// found out.
std::variant<Selection, std::string> SelectFiles(const FuzzWorkerOptions& worker,
                                                 std::vector<std::filesystem::path> known,
                                                 std::vector<std::filesystem::path> files);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_CORPUS_SELECTION_H_
