// Notes which thread a fatal signal ends the process in, so that a crash is blamed on the right one
// of several calls in flight.
#ifndef VDSCONFORM_HARNESS_FATAL_SIGNALS_H_
#define VDSCONFORM_HARNESS_FATAL_SIGNALS_H_

#include "harness/executor.h"

namespace vdsconform {

// From now on the first thread in which SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS or SIGABRT arrives
// is stored in the journal, with what of freed memory it had used (quarantine.h), and the signal
// then does what it would have done before. An overflow of a stack is not noted: there is no room
// for a handler. Call once; the journal outlives the process.
void NoteFatalSignals(Journal* journal);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_FATAL_SIGNALS_H_
