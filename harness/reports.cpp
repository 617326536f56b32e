#include "harness/reports.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "harness/known_failures.h"
#include "harness/report_html.h"
#include "harness/report_json.h"
#include "harness/report_junit.h"
#include "harness/report_sarif.h"

namespace vdsconform {
namespace {

// The last bytes of a JUnit report in which its last element must end.
constexpr size_t kEndSize = 32;

}  // namespace

std::variant<Reports, std::string> Reports::Prepare(const ReportOptions& options, Junit junit) {
  Reports reports;
  reports.junit_by_ = junit;
  const std::pair<const std::string*, std::optional<OutputFile>*> wanted[] = {
      {&options.json, &reports.json_},
      {&options.junit, &reports.junit_},
      {&options.sarif, &reports.sarif_},
      {&options.html, &reports.html_}};
  for (const auto& [path, file] : wanted) {
    if (path->empty()) continue;
    std::variant<OutputFile, std::string> prepared = OutputFile::Prepare(*path);
    if (auto* error = std::get_if<std::string>(&prepared)) return std::move(*error);
    for (const auto& other : wanted) {
      if (*other.second && (*other.second)->path() == std::get<OutputFile>(prepared).path() &&
          !std::get<OutputFile>(prepared).direct()) {
        return *path + ": two reports cannot be written to one file";
      }
    }
    *file = std::get<OutputFile>(std::move(prepared));
  }
  return reports;
}

std::string Reports::junit_scratch() const {
  if (!junit_) return {};
  if (!junit_->direct()) return junit_->scratch();
  // Nothing can be read back from a pipe or a device, so GoogleTest does not write there itself.
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  return ((error ? "/tmp" : folder) / ("vdsconform." + std::to_string(getpid()) + ".xml")).string();
}

std::string Reports::PublishJunit() const {
  const std::string scratch = junit_scratch();
  std::ifstream in(scratch, std::ios::binary);
  const std::string xml{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  in.close();
  // GoogleTest does not tell when it could not write all of it.
  const bool whole =
      xml.find("</testsuites>", xml.size() - std::min(xml.size(), kEndSize)) != std::string::npos;
  if (whole && !junit_->direct()) return junit_->Publish();
  unlink(scratch.c_str());
  if (whole) return junit_->Write(xml);
  return junit_->path() + ": cannot be written: GoogleTest's report is incomplete";
}

std::vector<std::string> Reports::Write(const Campaign& campaign) const {
  std::vector<std::string> errors;
  const auto keep = [&](std::string error) {
    if (!error.empty()) errors.push_back(std::move(error));
  };
  if (json_) keep(json_->Write(JsonReport(campaign)));
  if (junit_) {
    keep(junit_by_ == Junit::kOwn ? junit_->Write(JunitReport(campaign)) : PublishJunit());
  }
  if (sarif_) keep(sarif_->Write(SarifReport(campaign)));
  if (html_) keep(html_->Write(HtmlReport(campaign)));
  return errors;
}

std::string LoadKnownFailures(const ReportOptions& options, Campaign* campaign) {
  if (options.known_failures.empty()) return {};
  std::variant<std::vector<KnownFailure>, std::string> known =
      ReadKnownFailures(options.known_failures);
  if (auto* error = std::get_if<std::string>(&known)) return std::move(*error);
  campaign->set_known_failures(std::get<std::vector<KnownFailure>>(std::move(known)));
  return {};
}

}  // namespace vdsconform
