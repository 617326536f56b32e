// What becomes of an exception that comes out of a call.
#ifndef VDSCONFORM_HARNESS_THROWN_H_
#define VDSCONFORM_HARNESS_THROWN_H_

#include "spec/history.h"

namespace vdsconform {

// Notes the exception that is being handled as the fault of its call. Only within a catch block.
void NoteThrown(Event* event);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_THROWN_H_
