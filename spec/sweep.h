// Sweep: takes calls in the order of their invocation and gives them in the order of their return,
// each with what had surely returned before it was invoked.
//
// One call comes before another if it returned before the other was invoked, or if one thread made
// both and it stands earlier. At one and the same instant, calls of different threads are therefore
// in no order; clocks are coarse enough for that to matter. Only pairs of calls are compared: where
// two threads both end a call and begin another at one instant, more could be concluded from all of
// them together. Memory grows with the calls in flight, those that end at the current instant
// included. Not thread-safe.
#ifndef VDSCONFORM_SPEC_SWEEP_H_
#define VDSCONFORM_SPEC_SWEEP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "history.h"
#include "status_model.h"

namespace vdsconform {

struct JudgedOperation;

struct InFlight {
  Event event;
  JudgedOperation* operation = nullptr;
  Floor floor;
  uint64_t order = 0;  // the call's place in the history
};

// Who takes the calls that return.
class Returns {
 public:
  virtual ~Returns() = default;
  // True if what the call implies of its operation binds the calls after it.
  virtual bool Returned(InFlight& call) = 0;
};

class Sweep {
 public:
  // `returns` outlives the sweep.
  explicit Sweep(Returns& returns) : returns_(returns) {}

  // Gives every call that returned before the instant `t0`, which never goes back.
  void AdvanceTo(int64_t t0);

  // Takes a call that is invoked at the current instant. `floor` is what has returned of its
  // operation.
  const InFlight& Invoke(const Event& event, JudgedOperation* operation, const Floor& floor);

  // Gives every call that is left.
  void Finish();

  // The calls that never came back.
  std::vector<InFlight>& lost() { return lost_; }

 private:
  struct ReturnsLater {
    bool operator()(const std::unique_ptr<InFlight>& a, const std::unique_ptr<InFlight>& b) const {
      return *a->event.t1 != *b->event.t1 ? *a->event.t1 > *b->event.t1 : a->order > b->order;
    }
  };
  using ThreadAndOp = std::pair<uint32_t, uint32_t>;

  std::unique_ptr<InFlight> TakeFirst();
  void Return(std::unique_ptr<InFlight> call);
  void EndsNow(std::unique_ptr<InFlight> call);
  void EndInstant();
  void AddTies(InFlight* call) const;

  Returns& returns_;
  std::priority_queue<std::unique_ptr<InFlight>, std::vector<std::unique_ptr<InFlight>>,
                      ReturnsLater>
      in_flight_;
  std::vector<std::unique_ptr<InFlight>> free_;  // for reuse
  std::vector<InFlight> lost_;
  uint64_t order_ = 0;

  int64_t now_ = -1;
  std::vector<std::unique_ptr<InFlight>> ending_now_;
  std::vector<InFlight*> begun_now_;  // that end later, after others of this instant
  // What the calls that end now imply for later ones of their own threads.
  std::map<ThreadAndOp, Floor> ties_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_SWEEP_H_
