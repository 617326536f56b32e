#include "small_histories.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <sstream>
#include <vector>

#include "spec/history_json.h"
#include "spec/hresult.h"

namespace vdsconform {
namespace {

constexpr uint32_t kThreads = 4;
constexpr HRESULT kResults[] = {hr::kOk,
                                hr::kFail,
                                hr::kFalse,
                                hr::kOperationCanceled,
                                ToHresult(0x80042436u),
                                ToHresult(0x00042436u)};
constexpr HRESULT kCancelFailures[] = {hr::kCancelTooLate, hr::kVdsNotSupported,
                                       hr::kOperationCanceled};
// The driver stays below this. An operation that shows what another one was given, far from its own
// progress, breaks QS-14, which no search in the orders of calls can see.
constexpr uint32_t kMostProgress = 30;

template <size_t kSize>
HRESULT OneOf(Random& random, const HRESULT (&values)[kSize]) {
  return values[random.Below(kSize)];
}

// An operation that behaves.
struct Model {
  bool estimable = true;
  bool driven_by_driver = true;
  bool finished = false;
  HRESULT result = hr::kOk;
  uint32_t driver_percent = 0;
  bool progressed = false;
  uint32_t shown = 0;
};

class Generator {
 public:
  Generator(Random& random, Profile profile) : random_(random), profile_(profile) {}

  History Make() {
    const uint32_t operations = random_.OneIn(5) ? 2 : 1;
    for (uint32_t op = 0; op < operations; ++op) Begin(op);
    const uint32_t calls = 2 + random_.Below(7);
    // The calls take effect one after another, each at an instant of its own or of several.
    int64_t instant = 2;
    for (uint32_t i = 0; i < calls; ++i) {
      instant += random_.Below(3);
      Step(random_.Below(operations), instant);
    }
    for (Event& event : history_.events) Widen(&event);
    return std::move(history_);
  }

 private:
  void Begin(uint32_t op) {
    Model model;
    model.estimable = !random_.OneIn(5);
    model.driven_by_driver = !random_.OneIn(3);
    Event event;
    event.op = op;
    event.call = Call::kBegin;
    event.estimable = model.estimable;
    // Where the driver's calls tell, the header need not.
    event.driven = model.driven_by_driver && random_.OneIn(2);
    declared_[op] = event.driven;
    event.t0 = 0;
    event.t1 = 0;
    history_.events.push_back(event);
    models_[op] = model;
  }

  // One call that takes effect at `instant`.
  void Step(uint32_t op, int64_t instant) {
    Model& model = models_[op];
    if (!model.driven_by_driver && !model.finished && random_.OneIn(4)) {
      model.finished = true;
      model.result = OneOf(random_, kResults);
    }
    Event event;
    event.op = op;
    event.thread = random_.Below(kThreads);
    event.t0 = instant;
    event.t1 = instant;
    event.ret = hr::kOk;
    switch (random_.Below(12)) {
      case 0:
      case 1:
        if (!model.driven_by_driver) return Query(&event, &model);
        return Progress(&event, &model);
      case 2:
      case 3:
        if (!model.driven_by_driver) return Query(&event, &model);
        return Finish(&event, &model);
      case 4:
        return Cancel(&event, &model);
      case 5:
        return Wait(&event, &model);
      default:
        return Query(&event, &model);
    }
  }

  void Push(const Event& event) { history_.events.push_back(event); }

  void Progress(Event* event, Model* model) {
    event->call = Call::kProgress;
    event->ret.reset();
    // One thread reports, so that the driver itself never goes back.
    event->thread = 0;
    model->driver_percent += random_.Below(kMostProgress - model->driver_percent + 1);
    event->percent = model->driver_percent;
    model->progressed = true;
    Push(*event);
  }

  void Finish(Event* event, Model* model) {
    event->call = Call::kFinish;
    event->ret.reset();
    event->result = OneOf(random_, kResults);
    if (!model->finished) {
      model->finished = true;
      model->result = *event->result;
    }
    Push(*event);
  }

  void Cancel(Event* event, Model* model) {
    event->call = Call::kCancel;
    if (model->finished || random_.OneIn(3)) {
      event->ret = OneOf(random_, kCancelFailures);
    } else {
      model->finished = true;
      model->result = hr::kOperationCanceled;
    }
    Push(*event);
  }

  void Wait(Event* event, Model* model) {
    event->call = Call::kWait;
    if (!model->finished) {
      event->ret = hr::kNotImpl;
    } else {
      event->hr = model->result;
    }
    Push(*event);
  }

  void Query(Event* event, Model* model) {
    event->call = Call::kQueryStatus;
    if (model->finished) {
      event->hr = model->result;
      const bool may_be_zero = profile_ == Profile::kMsVds && Failed(model->result);
      event->percent = may_be_zero && random_.OneIn(2) ? 0 : 100;
    } else {
      event->hr = hr::kOperationPending;
      event->percent = PendingPercent(model);
    }
    Push(*event);
  }

