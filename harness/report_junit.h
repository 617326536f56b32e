// A JUnit report of `check`: one testcase a requirement, with the failures' text. Pure.
//
// The report of `run` is GoogleTest's own, one testcase a case.
#ifndef VDSCONFORM_HARNESS_REPORT_JUNIT_H_
#define VDSCONFORM_HARNESS_REPORT_JUNIT_H_

#include <string>

#include "harness/campaign.h"

namespace vdsconform {

std::string JunitReport(const Campaign& campaign);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_REPORT_JUNIT_H_
