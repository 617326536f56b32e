// A Trial: one Program executed and judged, with doubtful findings confirmed.
//
// Two kinds of finding rest on patience rather than on what a call stored: that it waits (QS-06)
// and that it hangs. Both are expensive for an implementation that has them, since every such call
// uses up its patience, and the first must not be laid on a call that was merely slow. So:
//  - A call seen waiting is tried again with four times the patience and believed only if it waits
//    again, in the same process or else in a fresh one, as some wait only once in a process.
//    Further findings of this kind are dropped: QS-06 has failed already.
//  - Once a call has been seen waiting, patience is short, for hangs too: waiting calls then only
//    have to be let go.
//  - A hang in a Program that runs in order is tried again, since it has no race to be lost, and
//    believed if it shows again; if not, the Program is inconclusive. A hang in a race is believed
//    at once. Afterwards the patience for hangs is short. A hang of a requirement that has hung
//    before is then dropped; one of another requirement is tried again with the full patience.
//
// A third rests on what we do to the process: while threads are stopped between two instructions
// its code is written to and its signals are taken. What stops threads comes to the same each time,
// so a crash in such a Program is believed if it comes again, in a fresh process; if not, the
// Program is inconclusive.
//
// Not thread-safe.
#ifndef VDSCONFORM_HARNESS_TRIAL_H_
#define VDSCONFORM_HARNESS_TRIAL_H_

#include <functional>
#include <optional>
#include <set>

#include "harness/program.h"
#include "harness/subject.h"
#include "spec/judge.h"
#include "spec/requirements.h"

namespace vdsconform {

struct Trial {
  Program program;
  Execution execution;
  Judgement judgement;
  // True if it shows a finding that fails a run: any requirement that is not an advisory.
  bool failed = false;
};

class Trier {
 public:
  // `subject` outlives the Trier. `stopping` may be empty.
  Trier(Subject* subject, Profile profile, const Patience& patience,
        std::function<bool()> stopping = {});

  Trial Try(const Program& program);

  // The Trial that first showed a call waiting, once. What it found must reach the campaign also
  // if whoever tried it settles on another Trial, since later ones no longer show it.
  std::optional<Trial> TakeConfirmedWait();

  bool stopping() const { return stopping_ && stopping_(); }

 private:
  Execution ExecuteWith(const Patience& patience, const Program& program);
  void ConfirmWaits(Trial& trial);
  bool WaitsAgain(Trial& trial);
  bool WaitsWith(const Patience& patience, Trial& trial);
  void NoteWait(const Trial& trial);
  void ConfirmHangs(Trial& trial);
  void ConfirmCrash(Trial& trial);

  Subject* subject_;
  Profile profile_;
  Patience full_;  // as the user wants it
  Patience patience_;
  std::function<bool()> stopping_;
  bool waits_ = false;
  std::set<Req> hung_;
  std::optional<Trial> confirmed_wait_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_TRIAL_H_
