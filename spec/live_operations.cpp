#include "live_operations.h"

#include <algorithm>

namespace vdsconform {

void JudgedOperation::Restart(uint32_t number) {
  status.Restart(number);
  undecided.clear();
  foreign_percents.reset();
  valid_calls = 0;
  failed_calls = 0;
  last_failed.reset();
  in_flight = 0;
  has_lost_call = false;
}

JudgedOperation& LiveOperations::Add(uint32_t number) {
  JudgedOperation* operation = nullptr;
  if (free_.empty()) {
    all_.push_back(std::make_unique<JudgedOperation>(number));
    operation = all_.back().get();
  } else {
    operation = free_.back();
    free_.pop_back();
    operation->Restart(number);
  }
  if (few_.size() < kFew) {
    Numbered& one = few_.emplace_back();
    one.number = number;
    one.operation = operation;
  } else {
    many_.emplace(number, operation);
  }
  return *operation;
}

void LiveOperations::Remove(uint32_t number) {
  const auto at = std::find_if(few_.begin(), few_.end(),
                               [number](const Numbered& one) { return one.number == number; });
  if (at != few_.end()) {
    free_.push_back(at->operation);
    *at = few_.back();
    few_.pop_back();
    return;
  }
  const auto found = many_.find(number);
  if (found == many_.end()) return;
  free_.push_back(found->second);
  many_.erase(found);
}

void LiveOperations::Clear() {
  for (const Numbered& one : few_) free_.push_back(one.operation);
  for (const auto& [number, operation] : many_) free_.push_back(operation);
  few_.clear();
  many_.clear();
}

std::vector<JudgedOperation*> LiveOperations::InOrder() const {
  std::vector<JudgedOperation*> all;
  for (const Numbered& one : few_) all.push_back(one.operation);
  for (const auto& [number, operation] : many_) all.push_back(operation);
  std::sort(all.begin(), all.end(), [](const JudgedOperation* a, const JudgedOperation* b) {
    return a->status.number() < b->status.number();
  });
  return all;
}

}  // namespace vdsconform
