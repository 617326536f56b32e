// Interleavings per second: the reference implementation's progress and finish against its
// QueryStatus, with one thread stopped at a time and with two. Only the interleavings themselves
// are timed, from the start of their operation to its end, not what finds out where to stop.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "harness/in_process.h"
#include "harness/program.h"
#include "spec/hresult.h"

namespace vdsconform {
namespace {

using namespace steps;

Subject& Reference() {
  static const std::unique_ptr<Subject> subject = [] {
    auto opened = OpenInProcess(VDSCONFORM_REFERENCE, {}, Patience{});
    if (const auto* error = std::get_if<std::string>(&opened)) {
      std::fprintf(stderr, "%s\n", error->c_str());
      std::exit(1);
    }
    return std::get<std::unique_ptr<Subject>>(std::move(opened));
  }();
  return *subject;
}

void Run(benchmark::State& state, const std::vector<Program>& programs) {
  if (const std::string& why = Reference().info().no_exploration; !why.empty()) {
    state.SkipWithError(why.c_str());
    return;
  }
  uint64_t interleavings = 0;
  for (auto _ : state) {
    uint64_t ns = 0;
    for (const Program& program : programs) {
      const Execution execution = Reference().Execute(program);
      if (!execution.inconclusive.empty() || execution.exploration.performed == 0) {
        state.SkipWithError("nothing was explored");
        return;
      }
      interleavings += execution.exploration.performed;
      ns += execution.exploration.stops_ns;
    }
    state.SetIterationTime(static_cast<double>(ns) * 1e-9);
  }
  state.SetItemsProcessed(static_cast<int64_t>(interleavings));
}

void BM_OneStop(benchmark::State& state) {
  Run(state, {Explored({Progress(50), Finish(hr::kFail), On(1, Query()), On(1, Query())}, {1}),
              Explored({Progress(50), On(1, Query()), Finish(hr::kFail), On(1, Query())}, {1}),
              Explored({Progress(50), Progress(60), On(1, Query()), On(1, Query())}, {1}),
              Explored({Progress(50), On(1, Query()), Progress(60), On(1, Query())}, {1})});
}

void BM_TwoStops(benchmark::State& state) {
  Run(state, {Explored({Progress(50), On(1, Query()), Finish(hr::kFail), On(1, Query())}, {1, 2}),
              Explored({Progress(50), On(1, Query()), Progress(60), On(1, Query())}, {1, 2})});
}

BENCHMARK(BM_OneStop)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_TwoStops)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vdsconform

BENCHMARK_MAIN();
