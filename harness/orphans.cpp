#include "harness/orphans.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>

#include "harness/unique_fd.h"

namespace vdsconform {
namespace {

struct Family {
  pid_t parent = 0;
  pid_t session = 0;
};

std::optional<Family> ReadFamily(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  // The command's name is in parentheses and may hold anything, parentheses included.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  char state;
  pid_t group;
  Family family;
  if (!(fields >> state >> family.parent >> group >> family.session)) return std::nullopt;
  return family;
}

std::optional<pid_t> ParsePid(std::string_view name) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return pid;
}

// The processes that descend from this one, in other sessions and not from a known one.
std::unordered_map<pid_t, Family> FindDescendants(const std::function<bool(pid_t)>& is_known) {
  std::unordered_map<pid_t, Family> descendants;
  std::unordered_map<pid_t, Family> families;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc"), closedir);
  if (!directory) return descendants;
  while (const dirent* entry = readdir(directory.get())) {
    const std::optional<pid_t> pid = ParsePid(entry->d_name);
    if (const auto family = pid ? ReadFamily(*pid) : std::nullopt) families[*pid] = *family;
  }
  const pid_t self = getpid();
  const pid_t own_session = getsid(0);
  // Numbers are used again, so that what was read one after another may form a ring.
  constexpr int kMaxGenerations = 10'000;
  for (const auto& [process, family] : families) {
    if (process == self) continue;
    pid_t pid = process;
    for (int i = 0; i < kMaxGenerations && pid != 0 && pid != self && !is_known(pid); ++i) {
      const auto found = families.find(pid);
      const bool foreign = found != families.end() && found->second.session != own_session;
      pid = foreign ? found->second.parent : 0;
    }
    if (pid == self) descendants.emplace(process, family);
  }
  return descendants;
}

// Only a child of this process keeps its number until it is reaped here; that of another may be a
// stranger's by now.
void KillIfStill(pid_t pid, const Family& family) {
  if (family.parent == getpid()) {
    kill(pid, SIGKILL);
    return;
  }
  const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const std::optional<Family> now = ReadFamily(pid);
  if (!process.valid() || !now || now->session != family.session) return;
  syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

void Reap(pid_t pid, int limit_ms) {
  const UniqueFd ended(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (ended.valid()) {
    pollfd wait{ended.get(), POLLIN, 0};
    poll(&wait, 1, limit_ms);
  }
  waitpid(pid, nullptr, WNOHANG);
}

}  // namespace

size_t CountDescendants() {
  return FindDescendants([](pid_t) { return false; }).size();
}

bool EndOrphans(const std::function<bool(pid_t)>& is_known) {
  using Clock = std::chrono::steady_clock;
  // Enough for every process that a machine can hold; killing and reaping one takes a fraction of a
  // millisecond.
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(60);
  constexpr int kMaxRounds = 1'000;
  for (int round = 0; round < kMaxRounds; ++round) {
    const std::unordered_map<pid_t, Family> descendants = FindDescendants(is_known);
    if (descendants.empty()) return true;
    // All at once first, so that those that multiply are not outrun one by one. Those that are not
    // children of this process become so when their parents end.
    for (const auto& [pid, family] : descendants) KillIfStill(pid, family);
    for (const auto& [pid, family] : descendants) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return false;
      if (family.parent == getpid()) Reap(pid, static_cast<int>(left));
    }
  }
  return false;
}

}  // namespace vdsconform
