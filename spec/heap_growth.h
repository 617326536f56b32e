// HeapGrowth: whether operations that have ended leave memory behind (QA-06).
//
// Told from how much memory was in use when operations began, over very many of them: what a cache
// or an allocator keeps comes to an end, what is lost with each operation does not. Bounded memory.
// Not thread-safe.
#ifndef VDSCONFORM_SPEC_HEAP_GROWTH_H_
#define VDSCONFORM_SPEC_HEAP_GROWTH_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "history.h"
#include "rules.h"

namespace vdsconform {

class HeapGrowth {
 public:
  // Takes the begin of an operation at which memory was measured. Operations are numbered in the
  // order in which they begin.
  void Observe(const Event& begin);

  // What grows, if it does, with the last of these.
  std::optional<std::pair<Complaint, Event>> Finish() const;

 private:
  struct Sample {
    uint32_t op;
    uint64_t bytes;
  };

  std::vector<Sample> samples_;
  uint64_t seen_ = 0;
  uint64_t stride_ = 1;  // only each of these is kept
  Rare<Event> last_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_HEAP_GROWTH_H_
