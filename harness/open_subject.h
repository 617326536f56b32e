// From the command line's options to the implementation to test.
#ifndef VDSCONFORM_HARNESS_OPEN_SUBJECT_H_
#define VDSCONFORM_HARNESS_OPEN_SUBJECT_H_

#include <memory>
#include <string>
#include <variant>

#include "harness/options.h"
#include "harness/subject.h"

namespace vdsconform {

// The implementation, or why it cannot be tested. An interrupt (interrupt.h) ends what it does.
std::variant<std::unique_ptr<Subject>, std::string> OpenSubject(const IutOptions& options);

// What was opened, for people: the library's path or the host's command.
std::string Origin(const IutOptions& options);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_OPEN_SUBJECT_H_
