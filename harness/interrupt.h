// What SIGINT and SIGTERM do to a run: the first asks it to stop and report, the second ends it.
//
// Process-wide. A run that is asked to stop kills its hosts, skips the cases that are left and
// writes its reports.
#ifndef VDSCONFORM_HARNESS_INTERRUPT_H_
#define VDSCONFORM_HARNESS_INTERRUPT_H_

#include <atomic>
#include <string>

namespace vdsconform {

// From now on the two signals are handled so. A signal that is ignored stays ignored, as a shell
// without job control wants it of a command in the background.
void HandleInterrupts();

// Becomes true with the first signal.
const std::atomic<bool>& StopRequested();

// A scratch file that the second signal removes; empty: none. Call before HandleInterrupts.
void RemoveOnSecondSignal(const std::string& path);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_INTERRUPT_H_
