// Autopsy: turns the death of a host process into events of a History.
//
// A host that died cannot say what it saw. What is known is the Program, how the process ended, and
// its last word in the Journal. The call that is to blame becomes an event that never came back and
// carries the fault, so that the judge finds it (QS-13) as it would any other. Pure.
#ifndef VDSCONFORM_HARNESS_AUTOPSY_H_
#define VDSCONFORM_HARNESS_AUTOPSY_H_

#include "harness/child_process.h"
#include "harness/executor.h"
#include "harness/program.h"
#include "spec/history.h"

namespace vdsconform {

// The Journal as it is before anything has happened.
void ClearJournal(Journal& journal);
// Forgets what an earlier Program left in it, but not which threads there are.
void ForgetLastProgram(Journal& journal);

// Where the Program's threads were to be stopped when the process died; empty: nowhere.
std::vector<Preemption> StopsAtDeath(const Journal& journal, const Program& program);

// The call that performs a step of this kind.
Call CallOf(Action action);

// Ends `history`, what was seen of the Program before the death, with the events that tell of it:
// the begin of the operation concerned if it is not there yet, and the call to blame. That is the
// call whose thread got the signal; else, of those in flight, the one that started last; with none
// in flight the last call before. `driven`: operations end only by the driver's finish.
void AddDeath(const Death& death, const Journal& journal, const Program& program, bool driven,
              History& history);

// The same for a host that died after it was done with its last Program, here added to the history
// of the next, which another host has performed.
void AddLateDeath(const Death& death, const std::string& last_program, const Program& program,
                  bool driven, History& history);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_AUTOPSY_H_
