// JSON values as text for messages, and as the lines of documents. Pure, thread-safe.
#ifndef VDSCONFORM_HARNESS_JSON_TEXT_H_
#define VDSCONFORM_HARNESS_JSON_TEXT_H_

#include <nlohmann/json.hpp>
#include <string>

namespace vdsconform {

// One line. For documents of our own making: of what others wrote, the nesting may be deeper than
// the stack of a thread.
std::string Dump(const nlohmann::ordered_json& json);

// A value from anywhere as it may stand in a message; of one that is nested deeply, what it is.
std::string Shown(const nlohmann::ordered_json& json);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_JSON_TEXT_H_
