#include "harness/host_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "harness/orphans.h"
#include "harness/thread_state.h"

namespace vdsconform {
namespace {

// Half of what forking without end takes to fill a machine's tables.
constexpr int64_t kLookEveryNs = 50'000'000;
// Counting the processes of a machine that has thousands takes some ten milliseconds.
constexpr int64_t kCountEveryNs = 1'000'000'000;

uint64_t MachineMemory() {
  const uint64_t physical =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  // In a container there may be less. "max" is no number: then there is no limit.
  std::ifstream file("/sys/fs/cgroup/memory.max");
  uint64_t limit = 0;
  return file >> limit && limit != 0 ? std::min(physical, limit) : physical;
}

// Threads in the whole system, as "0.20 0.18 0.12 1/80 11206" tells; 0: unknown.
uint64_t ThreadsInSystem() {
  std::ifstream file("/proc/loadavg");
  std::string word;
  for (int i = 0; i < 4; ++i) file >> word;
  const size_t slash = word.find('/');
  if (!file || slash == std::string::npos) return 0;
  uint64_t threads = 0;
  for (size_t i = slash + 1; i < word.size() && word[i] >= '0' && word[i] <= '9'; ++i) {
    threads = threads * 10 + static_cast<uint64_t>(word[i] - '0');
  }
  return threads;
}

uint64_t ResidentBytes(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/statm", pid));
  uint64_t all = 0;
  uint64_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

HostWatch::HostWatch(pid_t host, const HostLimits& limits)
    : host_(host), limits_(limits), threads_at_start_(ThreadsInSystem()) {
  if (limits_.memory_bytes == 0) limits_.memory_bytes = MachineMemory() / 2;
}

std::string HostWatch::Excess() {
  const int64_t now = NowNs();
  if (now < next_look_ns_) return {};
  next_look_ns_ = now + kLookEveryNs;
  if (ResidentBytes(host_) > limits_.memory_bytes) {
    return fmt::format("it used more than {} MiB of memory", limits_.memory_bytes >> 20);
  }
  const uint64_t threads = ThreadsInSystem();
  if (threads <= limits_.processes) return {};
  // At once where there are many more than when the host was started. But others may have ended
  // since then.
  if (threads <= threads_at_start_ + limits_.processes && now < next_count_ns_) return {};
  next_count_ns_ = now + kCountEveryNs;
  if (CountDescendants() <= limits_.processes) return {};
  return fmt::format("it started more than {} processes", limits_.processes);
}

}  // namespace vdsconform
