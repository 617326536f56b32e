// LiveOperations: the operations of a history that can still be called, with all that the judge
// remembers of each.
//
// Most histories have few operations at a time: these are looked for one after another, the others
// by a hash. Memory grows with the most that lived at once and is kept for reuse. Not thread-safe.
#ifndef VDSCONFORM_SPEC_LIVE_OPERATIONS_H_
#define VDSCONFORM_SPEC_LIVE_OPERATIONS_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "history.h"
#include "rules.h"
#include "status_model.h"

namespace vdsconform {

// An answer of an operation that may yet turn out to be driven, which decides what is wrong with
// it.
struct Undecided {
  std::optional<Complaint> complaint;  // if the operation runs by itself
  Event event;
  uint64_t order;
  Intervening between;
  uint64_t count = 1;
};

// One operation, with what the judge itself remembers of it.
struct JudgedOperation {
  explicit JudgedOperation(uint32_t number) : status(number) {}

  // Makes it as new, but for its memory.
  void Restart(uint32_t number);

  OperationStatus status;
  // One for each cause, so that they are few.
  std::vector<Undecided> undecided;
  std::bitset<101> foreign_percents;
  uint64_t valid_calls = 0;
  uint64_t failed_calls = 0;
  Rare<Event> last_failed;
  uint64_t in_flight = 0;
  bool has_lost_call = false;
};

class LiveOperations {
 public:
  // Null: there is none of this number.
  JudgedOperation* Find(uint32_t number) const {
    for (const Numbered& one : few_) {
      if (one.number == number) return one.operation;
    }
    if (many_.empty()) return nullptr;
    const auto found = many_.find(number);
    return found == many_.end() ? nullptr : found->second;
  }

  // There is none of this number yet.
  JudgedOperation& Add(uint32_t number);
  void Remove(uint32_t number);
  void Clear();

  size_t size() const { return few_.size() + many_.size(); }
  // By number, so that a judgement does not hang on a hash.
  std::vector<JudgedOperation*> InOrder() const;

 private:
  static constexpr size_t kFew = 8;
  struct Numbered {
    uint32_t number;
    JudgedOperation* operation;
  };

  std::vector<std::unique_ptr<JudgedOperation>> all_;  // owns what the others point to
  std::vector<JudgedOperation*> free_;
  std::vector<Numbered> few_;                            // at most kFew
  std::unordered_map<uint32_t, JudgedOperation*> many_;  // the others
};

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_LIVE_OPERATIONS_H_
