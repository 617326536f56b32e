#include "harness/host_main.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <variant>

#include "harness/autopsy.h"
#include "harness/executor.h"
#include "harness/fatal_signals.h"
#include "harness/fork_guard.h"
#include "harness/iut_library.h"
#include "harness/own_descriptors.h"
#include "harness/protocol.h"
#include "harness/quarantine.h"
#include "spec/history_json.h"

namespace vdsconform {
namespace {

constexpr int kClosedDescriptorsStatus = 3;

// Out of the way of an IUT that closes low descriptors, or all up to some round number. The limit
// on descriptors may be too low for the first choice.
int MoveAway(int fd) {
  for (const int lowest : {500, 250, 100, 50}) {
    const int moved = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
    if (moved < 0) continue;
    close(fd);
    return moved;
  }
  return fd;
}

// The runner's journal, or one of our own if it gave none; nullptr: it cannot be mapped.
Journal* MapJournal(int fd) {
  static Journal own;
  ClearJournal(own);
  if (fd < 0) return &own;
  void* memory = mmap(nullptr, sizeof(Journal), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return memory == MAP_FAILED ? nullptr : static_cast<Journal*>(memory);
}

// The host's end of the protocol.
class Channel {
 public:
  explicit Channel(int fd) : fd_(fd) {}

  // The runner's next line; none: it has closed the protocol.
  std::optional<std::string_view> Receive() {
    while (true) {
      if (auto line = lines_.Next()) return line;
      if (lines_.overflowed()) return std::nullopt;
      const ssize_t got = read(fd_, bytes_.data(), bytes_.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return std::nullopt;
      lines_.Append({bytes_.data(), static_cast<size_t>(got)});
    }
  }

  void Put(std::string_view line) {
    unsent_.append(line);
    unsent_.push_back('\n');
    if (unsent_.size() >= bytes_.size()) Flush();
  }

  // Ends the process if the runner is gone, and a copy of it that an IUT has forked.
  void Flush() {
    if (InForkedChild()) _exit(0);
    std::string_view left = unsent_;
    while (!left.empty()) {
      const ssize_t sent = send(fd_, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) _exit(4);
      left.remove_prefix(static_cast<size_t>(sent));
    }
    unsent_.clear();
  }

 private:
  int fd_;
  LineBuffer lines_{kMaxRequest};
  std::array<char, 64 * 1024> bytes_;
  std::string unsent_;
};

Executor::Outcome RunProgram(Executor& executor, const Program& program, Done& done) {
  try {
    Executor::Outcome outcome = executor.Run(program);
    done.exploration = outcome.exploration;
    done.stack_bytes = outcome.stack_bytes;
    done.inconclusive = outcome.inconclusive;
    done.hung = outcome.hung;
    return outcome;
  } catch (const std::bad_alloc&) {
    done.error = "the host ran out of memory; make the Program smaller";
    return {};
  }
}

void Perform(const Program& program, Executor& executor, Journal& journal, Channel& channel) {
  ForgetLastProgram(journal);
  Done done;
  const Executor::Outcome outcome = RunProgram(executor, program, done);
  if (InForkedChild()) _exit(0);
  // Now, so that what the C library finds wrong with it is found in the Program that did it.
  EmptyQuarantine();
  if (!OwnDescriptorsIntact()) {
    // Which call it was is not known any more: no slot has this number.
    journal.closed_descriptors = kMaxThreads + 2;
    _exit(kClosedDescriptorsStatus);
  }
  channel.Put(HistoryHeader());
  for (const Event& event : outcome.history.events) channel.Put(ToJson(event));
  channel.Put(ToJson(done));
  channel.Flush();
  // A thread is stuck inside the IUT, so that nothing here can be taken down in order.
  if (done.hung) _exit(0);
}

void Serve(Executor& executor, Journal& journal, Channel& channel) {
  while (const auto line = channel.Receive()) {
    const RunnerLine request = ParseRunnerLine(*line);
    if (const auto* patience = std::get_if<Patience>(&request)) {
      executor.set_patience(*patience);
    } else if (const auto* program = std::get_if<Program>(&request)) {
      Perform(*program, executor, journal, channel);
    } else {
      Done done;
      done.error = std::get<Malformed>(request).message;
      channel.Put(HistoryHeader());
      channel.Put(ToJson(done));
      channel.Flush();
    }
  }
}

// The value of "--name value" or "--name=value" at `i`, which is moved to the last word taken.
const char* Value(std::string_view name, int argc, const char* const* argv, int& i) {
  const std::string_view word = argv[i];
  if (word == name && i + 1 < argc) return argv[++i];
  if (word.starts_with(name) && word.substr(name.size()).starts_with('=')) {
    return argv[i] + name.size() + 1;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> HostArguments(const std::string& executable, const HostOptions& options) {
  std::vector<std::string> arguments{executable, "host", "--iut", options.library};
  for (const std::string& parameter : options.parameters) {
    arguments.insert(arguments.end(), {"--param", parameter});
  }
  arguments.insert(arguments.end(), {"--protocol-fd", std::to_string(options.protocol_fd),
                                     "--journal-fd", std::to_string(options.journal_fd)});
  return arguments;
}

std::optional<HostOptions> ParseHostArguments(int argc, const char* const* argv) {
  if (argc < 2 || std::string_view(argv[1]) != "host") return std::nullopt;
  HostOptions options;
  for (int i = 2; i < argc; ++i) {
    if (const char* library = Value("--iut", argc, argv, i)) {
      options.library = library;
    } else if (const char* parameter = Value("--param", argc, argv, i)) {
      options.parameters.emplace_back(parameter);
    } else if (const char* protocol = Value("--protocol-fd", argc, argv, i)) {
      options.protocol_fd = std::atoi(protocol);
    } else if (const char* journal = Value("--journal-fd", argc, argv, i)) {
      options.journal_fd = std::atoi(journal);
    } else {
      return std::nullopt;
    }
  }
  if (options.library.empty() || options.protocol_fd < 0) return std::nullopt;
  return options;
}

int HostMain(const HostOptions& options) {
  constexpr int kUnusable = 2;
  constexpr int kNobodyThere = 4;
  std::signal(SIGPIPE, SIG_IGN);
  // What the IUT prints is worth most when it dies right after.
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  Journal* journal = MapJournal(options.journal_fd);
  if (journal == nullptr || fcntl(options.protocol_fd, F_GETFD) < 0) return kNobodyThere;
  const int protocol = MoveAway(options.protocol_fd);
  WatchOwnDescriptor(protocol);
  InstallForkGuard();
  NoteFatalSignals(journal);
  const OwnFrees frees;
  StartQuarantine();

  const auto channel = std::make_unique<Channel>(protocol);
  Hello hello;
  auto loaded = IutLibrary::Load(options.library);
  if (auto* error = std::get_if<std::string>(&loaded)) {
    hello.error = std::move(*error);
    channel->Put(ToJson(hello));
    channel->Flush();
    return kUnusable;
  }
  // Never unloaded: threads that the IUT has left behind may still run its code. The pointer stays
  // reachable, so that leak checkers are content.
  static IutLibrary* library = nullptr;
  library = std::get<std::unique_ptr<IutLibrary>>(std::move(loaded)).release();
  hello.info = library->info();
  Executor executor(library->iut(), options.parameters, journal);
  hello.info.no_exploration = executor.WhyNotExplored();
  channel->Put(ToJson(hello));
  channel->Flush();
  Serve(executor, *journal, *channel);
  return 0;
}

}  // namespace vdsconform
