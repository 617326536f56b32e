// Small random histories, right ones and damaged ones, for the comparison of judges.
//
// All randomness comes from the generator that is passed. Not thread-safe.
#ifndef VDSCONFORM_TESTS_PROPERTY_SMALL_HISTORIES_H_
#define VDSCONFORM_TESTS_PROPERTY_SMALL_HISTORIES_H_

#include <cstdint>
#include <random>
#include <string>

#include "spec/history.h"
#include "spec/requirements.h"

namespace vdsconform {

// Random numbers that are the same with every standard library.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  // 0..bound - 1.
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(engine_() % bound); }
  bool OneIn(uint32_t n) { return Below(n) == 0; }

 private:
  std::mt19937_64 engine_;
};

// One or two operations, up to four threads and eight calls, with answers that are right under
// `profile`. Times are small, so that many are equal.
History RightHistory(Random& random, Profile profile);

// Changes answers, results or times in a few places. The history keeps what its format promises,
// and may still be right.
void Damage(Random& random, History* history);

// The history with every call left out that is not needed for `wanted` to hold.
template <typename Predicate>
History Minimised(History history, Predicate wanted) {
  for (size_t i = history.events.size(); i-- > 0;) {
    if (history.events[i].call == Call::kBegin) continue;
    History smaller = history;
    smaller.events.erase(smaller.events.begin() + static_cast<std::ptrdiff_t>(i));
    if (wanted(smaller)) history = smaller;
  }
  return history;
}

std::string ToText(const History& history);

}  // namespace vdsconform

#endif  // VDSCONFORM_TESTS_PROPERTY_SMALL_HISTORIES_H_
