// Subjects in processes of their own: our host for a library, or any program that speaks the
// process protocol (protocol.h).
//
// Whatever the IUT does to its process, it stays a value: a crash, an exit or a hang becomes an
// event of the History (autopsy.h), the next Program gets a new host, and nothing that the IUT
// started outlives it. A Subject starts its first host at once and restarts it on the thread that
// calls Execute; hosts die with that thread.
#ifndef VDSCONFORM_HARNESS_HOST_PROCESS_H_
#define VDSCONFORM_HARNESS_HOST_PROCESS_H_

#include <atomic>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "harness/host_watch.h"
#include "harness/subject.h"

namespace vdsconform {

struct HostSettings {
  Patience patience;
  // Becomes true when the user asks to stop: Execute then ends early, inconclusive. May be null.
  // KillAllHosts (child_process.h) makes it notice at once.
  const std::atomic<bool>* stop = nullptr;
  // What our own host is started with: a program that hands `host ...` to HostMain.
  std::string executable = "/proc/self/exe";
  HostLimits limits;
};

// The Subject, or why it cannot be used: wrong use rather than a verdict.
using StartedSubject = std::variant<std::unique_ptr<Subject>, std::string>;

// Our own host for a shared library. `parameters`: "key=value".
StartedSubject StartHostedIut(const std::string& library,
                              const std::vector<std::string>& parameters,
                              const HostSettings& settings = {});

// `command` is a command line for /bin/sh.
StartedSubject StartForeignHost(const std::string& command, const HostSettings& settings = {});

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_HOST_PROCESS_H_