  uint32_t PendingPercent(Model* model) {
    if (!model->estimable) return 0;
    if (profile_ == Profile::kWin32) return random_.Below(kMostProgress + 1);
    if (!model->progressed && model->driven_by_driver) return 0;
    model->shown += random_.Below(kMostProgress - model->shown + 1);
    return model->shown;
  }

  // Lets a call begin earlier and end later than the instant at which it took effect, as far as the
  // other calls of its thread allow.
  void Widen(Event* event) {
    if (event->call == Call::kBegin) return;
    int64_t earliest = 1;
    int64_t latest = std::numeric_limits<int64_t>::max();
    bool before = true;
    for (const Event& other : history_.events) {
      if (&other == event) {
        before = false;
      } else if (other.thread == event->thread && other.call != Call::kBegin) {
        if (before) earliest = std::max(earliest, *other.t1);
        if (!before) latest = std::min(latest, other.t0);
      }
    }
    event->t0 = std::max(earliest, event->t0 - random_.Below(6));
    event->t1 = std::min(latest, *event->t1 + random_.Below(6));
  }

  Random& random_;
  Profile profile_;
  History history_;
  std::array<Model, 2> models_;
  std::array<bool, 2> declared_{};
};

// Sorts by t0. Events of one thread keep their order; those of different threads at one time come
// in any.
void Sort(Random& random, History* history) {
  std::array<uint32_t, kThreads> places;
  std::iota(places.begin(), places.end(), 0u);
  for (uint32_t i = kThreads; i > 1; --i) std::swap(places[i - 1], places[random.Below(i)]);
  std::stable_sort(history->events.begin(), history->events.end(),
                   [&places](const Event& a, const Event& b) {
                     return a.t0 != b.t0 ? a.t0 < b.t0 : places[a.thread] < places[b.thread];
                   });
}

// True if the history says that the operation is driven. One that runs by itself may end with any
// code, those included that look like pending; which of the two it was is a matter of attribution.
bool IsDriven(const History& history, uint32_t op) {
  return std::any_of(history.events.begin(), history.events.end(), [op](const Event& event) {
    return event.op == op &&
           (event.driven || event.call == Call::kProgress || event.call == Call::kFinish);
  });
}

void DamageAnswer(Random& random, const History& history, Event* event) {
  constexpr HRESULT kLikePending[] = {hr::kOperationPendingMisprint, hr::kPending, hr::kInProgress};
  constexpr uint32_t kPercents[] = {0, 1, 29, 50, 99, 100, 101, 0xFFFFFFFFu};
  switch (random.Below(5)) {
    case 0:
      event->percent = kPercents[random.Below(std::size(kPercents))];
      break;
    case 1:
      event->hr = OneOf(random, kResults);
      if (random.OneIn(2)) event->percent = 100;
      break;
    case 2:
      event->hr = hr::kOperationPending;
      if (random.OneIn(2)) event->percent = random.Below(kMostProgress);
      break;
    case 3:
      if (IsDriven(history, event->op)) event->hr = OneOf(random, kLikePending);
      break;
    default: {
      const Event& other =
          history.events[random.Below(static_cast<uint32_t>(history.events.size()))];
      if (other.call != Call::kQueryStatus || other.op != event->op) break;
      event->hr = other.hr;
      event->percent = other.percent;
    }
  }
}

// Moves the begin or the end of a call between the calls beside it on its thread.
void DamageTimes(Random& random, History* history, size_t index) {
  Event& event = history->events[index];
  int64_t earliest = 1;
  int64_t latest = *event.t1 + 8;
  for (size_t i = 0; i < history->events.size(); ++i) {
    const Event& other = history->events[i];
    if (i == index || other.thread != event.thread || other.call == Call::kBegin) continue;
    if (i < index) earliest = std::max(earliest, *other.t1);
    if (i > index) latest = std::min(latest, other.t0);
  }
  const auto between = [&random](int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random.Below(static_cast<uint32_t>(high - low + 1)));
  };
  event.t0 = between(earliest, latest);
  event.t1 = between(event.t0, latest);
}

}  // namespace

History RightHistory(Random& random, Profile profile) {
  History history = Generator(random, profile).Make();
  Sort(random, &history);
  return history;
}

void Damage(Random& random, History* history) {
  const uint32_t times = 2 + random.Below(3);
  for (uint32_t i = 0; i < times; ++i) {
    const size_t index = random.Below(static_cast<uint32_t>(history->events.size()));
    Event& event = history->events[index];
    if (event.call == Call::kBegin) continue;
    if (random.OneIn(3)) {
      DamageTimes(random, history, index);
      continue;
    }
    if (event.call == Call::kQueryStatus) DamageAnswer(random, *history, &event);
    if (event.call == Call::kFinish) event.result = OneOf(random, kResults);
    if (event.call == Call::kCancel) {
      event.ret = *event.ret == hr::kOk ? hr::kCancelTooLate : hr::kOk;
    }
    if (event.call == Call::kWait) {
      event.ret = hr::kOk;
      event.hr = OneOf(random, kResults);
    }
  }
  Sort(random, history);
}

std::string ToText(const History& history) {
  std::ostringstream out;
  WriteHistory(out, history);
  return out.str();
}

}  // namespace vdsconform
