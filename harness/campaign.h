// Campaign: everything one `vdsconform run` (or `check`) has learnt, and its verdict.
//
// Cases add judgements to it, reports are drawn from it. One thread.
#ifndef VDSCONFORM_HARNESS_CAMPAIGN_H_
#define VDSCONFORM_HARNESS_CAMPAIGN_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/subject.h"
#include "spec/judge.h"
#include "spec/requirements.h"

namespace vdsconform {

// In the order of severity for the whole verdict: the worst of them.
enum class Verdict : uint8_t { kNotApplicable, kPass, kInconclusive, kError, kFail };
std::string_view Name(Verdict verdict);  // "not-applicable", "pass", ...

// 0 conforms; 1 does not; 2 wrong use; 3 inconclusive; 4 the suite itself failed.
int ExitCode(Verdict verdict);

// A finding with where it was found.
struct ReportedFinding {
  Finding finding;
  std::string test_case;  // "QS01.StoresOperationPending"; for `check`, the file
  std::string step;       // "step 3: query on thread 1"; may be empty
  std::string reproduce;  // one command line that shows it again
  std::string stopped;    // where threads were stopped, of a preempted Program; usually empty
  std::string output;     // the last of what the IUT printed if it died of this; usually empty
  uint64_t programs = 0;  // judged when it was first seen, the one that showed it included
  double seconds = 0;     // since the run began; 0 where nobody counts them
  std::vector<Preemption> stops;  // the same as `stopped`
  uint64_t executions = 0;        // of a fuzzer, until it was seen; 0 where none fuzzes
};

struct RequirementState {
  uint64_t observations = 0;
  std::vector<ReportedFinding> findings;  // one for each cause, the first seen
  uint32_t applicable_cases = 0;          // cases of this requirement that could be run
  bool partial = false;                   // cases of it were left out by a filter or a shard
  std::vector<std::string> inconclusive;  // reasons
  std::vector<std::string> not_applicable;
  std::vector<std::string> errors;
};

// Expected failures, from --known-failures: they are reported, and do not fail the run. One that
// is listed and does not fail is an error of the list, reported and failing.
struct KnownFailure {
  std::string id;      // requirement id, or "requirement id/cause"
  std::string reason;  // never empty
};

class Campaign {
 public:
  Campaign(Profile profile, bool strict) : profile_(profile), strict_(strict) {}

  Profile profile() const { return profile_; }
  bool strict() const { return strict_; }

  // Adds a judgement; findings of a cause already known only add to its count. Returns those that
  // were new. `output`: what the IUT printed while it died, kept with findings of faults.
  std::vector<ReportedFinding> Add(const Judgement& judgement, const std::string& test_case,
                                   const Program* program, const std::string& reproduce,
                                   const std::string& output = {});

  // Adds what exploring a Program came to.
  void AddExploration(const Exploration& exploration);

  // True if no finding of this requirement and cause was added yet.
  bool IsNew(const Finding& finding) const;
  // True if this finding fails the run: not waived, and not an advisory unless strict.
  bool Counts(const Finding& finding) const;

  RequirementState& state(Req req) { return states_[static_cast<size_t>(req)]; }
  const RequirementState& state(Req req) const { return states_[static_cast<size_t>(req)]; }

  void AddError(const std::string& message) { errors_.push_back(message); }
  const std::vector<std::string>& errors() const { return errors_; }

  void set_known_failures(std::vector<KnownFailure> known) { known_ = std::move(known); }
  const std::vector<KnownFailure>& known_failures() const { return known_; }
  // The known failure that covers this finding; nullptr: none.
  const KnownFailure* Known(const Finding& finding) const;
  // Known failures that did not fail although all that could show them was run.
  std::vector<KnownFailure> Unexpected() const;

  // fail with at least one finding that counts; pass only with observations; and so on.
  Verdict VerdictOf(Req req) const;
  // The worst of fail, error, inconclusive, pass. A campaign in which nothing was observed is
  // inconclusive.
  Verdict WholeVerdict() const;

  // Seconds since the run began, to date findings by; may be empty.
  std::function<double()> elapsed;
  bool interrupted = false;
  uint64_t programs = 0;
  uint64_t events = 0;
  uint32_t stack_bytes = 0;  // the most that a QueryStatus used of its stack; 0: not measured
  Exploration explored;      // of all explored Programs together
  uint64_t explored_programs = 0;
  std::string not_explored;  // why none was; empty: some were, or exploration was not asked for
  uint64_t seed = 0;
  double seconds = 0;
  IutInfo iut;
  std::string iut_origin;  // the library's path, or the host's command line

 private:
  // One cause, one requirement, over all Programs of the run (consequences.h).
  bool IsExplained(const Finding& finding) const;
  void RemoveExplainedBy(const Finding& cause);

  Profile profile_;
  bool strict_;
  std::array<RequirementState, kReqCount> states_;
  std::vector<std::string> errors_;
  std::vector<KnownFailure> known_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_CAMPAIGN_H_
