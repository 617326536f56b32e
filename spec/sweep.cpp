#include "sweep.h"

#include "hresult.h"

namespace vdsconform {
namespace {

// Calls whose return implies something whatever else is known.
bool BindsForSure(const Event& event) {
  return event.fault == Fault::kNone &&
         (event.call == Call::kFinish || (event.call == Call::kCancel && event.ret == hr::kOk));
}

}  // namespace

std::unique_ptr<InFlight> Sweep::TakeFirst() {
  // The queue gives its first element for reading only; it is removed at once.
  auto call = std::move(const_cast<std::unique_ptr<InFlight>&>(in_flight_.top()));
  in_flight_.pop();
  return call;
}

void Sweep::Return(std::unique_ptr<InFlight> call) {
  const bool binds = returns_.Returned(*call);
  if (binds && call->event.t1 == now_)
    ties_[{call->event.thread, call->event.op}].Note(call->event);
  free_.push_back(std::move(call));
}

void Sweep::EndsNow(std::unique_ptr<InFlight> call) {
  if (BindsForSure(call->event)) {
    ties_[{call->event.thread, call->event.op}].Note(call->event);
  }
  ending_now_.push_back(std::move(call));
}

void Sweep::AddTies(InFlight* call) const {
  if (ties_.empty()) return;
  const auto found = ties_.find({call->event.thread, call->event.op});
  if (found != ties_.end()) call->floor.Add(found->second);
}

// Only now is it known that no other call is invoked at this instant.
void Sweep::EndInstant() {
  // What binds for sure was added when the calls after it were invoked; from here on, each call is
  // added before those that stand after it are given.
  ties_.clear();
  for (std::unique_ptr<InFlight>& call : ending_now_) {
    if (call->event.t0 == now_) AddTies(call.get());
    Return(std::move(call));
  }
  for (InFlight* call : begun_now_) AddTies(call);
  ending_now_.clear();
  begun_now_.clear();
  ties_.clear();
}

void Sweep::AdvanceTo(int64_t t0) {
  if (t0 == now_) return;
  EndInstant();
  while (!in_flight_.empty() && *in_flight_.top()->event.t1 < t0) Return(TakeFirst());
  now_ = t0;
  while (!in_flight_.empty() && *in_flight_.top()->event.t1 == t0) EndsNow(TakeFirst());
}

const InFlight& Sweep::Invoke(const Event& event, JudgedOperation* operation, const Floor& floor) {
  std::unique_ptr<InFlight> call;
  if (free_.empty()) {
    call = std::make_unique<InFlight>();
  } else {
    call = std::move(free_.back());
    free_.pop_back();
  }
  call->event = event;
  call->operation = operation;
  call->floor = floor;
  call->order = order_++;
  AddTies(call.get());
  const InFlight& invoked = *call;
  if (!event.t1) {
    lost_.push_back(invoked);
    free_.push_back(std::move(call));
    return lost_.back();
  }
  if (*event.t1 == now_) {
    EndsNow(std::move(call));
  } else {
    if (!ending_now_.empty()) begun_now_.push_back(call.get());
    in_flight_.push(std::move(call));
  }
  return invoked;
}

void Sweep::Finish() {
  EndInstant();
  while (!in_flight_.empty()) Return(TakeFirst());
}

}  // namespace vdsconform
