// Which mutants a single thread can show: a Program whose calls are made one after another.
//
// That is what a fuzzer is good at, and what the fuzz matrix holds it to. The others are told apart
// here, each with its reason; whether it can be found so decides, not whether it is.
#ifndef VDSCONFORM_TESTS_MUTANTS_ONE_THREAD_H_
#define VDSCONFORM_TESTS_MUTANTS_ONE_THREAD_H_

#include <string>
#include <string_view>
#include <vector>

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {

// Why one thread cannot show what the row does; empty: it can, or there is nothing to show.
std::string_view WhyNotOnOneThread(const Row& row);

// Names that the reasons are given for and that no row has.
std::vector<std::string> UnknownReasons();

}  // namespace vdsconform::mutants

#endif  // VDSCONFORM_TESTS_MUTANTS_ONE_THREAD_H_
