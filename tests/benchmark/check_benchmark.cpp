// Events per second: reading histories, judging them, and both, as `vdsconform check` does.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <sstream>
#include <string>

#include "spec/history_binary.h"
#include "spec/history_json.h"
#include "spec/judge.h"
#include "tests/benchmark/generate_history.h"

namespace vdsconform {
namespace {

std::string HistoryText(uint64_t events) {
  std::string text = HistoryHeader() + "\n";
  GenerateHistory(events, [&text](const Event& event) {
    text += ToJson(event);
    text += '\n';
  });
  return text;
}

// A benchmark of a judge that finds fault with a conforming history would time the wrong thing.
bool Conforms(Judge& judge) { return judge.Finish().findings.empty(); }

void BM_Judge(benchmark::State& state) {
  History history;
  GenerateHistory(static_cast<uint64_t>(state.range(0)),
                  [&history](const Event& event) { history.events.push_back(event); });
  for (auto _ : state) {
    Judge judge(Profile::kWin32);
    for (const Event& event : history.events) judge.Observe(event);
    if (!Conforms(judge)) state.SkipWithError("the generated history does not conform");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_Read(benchmark::State& state) {
  const std::string text = HistoryText(static_cast<uint64_t>(state.range(0)));
  for (auto _ : state) {
    std::istringstream in(text);
    uint64_t events = 0;
    const auto error = ReadHistory(in, [&events](const Event&) { ++events; });
    if (error || events != static_cast<uint64_t>(state.range(0))) {
      state.SkipWithError("the generated history was not read");
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void BM_ReadAndJudge(benchmark::State& state) {
  const std::string text = HistoryText(static_cast<uint64_t>(state.range(0)));
  for (auto _ : state) {
    std::istringstream in(text);
    Judge judge(Profile::kWin32);
    const auto error = ReadHistory(in, [&judge](const Event& event) { judge.Observe(event); });
    if (error || !Conforms(judge)) state.SkipWithError("the generated history does not conform");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void BM_ReadPackedAndJudge(benchmark::State& state) {
  std::ostringstream packed;
  BinaryHistoryWriter writer(packed);
  GenerateHistory(static_cast<uint64_t>(state.range(0)),
                  [&writer](const Event& event) { writer.Write(event); });
  const std::string bytes = packed.str();
  for (auto _ : state) {
    std::istringstream in(bytes);
    Judge judge(Profile::kWin32);
    const auto error =
        ReadBinaryHistory(in, [&judge](const Event& event) { judge.Observe(event); });
    if (error || !Conforms(judge)) state.SkipWithError("the generated history does not conform");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}

BENCHMARK(BM_Judge)->Arg(1'000'000)->Arg(2'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Read)->Arg(1'000'000)->Arg(2'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ReadAndJudge)->Arg(1'000'000)->Arg(2'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ReadPackedAndJudge)->Arg(1'000'000)->Arg(2'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vdsconform

BENCHMARK_MAIN();
