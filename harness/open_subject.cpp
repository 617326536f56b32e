#include "harness/open_subject.h"

#include "harness/host_process.h"
#include "harness/in_process.h"
#include "harness/interrupt.h"

namespace vdsconform {

std::variant<std::unique_ptr<Subject>, std::string> OpenSubject(const IutOptions& options) {
  if (options.in_process) {
    return OpenInProcess(options.library, options.parameters, options.patience);
  }
  HostSettings settings;
  settings.patience = options.patience;
  settings.stop = &StopRequested();
  return options.host.empty() ? StartHostedIut(options.library, options.parameters, settings)
                              : StartForeignHost(options.host, settings);
}

std::string Origin(const IutOptions& options) {
  return options.host.empty() ? options.library : options.host;
}

}  // namespace vdsconform
