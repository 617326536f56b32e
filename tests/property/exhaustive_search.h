// ExhaustiveSearch: decides by trying every order whether a small history is linearizable.
//
// Written from the sources and not from the judge, to be compared with it. Exponential in the calls
// of the history, of which it takes at most 16. Pure and thread-safe. It covers what a history says
// of the state of its operations: successful QueryStatus, Wait and Cancel, progress and finish.
// Return values, NULL outputs, references and faults are not its business, and calls that never
// returned are not accepted.
#ifndef VDSCONFORM_TESTS_PROPERTY_EXHAUSTIVE_SEARCH_H_
#define VDSCONFORM_TESTS_PROPERTY_EXHAUSTIVE_SEARCH_H_

#include "spec/history.h"
#include "spec/requirements.h"

namespace vdsconform {

// True if, for each operation, some order of its calls explains every answer: it keeps every pair
// of calls of which one returned before the other was invoked, or that one thread made one after
// the other, and each call answers as an operation does that changes at one instant of each call.
// Each operation is looked at alone. Where times are equal, that is less than an order of all calls
// at once: then the calls are not intervals on a line, and two operations can contradict each other
// though neither does itself.
bool HasLinearization(const History& history, Profile profile);

}  // namespace vdsconform

#endif  // VDSCONFORM_TESTS_PROPERTY_EXHAUSTIVE_SEARCH_H_
