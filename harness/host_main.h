// Our own host process: loads an IUT's library and performs Programs on it for a runner that it
// talks to by the process protocol (protocol.h).
//
// `vdsconform host --iut LIBRARY [--param KEY=VALUE]... --protocol-fd N --journal-fd M`, a
// subcommand for the runner and not for people. Runs on one thread of its own, beside the
// executor's and the IUT's.
#ifndef VDSCONFORM_HARNESS_HOST_MAIN_H_
#define VDSCONFORM_HARNESS_HOST_MAIN_H_

#include <optional>
#include <string>
#include <vector>

namespace vdsconform {

struct HostOptions {
  std::string library;
  std::vector<std::string> parameters;  // "key=value"
  int protocol_fd = -1;                 // a connected stream socket
  int journal_fd = -1;                  // memory that holds a Journal; -1: none is kept
};

// The command line that starts a host, `executable` first.
std::vector<std::string> HostArguments(const std::string& executable, const HostOptions& options);

// The reverse: none if the arguments, the program's name first, do not start a host.
std::optional<HostOptions> ParseHostArguments(int argc, const char* const* argv);

// Serves Programs until the runner closes the protocol. The exit status: 0; 2 if the library cannot
// be used, which the runner has been told; 4 if there is nobody to talk to.
int HostMain(const HostOptions& options);

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_HOST_MAIN_H_
