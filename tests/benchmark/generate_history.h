// A large conforming history, the same for the same arguments: four threads poll operations that
// come and go, with calls in flight at the same time.
#ifndef VDSCONFORM_TESTS_BENCHMARK_GENERATE_HISTORY_H_
#define VDSCONFORM_TESTS_BENCHMARK_GENERATE_HISTORY_H_

#include <cstdint>
#include <functional>

#include "spec/history.h"

namespace vdsconform {

// Hands `events` events to `sink`, in the order of t0, without keeping them. Memory does not grow
// with the number.
void GenerateHistory(uint64_t events, const std::function<void(const Event&)>& sink);

}  // namespace vdsconform

#endif  // VDSCONFORM_TESTS_BENCHMARK_GENERATE_HISTORY_H_
