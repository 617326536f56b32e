// What holds of every history that was read, and of what the judge says of it.
#ifndef VDSCONFORM_FUZZ_JUDGED_HISTORY_H_
#define VDSCONFORM_FUZZ_JUDGED_HISTORY_H_

#include "spec/history.h"

namespace vdsconform {

// Claims it: under both profiles the judge takes the history, says the same of it twice, and its
// findings are ones that a report can show; every event and code of it can be described.
void ClaimJudged(const History& history);

// Claims that the packed form gives the same events again.
void ClaimPacks(const History& history);

}  // namespace vdsconform

#endif  // VDSCONFORM_FUZZ_JUDGED_HISTORY_H_
