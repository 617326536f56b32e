#include "consequences.h"

#include <algorithm>
#include <string_view>

namespace vdsconform {
namespace {

struct Explanation {
  Req plain;
  std::string_view plain_cause;  // empty: any
  Req accident;
  std::string_view accident_cause;
};

constexpr Explanation kExplanations[] = {
    {Req::kQs01, "", Req::kQs09, "finished-with-less"},
    {Req::kQs01, "", Req::kQs09, "torn-result"},
    {Req::kQs02, "", Req::kQs09, "pending-with-100"},
    {Req::kQs03, "wrong-result", Req::kQs09, "torn-result"},
    {Req::kQs04, "finished-percent", Req::kQs09, "finished-with-less"},
    {Req::kQs05, "", Req::kQs09, "pending-with-100"},
    {Req::kQs14, "result-of-another-operation", Req::kQs09, "torn-result"},
    {Req::kQs30, "percent-went-back", Req::kQs08, "percent-went-back"},
    {Req::kQa03, "percent-went-back", Req::kQs08, "percent-went-back"},
};

// Whether the requirement stands for what happened to come before a change of state (rules.h,
// Blame).
bool IsBlamed(Req req) {
  return req == Req::kQs08 || req == Req::kQs14 || req == Req::kQs15 || req == Req::kQs17;
}

}  // namespace

bool Explains(const Finding& cause, const Finding& finding) {
  const bool changes_by_itself = cause.req == Req::kQs10 || cause.req == Req::kQs11;
  if (changes_by_itself && IsBlamed(finding.req) && cause.cause == finding.cause) return true;
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
