#include "harness/onlooker.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "harness/stepper.h"

namespace vdsconform {
namespace {

// What a call may use beyond what is usual before it is taken to spin.
constexpr int64_t kSpinNs = 300'000;
constexpr int64_t kUsualTimes = 30;
// The same for the first so many: a virtual machine that did not run for a while counts that as the
// thread's time, and an implementation that spins does so again and again.
constexpr int64_t kFirstSpinNs = 3'000'000;
constexpr int kDoubtful = 3;
// In so many looks at least, as such time may be counted all at once.
constexpr int64_t kSpinLooks = 4;
// What each trap that the stepper set is allowed on top, and how many of them: more than it takes,
// since virtual machines count time that was not theirs, but a call that spins while it is stepped
// is to be seen, too.
constexpr int64_t kTrapNs = 50'000;
constexpr uint64_t kTraps = 400;
// A sleep that another thread's progress cannot be the end of is over by then.
constexpr int64_t kSleepNs = 2'000'000;
// Sleeps in one call after which it is taken to wait by sleeping.
constexpr uint64_t kSleeps = 8;

}  // namespace

bool Onlooker::OthersAsleep(pid_t but) const {
  const auto self = static_cast<pid_t>(syscall(SYS_gettid));
  bool asleep = true;
  ForEachOwnThread([&](pid_t tid) {
    if (tid == but || tid == self || std::find(own_.begin(), own_.end(), tid) != own_.end()) return;
    const std::optional<ThreadSample> sample = SampleThread(tid);
    asleep = asleep && sample && sample->untimed_futex;
  });
  return asleep;
}

Onlooker::Sight Onlooker::Look(const Worker& worker) {
  const uint64_t sequence = worker.call_sequence();
  if (sequence % 2 == 0) return Sight::kGoesOn;
  const pid_t tid = worker.tid();
  const uint64_t traps = Stepper::traps();
  const std::optional<ThreadSample> sample = SampleThread(tid);
  if (!sample || worker.call_sequence() != sequence) return Sight::kGoesOn;
  const bool is_first = sequence != sequence_;
  if (is_first) {
    sequence_ = sequence;
    last_ = *sample;
    used_ns_ = 0;
    first_run_count_ = sample->run_count;
    first_traps_ = traps;
  }
  const int64_t now = NowNs();
  const bool still_asleep = !is_first && SleptThrough(last_, *sample);
  if (!still_asleep) asleep_since_ns_ = now;

  const auto stepping = static_cast<int64_t>(std::min(traps - first_traps_, kTraps)) * kTrapNs;
  const int64_t least = spins_seen_ < kDoubtful ? kFirstSpinNs : kSpinNs;
  const int64_t limit = patience_ * std::max(least, kUsualTimes * usual_ns_) + stepping;
  used_ns_ += std::min(static_cast<int64_t>(sample->cpu_ns - last_.cpu_ns), limit / kSpinLooks);
  last_ = *sample;
  if (used_ns_ >= limit) {
    ++spins_seen_;
    return Sight::kWaits;
  }
  if (sample->run_count - first_run_count_ >= kSleeps && sample->asleep && sample->timed) {
    return Sight::kWaits;
  }
  if (!sample->asleep) return Sight::kGoesOn;
  if (!still_asleep) return sample->untimed_futex ? Sight::kSleeps : Sight::kGoesOn;
  const bool for_ever = sample->untimed_futex && OthersAsleep(tid);
  return for_ever || now - asleep_since_ns_ > patience_ * kSleepNs ? Sight::kWaits : Sight::kGoesOn;
}

}  // namespace vdsconform
