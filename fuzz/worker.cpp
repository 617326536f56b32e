// The process in which `vdsconform fuzz` fuzzes: libFuzzer, with the implementation beside it.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "fuzz/iut_target.h"
#include "harness/fork_guard.h"
#include "harness/fuzz_engine.h"
#include "harness/own_descriptors.h"
#include "harness/quarantine.h"

extern "C" int LLVMFuzzerRunDriver(int* argc, char*** argv,
                                   int (*callback)(const uint8_t* data, size_t size));

namespace vdsconform {
namespace {

// Of what shows the same: what one Program showed may not show again by it alone, or may have had
// nothing to do with the implementation.
constexpr uint32_t kMostClaims = 4;

struct Worker {
  FuzzBoard* board = nullptr;
  int found = -1;
  bool strict = false;
  std::unique_ptr<IutTarget> target;
  std::map<std::string, uint32_t> told;  // how often each key was
};
Worker* worker = nullptr;

void Tell(const std::string& key, const uint8_t* data, size_t size) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const FoundHeader header{static_cast<uint32_t>(key.size()), static_cast<uint32_t>(size),
                           worker->board->executions,
                           std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
  std::string message(reinterpret_cast<const char*>(&header), sizeof header);
  message += key;
  message.append(reinterpret_cast<const char*>(data), size);
  if (write(worker->found, message.data(), message.size()) < 0) _exit(4);
}

// An implementation that closes what is not its own, or puts files of its own in the place, takes
// the engine's files and our pipe with it. Looked at now and then, as it costs system calls; so
// does telling a child that has our memory. At first each time: what a process died of like this
// comes again soon after the next has begun, and has to be known to be told.
bool LostDescriptors() {
  constexpr uint64_t kEachUntil = 1'024;
  constexpr uint64_t kEvery = 32;
  const uint64_t executions = worker->board->executions;
  if (executions > kEachUntil && executions % kEvery != 0) return false;
  if (InSharingChild()) _exit(0);
  return !OwnDescriptorsIntact();
}

int RunOne(const uint8_t* data, size_t size) {
  FuzzBoard& board = *worker->board;
  size = std::min(size, kMaxPackedBytes);
  __atomic_store_n(&board.running, 0, __ATOMIC_RELEASE);
  std::copy_n(data, size, board.input);
  __atomic_store_n(&board.size, static_cast<uint32_t>(size), __ATOMIC_RELAXED);
  __atomic_store_n(&board.executions, board.executions + 1, __ATOMIC_RELAXED);
  __atomic_store_n(&board.running, 1, __ATOMIC_RELEASE);
  const Judgement judgement = worker->target->Run({data, size});
  if (LostDescriptors()) _exit(3);
  __atomic_store_n(&board.running, 0, __ATOMIC_RELEASE);
  for (const Finding& finding : judgement.findings) {
    if (Get(finding.req).advisory && !worker->strict) continue;
    const std::string key = ClaimKey(finding);
    uint32_t& told = worker->told[key];
    if (told >= kMostClaims) continue;
    ++told;
    Tell(key, data, size);
  }
  return 0;
}

}  // namespace

int FuzzWorkerMain(const FuzzWorkerOptions& options) {
  void* const memory =
      mmap(nullptr, sizeof(FuzzBoard), PROT_READ | PROT_WRITE, MAP_SHARED, options.board, 0);
  if (memory == MAP_FAILED) return 4;
  // An implementation that writes into every descriptor would write there, too.
  close(options.board);
  WatchOwnDescriptor(options.found);
  static Worker own;
  worker = &own;
  own.board = static_cast<FuzzBoard*>(memory);
  own.found = options.found;
  own.strict = options.strict;
  const OwnFrees frees;
  auto opened = IutTarget::Open(options.iut, options.profile);
  if (const auto* error = std::get_if<std::string>(&opened)) {
    std::fprintf(stderr, "%s\n", error->c_str());
    return 2;
  }
  own.target = std::get<std::unique_ptr<IutTarget>>(std::move(opened));

  std::vector<std::string> arguments = {"vdsconform"};
  arguments.insert(arguments.end(), options.engine.begin(), options.engine.end());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  auto count = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  char** values = pointers.data();
  // The engine begins with an empty Program, in which the first call of all comes once the
  // operation has finished: what only a process's first call does wrong would not show.
  constexpr uint8_t kQueryOfPending[kPackedHeaderBytes + kPackedStepBytes] = {};
  RunOne(kQueryOfPending, sizeof kQueryOfPending);
  const int status = LLVMFuzzerRunDriver(&count, &values, RunOne);
  std::fflush(nullptr);
  // What the implementation does when it is unloaded is for `vdsconform run`.
  _exit(status);
}

}  // namespace vdsconform
