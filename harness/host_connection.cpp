#include "harness/host_connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "harness/autopsy.h"
#include "harness/host_main.h"

namespace vdsconform {
namespace {

constexpr size_t kKeptOutput = 8 * 1024;
constexpr int kTickMs = 100;         // how often the host's own time is looked at
constexpr int kFarewellMs = 2'000;   // for a host that was asked to end
constexpr uint64_t kMuteMs = 5'000;  // for one that closed its end of the protocol

std::string Failed(const char* what) { return fmt::format("{}: {}", what, strerror(errno)); }

bool MakePipe(UniqueFd& read_end, UniqueFd& write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  read_end = UniqueFd(ends[0]);
  write_end = UniqueFd(ends[1]);
  return true;
}

bool MakeSocketPair(UniqueFd& own, UniqueFd& other) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
  own = UniqueFd(ends[0]);
  other = UniqueFd(ends[1]);
  return true;
}

void SetNonBlocking(const UniqueFd& fd) {
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

uint64_t Heartbeat(const Journal& journal) {
  return __atomic_load_n(&journal.heartbeat, __ATOMIC_RELAXED);
}

}  // namespace

void HostConnection::Unmap::operator()(Journal* journal) const { munmap(journal, sizeof *journal); }

bool HostConnection::MakeJournal(UniqueFd& shared, std::string& error) {
  shared = UniqueFd(memfd_create("vdsconform-journal", MFD_CLOEXEC));
  if (!shared.valid() || ftruncate(shared.get(), sizeof(Journal)) != 0) {
    error = Failed("no memory for the journal");
    return false;
  }
  void* memory =
      mmap(nullptr, sizeof(Journal), PROT_READ | PROT_WRITE, MAP_SHARED, shared.get(), 0);
  if (memory == MAP_FAILED) {
    error = Failed("no memory for the journal");
    return false;
  }
  journal_.reset(static_cast<Journal*>(memory));
  ClearJournal(*journal_);
  return true;
}

std::variant<std::unique_ptr<HostConnection>, std::string> HostConnection::StartOwn(
    const std::string& executable, const std::string& library,
    const std::vector<std::string>& parameters) {
  signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<HostConnection> host(new HostConnection);
  std::string error;
  UniqueFd journal, protocol, print_end;
  if (!host->MakeJournal(journal, error)) return error;
  if (!MakeSocketPair(host->to_host_, protocol)) return Failed("no socket pair");
  host->from_host_ = UniqueFd(fcntl(host->to_host_.get(), F_DUPFD_CLOEXEC, 3));
  if (!MakePipe(host->printed_, print_end)) return Failed("no pipe");
  const UniqueFd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));

  HostOptions options;
  options.library = library;
  options.parameters = parameters;
  options.protocol_fd = protocol.get();
  options.journal_fd = journal.get();
  ChildProcess::Command command;
  command.arguments = HostArguments(executable, options);
  command.standard_input = nothing.get();
  command.standard_output = print_end.get();
  command.standard_error = print_end.get();
  command.inherited = {protocol.get(), journal.get()};
  if (!host->StartChild(command, error)) return error;
  return host;
}

std::variant<std::unique_ptr<HostConnection>, std::string> HostConnection::StartForeign(
    const std::string& command_line) {
  signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<HostConnection> host(new HostConnection);
  std::string error;
  UniqueFd journal, input, output, print_end;
  if (!host->MakeJournal(journal, error)) return error;
  // Pipes, because some programs cannot do with sockets as their standard streams.
  if (!MakePipe(input, host->to_host_) || !MakePipe(host->from_host_, output) ||
      !MakePipe(host->printed_, print_end)) {
    return Failed("no pipe");
  }
  ChildProcess::Command command;
  command.arguments = {"/bin/sh", "-c", "exec " + command_line};
  command.standard_input = input.get();
  command.standard_output = output.get();
  command.standard_error = print_end.get();
  if (!host->StartChild(command, error)) return error;
  return host;
}

bool HostConnection::StartChild(const ChildProcess::Command& command, std::string& error) {
  auto child = ChildProcess::Start(command);
  if (auto* why = std::get_if<std::string>(&child)) {
    error = *why;
    return false;
  }
  child_ = std::get<std::unique_ptr<ChildProcess>>(std::move(child));
  for (const UniqueFd* fd : {&to_host_, &from_host_, &printed_}) SetNonBlocking(*fd);
  return true;
}

