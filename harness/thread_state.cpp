#include "harness/thread_state.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace vdsconform {
namespace {

using ProcText = std::array<char, 512>;

// Reads a small file of /proc whole, as a string; empty if that fails. Nothing here allocates,
// since a signal handler may have interrupted whatever does.
ProcText ReadProc(pid_t tid, const char* file) {
  ProcText text;
  text[0] = '\0';
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/%s", static_cast<int>(tid), file);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  const ssize_t length = read(fd, text.data(), text.size() - 1);
  close(fd);
  text[static_cast<size_t>(std::max<ssize_t>(length, 0))] = '\0';
  return text;
}

// A number of /proc/.../status; none: there is no such thread, or no such line.
std::optional<uint64_t> ReadStatus(pid_t tid, const char* name, int base) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/status", static_cast<int>(tid));
  std::FILE* const status = std::fopen(path, "re");
  if (status == nullptr) return std::nullopt;
  std::optional<uint64_t> number;
  char line[256];
  while (!number && std::fgets(line, sizeof line, status) != nullptr) {
    const size_t length = std::strlen(name);
    if (std::strncmp(line, name, length) != 0 || line[length] != ':') continue;
    number = std::strtoull(line + length + 1, nullptr, base);
  }
  std::fclose(status);
  return number;
}

// The letter of /proc/.../stat that tells a thread's state; 0 if there is none. The name before it
// may hold anything, a parenthesis too.
char StateOf(const ProcText& stat) {
  const char* end = std::strrchr(stat.data(), ')');
  return end == nullptr || end[1] == '\0' ? '\0' : end[2];
}

struct SystemCall {
  long number;
  const char* name;
};

constexpr SystemCall kSystemCalls[] = {
    {SYS_futex, "futex"},
    {SYS_nanosleep, "nanosleep"},
    {SYS_clock_nanosleep, "clock_nanosleep"},
    {SYS_pselect6, "pselect6"},
    {SYS_ppoll, "ppoll"},
    {SYS_epoll_pwait, "epoll_pwait"},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait"},
    {SYS_rt_sigsuspend, "rt_sigsuspend"},
    {SYS_read, "read"},
    {SYS_write, "write"},
    {SYS_recvfrom, "recvfrom"},
    {SYS_recvmsg, "recvmsg"},
    {SYS_accept4, "accept4"},
    {SYS_flock, "flock"},
    {SYS_fcntl, "fcntl"},
    {SYS_fsync, "fsync"},
    {SYS_fdatasync, "fdatasync"},
    {SYS_wait4, "wait4"},
    {SYS_semtimedop, "semtimedop"},
#ifdef SYS_poll
    {SYS_poll, "poll"},
    {SYS_select, "select"},
    {SYS_epoll_wait, "epoll_wait"},
    {SYS_pause, "pause"},
#endif
};

void ClassifySystemCall(const unsigned long (&args)[6], ThreadSample& sample) {
  const long number = sample.system_call;
  switch (number) {
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
      sample.timed = sample.pure_sleep = true;
      break;
    case SYS_futex: {
      const int command = static_cast<int>(args[1]) & FUTEX_CMD_MASK;
      const bool waits = command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET ||
                         command == FUTEX_LOCK_PI || command == FUTEX_WAIT_REQUEUE_PI;
      sample.timed = waits && args[3] != 0;
      sample.untimed_futex = waits && args[3] == 0;
      break;
    }
    case SYS_pselect6:
    case SYS_ppoll:
#ifdef SYS_poll
    case SYS_select:
    case SYS_poll:
#endif
    {
      const bool is_poll = number != SYS_pselect6
#ifdef SYS_poll
                           && number != SYS_select
#endif
          ;
      const unsigned long descriptors = is_poll ? args[1] : args[0];
      const unsigned long limit = is_poll ? args[2] : args[4];
#ifdef SYS_poll
      sample.timed = number == SYS_poll ? static_cast<int>(limit) > 0 : limit != 0;
#else
      sample.timed = limit != 0;
#endif
      sample.pure_sleep = sample.timed && descriptors == 0;
      break;
    }
    case SYS_rt_sigtimedwait:
      sample.timed = args[2] != 0;
      break;
    case SYS_epoll_pwait:
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
      sample.timed = static_cast<int>(args[3]) > 0;
      break;
    default:
      break;
  }
}

}  // namespace

