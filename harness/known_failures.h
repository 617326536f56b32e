// The list of known failures: what is expected to fail, and why.
//
// A line names a requirement, or a requirement and a cause, and then gives the reason; text after
// a # at the start of a line is a comment. A line without a reason is an error: a list of
// failures that nobody can explain only grows.
#ifndef VDSCONFORM_HARNESS_KNOWN_FAILURES_H_
#define VDSCONFORM_HARNESS_KNOWN_FAILURES_H_

#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

#include "harness/campaign.h"

namespace vdsconform {

// The list, or a message that begins with `name` and the line. Ids come out as the catalogue
// spells them.
std::variant<std::vector<KnownFailure>, std::string> ParseKnownFailures(std::istream& in,
                                                                        const std::string& name);
std::variant<std::vector<KnownFailure>, std::string> ReadKnownFailures(const std::string& path);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_KNOWN_FAILURES_H_
