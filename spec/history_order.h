// HistoryOrder: checks what the order of a history's events promises.
//
// Events are sorted by t0, the calls of one thread do not overlap, and no operation begins twice.
// Memory is bounded: by the number of threads, and by the gaps between the operations' numbers.
// Not thread-safe. The fields of an event are not checked here.
#ifndef VDSCONFORM_SPEC_HISTORY_ORDER_H_
#define VDSCONFORM_SPEC_HISTORY_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "history.h"

namespace vdsconform {

class HistoryOrder {
 public:
  static constexpr size_t kMaxThreads = 65'536;
  static constexpr size_t kMaxOperationRanges = 65'536;

  // What messages say an event's place is.
  enum class Place : uint8_t { kLine, kByte };

  explicit HistoryOrder(Place places = Place::kLine) : places_(places) {}

  // Takes the next event, which stands in line, or at byte, `place`. Empty: it is in order; else
  // why it is not, and then nothing more may be asked.
  std::string Check(const Event& event, uint64_t place);

 private:
  struct Thread {
    std::optional<int64_t> t1;  // of its last call; none: it never came back
    uint64_t place;             // of its last call
  };

  std::string CheckThread(const Event& event, uint64_t place);
  std::string CheckBegin(uint32_t op);
  std::string At(uint64_t place) const;

  Place places_;
  int64_t last_t0_ = 0;
  std::unordered_map<uint32_t, Thread> threads_;
  // Numbers of the operations that have begun: first to last of each unbroken range.
  std::map<uint32_t, uint32_t> begun_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_HISTORY_ORDER_H_
