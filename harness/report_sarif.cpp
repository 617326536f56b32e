#include "harness/report_sarif.h"

#include <nlohmann/json.hpp>

#include "harness/options.h"
#include "harness/report_text.h"
#include "harness/text.h"

namespace vdsconform {
namespace {

using Json = nlohmann::ordered_json;

// A path as the URI reference that SARIF wants: what RFC 3986 does not allow is percent-encoded.
std::string ToUri(std::string_view path) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string uri = !path.empty() && path.front() == '/' ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (kAllowed.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += '%';
      uri += kHex[byte >> 4];
      uri += kHex[byte & 15];
    }
  }
  return uri;
}

// Rules stand in the catalogue's order, so that a requirement's index is its rule's.
Json Rules(const Campaign& campaign) {
  Json rules = Json::array();
  for (const Requirement& requirement : AllRequirements()) {
    const bool note = requirement.advisory && !campaign.strict();
    Json rule = {{"id", requirement.id}, {"name", requirement.name}};
    rule["shortDescription"]["text"] = requirement.name;
    rule["fullDescription"]["text"] = requirement.rule;
    rule["help"]["text"] = std::string(requirement.rule) + "\nSource: " + requirement.source +
                           "\nHow to fix: " + requirement.fix;
    rule["defaultConfiguration"]["level"] = note ? "note" : "error";
    rule["properties"]["source"] = requirement.source;
    rules.push_back(std::move(rule));
  }
  return rules;
}

Json Result(const Campaign& campaign, const ReportedFinding& reported) {
  const Finding& finding = reported.finding;
  const Requirement& requirement = Get(finding.req);
  const std::string id = std::string(requirement.id) + "/" + Printable(finding.cause);
  Json result = {{"ruleId", requirement.id},
                 {"ruleIndex", static_cast<int>(finding.req)},
                 {"level", requirement.advisory && !campaign.strict() ? "note" : "error"}};
  result["message"]["text"] = Printable(finding.message);
  Json location;
  location["physicalLocation"]["artifactLocation"]["uri"] = ToUri(campaign.iut_origin);
  location["logicalLocations"] =
      Json::array({{{"fullyQualifiedName", Printable(reported.test_case)}, {"kind", "function"}}});
  result["locations"] = Json::array({std::move(location)});
  result["occurrenceCount"] = finding.count;
  result["partialFingerprints"]["vdsconform/v1"] = id;
  if (const KnownFailure* known = campaign.Known(finding)) {
    result["suppressions"] =
        Json::array({{{"kind", "external"}, {"justification", known->reason}}});
  }
  result["properties"] = {{"cause", Printable(finding.cause)},
                          {"step", Printable(reported.step)},
                          {"reproduce", Printable(reported.reproduce)}};
  return result;
}

Json Results(const Campaign& campaign) {
  Json results = Json::array();
  for (const bool advisory : {false, true}) {
    for (const Req req : ReportedRequirements(campaign, advisory)) {
      for (const ReportedFinding& reported : campaign.state(req).findings) {
        results.push_back(Result(campaign, reported));
      }
    }
  }
  return results;
}

Json Invocation(const Campaign& campaign) {
  Json notifications = Json::array();
  const auto notify = [&](const char* level, const std::string& text) {
    notifications.push_back({{"level", level}, {"message", {{"text", Printable(text)}}}});
  };
  for (const std::string& error : campaign.errors()) notify("error", error);
  for (const KnownFailure& known : campaign.Unexpected()) {
    notify("error", known.id + ": known failure that no longer fails: remove the line");
  }
  if (campaign.interrupted) notify("warning", "interrupted");
  const Verdict verdict = campaign.WholeVerdict();
  return {{"executionSuccessful", campaign.errors().empty() && !campaign.interrupted},
          {"exitCode", ExitCode(verdict)},
          {"toolExecutionNotifications", std::move(notifications)}};
}

}  // namespace

std::string SarifReport(const Campaign& campaign) {
  Json run;
  run["tool"]["driver"] = {
      {"name", "vdsconform"}, {"version", Version()}, {"rules", Rules(campaign)}};
  run["invocations"] = Json::array({Invocation(campaign)});
  run["results"] = Results(campaign);
  run["columnKind"] = "utf16CodeUnits";
  run["properties"] = {{"verdict", Name(campaign.WholeVerdict())},
                       {"profile", Name(campaign.profile())},
                       {"seed", campaign.seed}};
  const Json report = {
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
      {"version", "2.1.0"},
      {"runs", Json::array({std::move(run)})},
  };
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vdsconform
