// One running host process, from its start to its end, as the runner sees it: lines that it sends,
// and the ways in which it can stop sending them.
//
// What the IUT prints is always taken in, so that it never blocks on a full pipe, and its last part
// kept. Not thread-safe.
#ifndef VDSCONFORM_HARNESS_HOST_CONNECTION_H_
#define VDSCONFORM_HARNESS_HOST_CONNECTION_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/child_process.h"
#include "harness/executor.h"
#include "harness/host_watch.h"
#include "harness/protocol.h"
#include "harness/unique_fd.h"

namespace vdsconform {

class HostConnection {
 public:
  // Starts our own host for a library: `executable host --iut LIBRARY ...`.
  static std::variant<std::unique_ptr<HostConnection>, std::string> StartOwn(
      const std::string& executable, const std::string& library,
      const std::vector<std::string>& parameters);
  // Starts a program that speaks the protocol on its standard input and output.
  static std::variant<std::unique_ptr<HostConnection>, std::string> StartForeign(
      const std::string& command);

  // Asks the host to end, gives it a moment, and ends it with all its descendants.
  ~HostConnection();
  HostConnection(const HostConnection&) = delete;
  HostConnection& operator=(const HostConnection&) = delete;

  // From now on the host may use no more than this. Until then it is not watched.
  void Limit(const HostLimits& limits) { watch_.emplace(child_->pid(), limits); }
  // "it used more than 512 MiB of memory"
  const std::string& excess() const { return excess_; }

  // Queues a line, given without its newline. It is sent while waiting.
  void Send(std::string_view line);

  // Tells the host that nothing more will come, so that it ends.
  void CloseInput();

  enum class Happening : uint8_t {
    kLine,     // line() is what the host sent
    kEnded,    // the process has ended, and all that it had sent was given out
    kSilent,   // it was silent, and its heartbeat stood still, for `silence_ms` of its own time
    kTooLong,  // a line had more than kMaxLine bytes
    kStopped,  // the user asked to stop
    kExcess,   // it used more of the machine than it may: excess()
  };
  Happening Wait(uint64_t silence_ms, const std::atomic<bool>* stop);
  // Valid until the next Wait.
  std::string_view line() const { return line_; }

  // True if the process has ended.
  bool Ended() const { return child_->Ended(); }
  // Ends it if it has not, and tells how it ended.
  const Death& End();
  // The last of what was printed.
  const std::string& output() const { return output_; }
  // Shared with our own host; of a foreign one, whatever the caller notes there.
  Journal& journal() { return *journal_; }

 private:
  HostConnection() = default;
  bool MakeJournal(UniqueFd& shared, std::string& error);
  bool StartChild(const ChildProcess::Command& command, std::string& error);
  bool NextLine();
  void Pump(int timeout_ms);
  void Flush();
  void ReadLines();
  void ReadOutput();

  struct Unmap {
    void operator()(Journal* journal) const;
  };

  UniqueFd to_host_;
  UniqueFd from_host_;
  UniqueFd printed_;
  std::unique_ptr<Journal, Unmap> journal_;
  std::unique_ptr<ChildProcess> child_;
  LineBuffer lines_{kMaxLine};
  std::string_view line_;
  std::string unsent_;
  std::string output_;
  uint64_t received_ = 0;  // bytes, ever
  std::optional<HostWatch> watch_;
  std::string excess_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_HOST_CONNECTION_H_
