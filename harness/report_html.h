// The report as one page for a browser, large or small, without anything from elsewhere. Pure.
#ifndef VDSCONFORM_HARNESS_REPORT_HTML_H_
#define VDSCONFORM_HARNESS_REPORT_HTML_H_

#include <string>

#include "harness/campaign.h"

namespace vdsconform {

std::string HtmlReport(const Campaign& campaign);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_REPORT_HTML_H_