HostConnection::~HostConnection() {
  if (!child_) return;
  if (!child_->Ended()) {
    CloseInput();
    using Clock = std::chrono::steady_clock;
    const Clock::time_point deadline = Clock::now() + std::chrono::milliseconds(kFarewellMs);
    while (!child_->Ended() && Clock::now() < deadline) Pump(kTickMs);
  }
  End();
}

void HostConnection::Send(std::string_view line) {
  unsent_.append(line);
  unsent_.push_back('\n');
}

void HostConnection::CloseInput() {
  // Our own host has the other end of a socket that is also read from, a foreign one that of a
  // pipe.
  shutdown(to_host_.get(), SHUT_WR);
  to_host_.reset();
  unsent_.clear();
}

void HostConnection::Flush() {
  while (!unsent_.empty()) {
    const ssize_t sent = write(to_host_.get(), unsent_.data(), unsent_.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) {
      // The host no longer reads; how it ended will be seen by other means.
      unsent_.clear();
      return;
    }
    unsent_.erase(0, static_cast<size_t>(sent));
  }
}

void HostConnection::ReadLines() {
  std::array<char, 64 * 1024> bytes;
  const ssize_t got = read(from_host_.get(), bytes.data(), bytes.size());
  if (got > 0) {
    lines_.Append({bytes.data(), static_cast<size_t>(got)});
    received_ += static_cast<uint64_t>(got);
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    from_host_.reset();
  }
}

void HostConnection::ReadOutput() {
  std::array<char, 64 * 1024> bytes;
  const ssize_t got = read(printed_.get(), bytes.data(), bytes.size());
  if (got > 0) {
    output_.append(bytes.data(), static_cast<size_t>(got));
    if (output_.size() > kKeptOutput) output_.erase(0, output_.size() - kKeptOutput);
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    printed_.reset();
  }
}

void HostConnection::Pump(int timeout_ms) {
  Flush();
  std::array<pollfd, 4> waits{{{from_host_.get(), POLLIN, 0},
                               {printed_.get(), POLLIN, 0},
                               {child_->ended_descriptor(), POLLIN, 0},
                               {unsent_.empty() ? -1 : to_host_.get(), POLLOUT, 0}}};
  if (poll(waits.data(), waits.size(), timeout_ms) <= 0) return;
  if (waits[0].revents != 0) ReadLines();
  if (waits[1].revents != 0) ReadOutput();
}

HostConnection::Happening HostConnection::Wait(uint64_t silence_ms, const std::atomic<bool>* stop) {
  if (NextLine()) return Happening::kLine;
  int64_t silent_ns = 0;
  uint64_t heartbeat = Heartbeat(*journal_);
  child_->OwnTimeSinceLastAsked();
  while (true) {
    if (stop != nullptr && stop->load()) return Happening::kStopped;
    // What a process sent before it ended is all there once it has: nothing read after that means
    // that nothing is left.
    const bool ended = child_->Ended();
    const uint64_t received = received_;
    Pump(ended ? 0 : kTickMs);
    if (NextLine()) return Happening::kLine;
    if (lines_.overflowed()) return Happening::kTooLong;
    if (ended && received_ == received) return Happening::kEnded;
    if (watch_) excess_ = watch_->Excess();
    if (!excess_.empty()) return Happening::kExcess;
    const int64_t own_ns = child_->OwnTimeSinceLastAsked();
    const bool alive = received_ != received || Heartbeat(*journal_) != heartbeat;
    heartbeat = Heartbeat(*journal_);
    silent_ns = alive ? 0 : silent_ns + own_ns;
    const uint64_t limit_ms = from_host_.valid() ? silence_ms : std::min(silence_ms, kMuteMs);
    if (static_cast<uint64_t>(silent_ns) / 1'000'000 > limit_ms) return Happening::kSilent;
  }
}

bool HostConnection::NextLine() {
  const auto line = lines_.Next();
  if (line) line_ = *line;
  return line.has_value();
}

const Death& HostConnection::End() {
  const Death& death = child_->End();
  // With every descendant gone the pipe holds the last that was printed, and its end.
  constexpr int kMaxReads = 64;
  for (int i = 0; i < kMaxReads && printed_.valid(); ++i) ReadOutput();
  return death;
}

}  // namespace vdsconform
