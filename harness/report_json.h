// The JSON report (spec/report.schema.json), and the catalogue as JSON. Pure.
#ifndef VDSCONFORM_HARNESS_REPORT_JSON_H_
#define VDSCONFORM_HARNESS_REPORT_JSON_H_

#include <string>

#include "harness/campaign.h"

namespace vdsconform {

std::string JsonReport(const Campaign& campaign);

// All requirements and interpretations, for `list --json`.
std::string JsonCatalogue();

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_REPORT_JSON_H_
