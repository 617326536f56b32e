// Implementations that conform and do or answer something unusual: nothing may be found in them.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {
namespace {

using Clock = std::chrono::steady_clock;

// What a call does on the way.

template <void (*kAside)()>
class Aside : public Operation {
 public:
  using Operation::Operation;

 protected:
  State Look() override {
    kAside();
    return Operation::Look();
  }
};

// So much processor time.
template <long kMicroseconds>
void Compute() {
  timespec from{};
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
  do {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  } while ((now.tv_sec - from.tv_sec) * 1'000'000'000 + now.tv_nsec - from.tv_nsec <
           kMicroseconds * 1'000);
}

// From time to time, as a suite asks often.
void ComputeNowAndThen() {
  static std::atomic<uint32_t> calls{0};
  if (++calls % 512 == 1) Compute<2'000>();
}

void Allocate() {
  for (size_t size = 16; size <= 65'536; size *= 8) {
    std::make_unique<std::string>(size, 'x')->append("y");
  }
}

void LogToStderr() { std::fprintf(stderr, "QueryStatus\n"); }

void PrintToStdout() {
  std::printf("{\"vdsconform\":\"history/1\"}\nQueryStatus\n");
  std::fflush(stdout);
}

// The first call of the process builds a table.
void BuildTableOnce() {
  static const std::vector<std::string> kTable = [] {
    std::vector<std::string> table;
    for (int i = 0; i < 100'000; ++i) table.push_back(std::to_string(i));
    return table;
  }();
  static_cast<void>(kTable);
}

// Starts a process with the operation, as a format that is done by a tool.
class ForksAtBegin : public Operation {
 public:
  explicit ForksAtBegin(bool estimable) : Operation(estimable) {
    static std::atomic<uint32_t> begins{0};
    if (++begins % 16 != 1) return;
    const pid_t child = fork();
    if (child == 0) _exit(0);
    if (child > 0) waitpid(child, nullptr, 0);
  }
};

// What is answered.

Answer InStepsOfTen(State state, Answer a) {
  if (state.pending()) a.percent -= a.percent % 10;
  return a;
}

Answer StartsAt5(State state, Answer a) {
  if (state.pending() && state.estimable) a.percent = std::max<ULONG>(a.percent, 5);
  return a;
}

Answer FailurePercent0(State state, Answer a) {
  if (state.ended() && Failed(a.hr)) a.percent = 0;
  return a;
}

// Percent grows with every call, up to 99.
class PercentGrowsByItself : public Operation {
 public:
  using Operation::Operation;

 protected:
  State Look() override {
    const ULONG grown = std::min<ULONG>(++calls_ / 2, 99);
    if (state_.load().estimable) Progress(grown);
    return Operation::Look();
  }

 private:
  std::atomic<ULONG> calls_{0};
};

// Every fifth call is out of memory and stores nothing.
class NowAndThenOutOfMemory : public Operation {
 public:
  using Operation::Operation;

 protected:
  HRESULT Tell(State state, HRESULT* hr, ULONG* percent) override {
    if (++calls_ % 5 == 3) return hr::kOutOfMemory;
    return Operation::Tell(state, hr, percent);
  }

 private:
  std::atomic<uint32_t> calls_{0};
};

HRESULT EPointer(HRESULT*, ULONG*) { return hr::kPointer; }

HRESULT NullRefPointer(HRESULT*, ULONG*) { return ToHresult(0x800706F4u); }

class SecondCancelSaysCanceled : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    const HRESULT ret = Operation::Cancel();
    const bool canceled = state_.load().phase == Phase::kCanceled;
    return Failed(ret) && canceled ? hr::kOperationCanceled : ret;
  }
};

constexpr uint32_t kNeither =
    kEverything & ~static_cast<uint32_t>(VDSCONFORM_CANCEL | VDSCONFORM_WAIT);

class NeitherCancelNorWait : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override { return hr::kVdsNotSupported; }
  HRESULT Wait(HRESULT*, VDS_ASYNC_OUTPUT*) override { return hr::kNotImpl; }
};

// Counts from a million, as an object that lives in a table which holds it, too.
class LargeCounts : public Operation {
 public:
  using Operation::Operation;

  ULONG AddRef() override { return Operation::AddRef() + kMore; }
  ULONG Release() override { return Operation::Release() + kMore; }

 private:
  static constexpr ULONG kMore = 1'000'000;
};

// Runs by itself for twenty milliseconds, as a real operation would; nothing drives it.
template <uint32_t kResult>
class RunsByItself : public Operation {
 public:
  using Operation::Operation;

  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override {
    if (result == nullptr || output == nullptr) return hr::kInvalidArg;
    {
      std::unique_lock lock(mutex_);
      ended_.wait_until(lock, end_, [this] { return state_.load().ended(); });
    }
    Measure();
    return Operation::Wait(result, output);
  }

