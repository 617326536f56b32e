// What an event must hold for its call, in whatever form it was read.
//
// Pure and thread-safe. Each event is looked at alone; HistoryOrder looks at their order.
#ifndef VDSCONFORM_SPEC_EVENT_CHECK_H_
#define VDSCONFORM_SPEC_EVENT_CHECK_H_

#include <string>

#include "history.h"

namespace vdsconform {

// Empty: the event may stand in a history; else why it may not, in the names of the JSON form.
std::string WhyNotInHistory(const Event& event);

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_EVENT_CHECK_H_