std::optional<ThreadSample> SampleThread(pid_t tid) {
  ThreadSample sample;
  // "running", or the number and arguments of the system call that the thread is blocked in, or -1
  // where it is blocked outside one (a page fault).
  const ProcText call = ReadProc(tid, "syscall");
  // A thread that has been woken and is on its way to a processor still looks blocked there.
  const char state = StateOf(ReadProc(tid, "stat"));
  // Read after those: a thread that woke up in between has run more often than was seen before.
  const ProcText schedstat = ReadProc(tid, "schedstat");
  unsigned long long queued = 0;
  unsigned long long runs = 0;
  // Its CPU time there is as it was when the thread last left its processor, or at a tick.
  if (std::sscanf(schedstat.data(), "%*u %llu %llu", &queued, &runs) != 2) {
    return std::nullopt;
  }
  sample.cpu_ns = ThreadCpuNs(tid);
  sample.queued_ns = queued;
  sample.run_count = runs;

  if (call[0] == '\0' || state == 0 || sample.cpu_ns == 0) return std::nullopt;
  if (state == 'R' || std::strncmp(call.data(), "running", 7) == 0) return sample;
  sample.asleep = true;
  unsigned long args[6] = {};
  unsigned long stack = 0;
  unsigned long instruction = 0;
  if (std::sscanf(call.data(), "%ld %lx %lx %lx %lx %lx %lx %lx %lx", &sample.system_call, &args[0],
                  &args[1], &args[2], &args[3], &args[4], &args[5], &stack, &instruction) == 9) {
    ClassifySystemCall(args, sample);
    sample.stack = stack;
    sample.instruction = instruction;
  }
  return sample;
}

bool SleptThrough(const ThreadSample& before, const ThreadSample& now) {
  return before.asleep && now.asleep && before.run_count == now.run_count &&
         before.cpu_ns == now.cpu_ns;
}

std::string SystemCallName(long number) {
  for (const SystemCall& call : kSystemCalls) {
    if (call.number == number) return call.name;
  }
  return "system call " + std::to_string(number);
}

void ForEachOwnThread(void (*visit)(void* argument, pid_t tid), void* argument) {
  // opendir would allocate.
  const int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  alignas(dirent64) std::array<char, 4096> entries;
  while (true) {
    const long length = syscall(SYS_getdents64, fd, entries.data(), entries.size());
    if (length <= 0) break;
    for (long at = 0; at < length;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      at += entry->d_reclen;
      if (entry->d_name[0] != '.') visit(argument, static_cast<pid_t>(std::atoi(entry->d_name)));
    }
  }
  close(fd);
}

std::vector<pid_t> OwnThreads() {
  std::vector<pid_t> tids;
  ForEachOwnThread([&](pid_t tid) { tids.push_back(tid); });
  return tids;
}

bool HasOtherThreads(const std::vector<pid_t>& known) {
  const std::vector<pid_t> now = OwnThreads();
  return std::any_of(now.begin(), now.end(), [&known](pid_t tid) {
    return std::find(known.begin(), known.end(), tid) == known.end();
  });
}

uint64_t ThreadCpuNs(pid_t tid) {
  // How Linux numbers the clock of a thread of this process, whose value is exact also while the
  // thread runs, unlike that of its schedstat.
  constexpr unsigned kPerThreadScheduled = 6;
  const auto clock = static_cast<clockid_t>(~static_cast<unsigned>(tid) << 3 | kPerThreadScheduled);
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return 0;
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

bool BlocksSignal(pid_t tid, int signal) {
  const std::optional<uint64_t> blocked = ReadStatus(tid, "SigBlk", 16);
  return !blocked || (*blocked >> (signal - 1) & 1) != 0;
}

bool IsBeingDebugged() { return ReadStatus(getpid(), "TracerPid", 10).value_or(0) != 0; }

int64_t ProcessCpuNs() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

bool ProcessIsQuiescent() {
  const pid_t self = static_cast<pid_t>(syscall(SYS_gettid));
  const std::vector<pid_t> tids = OwnThreads();
  std::vector<ThreadSample> before;
  for (const pid_t tid : tids) {
    if (tid == self) continue;
    const std::optional<ThreadSample> sample = SampleThread(tid);
    if (!sample || !sample->untimed_futex) return false;
    before.push_back(*sample);
  }
  // A thread that slept from the first pass to the second was asleep at the moment between them; so
  // were all the others.
  size_t i = 0;
  for (const pid_t tid : tids) {
    if (tid == self) continue;
    const std::optional<ThreadSample> sample = SampleThread(tid);
    if (!sample || !sample->untimed_futex || !SleptThrough(before[i++], *sample)) return false;
  }
  return OwnThreads() == tids;
}

uint64_t OwnVoluntarySwitches() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<uint64_t>(usage.ru_nvcsw);
}

int64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void CallClock::Start(const ThreadSample& sample, int64_t now_ns) {
  *this = CallClock();
  first_ = last_ = sample;
  last_ns_ = now_ns;
}

void CallClock::Update(const ThreadSample& sample, int64_t now_ns) {
  const auto passed = static_cast<uint64_t>(std::max<int64_t>(0, now_ns - last_ns_));
  wall_ns_ += std::min(passed, kMostPerLookNs);
  cpu_ns_ += std::min(sample.cpu_ns - last_.cpu_ns, kMostPerLookNs);
  wakeups_ = sample.run_count - first_.run_count;
  last_ = sample;
  last_ns_ = now_ns;
  // Time in the run queue is booked only when the thread gets its processor, so that what is
  // neither CPU nor queue is sleep is known only while it sleeps.
  if (!sample.asleep) return;
  const uint64_t awake = cpu_ns_ + (sample.queued_ns - first_.queued_ns);
  if (wall_ns_ > awake) asleep_ns_ = std::max(asleep_ns_, wall_ns_ - awake);
}

}  // namespace vdsconform
