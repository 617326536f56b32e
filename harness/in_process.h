// A Subject whose IUT runs in this very process: for debuggers, fuzzers and speed.
//
// A crash of the IUT is a crash of this process, and a call that never comes back makes every later
// Program an error.
#ifndef VDSCONFORM_HARNESS_IN_PROCESS_H_
#define VDSCONFORM_HARNESS_IN_PROCESS_H_

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "harness/subject.h"
#include "spec/iut.h"

namespace vdsconform {

// Loads the library into this process. The Subject, or why the library cannot be used.
std::variant<std::unique_ptr<Subject>, std::string> OpenInProcess(
    const std::string& library, const std::vector<std::string>& parameters,
    const Patience& patience = {});

// The same for an IUT that is linked into this program; `iut` outlives the Subject.
std::variant<std::unique_ptr<Subject>, std::string> OpenLinkedIn(
    const vdsconform_iut* iut, const std::vector<std::string>& parameters,
    const Patience& patience = {});

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_IN_PROCESS_H_
