#include "harness/orphans.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

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

std::vector<pid_t> FindOrphans(const std::function<bool(pid_t)>& is_known) {
  std::vector<pid_t> orphans;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc"), closedir);
  if (!directory) return orphans;
  const pid_t self = getpid();
  const pid_t own_session = getsid(0);
  while (const dirent* entry = readdir(directory.get())) {
    const std::optional<pid_t> pid = ParsePid(entry->d_name);
    if (!pid || is_known(*pid)) continue;
    const std::optional<Family> family = ReadFamily(*pid);
    if (family && family->parent == self && family->session != own_session) {
      orphans.push_back(*pid);
    }
  }
  return orphans;
}

void KillAndReap(pid_t pid, int limit_ms) {
  kill(pid, SIGKILL);
  const UniqueFd ended(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (ended.valid()) {
    pollfd wait{ended.get(), POLLIN, 0};
    poll(&wait, 1, limit_ms);
  }
  waitpid(pid, nullptr, WNOHANG);
}

}  // namespace

bool EndOrphans(const std::function<bool(pid_t)>& is_known) {
  using Clock = std::chrono::steady_clock;
  // Enough for every process that a machine can hold; killing and reaping one takes a fraction of a
  // millisecond.
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(60);
  constexpr int kMaxRounds = 1'000;
  for (int round = 0; round < kMaxRounds; ++round) {
    const std::vector<pid_t> orphans = FindOrphans(is_known);
    if (orphans.empty()) return true;
    // All at once first, so that those that multiply are not outrun one by one.
    for (const pid_t pid : orphans) kill(pid, SIGKILL);
    for (const pid_t pid : orphans) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return false;
      KillAndReap(pid, static_cast<int>(left));
    }
  }
  return false;
}

}  // namespace vdsconform
