// What a conformance case is written with: a GoogleTest fixture that executes Programs, has them
// judged and adds what comes of it to the campaign.
//
// A case belongs to one requirement. It fails with findings of its own requirement; findings of
// other requirements are reported under theirs. A case whose IUT lacks a declared capability is
// not applicable; one whose Programs could not be carried out is inconclusive. Both are told to
// GoogleTest as skipped, with the reason, and count in the campaign's verdict.
#ifndef VDSCONFORM_HARNESS_CONFORMANCE_CASE_H_
#define VDSCONFORM_HARNESS_CONFORMANCE_CASE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign.h"
#include "harness/program.h"
#include "harness/subject.h"
#include "harness/trial.h"

namespace vdsconform {

// What every case of a run shares. Set once before RUN_ALL_TESTS.
struct RunContext {
  Subject* subject = nullptr;
  Campaign* campaign = nullptr;
  uint64_t seed = 0;
  bool quick = false;
  // How many threads are stopped at once, at most, where interleavings are explored: 0..2.
  uint32_t explore = kMaxPreemptions;
  // How long calls may take. Set before the first case; the run shortens its own copy.
  Patience patience;
  // Saves a Program that showed a finding; returns the command line that replays it. May be empty.
  std::function<std::string(const Program&, const std::string& test_case)> save;
  // Shows a new finding at once. May be empty.
  std::function<void(const ReportedFinding&)> show;
  // Called after each Program, for a display of progress. May be empty.
  std::function<void()> tick;
  // True once the user has asked to stop; cases then end early. May be empty.
  std::function<bool()> stopping;

  // Made by SetRunContext.
  std::optional<Trier> trier;
};
// `context` outlives its use; nullptr ends it. Gives the subject its patience.
void SetRunContext(RunContext* context);
RunContext& CurrentRun();

class ConformanceCase : public testing::Test {
 protected:
  // `needs`: vdsconform_capability bits without which the case is not applicable.
  explicit ConformanceCase(Req req, uint32_t needs = 0) : req_(req), needs_(needs) {}

  void SetUp() override;
  void TearDown() override;

  // Executes and judges one Program. Returns true if it showed no finding of this case's
  // requirement.
  bool Run(const Program& program);

  // The same without adding to the campaign, for shrinkers that try many Programs...
  using Trial = vdsconform::Trial;
  Trial Try(const Program& program);
  // ...and what adds the one they settled on. Returns as Run does.
  bool Record(const Trial& trial);

  Req req() const { return req_; }
  bool Has(uint32_t capabilities) const;
  bool quick() const;
  // Both plans that the IUT declares: {true}, {false} or both.
  std::vector<bool> Estimables() const;

 private:
  Req req_;
  uint32_t needs_;
  std::set<std::string> inconclusive_;
  std::set<std::string> failed_causes_;  // told to GoogleTest already
  bool explained_ = false;  // a failure of this case is accounted for by a finding or an error
};

// What a finding says, over several lines, as GoogleTest and JUnit get it.
std::string FailureText(const ReportedFinding& reported);

// The requirement that a suite's name carries: "QS01", "Random/QS09"; none if it has none.
std::optional<Req> RequirementOfSuite(std::string_view suite);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_CONFORMANCE_CASE_H_
