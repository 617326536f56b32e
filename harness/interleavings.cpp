#include "harness/interleavings.h"

#include <algorithm>
#include <cstddef>
#include <random>
#include <unordered_set>

namespace vdsconform {
namespace {

using Traces = std::vector<std::vector<Boundary>>;

Interleaving At(const Traces& traces, uint64_t number) {
  Interleaving interleaving(traces.size());
  for (size_t p = traces.size(); p-- > 0;) {
    interleaving[p] = static_cast<uint32_t>(number % traces[p].size());
    number /= traces[p].size();
  }
  return interleaving;
}

uint64_t TrapsOf(const Traces& traces, const Interleaving& interleaving) {
  uint64_t traps = 0;
  for (size_t p = 0; p < traces.size(); ++p) traps += TrapsOnTheWay(traces[p][interleaving[p]]);
  return traps;
}

// Each boundary is in as many interleavings as the other preemptions have combinations.
uint64_t TrapsOfAll(const Traces& traces) {
  const uint64_t count = CountInterleavings(traces);
  uint64_t traps = 0;
  for (const auto& boundaries : traces) {
    for (const Boundary& boundary : boundaries) {
      traps += TrapsOnTheWay(boundary) * (count / boundaries.size());
    }
  }
  return traps;
}

// More tries than this for one that is not chosen yet and affordable mean that few are left.
constexpr int kTries = 64;

}  // namespace

uint64_t TrapsOnTheWay(const Boundary& boundary) {
  if (boundary.steps != 0) return boundary.steps;
  // Each visit before is one trap for the breakpoint and one for the instruction under it.
  return uint64_t{2} * (boundary.visit - 1) + boundary.beyond;
}

uint64_t CountInterleavings(const Traces& traces) {
  uint64_t count = 1;
  for (const auto& boundaries : traces) count *= boundaries.size();
  return count;
}

std::vector<Interleaving> ChooseInterleavings(const Traces& traces, uint64_t budget,
                                              uint64_t trap_budget, uint64_t seed) {
  std::vector<Interleaving> chosen;
  const uint64_t count = CountInterleavings(traces);
  if (count == 0) return chosen;
  if (count <= budget && TrapsOfAll(traces) <= trap_budget) {
    for (uint64_t number = 0; number < count; ++number) chosen.push_back(At(traces, number));
    return chosen;
  }
  // First those without a trap on the way, as far as half the budget goes.
  Traces cheap(traces.size());
  std::vector<std::vector<uint32_t>> places(traces.size());
  for (size_t p = 0; p < traces.size(); ++p) {
    for (size_t i = 0; i < traces[p].size(); ++i) {
      if (TrapsOnTheWay(traces[p][i]) > 0) continue;
      cheap[p].push_back(traces[p][i]);
      places[p].push_back(static_cast<uint32_t>(i));
    }
  }
  uint64_t traps = 0;
  std::unordered_set<uint64_t> taken;
  const auto take = [&](const Interleaving& interleaving) {
    uint64_t number = 0;
    for (size_t p = 0; p < traces.size(); ++p) {
      number = number * traces[p].size() + interleaving[p];
    }
    if (!taken.insert(number).second) return;
    chosen.push_back(interleaving);
    traps += TrapsOf(traces, interleaving);
  };
  const uint64_t cheap_count = CountInterleavings(cheap);
  if (cheap_count <= budget / 2) {
    for (uint64_t number = 0; number < cheap_count; ++number) {
      Interleaving interleaving = At(cheap, number);
      for (size_t p = 0; p < places.size(); ++p) interleaving[p] = places[p][interleaving[p]];
      take(interleaving);
    }
  }
  std::mt19937_64 random(seed);
  int tries = 0;
  while (chosen.size() < budget && tries < kTries) {
    const Interleaving interleaving = At(traces, random() % count);
    const size_t before = chosen.size();
    if (traps + TrapsOf(traces, interleaving) <= trap_budget) take(interleaving);
    tries = chosen.size() == before ? tries + 1 : 0;
  }
  return chosen;
}

std::vector<Interleaving> SpreadOut(const std::vector<Interleaving>& chosen, uint64_t affordable) {
  const size_t count = std::max<uint64_t>(affordable, 1);
  const size_t stride = (chosen.size() + count - 1) / count;
  std::vector<Interleaving> spread;
  spread.reserve(chosen.size());
  for (size_t first = 0; first < stride; ++first) {
    for (size_t i = first; i < chosen.size(); i += stride) spread.push_back(chosen[i]);
  }
  return spread;
}

}  // namespace vdsconform
