// What several reports say in the same words: the verdict in one line, a finding's parts, reasons.
//
// Pure functions of a Campaign.
#ifndef VDSCONFORM_HARNESS_REPORT_TEXT_H_
#define VDSCONFORM_HARNESS_REPORT_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign.h"

namespace vdsconform {

// "FAIL: mine 1.0 does not conform to win32 (2 of 18 requirements)".
std::string VerdictLine(const Campaign& campaign);

// "explored 2,134 of 2,134 interleavings of 24 programs", or why none; empty: it was not asked for.
std::string DescribeExploration(const Campaign& campaign);
// "352 bytes, at most"; empty if it was not measured.
std::string DescribeStack(const Campaign& campaign);

// What was judged: the IUT's name and version, or the history's file.
std::string SubjectName(const Campaign& campaign);

// The requirements (or the advisories) that the campaign's profile asks for.
std::vector<Req> ReportedRequirements(const Campaign& campaign, bool advisory);

// Why a requirement has no clear verdict: inconclusive, not applicable or in error. Each reason
// once, in the order in which they came up.
std::vector<std::string> Reasons(const RequirementState& state);

// A finding's message in its two halves. `allowed` is empty if the message has one half.
struct SawAllowed {
  std::string saw;
  std::string allowed;
};
SawAllowed SplitMessage(std::string_view message);

// A known failure and what became of it.
enum class KnownState : uint8_t {
  kFails,      // as expected
  kNoLonger,   // it did not fail: the list is out of date
  kNotTested,  // nothing that could show it was run
};
KnownState StateOf(const KnownFailure& known, const Campaign& campaign);
std::string_view Name(KnownState state);  // "fails", "no-longer-fails", "not-tested"

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_REPORT_TEXT_H_
