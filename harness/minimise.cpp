#include "harness/minimise.h"

#include <algorithm>
#include <utility>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

class Minimiser {
 public:
  Minimiser(Program program, const std::function<bool(const Program&)>& shows, uint32_t tries)
      : best_(std::move(program)), shows_(shows), tries_(tries) {}

  Program Run() {
    Program before;
    do {
      before = best_;
      Shorten();
      PlainSchedule();
      PlainOperations();
      for (size_t i = 0; i < best_.steps.size(); ++i) PlainStep(i);
    } while (best_ != before && tries_ > 0);
    return best_;
  }

 private:
  bool Try(Program candidate) {
    if (tries_ == 0 || candidate == best_) return false;
    --tries_;
    if (!shows_(candidate)) return false;
    best_ = std::move(candidate);
    return true;
  }

  static Program Without(const Program& program, size_t first, size_t count) {
    Program shorter = program;
    const auto from = shorter.steps.begin() + static_cast<std::ptrdiff_t>(first);
    shorter.steps.erase(from, from + static_cast<std::ptrdiff_t>(count));
    std::vector<Preemption>& stops = shorter.schedule.preemptions;
    std::erase_if(stops, [=](const Preemption& stop) {
      return stop.step >= first && stop.step < first + count;
    });
    for (Preemption& stop : stops) {
      if (stop.step >= first + count) stop.step -= static_cast<uint32_t>(count);
    }
    if (shorter.schedule.kind != Schedule::Kind::kInOrder && stops.empty() &&
        shorter.schedule.kind != Schedule::Kind::kRacing) {
      shorter.schedule = Schedule{};
    }
    return shorter;
  }

  void Shorten() {
    for (size_t piece = std::max<size_t>(1, best_.steps.size() / 2); piece > 0; piece /= 2) {
      // From the end, since what comes last is most often what shows nothing more.
      for (size_t end = best_.steps.size(); end > 0;) {
        const size_t first = end > piece ? end - piece : 0;
        Try(Without(best_, first, end - first));
        end = std::min(first, best_.steps.size());
      }
    }
  }

  void PlainSchedule() {
    if (best_.schedule != Schedule{}) {
      Program candidate = best_;
      candidate.schedule = Schedule{};
      if (Try(std::move(candidate))) return;
    }
    while (best_.schedule.kind == Schedule::Kind::kRacing && best_.schedule.rounds > 1) {
      Program candidate = best_;
      candidate.schedule.rounds /= 2;
      if (!Try(std::move(candidate))) break;
    }
  }

  void PlainOperations() {
    uint32_t used = 0;
    for (const Step& step : best_.steps) used = std::max(used, step.op);
    Program candidate = best_;
    candidate.operations.resize(used + 1);
    Try(std::move(candidate));
    for (size_t i = 0; i < best_.operations.size(); ++i) {
      candidate = best_;
      candidate.operations[i].estimable = true;
      Try(std::move(candidate));
    }
  }

  template <class Change>
  void With(size_t step, Change change) {
    Program candidate = best_;
    change(candidate.steps[step]);
    Try(std::move(candidate));
  }

  void PlainStep(size_t i) {
    const Step usual;
    With(i, [](Step& step) { step.thread = 0; });
    With(i, [](Step& step) { step.op = 0; });
    With(i, [](Step& step) { step.repeat = 1; });
    With(i, [&usual](Step& step) {
      step.outputs = usual.outputs;
      step.hr_offset = usual.hr_offset;
      step.percent_offset = usual.percent_offset;
    });
    if (best_.steps[i].action == Action::kFinish && best_.steps[i].result != hr::kOk) {
      With(i, [](Step& step) { step.result = hr::kOk; });
      if (best_.steps[i].result != hr::kFail && best_.steps[i].result != hr::kOk) {
        With(i, [](Step& step) { step.result = hr::kFail; });
      }
    }
    if (best_.steps[i].action != Action::kProgress) return;
    for (const uint32_t percent : {0u, 50u}) {
      if (best_.steps[i].percent == 0) break;
      With(i, [percent](Step& step) { step.percent = percent; });
    }
  }

  Program best_;
  const std::function<bool(const Program&)>& shows_;
  uint32_t tries_;
};

}  // namespace

Program Minimise(const Program& program, const std::function<bool(const Program&)>& shows,
                 uint32_t tries) {
  return Minimiser(program, shows, tries).Run();
}

}  // namespace vdsconform
