#include "harness/fuzz_job.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace vdsconform {
namespace {

constexpr size_t kMaxLine = 4096;
// What the executor runs has calls that it has to release first.
constexpr uint32_t kExecutorPatienceMs = 10'000;
constexpr size_t kMaxLastWords = 2048;
constexpr size_t kMaxClaim = 64 * 1024;
// Of the pipe of what is said. The engine never says as much as kFlood between two reads.
constexpr size_t kRoom = size_t{1} << 20;
constexpr size_t kFlood = kRoom / 2;

std::string SystemError(const char* what) {
  return std::string(what) + " failed: " + std::strerror(errno);
}

// The number that follows `name` in one of the engine's lines: "cov: 48 ft: 234 corp: 86/3382b".
bool NumberAfter(std::string_view line, std::string_view name, uint64_t* number) {
  const size_t at = line.find(name);
  if (at == std::string_view::npos) return false;
  const char* const first = line.data() + at + name.size();
  return std::from_chars(first, line.data() + line.size(), *number).ec == std::errc();
}

bool MakePipe(UniqueFd* reader, UniqueFd* writer) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  *reader = UniqueFd(ends[0]);
  *writer = UniqueFd(ends[1]);
  return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

}  // namespace

std::variant<std::unique_ptr<FuzzJob>, std::string> FuzzJob::Start(FuzzWorkerOptions options) {
  std::unique_ptr<FuzzJob> job(new FuzzJob);
  const UniqueFd board(memfd_create("vdsconform-fuzz", MFD_CLOEXEC));
  if (!board.valid() || ftruncate(board.get(), sizeof(FuzzBoard)) != 0) {
    return SystemError("memfd_create");
  }
  void* const memory =
      mmap(nullptr, sizeof(FuzzBoard), PROT_READ | PROT_WRITE, MAP_SHARED, board.get(), 0);
  if (memory == MAP_FAILED) return SystemError("mmap");
  job->board_ = static_cast<FuzzBoard*>(memory);
  UniqueFd found;
  UniqueFd errors;
  if (!MakePipe(&job->found_, &found) || !MakePipe(&job->errors_, &errors)) {
    return SystemError("pipe2");
  }
  // Without so much room what is said between two reads is said more slowly.
  fcntl(errors.get(), F_SETPIPE_SZ, int{kRoom});
  // What the implementation prints is not ours; the engine speaks on standard error.
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null.valid()) return SystemError("opening /dev/null");

  options.board = board.get();
  options.found = found.get();
  ChildProcess::Command command;
  command.arguments = {"/proc/self/exe"};
  for (std::string& argument : ToArguments(options)) {
    command.arguments.push_back(std::move(argument));
  }
  command.standard_input = null.get();
  command.standard_output = null.get();
  command.standard_error = errors.get();
  command.inherited = {board.get(), found.get()};
  auto started = ChildProcess::Start(command);
  if (auto* error = std::get_if<std::string>(&started)) return std::move(*error);
  job->child_ = std::get<std::unique_ptr<ChildProcess>>(std::move(started));
  job->Forgive();
  return job;
}

FuzzJob::~FuzzJob() {
  child_.reset();
  if (board_ != nullptr) munmap(board_, sizeof(FuzzBoard));
}

std::vector<int> FuzzJob::descriptors() const {
  std::vector<int> all = {found_.get()};
  if (floods_) all.push_back(errors_.get());
  if (child_->ended_descriptor() >= 0) all.push_back(child_->ended_descriptor());
  return all;
}

void FuzzJob::ReadLine(std::string_view line) {
  // Lines of progress begin with "#" and a number; others are the implementation's or last words.
  uint64_t features = 0;
  if (!line.empty() && line.front() == '#' && NumberAfter(line, " ft: ", &features)) {
    features_ = features;
    NumberAfter(line, " cov: ", &coverage_);
    NumberAfter(line, " corp: ", &corpus_);
    return;
  }
  last_words_.append(line);
  last_words_ += '\n';
  if (last_words_.size() > kMaxLastWords) last_words_.erase(0, last_words_.size() - kMaxLastWords);
}

