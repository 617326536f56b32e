// CallHabits: what the voluntary context switches and timed waits of many calls say together.
//
// One switch may be a page fault and one wait with a time limit a short lock; only the pattern over
// calls is a finding (QS-06, QA-02). Constant memory. Not thread-safe.
#ifndef VDSCONFORM_SPEC_CALL_HABITS_H_
#define VDSCONFORM_SPEC_CALL_HABITS_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "history.h"
#include "rules.h"

namespace vdsconform {

class CallHabits {
 public:
  // Takes a QueryStatus with valid outputs. True if it counts for QA-02.
  bool Observe(const Context& context);

  // What the calls together break, each with a call that shows it.
  std::vector<std::pair<Complaint, Event>> Complaints() const;

 private:
  // Timed waits depend on the operation being pending (QS-06), or they do not.
  uint64_t pending_calls_ = 0;
  uint64_t pending_gave_way_ = 0;  // to another thread, by itself
  uint64_t pending_slept_ = 0;     // and were seen asleep with a time limit
  uint64_t finished_calls_ = 0;
  uint64_t finished_gave_way_ = 0;
  Rare<Event> sleeper_;

  uint64_t contended_calls_ = 0;
  Rare<Event> contended_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_CALL_HABITS_H_
