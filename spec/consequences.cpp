#include "consequences.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "rules.h"

namespace vdsconform {
namespace {

struct Explanation {
  Req plain;
  std::string_view plain_cause;  // empty: any
  Req accident;
  std::string_view accident_cause;
};

constexpr Explanation kExplanations[] = {
    // Wrong for good, and seen while something overlapped.
    {Req::kQs01, "", Req::kQs09, "finished-with-less"},
    {Req::kQs01, "", Req::kQs09, "torn-result"},
    {Req::kQs02, "", Req::kQs09, "pending-with-100"},
    {Req::kQs03, "wrong-result", Req::kQs09, "torn-result"},
    {Req::kQs04, "finished-percent", Req::kQs09, "finished-with-less"},
    {Req::kQs05, "", Req::kQs09, "pending-with-100"},
    {Req::kQs08, "finished-too-early", Req::kQs09, "torn-result"},
    {Req::kQs08, "result-changed", Req::kQs09, "torn-result"},
    {Req::kQs10, "percent-changed", Req::kQs09, "finished-with-less"},
    {Req::kQs10, "result-changed", Req::kQs09, "torn-result"},
    {Req::kQs11, "finished-too-early", Req::kQs09, "torn-result"},
    {Req::kQs14, "", Req::kQs09, "torn-result"},
    {Req::kQs17, "", Req::kQs09, "torn-result"},
    {Req::kQs09, "torn-result", Req::kQs10, "result-changed-somehow"},
    {Req::kQs09, "torn-result", Req::kQs03, "two-results"},
    {Req::kQs10, "result-changed", Req::kQs03, "two-results"},
    {Req::kQs10, "result-changed", Req::kQs03, "wrong-result-somehow"},
    {Req::kQs10, "percent-changed", Req::kQs04, "finished-percent-somehow"},
    // A write beyond an output crashes where that is the end of a page.
    {Req::kQs12, "writes-elsewhere", Req::kQs13, "crashed-QueryStatus"},
    {Req::kQs12, "writes-elsewhere", Req::kQs13, "crashed-QueryStatus-somehow"},
    {Req::kQs12, "writes-elsewhere", Req::kQs15, "crashed-QueryStatus"},
    // An object that is released early is gone when it is called.
    {Req::kQs15, "released-early", Req::kQs13, "crashed-QueryStatus"},
    {Req::kQs15, "released-early", Req::kQs13, "crashed-QueryStatus-somehow"},
    // A percentage that goes back also does so after NULL calls.
    {Req::kQs30, "percent-went-back", Req::kQs08, "percent-went-back"},
    {Req::kQa03, "percent-went-back", Req::kQs08, "percent-went-back"},
    // One thread has heard of the end, another has not.
    {Req::kQs11, "stale-pending", Req::kQs10, "went-back-to-pending"},
    {Req::kQs10, "went-back-to-pending", Req::kQs11, "stale-pending-somehow"},
    {Req::kQs10, "went-back-to-pending-somehow", Req::kQs11, "stale-pending-somehow"},
    // Wait tells what Cancel got wrong.
    {Req::kQs17, "result-after-cancel", Req::kQs16, "wait-result"},
};

// Whether the requirement stands for what happened to come before a change of state (rules.h,
// Blame), or before a crash.
bool IsBlamed(Req req) {
  return req == Req::kQs08 || req == Req::kQs14 || req == Req::kQs15 || req == Req::kQs17;
}

bool HappensByItself(Req req) {
  return req == Req::kQs10 || req == Req::kQs11 || req == Req::kQs13;
}

}  // namespace

bool Explains(const Finding& cause, const Finding& finding) {
  if (finding.cause == cause.cause + std::string(kUncertain)) return true;
  if (HappensByItself(cause.req) && IsBlamed(finding.req) && cause.cause == finding.cause) {
    return true;
  }
  return std::any_of(
      std::begin(kExplanations), std::end(kExplanations), [&](const Explanation& explanation) {
        return cause.req == explanation.plain && finding.req == explanation.accident &&
               finding.cause == explanation.accident_cause &&
               (explanation.plain_cause.empty() || cause.cause == explanation.plain_cause);
      });
}

void RemoveConsequences(std::vector<Finding>& findings) {
  const std::vector<Finding> all = findings;
  std::erase_if(findings, [&](const Finding& finding) {
    return std::any_of(all.begin(), all.end(),
                       [&](const Finding& cause) { return Explains(cause, finding); });
  });
}

}  // namespace vdsconform