 protected:
  State Look() override {
    Measure();
    return Operation::Look();
  }

 private:
  void Measure() {
    const auto left = end_ - Clock::now();
    if (left <= Clock::duration::zero()) {
      EndAs(Phase::kFinished, ToHresult(kResult));
    } else {
      Progress(static_cast<ULONG>(99 - left * 99 / kDuration));
    }
  }

  static constexpr Clock::duration kDuration = std::chrono::milliseconds(20);
  const Clock::time_point end_ = Clock::now() + kDuration;
};

// Had ended before begin returned.
class EndedAtBegin : public Operation {
 public:
  explicit EndedAtBegin(bool estimable) : Operation(estimable) { EndAs(Phase::kFinished, hr::kOk); }
};

constexpr uint32_t kSelfRunning = kEverything & ~static_cast<uint32_t>(VDSCONFORM_DRIVE);
constexpr uint32_t kNotEstimable = kEverything & ~static_cast<uint32_t>(VDSCONFORM_ESTIMATE);
constexpr uint32_t kEstimableOnly = kEverything & ~static_cast<uint32_t>(VDSCONFORM_NOT_ESTIMATE);

constexpr Row kRows[] = {
    {"computes_2_ms", "Now and then computes for two milliseconds.", "",
     Make<Aside<ComputeNowAndThen>>},
    {"computes_100_us", "Computes for a tenth of a millisecond at every call.", "",
     Make<Aside<Compute<100>>>, "win32", "", kEverything, "--quick --filter QS01.*:QS06.*"},
    {"allocates", "Allocates memory at every call.", "", Make<Aside<Allocate>>, "win32", "QA-02"},
    {"logs_to_stderr", "Logs every call.", "", Make<Aside<LogToStderr>>, "win32", "QA-02"},
    {"prints_to_stdout", "Prints to stdout what looks like a history.", "",
     Make<Aside<PrintToStdout>>, "win32", "QA-02"},
    {"slow_first_call", "The first call builds a table.", "", Make<Aside<BuildTableOnce>>},
    {"forks_at_begin", "Starts a process with an operation and waits for it.", "",
     Make<ForksAtBegin>},
    {"percent_in_steps_of_ten", "Shows percent in steps of ten.", "", Make<Says<InStepsOfTen>>,
     "ms-vds", "QA-04"},
    {"starts_at_5_win32", "Shows 5 before any progress, which win32 allows.", "",
     Make<Says<StartsAt5>>},
    {"failure_percent_0_ms_vds", "Shows 0 after a failure, which ms-vds allows.", "",
     Make<Says<FailurePercent0>>, "ms-vds"},
    {"percent_grows_by_itself", "Percent grows with every call.", "", Make<PercentGrowsByItself>},
    {"now_and_then_out_of_memory", "Every fifth call returns E_OUTOFMEMORY and stores nothing.", "",
     Make<NowAndThenOutOfMemory>},
    {"null_e_pointer", "Returns E_POINTER for NULL outputs.", "", Make<OnNullOutputs<EPointer>>},
    {"null_rpc_x_null_ref_pointer", "Returns 0x800706F4 for NULL outputs, as a proxy does.", "",
     Make<OnNullOutputs<NullRefPointer>>},
    {"second_cancel_says_canceled", "A second Cancel returns VDS_E_OPERATION_CANCELED.", "",
     Make<SecondCancelSaysCanceled>},
    {"neither_cancel_nor_wait", "Wait is E_NOTIMPL and Cancel VDS_E_NOT_SUPPORTED.", "",
     Make<NeitherCancelNorWait>, "win32", "", kNeither},
    {"large_counts", "AddRef and Release return counts above a million.", "", Make<LargeCounts>},
    {"not_estimable_only", "Progress can never be estimated.", "", Make<Operation>, "win32", "",
     kNotEstimable},
    {"estimable_only", "Progress can always be estimated.", "", Make<Operation>, "win32", "",
     kEstimableOnly},
    {"runs_by_itself", "Nothing drives it; it ends by itself with S_OK.", "", Make<RunsByItself<0>>,
     "win32", "", kSelfRunning},
    {"fails_by_itself", "Nothing drives it; it ends by itself with a failure.", "",
     Make<RunsByItself<0x80042464u>>, "ms-vds", "", kSelfRunning},
    {"warns_by_itself", "Nothing drives it; it ends with VDS_S_EXTEND_FILE_SYSTEM_FAILED.", "QA-01",
     Make<RunsByItself<0x00042465u>>, "win32", "", kSelfRunning},
    {"ended_at_begin", "Nothing drives it; it has ended before begin returns.", "",
     Make<EndedAtBegin>, "win32", "inconclusive", kSelfRunning},
};

}  // namespace

std::span<const Row> ConformingRows() { return kRows; }

}  // namespace vdsconform::mutants
