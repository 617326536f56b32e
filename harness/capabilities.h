// Names of what an IUT declares it can do (its PICS): the bits of spec/iut.h. Pure.
#ifndef VDSCONFORM_HARNESS_CAPABILITIES_H_
#define VDSCONFORM_HARNESS_CAPABILITIES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace vdsconform {

// "DRIVE", "CANCEL" and so on, in the order of their bits.
std::vector<std::string> CapabilityNames(uint32_t capabilities);

// The same in one text: "DRIVE, CANCEL", or "nothing".
std::string DescribeCapabilities(uint32_t capabilities);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_CAPABILITIES_H_
