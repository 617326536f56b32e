// What a thread of this process is doing, read from the kernel: never from elapsed time alone.
//
// These are the witnesses of "does not come back" (QS-06, QS-13): asleep, with nothing left that
// could wake it; spinning, by the CPU time it consumed; polling, by how often it slept and woke.
// Time a thread spends runnable, waiting for a processor, counts for none of them, so a loaded
// machine changes no verdict. Linux only. All functions are thread-safe.
#ifndef VDSCONFORM_HARNESS_THREAD_STATE_H_
#define VDSCONFORM_HARNESS_THREAD_STATE_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vdsconform {

struct ThreadSample {
  bool asleep = false;         // blocked in the kernel; false: running, or waiting for a processor
  long system_call = -1;       // in which it is asleep; -1: none known
  bool timed = false;          // that system call has a time limit
  bool pure_sleep = false;     // and does nothing but let time pass
  bool untimed_futex = false;  // asleep on a lock or condition until another thread wakes it
  uintptr_t instruction = 0;   // where it entered the kernel to sleep; 0: not known
  uintptr_t stack = 0;         // its stack pointer there
  uint64_t cpu_ns = 0;         // CPU time consumed so far
  uint64_t queued_ns = 0;      // time spent runnable without a processor so far
  uint64_t run_count = 0;      // how often it was put on a processor so far
};

// None: there is no such thread any more, or the kernel does not tell. May be called from a signal
// handler.
std::optional<ThreadSample> SampleThread(pid_t tid);

// True if the thread was asleep in both samples and did not run in between. Its count of runs alone
// does not tell: one that is woken on its way to sleep, before it has left its processor, goes on
// without being put there again.
bool SleptThrough(const ThreadSample& before, const ThreadSample& now);

// CPU time that a thread of this process has consumed; 0: there is no such thread any more. May be
// called from a signal handler.
uint64_t ThreadCpuNs(pid_t tid);

// True if the thread blocks the signal, or there is no such thread.
bool BlocksSignal(pid_t tid, int signal);

// True if a debugger is attached to this process.
bool IsBeingDebugged();

// CPU time that this process has consumed.
int64_t ProcessCpuNs();

// "clock_nanosleep", "futex", "poll"...; "system call 999" for one without a name here.
std::string SystemCallName(long number);

// The threads of this process, the caller included.
std::vector<pid_t> OwnThreads();
// True if this process has a thread that is not among `known`. Numbers do not tell: one that was
// joined is still listed for a moment.
bool HasOtherThreads(const std::vector<pid_t>& known);
// The same, one by one; may be called from a signal handler.
void ForEachOwnThread(void (*visit)(void* argument, pid_t tid), void* argument);
template <class Visit>
void ForEachOwnThread(Visit visit) {
  ForEachOwnThread([](void* argument, pid_t tid) { (*static_cast<Visit*>(argument))(tid); },
                   &visit);
}

// True if every thread but the caller is asleep until another thread of this process wakes it, and
// all of them at one and the same moment: then none of them will ever go on by itself.
bool ProcessIsQuiescent();

// Voluntary context switches of the calling thread so far.
uint64_t OwnVoluntarySwitches();

// Nanoseconds on the monotonic clock that histories use.
int64_t NowNs();

// How much of its own time a call has used: asleep or consuming CPU, not waiting for a processor.
// Between two looks no more than kMostPerLookNs counts: a machine that stood still for a while, as
// virtual ones do, is no time that a call has used.
class CallClock {
 public:
  static constexpr uint64_t kMostPerLookNs = 50'000'000;

  // A new call of the thread, from now on.
  void Start(const ThreadSample& sample, int64_t now_ns);
  void Update(const ThreadSample& sample, int64_t now_ns);

  uint64_t cpu_ns() const { return cpu_ns_; }
  uint64_t asleep_ns() const { return asleep_ns_; }
  uint64_t own_ns() const { return cpu_ns_ + asleep_ns_; }
  uint64_t wakeups() const { return wakeups_; }

 private:
  ThreadSample first_;
  ThreadSample last_;
  int64_t last_ns_ = 0;
  uint64_t wall_ns_ = 0;  // what counts of it
  uint64_t cpu_ns_ = 0;
  uint64_t asleep_ns_ = 0;
  uint64_t wakeups_ = 0;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_THREAD_STATE_H_
