// One fuzzing process, from outside: what it has done, what it has found and how it ended.
//
// Not thread-safe. Linux only.
#ifndef VDSCONFORM_HARNESS_FUZZ_JOB_H_
#define VDSCONFORM_HARNESS_FUZZ_JOB_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "harness/child_process.h"
#include "harness/fuzz_engine.h"
#include "harness/unique_fd.h"

namespace vdsconform {

class FuzzJob {
 public:
  enum class State : uint8_t {
    kRuns,
    kStuck,  // one input has used so much of its own time, asleep or not, that it may never end
    kEnded,  // it has run all that it was to run
    kDied,   // something ended it
  };
  // What it said was found, with the input that showed it.
  struct Claim {
    std::string key;
    std::vector<uint8_t> input;
    uint64_t executions = 0;  // of the process by then
    std::chrono::steady_clock::time_point at;
  };

  // `options`: its descriptors are filled in here. The running process, or why there is none.
  static std::variant<std::unique_ptr<FuzzJob>, std::string> Start(FuzzWorkerOptions options);

  FuzzJob(const FuzzJob&) = delete;
  FuzzJob& operator=(const FuzzJob&) = delete;

  // Descriptors that poll readable when something was found, or when it has ended. What the engine
  // says, many lines a second at first, can wait for the next Read; what an implementation says
  // without end cannot, as it would wait, too.
  std::vector<int> descriptors() const;
  // Takes what it has written meanwhile.
  void Read();
  // `patience_ms`: of an input that runs in order; what the executor runs gets kExecutorPatienceMs.
  State Look(uint32_t patience_ms);
  // Why a process that died before it ran anything did so.
  std::string WhyInVain();
  // Time from now on is not counted against the current input.
  void Forgive();

  std::vector<Claim> TakeClaims() { return std::exchange(claims_, {}); }
  // What it runs, or ran last.
  std::vector<uint8_t> CurrentInput() const;
  uint64_t executions() const { return __atomic_load_n(&board_->executions, __ATOMIC_RELAXED); }
  // As the engine said last: edges of instrumented code, features, inputs kept.
  uint64_t coverage() const { return coverage_; }
  uint64_t features() const { return features_; }
  uint64_t corpus() const { return corpus_; }
  // How it ended.
  const Death& End() { return child_->End(); }
  // The last lines that it printed.
  const std::string& last_words() const { return last_words_; }

  ~FuzzJob();

 private:
  FuzzJob() = default;
  // False: what it runs now races, or stops threads.
  bool RunsInOrder() const;
  void ReadClaims();
  void ReadLine(std::string_view line);

  std::unique_ptr<ChildProcess> child_;
  FuzzBoard* board_ = nullptr;
  UniqueFd found_;
  UniqueFd errors_;
  bool floods_ = false;  // much was said between the last two reads
  std::string found_bytes_;
  std::string line_;
  std::string last_words_;
  std::vector<Claim> claims_;
  uint64_t coverage_ = 0;
  uint64_t features_ = 0;
  uint64_t corpus_ = 0;
  uint64_t executions_seen_ = 0;
  int64_t own_ns_ = 0;  // used by the current input so far
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_FUZZ_JOB_H_
