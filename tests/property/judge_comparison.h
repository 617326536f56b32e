// The judge's answer to the question that ExhaustiveSearch answers, and both in words.
//
// Pure and thread-safe.
#ifndef VDSCONFORM_TESTS_PROPERTY_JUDGE_COMPARISON_H_
#define VDSCONFORM_TESTS_PROPERTY_JUDGE_COMPARISON_H_

#include <string>

#include "spec/history.h"
#include "spec/requirements.h"

namespace vdsconform {

// True if the judge finds nothing that is about the state of an operation.
bool JudgedLinearizable(const History& history, Profile profile);

// What the search and the judge find, and the history.
std::string Explain(const History& history, Profile profile);

}  // namespace vdsconform

#endif  // VDSCONFORM_TESTS_PROPERTY_JUDGE_COMPARISON_H_
