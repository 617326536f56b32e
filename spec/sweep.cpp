#include "sweep.h"

#include <algorithm>
#include <utility>

#include "hresult.h"

namespace vdsconform {
namespace {

// Calls whose return implies something whatever else is known.
bool BindsForSure(const Event& event) {
  return event.fault == Fault::kNone &&
         (event.call == Call::kFinish || (event.call == Call::kCancel && event.ret == hr::kOk));
}

}  // namespace

void Sweep::AddFree() {
  all_.push_back(std::make_unique<InFlight>());
  free_.push_back(all_.back().get());
}

InFlight* Sweep::TakeFree() {
  if (free_.empty()) AddFree();
  InFlight* const call = free_.back();
  free_.pop_back();
  return call;
}

InFlight* Sweep::TakeFirst() {
  std::pop_heap(in_flight_.begin(), in_flight_.end(), ReturnsLater());
  InFlight* const call = in_flight_.back().call;
  in_flight_.pop_back();
  return call;
}

void Sweep::Queue(InFlight* call) {
  in_flight_.push_back({*call->event->t1, call->order, call});
  std::push_heap(in_flight_.begin(), in_flight_.end(), ReturnsLater());
}

void Sweep::Return(InFlight* call) {
  const bool binds = returns_.Returned(*call);
  const Event& event = *call->event;
  if (binds && event.t1 == now_) ties_[{event.thread, event.op}].Note(event);
  free_.push_back(call);
}

void Sweep::EndsNow(InFlight* call) {
  const Event& event = *call->event;
  if (BindsForSure(event)) ties_[{event.thread, event.op}].Note(event);
  ending_now_.push_back(call);
}

void Sweep::AddTies(InFlight* call) const {
  if (ties_.empty()) return;
  const auto found = ties_.find({call->event->thread, call->event->op});
  if (found != ties_.end()) call->own_floor.Add(found->second);
}

// Only now is it known that no other call is invoked at this instant.
void Sweep::EndInstant() {
  // What binds for sure was added when the calls after it were invoked; from here on, each call is
  // added before those that stand after it are given.
  ties_.clear();
  for (InFlight* call : ending_now_) {
    if (call->event->t0 == now_) AddTies(call);
    Return(call);
  }
  for (InFlight* call : begun_now_) AddTies(call);
  ending_now_.clear();
  begun_now_.clear();
  ties_.clear();
}

void Sweep::AdvanceTo(int64_t t0) {
  if (InFlight* const call = std::exchange(alone_, nullptr)) {
    if (*call->event->t1 < t0) {
      now_ = t0;
      return Return(call);
    }
    call->own_floor = *call->floor;
    call->floor = &call->own_floor;
    Queue(call);
  }
  if (t0 == now_) return;
  // Only calls that end at an instant are tied to others there.
  if (!ending_now_.empty()) EndInstant();
  while (!in_flight_.empty() && in_flight_.front().t1 < t0) Return(TakeFirst());
  now_ = t0;
  while (!in_flight_.empty() && in_flight_.front().t1 == t0) EndsNow(TakeFirst());
}

const InFlight& Sweep::Invoke(const Event& event, Storage storage, JudgedOperation* operation,
                              const Floor& floor) {
  InFlight* const call = TakeFree();
  call->event = &event;
  if (storage == Storage::kPassing) {
    call->own_event = event;
    call->event = &call->own_event;
  }
  call->operation = operation;
  call->order = order_++;
  call->floor = &floor;
  if (in_flight_.empty() && ending_now_.empty() && alone_ == nullptr && event.t1 > now_) {
    alone_ = call;
    return *call;
  }

  call->own_floor = floor;
  call->floor = &call->own_floor;
  AddTies(call);
  if (!event.t1) {
    lost_.push_back(call);
  } else if (*event.t1 == now_) {
    EndsNow(call);
  } else {
    if (!ending_now_.empty()) begun_now_.push_back(call);
    Queue(call);
  }
  return *call;
}

void Sweep::Finish() {
  if (alone_ != nullptr) Return(std::exchange(alone_, nullptr));
  EndInstant();
  while (!in_flight_.empty()) Return(TakeFirst());
}

void Sweep::Restart() {
  // Finish gave back every other call.
  free_.insert(free_.end(), lost_.begin(), lost_.end());
  lost_.clear();
  order_ = 0;
  now_ = -1;
}

}  // namespace vdsconform
