#include "exhaustive_search.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

constexpr size_t kMostCalls = 16;

// An operation at one instant.
struct Operation {
  bool finished = false;
  HRESULT result = 0;       // once finished
  uint32_t percent = 0;     // the last that was reported while pending
  bool progressed = false;  // the driver has reported progress
  bool estimable = true;
  bool runs_itself = true;

  auto Key() const { return std::tuple(finished, result, percent, progressed); }
  bool operator<(const Operation& other) const { return Key() < other.Key(); }
};

class Search {
 public:
  // Of the operation `number` alone.
  Search(const History& history, uint32_t number, Profile profile) : profile_(profile) {
    Operation& operation = initial_;
    for (const Event& event : history.events) {
      if (event.op != number) continue;
      if (event.call == Call::kBegin) {
        operation.estimable = event.estimable;
        if (event.driven) operation.runs_itself = false;
        continue;  // no call of an operation is invoked before its begin has returned
      }
      if (event.call == Call::kProgress || event.call == Call::kFinish) {
        operation.runs_itself = false;
      }
      calls_.push_back(event);
      if (event.hr && *event.hr != hr::kOperationPending) results_.insert(*event.hr);
      if (event.call == Call::kCancel) results_.insert(hr::kOperationCanceled);
    }
    if (calls_.size() > kMostCalls) std::abort();
    FindPredecessors();
  }

  bool Run() { return Explore(0, initial_); }

 private:
  void FindPredecessors() {
    for (size_t b = 0; b < calls_.size(); ++b) {
      uint32_t mask = 0;
      for (size_t a = 0; a < calls_.size(); ++a) {
        const bool same_thread = calls_[a].thread == calls_[b].thread && a < b;
        if (same_thread || *calls_[a].t1 < calls_[b].t0) mask |= 1u << a;
      }
      predecessors_.push_back(mask);
    }
  }

  // True if the calls outside `done` can follow in some order.
  bool Explore(uint32_t done, const Operation& state) {
    if (done == (1u << calls_.size()) - 1) return true;
    if (!visited_.insert({done, state}).second) return false;
    for (size_t i = 0; i < calls_.size(); ++i) {
      if ((done >> i & 1u) || (predecessors_[i] & ~done)) continue;
      Operation next = state;
      if (Take(calls_[i], &next) && Explore(done | 1u << i, next)) return true;
    }
    // An operation that runs by itself may end now, with any result that is ever reported of it.
    if (!state.runs_itself || state.finished) return false;
    for (const HRESULT result : results_) {
      Operation next = state;
      next.finished = true;
      next.result = result;
      if (Explore(done, next)) return true;
    }
    return false;
  }

  // Takes a call at this instant. False: it could not have answered as it did.
  bool Take(const Event& call, Operation* operation) const {
    switch (call.call) {
      case Call::kProgress:
        operation->progressed = true;
        return true;
      case Call::kFinish:
        if (!operation->finished) {
          operation->finished = true;
          operation->result = *call.result;
        }
        return true;
      case Call::kCancel:
        if (Failed(*call.ret)) return true;
        if (operation->finished) return operation->result == hr::kOperationCanceled;
        operation->finished = true;
        operation->result = hr::kOperationCanceled;
        return true;
      case Call::kWait:
        if (Failed(*call.ret)) return true;
        return operation->finished && operation->result == *call.hr;
      case Call::kQueryStatus:
        return operation->finished ? FinishedAnswer(call, *operation)
                                   : PendingAnswer(call, operation);
      default:
        return true;
    }
  }

  bool FinishedAnswer(const Event& call, const Operation& operation) const {
    if (*call.hr != operation.result) return false;
    if (*call.percent == 100) return true;
    return profile_ == Profile::kMsVds && Failed(operation.result) && *call.percent == 0;
  }

  bool PendingAnswer(const Event& call, Operation* operation) const {
    if (*call.hr != hr::kOperationPending) return false;
    if (*call.percent > (operation->estimable ? 99u : 0u)) return false;
    if (profile_ == Profile::kMsVds) {
      if (*call.percent < operation->percent) return false;
      if (*call.percent > 0 && !operation->runs_itself && !operation->progressed &&
          !MayBeEnding(call)) {
        return false;
      }
    }
    operation->percent = *call.percent;
    return true;
  }

  // The end of an operation is a step forward too: beside it, percent may already move.
  bool MayBeEnding(const Event& call) const {
    const size_t self = static_cast<size_t>(&call - calls_.data());
    for (size_t i = 0; i < calls_.size(); ++i) {
      const Event& other = calls_[i];
      const bool ends =
          other.call == Call::kFinish || (other.call == Call::kCancel && Succeeded(*other.ret));
      if (ends && !(predecessors_[i] >> self & 1u)) return true;
    }
    return false;
  }

  Profile profile_;
  std::vector<Event> calls_;
  std::vector<uint32_t> predecessors_;  // masks of calls
  Operation initial_;
  std::set<HRESULT> results_;
  std::set<std::pair<uint32_t, Operation>> visited_;
};

}  // namespace

bool HasLinearization(const History& history, Profile profile) {
  std::set<uint32_t> operations;
  for (const Event& event : history.events) operations.insert(event.op);
  return std::all_of(operations.begin(), operations.end(),
                     [&](uint32_t number) { return Search(history, number, profile).Run(); });
}

}  // namespace vdsconform
