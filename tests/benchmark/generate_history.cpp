#include "tests/benchmark/generate_history.h"

#include "spec/hresult.h"

namespace vdsconform {
namespace {

constexpr uint32_t kPollers = 4;
constexpr uint64_t kEventsPerOperation = 1000;

// An operation's life is a fixed number of events: begin, polls with a progress report after every
// tenth, finish, polls that see it finished, end. Calls of different threads overlap: each begins
// 10 ns after the one before it and takes 30 ns.
Event EventAt(uint64_t index) {
  const uint64_t position = index % kEventsPerOperation;
  const uint64_t finish_at = kEventsPerOperation - 20;
  Event event;
  event.op = static_cast<uint32_t>(index / kEventsPerOperation);
  event.t0 = static_cast<int64_t>(index) * 10;
  event.t1 = event.t0 + 5;  // the driver's calls overlap nothing of their own thread
  event.thread = kPollers;
  const uint64_t percent = 99 * (position / 10) / (kEventsPerOperation / 10);
  if (position == 0) {
    event.call = Call::kBegin;
    event.estimable = true;
    event.driven = true;
  } else if (position == kEventsPerOperation - 1) {
    event.call = Call::kEnd;
  } else if (position == finish_at) {
    event.call = Call::kFinish;
    event.result = hr::kOk;
  } else if (position % 10 == 0 && position < finish_at) {
    event.call = Call::kProgress;
    event.percent = static_cast<uint32_t>(percent);
  } else {
    event.call = Call::kQueryStatus;
    event.thread = static_cast<uint32_t>(index % kPollers);
    event.t1 = event.t0 + 30;
    event.ret = hr::kOk;
    event.hr = position < finish_at ? hr::kOperationPending : hr::kOk;
    event.percent = position < finish_at ? static_cast<uint32_t>(percent) : 100;
  }
  return event;
}

}  // namespace

void GenerateHistory(uint64_t events, const std::function<void(const Event&)>& sink) {
  for (uint64_t index = 0; index < events; ++index) sink(EventAt(index));
}

}  // namespace vdsconform
