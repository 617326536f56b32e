#include "heap_growth.h"

#include <string>

namespace vdsconform {
namespace {

constexpr size_t kMaxSamples = 256;
// Fewer tell nothing.
constexpr size_t kLeastSamples = 8;
constexpr uint32_t kLeastOperations = 4'096;
// The first part is the time in which caches fill; each of the others has to show the growth.
constexpr size_t kParts = 4;
// Less than the smallest block of memory has.
constexpr uint64_t kLeastBytes = 16;

}  // namespace

void HeapGrowth::Observe(const Event& begin) {
  if (!begin.heap) return;
  if (!samples_.empty() && begin.op <= samples_.back().op) return;
  last_ = begin;
  if (seen_++ % stride_ != 0) return;
  samples_.push_back({begin.op, *begin.heap});
  if (samples_.size() < kMaxSamples) return;
  for (size_t i = 0; i < kMaxSamples / 2; ++i) samples_[i] = samples_[2 * i];
  samples_.resize(kMaxSamples / 2);
  stride_ *= 2;
}

std::optional<std::pair<Complaint, Event>> HeapGrowth::Finish() const {
  if (samples_.size() < kLeastSamples) return std::nullopt;
  const auto at = [this](size_t part) { return samples_[(samples_.size() - 1) * part / kParts]; };
  if (at(kParts).op - at(0).op < kLeastOperations) return std::nullopt;
  for (size_t part = 1; part < kParts; ++part) {
    const Sample from = at(part);
    const Sample to = at(part + 1);
    if (to.bytes < from.bytes + kLeastBytes * (to.op - from.op)) return std::nullopt;
  }
  const uint64_t operations = at(kParts).op - at(1).op;
  const uint64_t bytes = (at(kParts).bytes - at(1).bytes) / operations;
  return std::pair(
      Complaint{Req::kQa06, "memory-grows",
                "saw " + std::to_string(bytes) + " bytes more in use with each of " +
                    std::to_string(operations) +
                    " operations, which had ended and been released; allowed, but a process that "
                    "lives long runs out of memory",
                std::nullopt},
      *last_);
}

}  // namespace vdsconform
