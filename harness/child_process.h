// A child process that cannot outlive its welcome, and whatever it leaves behind.
//
// The child leads a session and process group of its own, dies with the thread that started it,
// leaves no core file, and takes every descendant with it: this process adopts orphans (it is a
// "subreaper"), so that children that detached themselves are found and ended too. Linux only. Not
// thread-safe, except KillAllHosts.
#ifndef VDSCONFORM_HARNESS_CHILD_PROCESS_H_
#define VDSCONFORM_HARNESS_CHILD_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "harness/unique_fd.h"
#include "spec/history.h"

namespace vdsconform {

// How a process ended, as a fault of the call that was in flight.
struct Death {
  Fault fault = Fault::kNone;  // kCrashed or kExited
  std::string detail;          // "signal 11 (SIGSEGV)", "exit status 3"
  int signal = 0;              // that ended it
};

class ChildProcess {
 public:
  struct Command {
    std::vector<std::string> arguments;  // the program's path first
    // Descriptors of this process that become the child's 0, 1 and 2.
    int standard_input = -1;
    int standard_output = -1;
    int standard_error = -1;
    std::vector<int> inherited;  // kept open under the same number; all others are closed
  };

  // The running child, or why it could not be started.
  static std::variant<std::unique_ptr<ChildProcess>, std::string> Start(const Command& command);

  // Ends the child and all its descendants.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // A descriptor that polls readable once the child has ended; -1: not supported here.
  int ended_descriptor() const { return pidfd_.get(); }
  bool Ended() const;
  pid_t pid() const { return pid_; }
  // Waits at most `limit_ms` for the child to end by itself. True if it has.
  bool WaitEnded(int limit_ms) const;

  // Ends the child and all its descendants, and says how the child ended: by itself, if it had
  // ended before. Later calls say the same again.
  const Death& End();

  // Nanoseconds that the child's first thread has spent asleep or on a processor since the previous
  // call, at most a second of them: not those in which it waited for a processor, nor those in
  // which this process was stopped.
  int64_t OwnTimeSinceLastAsked();

 private:
  explicit ChildProcess(pid_t pid);

  struct ThreadTimes {
    int64_t now_ns = 0;
    int64_t cpu_ns = 0;
    int64_t queued_ns = 0;
    bool runnable = false;
  };
  ThreadTimes ReadTimes() const;

  pid_t pid_;
  UniqueFd pidfd_;
  bool reaped_ = false;
  Death death_;
  ThreadTimes last_times_;
};

// Kills the process groups of all children that are running. Async-signal-safe, for the way out on
// an interrupt; descendants that detached themselves are left to End.
void KillAllHosts();

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_CHILD_PROCESS_H_
