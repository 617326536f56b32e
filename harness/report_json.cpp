#include "harness/report_json.h"

#include <nlohmann/json.hpp>

#include "harness/capabilities.h"
#include "harness/options.h"
#include "harness/report_text.h"
#include "harness/text.h"
#include "spec/history_json.h"

namespace vdsconform {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const ReportedFinding& reported, const Campaign& campaign) {
  const Finding& finding = reported.finding;
  Json json = {{"cause", Printable(finding.cause)},
               {"message", Printable(finding.message)},
               {"count", finding.count},
               {"case", Printable(reported.test_case)},
               {"step", Printable(reported.step)},
               {"source", Get(finding.req).source},
               {"reproduce", Printable(reported.reproduce)},
               {"programs", reported.programs},
               {"seconds", reported.seconds}};
  if (!reported.stopped.empty()) json["stopped"] = Printable(reported.stopped);
  if (!reported.output.empty()) json["output"] = Printable(reported.output);
  if (const KnownFailure* known = campaign.Known(finding)) json["known"] = known->reason;
  Json witnesses = Json::array();
  for (const Event& event : finding.witnesses) {
    Json witness = Json::parse(vdsconform::ToJson(event), nullptr, false);
    if (!witness.is_discarded()) witnesses.push_back(std::move(witness));
  }
  json["witnesses"] = std::move(witnesses);
  return json;
}

Json ExplorationOf(const Campaign& campaign) {
  const Exploration& explored = campaign.explored;
  Json json = {{"programs", campaign.explored_programs},
               {"performed", explored.performed},
               {"possible", explored.possible},
               {"held", explored.held},
               {"missed", explored.missed},
               {"truncated", explored.truncated}};
  if (!campaign.not_explored.empty()) json["why_not"] = Printable(campaign.not_explored);
  return json;
}

Json Rows(const Campaign& campaign, bool advisory) {
  Json rows = Json::array();
  for (const Req req : ReportedRequirements(campaign, advisory)) {
    const RequirementState& state = campaign.state(req);
    Json findings = Json::array();
    for (const ReportedFinding& reported : state.findings) {
      findings.push_back(ToJson(reported, campaign));
    }
    rows.push_back({{"id", Get(req).id},
                    {"name", Get(req).name},
                    {"verdict", Name(campaign.VerdictOf(req))},
                    {"observations", state.observations},
                    {"reasons", Reasons(state)},
                    {"findings", std::move(findings)}});
  }
  return rows;
}

Json KnownRows(const Campaign& campaign) {
  Json rows = Json::array();
  for (const KnownFailure& known : campaign.known_failures()) {
    rows.push_back({{"id", Printable(known.id)},
                    {"reason", known.reason},
                    {"state", Name(StateOf(known, campaign))}});
  }
  return rows;
}

}  // namespace

std::string JsonReport(const Campaign& campaign) {
  Json report = {{"schema", "vdsconform/report/1"}, {"vdsconform", Version()}};
  report["iut"] = {{"name", Printable(campaign.iut.name)},
                   {"version", Printable(campaign.iut.version)},
                   {"origin", Printable(campaign.iut_origin)},
                   {"capabilities", CapabilityNames(campaign.iut.capabilities)}};
  report["profile"] = Name(campaign.profile());
  report["strict"] = campaign.strict();
  report["seed"] = campaign.seed;
  report["verdict"] = Name(campaign.WholeVerdict());
  report["summary"] = VerdictLine(campaign);
  report["interrupted"] = campaign.interrupted;
  report["programs"] = campaign.programs;
  report["events"] = campaign.events;
  report["seconds"] = campaign.seconds;
  report["stack_bytes"] = campaign.stack_bytes;
  report["exploration"] = ExplorationOf(campaign);
  report["requirements"] = Rows(campaign, false);
  report["advisories"] = Rows(campaign, true);
  report["known_failures"] = KnownRows(campaign);
  Json errors = Json::array();
  for (const std::string& error : campaign.errors()) errors.push_back(Printable(error));
  report["errors"] = std::move(errors);
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string JsonCatalogue() {
  Json catalogue = {{"schema", "vdsconform/catalogue/1"}, {"vdsconform", Version()}};
  Json requirements = Json::array();
  for (const Requirement& requirement : AllRequirements()) {
    Json profiles = Json::array();
    for (const Profile profile : {Profile::kWin32, Profile::kMsVds}) {
      if (Applies(requirement.req, profile)) profiles.push_back(Name(profile));
    }
    requirements.push_back({{"id", requirement.id},
                            {"name", requirement.name},
                            {"advisory", requirement.advisory},
                            {"profiles", std::move(profiles)},
                            {"rule", requirement.rule},
                            {"source", requirement.source},
                            {"tested", requirement.tested},
                            {"fix", requirement.fix}});
  }
  catalogue["requirements"] = std::move(requirements);
  Json interpretations = Json::array();
  for (const Interpretation& interpretation : AllInterpretations()) {
    interpretations.push_back({{"id", interpretation.id},
                               {"about", interpretation.about},
                               {"sources", interpretation.sources},
                               {"win32", interpretation.win32},
                               {"ms_vds", interpretation.ms_vds}});
  }
  catalogue["interpretations"] = std::move(interpretations);
  return catalogue.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vdsconform
