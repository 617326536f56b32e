// The report files that a command line asks for, from finding out whether they can be written to
// having written them.
//
// Not thread-safe.
#ifndef VDSCONFORM_HARNESS_REPORTS_H_
#define VDSCONFORM_HARNESS_REPORTS_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/artifacts.h"
#include "harness/campaign.h"
#include "harness/options.h"

namespace vdsconform {

class Reports {
 public:
  // Who writes the JUnit report: this, or GoogleTest, to junit_scratch().
  enum class Junit : uint8_t { kOwn, kGoogleTest };

  // All files can be written, or a message about the first that cannot.
  static std::variant<Reports, std::string> Prepare(const ReportOptions& options, Junit junit);

  // Where GoogleTest is to write, a file that is removed or renamed later; empty: nowhere.
  std::string junit_scratch() const;

  // Writes them all; what went wrong, a message a file.
  std::vector<std::string> Write(const Campaign& campaign) const;

 private:
  std::string PublishJunit() const;

  Junit junit_by_ = Junit::kOwn;
  std::optional<OutputFile> json_;
  std::optional<OutputFile> junit_;
  std::optional<OutputFile> sarif_;
  std::optional<OutputFile> html_;
};

// Reads the list of known failures that the options name into the campaign; an error, or empty.
std::string LoadKnownFailures(const ReportOptions& options, Campaign* campaign);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_REPORTS_H_
