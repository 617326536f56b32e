// Sees that a host does not take the whole machine with it: its memory and its processes.
//
// Limits that the kernel keeps do not serve here. One on address space stops implementations that
// reserve much and use little; one on processes counts all that the user runs. So the host is
// looked at now and then, which leaves it time to go somewhat beyond. Linux only, not thread-safe.
#ifndef VDSCONFORM_HARNESS_HOST_WATCH_H_
#define VDSCONFORM_HARNESS_HOST_WATCH_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace vdsconform {

struct HostLimits {
  uint64_t memory_bytes = 0;   // resident memory of the host; 0: half of what there is
  uint32_t processes = 1'000;  // that descend from this process, its own session left out
};

class HostWatch {
 public:
  HostWatch(pid_t host, const HostLimits& limits);

  // Looks, unless it did so just before. What is used too much, for a person; empty: nothing.
  std::string Excess();

 private:
  pid_t host_;
  HostLimits limits_;
  uint64_t threads_at_start_;  // in the whole system
  int64_t next_look_ns_ = 0;
  int64_t next_count_ns_ = 0;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_HOST_WATCH_H_
