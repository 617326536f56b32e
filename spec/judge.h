// The judge: a pure, streaming function from a History and a profile to Findings.
//
// No clock, no I/O, no threads. Memory grows with the number of threads and live operations, not
// with the history; time is linear in it (logarithmic in the calls in flight). Events are given in
// the order of t0. An object belongs to one thread.
//
// What it decides: each observation is legal in itself, there is one final result, and no call
// returns before a call of lower rank is invoked, where an observation's rank is its percent while
// pending (where monotony is required, else 0) and 100 when finished, and the driver's finish is an
// observation of rank 100. For histories of this type that is linearizability; tests/ compares it
// with an exhaustive search.
#ifndef VDSCONFORM_SPEC_JUDGE_H_
#define VDSCONFORM_SPEC_JUDGE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "history.h"
#include "requirements.h"

namespace vdsconform {

// A broken requirement, or an advisory.
struct Finding {
  Req req = Req::kQs01;
  std::string cause;             // short and stable, to tell findings apart: "pending-percent-100"
  std::string message;           // what was seen and what was allowed
  std::vector<Event> witnesses;  // the one or two calls that show it, the offending one last
  uint64_t count = 1;            // how often this cause was seen
};

struct Judgement {
  // One per (requirement, cause), in the catalogue's order.
  std::vector<Finding> findings;
  // Per requirement: observations that could have falsified it.
  std::array<uint64_t, kReqCount> observations{};
  uint64_t events = 0;
};

class Judge {
 public:
  explicit Judge(Profile profile);
  ~Judge();
  Judge(Judge&&) noexcept;
  Judge& operator=(Judge&&) noexcept;

  // Takes the next event; its t0 is not before the previous one's.
  void Observe(const Event& event);

  // Takes all of these, which stay where they are until Finish: nothing is copied.
  void Observe(const History& history);

  // Ends the history and gives the judgement. The next event begins another history; memory is
  // kept for it, and nothing else.
  Judgement Finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

Judgement JudgeHistory(const History& history, Profile profile);

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_JUDGE_H_
