#include "harness/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "harness/orphans.h"

namespace vdsconform {
namespace {

// The running children, where a signal handler can read them. 0: free.
constexpr size_t kMaxChildren = 64;
std::array<std::atomic<pid_t>, kMaxChildren> running{};
static_assert(std::atomic<pid_t>::is_always_lock_free);

bool Register(pid_t pid) {
  for (std::atomic<pid_t>& place : running) {
    pid_t free = 0;
    if (place.compare_exchange_strong(free, pid)) return true;
  }
  return false;
}

void Unregister(pid_t pid) {
  for (std::atomic<pid_t>& place : running) {
    pid_t expected = pid;
    if (place.compare_exchange_strong(expected, 0)) return;
  }
}

bool IsRegistered(pid_t pid) {
  return std::any_of(running.begin(), running.end(),
                     [pid](const std::atomic<pid_t>& place) { return place.load() == pid; });
}

// Everything that the child needs, made before the fork: in a copy of a process with several
// threads only async-signal-safe functions may be called.
struct Preparation {
  std::vector<char*> arguments;
  int standard[3];
  const std::vector<int>* inherited;
  int failure;  // gets errno if the program cannot be executed
  pid_t parent;
};

void ConfineChild(pid_t parent) {
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above.
  if (getppid() != parent) _exit(127);
  // The kernel takes a limit of 1 to mean no dump at all, also where dumps go to a program, for
  // which a limit of 0 would be ignored.
  const rlimit no_dump{1, 1};
  setrlimit(RLIMIT_CORE, &no_dump);
  // Should memory run out all the same, the kernel ends this process before any other.
  const int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score >= 0) {
    [[maybe_unused]] const ssize_t written = write(score, "1000", 4);
    close(score);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD}) {
    signal(number, SIG_DFL);
  }
}

[[noreturn]] void BecomeChild(const Preparation& preparation) {
  ConfineChild(preparation.parent);
  bool ready = true;
  for (int i = 0; i < 3; ++i) ready = ready && dup2(preparation.standard[i], i) == i;
  syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
  for (const int fd : *preparation.inherited) ready = ready && fcntl(fd, F_SETFD, 0) == 0;
  if (ready) execvp(preparation.arguments[0], preparation.arguments.data());
  const int error = errno;
  if (write(preparation.failure, &error, sizeof error) < 0) _exit(126);
  _exit(127);
}

// A copy of `fd` that is none of 0, 1 and 2, so that making those does not overwrite it.
UniqueFd Aside(int fd) { return UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 10)); }

std::string SignalName(int number) {
  const char* abbreviation = sigabbrev_np(number);
  return abbreviation ? fmt::format("signal {} (SIG{})", number, abbreviation)
                      : fmt::format("signal {}", number);
}

Death DescribeDeath(int status) {
  if (WIFSIGNALED(status)) {
    return {Fault::kCrashed, SignalName(WTERMSIG(status)), WTERMSIG(status)};
  }
  return {Fault::kExited, fmt::format("exit status {}", WEXITSTATUS(status)), 0};
}

int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

std::variant<std::unique_ptr<ChildProcess>, std::string> ChildProcess::Start(
    const Command& command) {
  Preparation preparation{};
  for (const std::string& argument : command.arguments) {
    preparation.arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  preparation.arguments.push_back(nullptr);
  const UniqueFd standard[] = {Aside(command.standard_input), Aside(command.standard_output),
                               Aside(command.standard_error)};
  for (int i = 0; i < 3; ++i) preparation.standard[i] = standard[i].get();
  preparation.inherited = &command.inherited;
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) return fmt::format("no pipe: {}", strerror(errno));
  const UniqueFd failure_read(failure[0]);
  UniqueFd failure_write = Aside(failure[1]);
  close(failure[1]);
  preparation.failure = failure_write.get();
  preparation.parent = getpid();

  // From here on orphaned descendants come to this process rather than to init.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t pid = fork();
  if (pid < 0) return fmt::format("no new process: {}", strerror(errno));
  if (pid == 0) BecomeChild(preparation);
  std::unique_ptr<ChildProcess> child(new ChildProcess(pid));
  failure_write.reset();
  int error = 0;
  if (read(failure_read.get(), &error, sizeof error) == sizeof error) {
    return fmt::format("{}: cannot be executed: {}", command.arguments[0], strerror(error));
  }
  if (!Register(pid)) return std::string("too many hosts at once");
  return child;
}

ChildProcess::ChildProcess(pid_t pid)
    : pid_(pid), pidfd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {
  last_times_ = ReadTimes();
}

ChildProcess::~ChildProcess() { End(); }

bool ChildProcess::Ended() const {
  if (reaped_) return true;
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid_;
}

bool ChildProcess::WaitEnded(int limit_ms) const {
  // Without a descriptor to wait on, the state is looked at now and then.
  const int step_ms = pidfd_.valid() ? limit_ms : 10;
  for (int waited_ms = 0; waited_ms < limit_ms && !Ended(); waited_ms += step_ms) {
    pollfd wait{pidfd_.get(), POLLIN, 0};
    poll(&wait, 1, step_ms);
  }
  return Ended();
}

const Death& ChildProcess::End() {
  if (reaped_) return death_;
  // The number stays the child's own until it is reaped, so no stranger is hit.
  kill(-pid_, SIGKILL);
  kill(pid_, SIGKILL);
  Unregister(pid_);
  // Only a process stuck in the kernel takes longer; it is left to end when it can.
  constexpr int kReapLimitMs = 10'000;
  int status = 0;
  const bool reaped = WaitEnded(kReapLimitMs) && waitpid(pid_, &status, WNOHANG) == pid_;
  reaped_ = true;
  death_ = reaped ? DescribeDeath(status) : Death{Fault::kHung, "could not be killed", 0};
  EndOrphans(IsRegistered);
  return death_;
}

ChildProcess::ThreadTimes ChildProcess::ReadTimes() const {
  const std::string folder = fmt::format("/proc/{}/task/{}/", pid_, pid_);
  ThreadTimes times;
  times.now_ns = NowNs();
  std::ifstream schedule(folder + "schedstat");
  schedule >> times.cpu_ns >> times.queued_ns;
  std::ifstream stat(folder + "stat");
  std::string text;
  std::getline(stat, text);
  const size_t name_end = text.rfind(')');
  times.runnable =
      name_end != std::string::npos && text.size() > name_end + 2 && text[name_end + 2] == 'R';
  return times;
}

int64_t ChildProcess::OwnTimeSinceLastAsked() {
  const ThreadTimes times = ReadTimes();
  const ThreadTimes before = last_times_;
  last_times_ = times;
  // What a thread waits is entered only once it runs again: one that is runnable now is known by
  // what it computed.
  const int64_t own_ns =
      times.runnable ? times.cpu_ns - before.cpu_ns
                     : (times.now_ns - before.now_ns) - (times.queued_ns - before.queued_ns);
  return std::clamp<int64_t>(own_ns, 0, 1'000'000'000);
}

void KillAllHosts() {
  const int saved_errno = errno;
  for (const std::atomic<pid_t>& place : running) {
    const pid_t pid = place.load();
    if (pid > 0) kill(-pid, SIGKILL);
  }
  errno = saved_errno;
}

}  // namespace vdsconform
