// Program: what to do to an implementation, as a value.
//
// Directed cases, RapidCheck generators, fuzzer bytes and files all produce Programs, and nothing
// else drives an IUT. Every Program is valid: the executor gives each sequence of steps a meaning
// (see executor.h), so generators and shrinkers may cut and splice freely. Plain values.
#ifndef VDSCONFORM_HARNESS_PROGRAM_H_
#define VDSCONFORM_HARNESS_PROGRAM_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/history.h"

namespace vdsconform {

inline constexpr uint32_t kMaxThreads = 8;
inline constexpr uint32_t kMaxOperations = 8;
inline constexpr uint32_t kMaxSteps = 100'000;
inline constexpr uint32_t kMaxRounds = 10'000'000;
inline constexpr uint32_t kMaxPreemptions = 2;

enum class Action : uint8_t {
  kBegin,           // start the operation; without such a step it starts before the first step
  kProgress,        // the driver reports Step::percent
  kFinish,          // the driver ends the operation with Step::result
  kEnd,             // the driver lets go
  kQuery,           // QueryStatus, Step::repeat times
  kPoll,            // QueryStatus until it reports finished; for operations that run by themselves
  kWait,            // Wait
  kCancel,          // Cancel
  kAddRef,          // AddRef, Step::repeat times
  kRelease,         // Release, Step::repeat times, of references that earlier steps took; without
                    // one nothing
  kQueryInterface,  // QueryInterface for Step::interface_id; the reference is kept until the end
  kBarrier,         // every thread meets here; only the racing schedule gives it a meaning
};
inline constexpr int kActionCount = 12;

// Where the outputs of a QueryStatus call are.
enum class Outputs : uint8_t {
  kStack,
  kHeap,
  kPageEnd,  // each in the last 4 bytes of a page, the next page inaccessible
  kAliased,  // both at one address, on the stack
};
inline constexpr int kOutputsCount = 4;

// Addresses count from the start of a cache line.
inline constexpr uint32_t kLineBytes = 64;

struct Step {
  uint32_t thread = 0;  // 0..kMaxThreads-1
  uint32_t op = 0;      // index into Program::operations
  Action action = Action::kQuery;
  uint32_t repeat = 1;                            // kQuery, kAddRef, kRelease
  NullOutputs null_outputs = NullOutputs::kNone;  // kQuery
  Outputs outputs = Outputs::kStack;              // kQuery
  // kQuery on the stack or heap: the outputs' addresses modulo kLineBytes, multiples of 4.
  uint32_t hr_offset = 16;
  uint32_t percent_offset = 36;
  uint32_t percent = 0;                            // kProgress, 0..100
  HRESULT result = 0;                              // kFinish
  Interface interface_id = Interface::kIVdsAsync;  // kQueryInterface

  friend bool operator==(const Step&, const Step&) = default;
};

struct Operation {
  bool estimable = true;

  friend bool operator==(const Operation&, const Operation&) = default;
};

// A step during which a thread is stopped.
struct Preemption {
  uint32_t step = 0;  // index into Program::steps
  StopPoint point;

  friend bool operator==(const Preemption&, const Preemption&) = default;
};

struct Schedule {
  enum class Kind : uint8_t {
    kInOrder,    // one step after another, in the order of the list; a call that is seen at rest is
                 // left there and the next step taken
    kRacing,     // between barriers each thread runs its steps as fast as it can; `rounds` times,
                 // each with fresh operations
    kPreempted,  // in order, but the threads of some steps are stopped at an instruction while
                 // the steps after it are taken (see exploration.h)
    kExplored,   // the same for every instruction of those steps, each with fresh operations
  };
  Kind kind = Kind::kInOrder;
  uint32_t rounds = 1;  // kRacing, 1..kMaxRounds
  // kPreempted and kExplored: 1..kMaxPreemptions, by step; kExplored takes of each point only
  // whose thread it is.
  std::vector<Preemption> preemptions;
  uint64_t budget = 1'000'000;  // kExplored: the most interleavings to run, 1 or more
  // kExplored: about how many traps threads may take on the way to where they are stopped, 1 or
  // more. It bounds the processor time, too, see exploration_plan.h.
  uint64_t traps = 20'000;
  uint64_t seed = 0;  // kExplored: which ones are run if there are more

  friend bool operator==(const Schedule&, const Schedule&) = default;
};

struct Program {
  std::string name;  // for people; no meaning
  std::vector<Operation> operations{Operation{}};
  std::vector<Step> steps;
  Schedule schedule;
  // Count voluntary context switches of QueryStatus calls also while racing. In order they always
  // are; while racing the two system calls a call would make races rarer. And, where all steps are
  // on one thread, how much memory is in use when some of the rounds begin.
  bool measure = false;

  friend bool operator==(const Program&, const Program&) = default;
};

std::string_view Name(Action action);  // "query-interface" and so on, as in JSON
std::string_view Name(Outputs outputs);
std::string_view Name(Schedule::Kind kind);

// What a kQueryInterface step asks for; of kOther, one that no object can support.
IID IidOf(Interface interface_id);

// Leaves out what an IUT with these capabilities (iut.h) does not offer: its Waits become queries,
// and progress can be estimated where nothing else can be started, or cannot. A Cancel stays: where
// it is not supported it is refused, which changes nothing (QS-17).
void RestrictTo(uint32_t capabilities, Program* program);

// "query on thread 1", "finish with S_OK": for findings and `vdsconform replay`.
std::string Describe(const Step& step);

// Short ways to write Programs down.
namespace steps {
Step Begin(uint32_t op = 0);
Step Query(uint32_t repeat = 1);
Step QueryNull(NullOutputs nulls);
Step QueryAt(Outputs outputs);
Step QueryAt(Outputs outputs, uint32_t hr_offset, uint32_t percent_offset);
Step Poll();
Step Progress(uint32_t percent);
Step Finish(HRESULT result);
Step End();
Step Wait();
Step Cancel();
Step AddRef(uint32_t repeat = 1);
Step Release(uint32_t repeat = 1);
Step Ask(Interface interface_id);  // QueryInterface
Step Barrier();
Step On(uint32_t thread, Step step);  // the same step on another thread
Step Of(uint32_t op, Step step);      // the same step of another operation
}  // namespace steps

Program InOrder(std::vector<Step> steps, bool estimable = true);
Program Racing(std::vector<Step> steps, uint32_t rounds, bool estimable = true);
// `stopped`: indices of the steps whose thread is stopped.
Program Explored(std::vector<Step> steps, const std::vector<uint32_t>& stopped,
                 bool estimable = true);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_PROGRAM_H_
