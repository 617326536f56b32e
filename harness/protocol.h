// The process protocol: how the runner and a host process talk, one JSON document a line.
//
// A host is any program that can call an implementation, in any language, on any platform: the
// runner starts it with `--host "COMMAND"`, writes to its standard input and reads its standard
// output. What it prints on standard error is kept and shown if it dies. Our own host for shared
// libraries (host_main.h) speaks the same protocol. This comment is the contract.
//
// 1. The host starts by saying what it hosts, or why it cannot:
//      {"vdsconform":"host/1","iut":{"name":"mine","version":"1.0",
//                                    "capabilities":["DRIVE","CANCEL","WAIT","ESTIMATE",
//                                                    "NOT_ESTIMATE"]}}
//      {"vdsconform":"host/1","error":"cannot open device"}
//    Capabilities mean what spec/iut.h says of them. After an error the host ends. A host that can
//    stop threads at instructions adds "explores":true, one that could and cannot here "explores":
//    false and "why_not":"a debugger is attached". Without it no such Program is sent.
// 2. The runner sends any number of Programs (program_json.h), each in one line and each only after
//    the host is done with the one before. A line of patience, for every later Program, may come
//    first; a host that knows no patience may ignore it:
//      {"vdsconform":"patience/1","rest_ms":1000,"hang_ms":10000,"operation_ms":300000}
// 3. To each Program the host answers with a History, header line first (history_json.h), its
//    operations numbered from 0 (in round r of a racing Program with n operations from r * n), and
//    then with
//      {"vdsconform":"done"}
//    to which it may add
//      "inconclusive":"text"  the Program could not be carried out, for a reason that is not the
//                             conduct of a call: the operation could not be started, the schedule
//                             is not supported
//      "error":"text"         the host itself failed: it did not understand the Program
//      "hung":true            a call never came back; the runner ends this host and starts another
//      "explored":{"performed":2134,"possible":2134,"held":12,"missed":0}
//                             of an explored Program: how many interleavings, of how many
//      "stack_bytes":352      the most that a QueryStatus used of its thread's stack
//    Events may be sent while the Program runs. What they say is kept if the host dies.
// 4. Before it takes a step the host may say so, so that a death can be blamed on that step; a line
//    without "step" says that the thread is out of its call again:
//      {"vdsconform":"at","thread":0,"step":3,"call":"QueryStatus"}
//      {"vdsconform":"at","thread":0}
//    Our own host keeps this in shared memory instead (Journal), at no cost to races.
// 5. A host that sends nothing for twice hang_ms and 30 s more, not counting time in which it
// waited
//    for a processor, is taken to hang and is ended. One that works longer says now and then
//      {"vdsconform":"alive"}
// 6. At the end of its input the host ends. Hosts are also killed, with all their descendants.
//
// Unknown fields are ignored. A line has at most kMaxLine bytes, a history kMaxHistory. Anything
// else that a host sends ends it, and is an error of the suite's run, never a verdict.
//
// Here are the documents as values. Pure, thread-safe.
#ifndef VDSCONFORM_HARNESS_PROTOCOL_H_
#define VDSCONFORM_HARNESS_PROTOCOL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "harness/program.h"
#include "harness/subject.h"

namespace vdsconform {

inline constexpr size_t kMaxLine = size_t{1} << 20;     // of a host's lines
inline constexpr size_t kMaxHistory = size_t{1} << 29;  // bytes in answer to one Program
inline constexpr size_t kMaxRequest = size_t{1} << 25;  // of a runner's lines

// What a host says first.
struct Hello {
  IutInfo info;
  std::string error;  // not empty: the IUT cannot be used
};

// What a host says last of a Program.
struct Done {
  std::string inconclusive;
  std::string error;
  bool hung = false;
  Exploration exploration = {};
  uint32_t stack_bytes = 0;
};

// The step that a host's thread is at.
struct At {
  uint32_t thread = 0;
  std::optional<uint32_t> step;
  std::optional<Call> call;
};

struct Alive {};

// A line of a History: the header, an event, or a blank; for HistoryLineParser.
struct HistoryLine {};

// A line that does not belong to the protocol, and why.
struct Malformed {
  std::string message;
};

using HostLine = std::variant<Hello, Done, At, Alive, HistoryLine, Malformed>;
using RunnerLine = std::variant<Program, Patience, Malformed>;

// Lines are given and returned without their newline.
HostLine ParseHostLine(std::string_view line);
RunnerLine ParseRunnerLine(std::string_view line);

std::string ToJson(const Hello& hello);
std::string ToJson(const Done& done);
std::string ToJson(const Patience& patience);

// The start of a line as one can print it: control characters and what is beyond 80 bytes replaced.
std::string Excerpt(std::string_view line);

// Cuts a stream of bytes into lines. Holds at most one unfinished line, of a bounded length.
class LineBuffer {
 public:
  explicit LineBuffer(size_t max_line) : max_line_(max_line) {}

  void Append(std::string_view bytes);
  // The next whole line, valid until the next call of either function; none: more bytes are needed.
  std::optional<std::string_view> Next();
  // True once a line was longer than allowed. Next() then gives no more lines.
  bool overflowed() const { return overflowed_; }
  // What is there of a line without its end.
  std::string_view rest() const { return std::string_view(bytes_).substr(start_); }

 private:
  size_t max_line_;
  std::string bytes_;
  size_t start_ = 0;    // of the first line not yet given out
  size_t scanned_ = 0;  // up to here there is no newline from start_
  bool overflowed_ = false;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_PROTOCOL_H_
