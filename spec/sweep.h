// Sweep: takes calls in the order of their invocation and gives them in the order of their return,
// each with what had surely returned before it was invoked.
//
// One call comes before another if it returned before the other was invoked, or if one thread made
// both and it stands earlier. At one and the same instant, calls of different threads are therefore
// in no order; clocks are coarse enough for that to matter. Only pairs of calls are compared: where
// two threads both end a call and begin another at one instant, more could be concluded from all of
// them together. Memory grows with the calls in flight, those that end at the current instant
// included, and is kept for the next history. Not thread-safe.
#ifndef VDSCONFORM_SPEC_SWEEP_H_
#define VDSCONFORM_SPEC_SWEEP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "history.h"
#include "status_model.h"

namespace vdsconform {

struct JudgedOperation;

struct InFlight {
  const Event* event = nullptr;
  const Floor* floor = nullptr;  // what had returned before the call was invoked
  JudgedOperation* operation = nullptr;
  uint64_t order = 0;  // the call's place in the history

  // Where the two above are copied to if they do not stay as they are until the call returns.
  Event own_event;
  Floor own_floor;
};

// Whether an event stays where it is until the sweep has finished.
enum class Storage : uint8_t { kPassing, kStays };

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
  // operation; it changes only by calls that are given, and after an AdvanceTo.
  const InFlight& Invoke(const Event& event, Storage storage, JudgedOperation* operation,
                         const Floor& floor);

  // Gives every call that is left.
  void Finish();

  // The calls that never came back.
  const std::vector<InFlight*>& lost() const { return lost_; }

  // Makes ready for another history. Only after Finish.
  void Restart();

 private:
  // A call in flight with what it is sorted by.
  struct Later {
    int64_t t1;
    uint64_t order;
    InFlight* call;
  };
  struct ReturnsLater {
    bool operator()(const Later& a, const Later& b) const {
      return a.t1 != b.t1 ? a.t1 > b.t1 : a.order > b.order;
    }
  };
  using ThreadAndOp = std::pair<uint32_t, uint32_t>;

  void AddFree();
  InFlight* TakeFree();
  InFlight* TakeFirst();
  void Queue(InFlight* call);
  void Return(InFlight* call);
  void EndsNow(InFlight* call);
  void EndInstant();
  void AddTies(InFlight* call) const;

  Returns& returns_;
  std::vector<std::unique_ptr<InFlight>> all_;  // owns what the others point to
  std::vector<InFlight*> free_;                 // for reuse
  // A call that was invoked while none was in flight. If it returns before the next one is invoked,
  // as on one thread all do, it is not queued and its floor is not copied.
  InFlight* alone_ = nullptr;
  std::vector<Later> in_flight_;  // all others: a heap, the first to return in front
  std::vector<InFlight*> lost_;
  uint64_t order_ = 0;

  int64_t now_ = -1;
  std::vector<InFlight*> ending_now_;
  std::vector<InFlight*> begun_now_;  // that end later, after others of this instant
  // What the calls that end now imply for later ones of their own threads.
  std::map<ThreadAndOp, Floor> ties_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_SWEEP_H_
