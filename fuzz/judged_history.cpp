#include "fuzz/judged_history.h"

#include <sstream>

#include "fuzz/claim.h"
#include "spec/history_binary.h"
#include "spec/hresult.h"
#include "spec/judge.h"

namespace vdsconform {
namespace {

void ClaimDescribed(HRESULT code) {
  Claim(ParseHresult(ToHex(code)) == code, "a code is read again as it was written");
  if (const auto name = NameOf(code)) {
    Claim(ParseHresult(*name) == code, "a code's name is the name of this code");
  }
  const bool malformed = Classify(code) == CodeClass::kMalformed;
  const std::string why = WhyNotWellFormed(code);
  Claim(!malformed || !why.empty(), "of a malformed code it is said why it is so");
  Claim(Describe(code).find(ToHex(code)) != std::string::npos, "a code's description shows it");
}

// Any text as a code: its hexadecimal digits, its name, or none.
void ClaimParsed(const std::string& text) {
  const auto code = ParseHresult(text);
  Claim(!code || text.starts_with("0x") || NameOf(*code).has_value(),
        "a code is written in hexadecimal or has a name");
}

void ClaimDescribed(const Event& event) {
  ClaimParsed(event.detail);
  Claim(ParseCall(Name(event.call)) == event.call, "a call's name names it");
  Claim(Describe(event).starts_with(Name(event.call)), "an event's description begins with it");
  for (const auto& code : {event.ret, event.hr, event.result}) {
    if (code) ClaimDescribed(*code);
  }
}

void ClaimReportable(const Finding& finding, Profile profile) {
  Claim(Applies(finding.req, profile), "a finding is of a requirement of the profile");
  Claim(ParseReq(Get(finding.req).id) == finding.req, "a finding's id names its requirement");
  Claim(!finding.cause.empty() && !finding.message.empty(), "a finding says what and why");
  Claim(finding.cause.find(' ') == std::string::npos, "a cause is one word");
  Claim(finding.count > 0, "a finding was seen");
  Claim(finding.witnesses.size() == 1 || finding.witnesses.size() == 2,
        "one or two calls show a finding");
  for (const Event& witness : finding.witnesses) ClaimDescribed(witness);
}

bool Same(const Judgement& a, const Judgement& b) {
  if (a.observations != b.observations || a.findings.size() != b.findings.size()) return false;
  for (size_t i = 0; i < a.findings.size(); ++i) {
    const Finding& left = a.findings[i];
    const Finding& right = b.findings[i];
    if (left.req != right.req || left.cause != right.cause || left.message != right.message ||
        left.witnesses != right.witnesses || left.count != right.count) {
      return false;
    }
  }
  return true;
}

}  // namespace

void ClaimJudged(const History& history) {
  for (const Event& event : history.events) ClaimDescribed(event);
  for (const Profile profile : {Profile::kWin32, Profile::kMsVds}) {
    Claim(ParseProfile(Name(profile)) == profile, "a profile's name names it");
    const Judgement judgement = JudgeHistory(history, profile);
    Claim(judgement.events == history.events.size(), "the judge takes every event");
    Claim(Same(judgement, JudgeHistory(history, profile)), "the judge says the same twice");
    for (size_t i = 0; i < judgement.findings.size(); ++i) {
      const Finding& finding = judgement.findings[i];
      ClaimReportable(finding, profile);
      if (i == 0) continue;
      const Finding& before = judgement.findings[i - 1];
      Claim(std::pair(before.req, before.cause) < std::pair(finding.req, finding.cause),
            "findings stand in the catalogue's order, each cause once");
    }
  }
}

void ClaimPacks(const History& history) {
  std::stringstream packed;
  WriteBinaryHistory(packed, history);
  Claim(LooksBinary(packed), "a packed history is told by how it begins");
  History again;
  const auto error =
      ReadBinaryHistory(packed, [&](const Event& event) { again.events.push_back(event); });
  Claim(!error, "what was packed can be read", error ? error->message : "");
  Claim(again.events == history.events, "packing loses nothing");
}

}  // namespace vdsconform
