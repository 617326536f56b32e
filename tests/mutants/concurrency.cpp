// Mutants that are right one call at a time and whose transitions lose each other when they overlap
// (QS-11), in windows that threads which race do meet. Torn outputs stand in torn.cpp and
// torn_narrow.cpp.

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {
namespace {

// Progress reads, thinks and writes back: an end that comes in between is lost to QueryStatus. Wait
// and Cancel know better.
class ProgressLosesFinish : public Operation {
 public:
  explicit ProgressLosesFinish(bool estimable) : Operation(estimable), shown_(state_.load()) {}

  void Progress(ULONG percent) override {
    Operation::Progress(percent);
    State next = shown_;
    if (next.ended()) return;
    Linger();
    next.percent = state_.load().percent;
    shown_ = next;
  }
  void Finish(HRESULT result) override {
    Operation::Finish(result);
    shown_ = state_.load();
  }

 protected:
  State Look() override {
    const State now = state_.load();
    return now.phase == Phase::kCanceled ? now : shown_.load();
  }

 private:
  std::atomic<State> shown_;
};

// Each thread has a cache. A number tells whether that is old, and is raised before there is news:
// who asks in between keeps the old for good.
class StaleOnThread : public Operation {
 public:
  explicit StaleOnThread(bool estimable) : Operation(estimable), version_(++versions) {}

  HRESULT Cancel() override {
    version_ = ++versions;
    return Operation::Cancel();
  }
  void Progress(ULONG percent) override {
    version_ = ++versions;
    Operation::Progress(percent);
  }
  void Finish(HRESULT result) override {
    version_ = ++versions;
    Operation::Finish(result);
  }

 protected:
  State Look() override {
    thread_local uint64_t known = 0;
    thread_local State cache;
    const uint64_t now = version_;
    if (known != now) cache = Operation::Look();
    known = now;
    return cache;
  }

 private:
  static inline std::atomic<uint64_t> versions{0};
  std::atomic<uint64_t> version_;
};

// Progress reads, changes and writes back: an end that comes in between is lost to QueryStatus.
class ProgressWritesBack : public Operation {
 public:
  explicit ProgressWritesBack(bool estimable) : Operation(estimable), shown_(state_.load()) {}

  HRESULT Cancel() override {
    const HRESULT ret = Operation::Cancel();
    if (ret == hr::kOk) shown_ = state_.load();
    return ret;
  }
  void Progress(ULONG percent) override {
    State next = shown_;
    if (next.ended()) return;
    Operation::Progress(percent);
    next.percent = state_.load().percent;
    shown_ = next;
  }
  void Finish(HRESULT result) override {
    Operation::Finish(result);
    shown_ = state_.load();
  }

 protected:
  State Look() override { return shown_; }

 private:
  std::atomic<State> shown_;
};

constexpr Row kRows[] = {
    {"progress_loses_finish", "Progress writes back, some time later, a state from before the end.",
     "QS-11", Make<ProgressLosesFinish>, "win32", "QS-10 QS-14"},
    {"stale_on_thread", "Tells a thread that its cache is new before it is.", "QS-11",
     Make<StaleOnThread>, "win32", "QS-10 QS-14 QS-17"},
    {"progress_writes_back", "Progress writes back a state from before the end.", "QS-11",
     Make<ProgressWritesBack>, "win32", "QS-10 QS-14 QS-17"},
};

}  // namespace

std::span<const Row> ConcurrencyRows() { return kRows; }

}  // namespace vdsconform::mutants
