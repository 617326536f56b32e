#include "history_order.h"

#include <iterator>

namespace vdsconform {

std::string HistoryOrder::Check(const Event& event, uint64_t place) {
  if (event.t0 < last_t0_) {
    return "\"t0\" is " + std::to_string(event.t0) + " but an earlier " +
           (places_ == Place::kLine ? "line" : "event") + " has " + std::to_string(last_t0_) +
           ": events are sorted by \"t0\"";
  }
  last_t0_ = event.t0;
  std::string message = CheckThread(event, place);
  if (message.empty() && event.call == Call::kBegin) message = CheckBegin(event.op);
  return message;
}

std::string HistoryOrder::CheckThread(const Event& event, uint64_t place) {
  const auto found = threads_.find(event.thread);
  if (found == threads_.end()) {
    if (threads_.size() >= kMaxThreads) {
      return "more than " + std::to_string(kMaxThreads) +
             " different threads: number them one after another and use numbers again";
    }
    threads_.emplace(event.thread, Thread{event.t1, place});
    return "";
  }
  Thread& thread = found->second;
  if (!thread.t1) {
    return "thread " + std::to_string(event.thread) + " is still in its call, " + At(thread.place) +
           ", which has no \"t1\" and so never came back";
  }
  if (event.t0 < *thread.t1) {
    return "\"t0\" is " + std::to_string(event.t0) + " but the previous call of thread " +
           std::to_string(event.thread) + ", " + At(thread.place) + ", returned at " +
           std::to_string(*thread.t1) + ": the calls of one thread do not overlap";
  }
  thread = {event.t1, place};
  return "";
}

std::string HistoryOrder::CheckBegin(uint32_t op) {
  const auto next = begun_.upper_bound(op);
  const auto previous = next == begun_.begin() ? begun_.end() : std::prev(next);
  if (previous != begun_.end() && op <= previous->second) {
    return "operation " + std::to_string(op) +
           " has begun before: a number stands for one operation only";
  }
  const bool extends = previous != begun_.end() && previous->second + 1 == op;
  const bool touches_next = next != begun_.end() && op + 1 == next->first;
  if (!extends && !touches_next && begun_.size() >= kMaxOperationRanges) {
    return "the operations' numbers have more than " + std::to_string(kMaxOperationRanges) +
           " gaps: number them one after another";
  }
  const uint32_t last = touches_next ? next->second : op;
  if (touches_next) begun_.erase(next);
  if (extends) {
    previous->second = last;
  } else {
    begun_.emplace(op, last);
  }
  return "";
}

std::string HistoryOrder::At(uint64_t place) const {
  return (places_ == Place::kLine ? "in line " : "at byte ") + std::to_string(place);
}

}  // namespace vdsconform
