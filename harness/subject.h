// Subject: an implementation under test, wherever it runs.
//
// The suite sees an IUT only through this: in this process (in_process.h), in a host process of
// ours or in any program that speaks the process protocol (host_process.h). Not thread-safe.
#ifndef VDSCONFORM_HARNESS_SUBJECT_H_
#define VDSCONFORM_HARNESS_SUBJECT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "harness/program.h"
#include "spec/history.h"

namespace vdsconform {

// What the IUT says of itself.
struct IutInfo {
  std::string name;
  std::string version;
  uint32_t capabilities = 0;  // vdsconform_capability bits
  // Why its threads cannot be stopped at instructions where it runs; empty: they can.
  std::string no_exploration = "the host does not explore";
};

// How long calls may take, in milliseconds of the call's own time: asleep or using a processor,
// not waiting for one. None of these is a verdict on speed.
struct Patience {
  uint32_t rest_ms = 1'000;         // then a call that does not come back is taken to be at rest
  uint32_t hang_ms = 10'000;        // then a call counts as hung, its operation having ended
  uint32_t operation_ms = 300'000;  // wall time after which polling a self-running operation ends
                                    // without a verdict
};

// What exploring a Program came to.
struct Exploration {
  uint64_t performed = 0;  // interleavings
  uint64_t possible = 0;   // of so many
  uint64_t held = 0;       // in which a call waited for the stopped thread, which was let go
  uint64_t missed = 0;     // in which a thread did not come to where it was to be stopped
  uint64_t stops_ns = 0;   // nanoseconds that those took in which threads were stopped
  bool truncated = false;  // a call has more instructions than are followed
};

// What came of one Program.
struct Execution {
  History history;
  Exploration exploration;  // of an explored Program
  // The most that a QueryStatus used of its thread's stack, as far as it was measured; 0: nowhere.
  uint32_t stack_bytes = 0;
  // Of an explored or preempted Program during which the process died: where threads were to be
  // stopped when it did.
  std::vector<Preemption> stops_at_death;
  // The Program could not be carried out for a reason that is not the IUT's conduct in a call:
  // `begin` failed, a schedule is not supported here. Then what is not observed is inconclusive.
  std::string inconclusive;
  // Threads of it cannot be stopped after all; then `inconclusive` says so, too.
  std::string not_explored;
  // The suite itself failed (verdict error): the host could not be started, the protocol broke.
  std::string error;
  // The last of what the IUT printed while it died; empty if it lived.
  std::string output;
};

class Subject {
 public:
  virtual ~Subject() = default;
  virtual const IutInfo& info() const = 0;
  virtual Execution Execute(const Program& program) = 0;
  // For every Program from now on.
  virtual void set_patience(const Patience& patience) = 0;
  // The next Program runs in a process that has run none before. False: there is no other process.
  virtual bool Renew() { return false; }
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_SUBJECT_H_
