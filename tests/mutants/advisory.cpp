// Implementations that conform and of which a user should be told something (QA-01, QA-02
// and QA-04; QA-03 stands in state.cpp).

#include <mutex>

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {
namespace {

// QA-01.
HRESULT RetPendingWhilePending(State state, Answer) {
  return state.pending() ? hr::kOperationPending : hr::kOk;
}

// QA-02: QueryStatus computes under a lock, long enough for others to find it taken.
class ComputesUnderLock : public Operation {
 public:
  using Operation::Operation;

 protected:
  State Look() override {
    const std::lock_guard lock(busy_);
    for (int i = 0; i < 4; ++i) Linger();
    return Operation::Look();
  }

 private:
  std::mutex busy_;
};

// QA-04.
Answer PercentNeverMoves(State state, Answer a) {
  if (state.pending()) a.percent = 0;
  return a;
}

constexpr Row kRows[] = {
    {"ret_pending_while_pending", "Returns VDS_E_OPERATION_PENDING while pending.", "QA-01",
     Make<Returns<RetPendingWhilePending>>},
    {"computes_under_lock", "Computes its answer under a lock.", "QA-02", Make<ComputesUnderLock>,
     "win32", "", kEverything, "--quick --filter QA*:QS06*"},
    {"percent_never_moves", "Shows 0 until the end although progress can be estimated.", "QA-04",
     Make<Says<PercentNeverMoves>>},
};

}  // namespace

std::span<const Row> AdvisoryRows() { return kRows; }

}  // namespace vdsconform::mutants