void FuzzJob::ReadClaims() {
  while (found_bytes_.size() >= sizeof(FoundHeader)) {
    FoundHeader header{};
    std::memcpy(&header, found_bytes_.data(), sizeof header);
    const size_t size = sizeof header + size_t{header.key_size} + size_t{header.input_size};
    // An implementation may have written into the pipe: then nothing in it can be relied upon.
    if (size > kMaxClaim) return found_bytes_.clear();
    if (found_bytes_.size() < size) return;
    Claim claim;
    claim.key = found_bytes_.substr(sizeof header, header.key_size);
    const auto input =
        found_bytes_.begin() + static_cast<std::ptrdiff_t>(sizeof header + header.key_size);
    claim.executions = header.executions;
    claim.at = std::chrono::steady_clock::time_point(std::chrono::nanoseconds(header.at_ns));
    claim.input.assign(input, input + static_cast<std::ptrdiff_t>(header.input_size));
    claims_.push_back(std::move(claim));
    found_bytes_.erase(0, size);
  }
}

void FuzzJob::Read() {
  std::array<char, 64 * 1024> bytes;
  // Bounded: an implementation may print without end.
  for (int i = 0; i < 16; ++i) {
    const ssize_t got = read(found_.get(), bytes.data(), bytes.size());
    if (got <= 0) break;
    found_bytes_.append(bytes.data(), static_cast<size_t>(got));
  }
  ReadClaims();
  size_t said = 0;
  while (said < kRoom) {
    const ssize_t got = read(errors_.get(), bytes.data(), bytes.size());
    if (got <= 0) break;
    said += static_cast<size_t>(got);
    for (const char c : std::string_view(bytes.data(), static_cast<size_t>(got))) {
      if (c != '\n') {
        if (line_.size() < kMaxLine) line_ += c;
        continue;
      }
      ReadLine(line_);
      line_.clear();
    }
  }
  floods_ = said >= kFlood;
}

void FuzzJob::Forgive() {
  own_ns_ = 0;
  child_->OwnTimeSinceLastAsked();
}

FuzzJob::State FuzzJob::Look(uint32_t patience_ms) {
  if (child_->Ended()) {
    Read();
    const Death& death = child_->End();
    const bool normal = death.fault == Fault::kExited && death.detail == "exit status 0" &&
                        __atomic_load_n(&board_->running, __ATOMIC_ACQUIRE) == 0;
    return normal ? State::kEnded : State::kDied;
  }
  const uint64_t executions = this->executions();
  const bool running = __atomic_load_n(&board_->running, __ATOMIC_ACQUIRE) != 0;
  if (executions != executions_seen_ || !running) {
    executions_seen_ = executions;
    Forgive();
    return State::kRuns;
  }
  own_ns_ += child_->OwnTimeSinceLastAsked();
  if (own_ns_ <= int64_t{patience_ms} * 1'000'000) return State::kRuns;
  const bool waits_on = own_ns_ <= int64_t{kExecutorPatienceMs} * 1'000'000 && !RunsInOrder();
  return waits_on ? State::kRuns : State::kStuck;
}

std::string FuzzJob::WhyInVain() {
  const Death& death = End();
  return death.detail == "exit status " + std::to_string(kNoEngine)
             ? std::string(kNoEngineMessage)
             : "the fuzzing process ended before it ran anything: " + death.detail + "\n" +
                   last_words();
}

bool FuzzJob::RunsInOrder() const {
  Program program;
  UnpackProgram(CurrentInput(), &program);
  return program.schedule.kind == Schedule::Kind::kInOrder;
}

std::vector<uint8_t> FuzzJob::CurrentInput() const {
  const uint32_t size =
      std::min<uint32_t>(__atomic_load_n(&board_->size, __ATOMIC_RELAXED), kMaxPackedBytes);
  return {board_->input, board_->input + size};
}

}  // namespace vdsconform
