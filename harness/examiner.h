// The examiner: finds out what there is to a Program that a fuzzer takes for a finding.
//
// The Program is tried again by the executor on an implementation in a process of its own, where a
// crash or a hang is a value; if it shows nothing, as a race on many rounds and as many operations
// one after another, since some faults need a while. What shows is made as small as it can be, each
// finding by itself. Not thread-safe.
#ifndef VDSCONFORM_HARNESS_EXAMINER_H_
#define VDSCONFORM_HARNESS_EXAMINER_H_

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/campaign.h"
#include "harness/subject.h"
#include "harness/trial.h"

namespace vdsconform {

class Examiner {
 public:
  struct Found {
    Program program;      // the smallest that shows it
    Judgement judgement;  // of that, with this finding only
    std::string output;   // what the implementation printed while it died of it
  };
  // What came of a Program.
  struct Result {
    std::vector<Found> found;  // of causes that were not known before
    bool confirmed = false;    // it shows something, known or not
    std::string error;         // the suite itself failed
  };

  // `subject` and `campaign` outlive the examiner; the campaign tells what is known.
  Examiner(Subject* subject, const Campaign* campaign, const Patience& patience,
           std::function<bool()> stopping);

  // `repeats`: also as many operations one after another, which takes seconds; else, of a Program
  // that slept, with each query many times.
  Result Examine(const Program& program, bool repeats = true);

 private:
  Trial TryVariants(const Program& program, bool repeats);
  bool driven() const;
  // A Wait in it has to be seen waiting before its operation is ended.
  bool Waits(const Program& program) const;
  bool Matters(const Finding& finding) const;
  Found Reduce(const Trial& trial, const Finding& finding);
  std::optional<Found> ShowsAgain(const Program& program, const Finding& finding);

  Subject* subject_;
  const Campaign* campaign_;
  Patience patience_;
  std::function<bool()> stopping_;
  Trier trier_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_EXAMINER_H_
