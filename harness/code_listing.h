// The instructions around the one that a thread was stopped before, from the library's file.
//
// With Capstone where it was there when this was built; without it the bytes are shown.
#ifndef VDSCONFORM_HARNESS_CODE_LISTING_H_
#define VDSCONFORM_HARNESS_CODE_LISTING_H_

#include <string>
#include <string_view>
#include <vector>

#include "harness/program.h"

namespace vdsconform {

// How many instructions are shown before the one in question, and after it.
inline constexpr size_t kShownInstructions = 5;

// Why no instructions can be shown, only bytes; empty: they can.
std::string_view WhyNotDisassembled();

// The lines around `address`, an address of the file `path`, the one there with an arrow. None: the
// file has no code there.
std::vector<std::string> ListCode(const std::string& path, uint64_t address);

// Where the thread of a preempted step was stopped, in lines for people. `library` is the
// implementation's file; other modules are looked for beside it and among those in use here.
std::vector<std::string> DescribeCode(const Preemption& preemption, const std::string& library);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_CODE_LISTING_H_
