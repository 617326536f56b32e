// Plain RapidCheck against an implementation, as a measure for `vdsconform fuzz`: Programs of the
// suite's own generator, run by the same runner on the calling thread and judged by the same judge,
// with nothing that steers them.
//
//   random_search LIBRARY PROFILE REQUIREMENT SECONDS SEED BOARD
//
// The board is a file that tells what came of it, random_board.h. A Program that ends the process,
// or does not come to an end, ends the search; so does one that sleeps where that is what
// is looked for (QS-06). Exit codes: 0 found or not, 2 wrong use, any other: the implementation's.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <variant>

#include "harness/direct_run.h"
#include "harness/fork_guard.h"
#include "harness/iut_library.h"
#include "harness/quarantine.h"
#include "harness/thread_state.h"
#include "spec/judge.h"
#include "tests/conformance/program_generator.h"
#include "tests/mutants/random_board.h"

namespace vdsconform::mutants {
namespace {

using Clock = std::chrono::steady_clock;

// A Program takes microseconds; on a busy machine the whole process may have to stand in a queue.
constexpr auto kStuckAfter = std::chrono::seconds(2);

RandomBoard* MapBoard(const char* path) {
  const int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0 || ftruncate(file, sizeof(RandomBoard)) != 0) return nullptr;
  void* const memory =
      mmap(nullptr, sizeof(RandomBoard), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? nullptr : new (memory) RandomBoard;
}

// Ends the process once a Program takes too long.
void WatchForStuck(const RandomBoard* board) {
  std::thread([board] {
    uint64_t seen = 0;
    auto since = Clock::now();
    while (true) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const uint64_t executions = __atomic_load_n(&board->executions, __ATOMIC_RELAXED);
      if (executions != seen) since = Clock::now();
      seen = executions;
      if (Clock::now() - since > kStuckAfter) _exit(3);
    }
  }).detach();
}

class RandomSearch {
 public:
  RandomSearch(const IutLibrary& library, Profile profile, std::string requirement, uint64_t seed,
               RandomBoard* board)
      : runner_(library.iut(), {}),
        judge_(profile),
        capabilities_(library.info().capabilities),
        requirement_(std::move(requirement)),
        random_(seed),
        board_(board) {}

  void Run(std::chrono::seconds limit) {
    GeneratorOptions options;
    options.capabilities = capabilities_;
    const rc::Gen<Program> programs = AnyProgram(options);
    const auto start = Clock::now();
    bool found = false;
    while (!found) {
      const auto taken = Clock::now() - start;
      board_->seconds = std::chrono::duration<double>(taken).count();
      if (taken >= limit) break;
      // As rc::check does it: sizes grow, again and again.
      const int size = static_cast<int>(board_->executions % 100 + 1);
      const rc::Shrinkable<Program> made = programs(random_.split(), size);
      __atomic_store_n(&board_->executions, board_->executions + 1, __ATOMIC_RELAXED);
      found = Shows(made.value());
    }
    board_->end = found ? RandomBoard::kFound : RandomBoard::kNothingFound;
  }

 private:
  bool Shows(Program program) {
    RestrictTo(capabilities_, &program);
    const uint64_t switches = OwnVoluntarySwitches();
    judge_.Observe(runner_.Run(program));
    const bool slept = OwnVoluntarySwitches() != switches;
    const Judgement judgement = judge_.Finish();
    for (const Finding& finding : judgement.findings) {
      if (Get(finding.req).id == requirement_) return true;
    }
    return slept && requirement_ == Get(Req::kQs06).id;
  }

  DirectRunner runner_;
  Judge judge_;
  const uint32_t capabilities_;
  const std::string requirement_;
  rc::Random random_;
  RandomBoard* board_;
};

int Main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: random_search LIBRARY PROFILE REQUIREMENT SECONDS SEED BOARD\n");
    return 2;
  }
  const std::optional<Profile> profile = ParseProfile(argv[2]);
  if (!profile) {
    std::fprintf(stderr, "random_search: there is no profile %s\n", argv[2]);
    return 2;
  }
  RandomBoard* const board = MapBoard(argv[6]);
  if (board == nullptr) {
    std::perror(argv[6]);
    return 2;
  }
  // As the fuzzing process has it, so that the same is seen.
  InstallForkGuard();
  auto loaded = IutLibrary::Load(argv[1]);
  if (const auto* error = std::get_if<std::string>(&loaded)) {
    std::fprintf(stderr, "random_search: %s\n", error->c_str());
    return 2;
  }
  const auto& library = std::get<std::unique_ptr<IutLibrary>>(loaded);
  StartQuarantine();
  const OwnFrees frees;
  WatchForStuck(board);
  RandomSearch search(*library, *profile, argv[3], std::strtoull(argv[5], nullptr, 10), board);
  search.Run(std::chrono::seconds(std::strtoul(argv[4], nullptr, 10)));
  // Nothing is unloaded: what the implementation does then is of no interest here.
  _exit(0);
}

}  // namespace
}  // namespace vdsconform::mutants

int main(int argc, char** argv) { return vdsconform::mutants::Main(argc, argv); }
