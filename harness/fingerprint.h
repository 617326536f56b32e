// A fingerprint: what a caller can see of calls, and in which order they came, in one number, so
// that outcomes are told apart without being kept. Pure.
#ifndef VDSCONFORM_HARNESS_FINGERPRINT_H_
#define VDSCONFORM_HARNESS_FINGERPRINT_H_

#include <cstdint>

#include "spec/history.h"

namespace vdsconform {

class Fingerprint {
 public:
  void Add(uint64_t value) {
    hash_ = (hash_ ^ value) * 0x9E3779B97F4A7C15u;
    hash_ ^= hash_ >> 32;
  }
  void Add(const Event& event) {
    Add(uint64_t{event.thread} << 32 | static_cast<uint64_t>(event.call) << 24 |
        static_cast<uint64_t>(event.witness) << 16 | static_cast<uint64_t>(event.fault) << 8 |
        (event.t1 ? 1 : 0) | (event.held ? 2 : 0) | (event.stopped ? 4 : 0) |
        (event.clobbered.empty() ? 0 : 8) | (event.slept_in.empty() ? 0 : 16));
    Add(event.step ? uint64_t{*event.step} + 1 : 0);
    Add(event.ret ? uint64_t{1} << 32 | static_cast<uint32_t>(*event.ret) : 0);
    Add(event.hr ? uint64_t{1} << 32 | static_cast<uint32_t>(*event.hr) : 0);
    Add(event.percent ? uint64_t{1} << 32 | *event.percent : 0);
    Add(event.count ? uint64_t{1} << 32 | *event.count : 0);
    Add(static_cast<uint64_t>(event.out));
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xCBF29CE484222325u;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_FINGERPRINT_H_
