#include "harness/affinity.h"

namespace vdsconform {

PinnedThread::PinnedThread(uint32_t index) {
  CPU_ZERO(&own_);
  if (sched_getaffinity(0, sizeof before_, &before_) != 0) return;
  const int processors = CPU_COUNT(&before_);
  if (processors < 2) return;
  int nth = static_cast<int>(index % static_cast<uint32_t>(processors));
  for (size_t processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &before_) || nth-- != 0) continue;
    CPU_SET(processor, &own_);
    break;
  }
  usable_ = true;
  Pin();
}

PinnedThread::~PinnedThread() { Release(); }

void PinnedThread::Pin() const {
  if (usable_) sched_setaffinity(0, sizeof own_, &own_);
}

void PinnedThread::Release() const {
  if (usable_) sched_setaffinity(0, sizeof before_, &before_);
}

}  // namespace vdsconform
