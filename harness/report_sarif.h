// The report as SARIF 2.1.0 (OASIS), for code scanning. Pure.
//
// The catalogue's requirements are its rules. Advisories are notes; known failures are suppressed.
#ifndef VDSCONFORM_HARNESS_REPORT_SARIF_H_
#define VDSCONFORM_HARNESS_REPORT_SARIF_H_

#include <string>

#include "harness/campaign.h"

namespace vdsconform {

std::string SarifReport(const Campaign& campaign);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_REPORT_SARIF_H_
