#include "harness/supervisor.h"

#include <bit>
#include <optional>
#include <utility>

#include "harness/backtrace.h"

namespace vdsconform {
namespace {

// A call that woke this often without coming back polls rather than sleeps.
constexpr uint64_t kPollingWakeups = 16;
// Looks in a row that must find nothing left that could wake a call.
constexpr int kQuiescentLooks = 2;
// CPU time after which a Wait that does not sleep is taken to wait by spinning.
constexpr uint64_t kSpinningWaitNs = 10'000'000;

}  // namespace

Supervisor::State Supervisor::Look(Worker& worker, uint32_t patience_ms) {
  return LookAt(worker, patience_ms, true);
}

Supervisor::State Supervisor::LookForHang(Worker& worker, uint32_t patience_ms) {
  return LookAt(worker, patience_ms, false);
}

// That it sleeps is noted first, while it does: it may be over soon. Where, is read again and
// again, as it may change, but seldom, as it costs.
void Supervisor::NoteSleep(Worker& worker, Watch& watch) {
  if (watch.last.timed) {
    worker.NoteAsleep(watch.sequence, watch.clock.asleep_ns());
    worker.NoteSlept(watch.sequence, watch.last);
    if (!std::exchange(watch.slept_timed, true)) saw_new_sleep_ = true;
  }
  watch.slept_in = watch.last.system_call;
  if (!std::has_single_bit(++watch.sleeping_looks)) return;
  ReadFrames(worker, watch);
  if (watch.last.timed) worker.NoteBlocked(watch.sequence, blockage(worker));
}

void Supervisor::ReadFrames(const Worker& worker, Watch& watch) {
  const ThreadSample& sample = watch.last;
  std::vector<uintptr_t> frames =
      ReadStack(code_, sample.instruction, sample.stack, worker.stack());
  // What was read while the thread ran is of no moment.
  const std::optional<ThreadSample> after = SampleThread(worker.tid());
  if (after && SleptThrough(sample, *after)) watch.frames = std::move(frames);
}

Blockage Supervisor::blockage(const Worker& worker) const {
  const Watch& watch = watches_[worker.index()];
  Blockage blockage;
  blockage.asleep_ns = watch.clock.asleep_ns();
  blockage.cpu_ns = watch.clock.cpu_ns();
  blockage.for_good = watch.quiescent;
  // One that spins may have slept for a moment before, which says nothing.
  if (watch.witness == Witness::kSpinning) return blockage;
  if (watch.slept_in >= 0) blockage.system_call = SystemCallName(watch.slept_in);
  blockage.stack = Places(watch.frames);
  return blockage;
}

Supervisor::State Supervisor::LookAt(Worker& worker, uint32_t patience_ms,
                                     bool wait_rests_when_asleep) {
  const uint64_t sequence = worker.call_sequence();
  is_blind_ = false;
  if (sequence % 2 == 0) return State::kOutside;
  const Call call = worker.call();
  const int64_t now = NowNs();
  const std::optional<ThreadSample> sample = SampleThread(worker.tid());
  is_blind_ = !sample && worker.call_sequence() == sequence;
  if (!sample || worker.call_sequence() != sequence) return State::kGoesOn;

  Watch& watch = watches_[worker.index()];
  if (watch.sequence != sequence) {
    watch = Watch{};
    watch.sequence = sequence;
    watch.clock.Start(*sample, now);
    watch.last = *sample;
  }
  watch.clock.Update(*sample, now);
  const bool still_asleep = SleptThrough(watch.last, *sample);
  watch.last = *sample;
  if (sample->asleep) NoteSleep(worker, watch);

  if (call == Call::kWait && wait_rests_when_asleep) {
    if (still_asleep) watch.witness = Witness::kAsleep;
    if (watch.clock.cpu_ns() > kSpinningWaitNs) watch.witness = Witness::kSpinning;
    return watch.witness == Witness::kNone ? State::kGoesOn : State::kAtRest;
  }
  const bool quiescent = sample->untimed_futex && (still_asleep || watch.quiescent_looks == 0) &&
                         ProcessIsQuiescent() && worker.call_sequence() == sequence;
  watch.quiescent_looks = quiescent ? watch.quiescent_looks + 1 : 0;
  if (watch.quiescent_looks >= kQuiescentLooks) {
    watch.witness = Witness::kAsleep;
    watch.quiescent = true;
    return State::kAtRest;
  }
  if (watch.clock.own_ns() < uint64_t{patience_ms} * 1'000'000) return State::kGoesOn;
  if (watch.clock.cpu_ns() > watch.clock.asleep_ns()) {
    watch.witness = Witness::kSpinning;
  } else {
    const bool polls = watch.clock.wakeups() >= kPollingWakeups;
    watch.witness = polls ? Witness::kPolling : Witness::kAsleep;
  }
  return State::kAtRest;
}

std::string Supervisor::Explain(const Worker& worker) const {
  const Watch& watch = watches_[worker.index()];
  const std::string cpu = std::to_string(watch.clock.cpu_ns() / 1'000'000) + " ms of CPU";
  const std::string asleep = std::to_string(watch.clock.asleep_ns() / 1'000'000) + " ms asleep";
  switch (watch.witness) {
    case Witness::kNone:
      return "not seen at rest";
    case Witness::kSpinning:
      return "spinning, after " + cpu;
    case Witness::kPolling:
      return "sleeping and waking, " + std::to_string(watch.clock.wakeups()) + " times, after " +
             asleep;
    case Witness::kAsleep:
      break;
  }
  const std::string where = SystemCallName(watch.last.system_call);
  if (watch.quiescent) {
    return "asleep in " + where + ", and no thread is left that could wake it";
  }
  return "asleep in " + where + ", after " + asleep;
}

}  // namespace vdsconform
