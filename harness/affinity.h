// Keeps racing threads on processors of their own.
//
// Threads that wake each other tend to be put on one processor, above all on a busy machine, and
// then never run at the same time. Linux; without it, or with one processor, nothing is done.
// Thread-safe.
#ifndef VDSCONFORM_HARNESS_AFFINITY_H_
#define VDSCONFORM_HARNESS_AFFINITY_H_

#include <sched.h>

#include <cstdint>

namespace vdsconform {

// While it lives, the calling thread runs on the `index`-th of the processors that it may use,
// counted round and round.
class PinnedThread {
 public:
  explicit PinnedThread(uint32_t index);
  ~PinnedThread();
  PinnedThread(const PinnedThread&) = delete;
  PinnedThread& operator=(const PinnedThread&) = delete;

  // For what starts threads of its own, which inherit where they may run.
  void Release() const;
  void Pin() const;

 private:
  cpu_set_t before_;
  cpu_set_t own_;
  bool usable_ = false;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_AFFINITY_H_
