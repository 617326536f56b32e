// Mutants out of whose QueryStatus no answer comes (QS-13).

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {
namespace {

bool AtHalf(State state) { return state.pending() && state.percent == 50; }

bool FinishedWithFailure(State state) { return state.finished() && Failed(state.result); }

// A mutant that does something terrible in a certain state.
template <bool (*kWhen)(State), void (*kDisaster)()>
class Disaster : public Operation {
 public:
  using Operation::Operation;

 protected:
  Answer Show(State state) override {
    if (kWhen(state)) kDisaster();
    return Operation::Show(state);
  }
};

void Throw() { throw std::runtime_error("the disk is half full"); }

void ThrowNoException() { throw 42; }

void WriteToNull() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
}

void Exit() { _exit(0); }

void Abort() { std::abort(); }

void Terminate() { raise(SIGTERM); }

void CloseDescriptors() {
  for (int descriptor = 0; descriptor < 1024; ++descriptor) close(descriptor);
}

// The volatile page of stack and the sum keep the recursion from becoming a loop.
int Recurse(int depth) {
  volatile char page[4096];
  page[depth % 4096] = 1;
  return depth < 0 ? 0 : Recurse(depth + 1) + page[depth % 4096];
}

void OverflowStack() { Recurse(1); }

void DeadlockWithItself() {
  static std::mutex first;
  static std::condition_variable never;
  std::unique_lock lock(first);
  never.wait(lock, [] { return false; });
}

void LoopForEver() {
  for (volatile bool stop = false; !stop;) {
  }
}

// A call that never comes back costs its patience, and a new process, in every case.
constexpr const char* kFewCases = "--quick --hang-ms 1000 --filter QS03*";

constexpr Row kRows[] = {
    {"throws_at_half", "Throws at 50 percent.", "QS-13", Make<Disaster<AtHalf, Throw>>},
    {"throws_an_int", "Throws what is no std::exception after a failure.", "QS-13",
     Make<Disaster<FinishedWithFailure, ThrowNoException>>},
    {"crashes_after_failure", "Writes to address 0 after a failure.", "QS-13",
     Make<Disaster<FinishedWithFailure, WriteToNull>>},
    {"exits_after_failure", "Ends the process with status 0 after a failure.", "QS-13",
     Make<Disaster<FinishedWithFailure, Exit>>},
    {"aborts_at_half", "Aborts at 50 percent.", "QS-13", Make<Disaster<AtHalf, Abort>>},
    {"raises_sigterm_at_half", "Sends itself SIGTERM at 50 percent.", "QS-13",
     Make<Disaster<AtHalf, Terminate>>},
    {"closes_descriptors", "Closes all descriptors after a failure.", "QS-13",
     Make<Disaster<FinishedWithFailure, CloseDescriptors>>, "win32", "", kEverything, kFewCases},
    {"overflows_stack", "Recurses without end at 50 percent.", "QS-13",
     Make<Disaster<AtHalf, OverflowStack>>},
    {"deadlocks_after_failure", "Sleeps for ever after a failure.", "QS-13",
     Make<Disaster<FinishedWithFailure, DeadlockWithItself>>, "win32", "", kEverything, kFewCases},
    {"loops_after_failure", "Loops for ever after a failure.", "QS-13",
     Make<Disaster<FinishedWithFailure, LoopForEver>>, "win32", "", kEverything, kFewCases},
};

}  // namespace

std::span<const Row> CrashRows() { return kRows; }

}  // namespace vdsconform::mutants
