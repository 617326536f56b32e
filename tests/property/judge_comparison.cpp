#include "judge_comparison.h"

#include <algorithm>
#include <sstream>

#include "exhaustive_search.h"
#include "spec/history_json.h"
#include "spec/judge.h"

namespace vdsconform {
namespace {

// The requirements on the state of an operation: together they say that its history has a
// linearization.
bool IsAboutState(Req req) {
  switch (req) {
    case Req::kQs01:
    case Req::kQs02:
    case Req::kQs03:
    case Req::kQs04:
    case Req::kQs05:
    case Req::kQs09:
    case Req::kQs10:
    case Req::kQs11:
    case Req::kQs14:
    case Req::kQs16:
    case Req::kQs17:
    case Req::kQs30:
    case Req::kQs31:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool JudgedLinearizable(const History& history, Profile profile) {
  const Judgement judgement = JudgeHistory(history, profile);
  return std::none_of(judgement.findings.begin(), judgement.findings.end(),
                      [](const Finding& finding) { return IsAboutState(finding.req); });
}

std::string Explain(const History& history, Profile profile) {
  const bool linearizable = HasLinearization(history, profile);
  std::ostringstream text;
  text << "under " << Name(profile) << " the search finds "
       << (linearizable ? "an order" : "no order") << ", the judge finds";
  const Judgement judgement = JudgeHistory(history, profile);
  for (const Finding& finding : judgement.findings) {
    text << "\n  " << Get(finding.req).id << ' ' << finding.message;
  }
  if (judgement.findings.empty()) text << " nothing";
  text << '\n';
  WriteHistory(text, history);
  return text.str();
}

}  // namespace vdsconform
