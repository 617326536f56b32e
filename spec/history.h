// History: what was seen of an implementation, as a list of calls with their begin and end times.
//
// A history comes from the executor, from another process or from a file, and is what the judge
// judges. Plain values, no thread-safety of their own. Its JSON lines form is read and written by
// history_json.h and described by history.schema.json.
#ifndef VDSCONFORM_SPEC_HISTORY_H_
#define VDSCONFORM_SPEC_HISTORY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "com.h"
#include "rare.h"

namespace vdsconform {

enum class Call : uint8_t {
  kBegin,        // the driver started the operation
  kProgress,     // the driver reported progress
  kFinish,       // the driver ended the operation
  kEnd,          // the driver let go of the operation
  kQueryStatus,  // IVdsAsync, from here on
  kWait,
  kCancel,
  kAddRef,
  kRelease,
  kQueryInterface,
};
inline constexpr int kCallCount = 10;

// Which output pointers of a QueryStatus call were NULL.
enum class NullOutputs : uint8_t { kNone = 0, kHr = 1, kPercent = 2, kBoth = 3 };

// How a call was seen not to come back while its operation was held pending, from the state of its
// thread and never from elapsed time.
enum class Witness : uint8_t {
  kNone,
  kAsleep,    // asleep with nothing left in the process that could wake it, or for its patience
  kSpinning,  // consumed its patience of CPU time
  kPolling,   // slept and woke again and again
};

// How a call ended other than by returning.
enum class Fault : uint8_t {
  kNone,
  kThrew,              // an exception came out
  kCrashed,            // a signal ended the process
  kExited,             // the process exited
  kHung,               // its patience ran out, also after the operation was ended
  kClosedDescriptors,  // descriptors that are not the IUT's were closed or replaced
  kUsedFreed,          // a signal ended the process: the object's memory had been freed
};

// Which interface a QueryInterface call asked for.
enum class Interface : uint8_t { kIUnknown, kIVdsAsync, kOther };

// What a QueryInterface call left in its out pointer.
enum class OutPointer : uint8_t {
  kNotSeen,     // not recorded
  kNull,        // NULL
  kSame,        // the object's known pointer for this interface
  kDifferent,   // another non-null pointer
  kNotWritten,  // the poison that was there before
};

// Where a thread was stopped during a call while others ran: before an instruction of the
// implementation's own code, or of another library that it had called.
struct StopPoint {
  uint64_t instruction = 0;  // of the implementation's own, counted from the call's first, 0
  uint32_t beyond = 0;       // further instructions, of other libraries, since that one
  bool iut_thread = false;   // counted on a thread that the implementation made itself
  std::string at;            // "libmine.so+0x1139 (Finish+0x12)"; for people

  friend bool operator==(const StopPoint&, const StopPoint&) = default;
};

// What held a call up, as it was seen from outside meanwhile.
struct Blockage {
  std::string system_call;         // it was asleep in this one; empty: it was not seen asleep
  uint64_t asleep_ns = 0;          // it had slept so far
  uint64_t cpu_ns = 0;             // CPU time it had consumed so far
  bool for_good = false;           // no thread was left in the process that could have woken it
  std::vector<std::string> stack;  // where it was, then what of the implementation had called that,
                                   // innermost first: "libmine.so+0x1139 (Finish+0x12)"

  friend bool operator==(const Blockage&, const Blockage&) = default;
};

inline constexpr std::string_view kWithTimeLimit = " with a time limit";

// One call. Times are nanoseconds on one monotonic clock; on one thread calls do not overlap.
struct Event {
  uint32_t op = 0;
  uint32_t thread = 0;
  Call call = Call::kQueryStatus;
  int64_t t0 = 0;             // invoked
  std::optional<int64_t> t1;  // returned; none: the call never came back

  // begin
  bool estimable = true;
  bool driven = false;  // the operation ends only by the driver's finish or by Cancel

  // begin: bytes of memory that the process had in use before it, the executor's own left out; not
  // measured for most
  std::optional<uint64_t> heap;

  // QueryStatus, Wait, Cancel, QueryInterface: the method's own return value
  std::optional<HRESULT> ret;
  // QueryStatus and Wait: what was stored at pHrResult; none: nothing was stored
  std::optional<HRESULT> hr;
  // QueryStatus: what was stored at pulPercentCompleted; progress: what the driver reported
  std::optional<uint32_t> percent;
  NullOutputs null_outputs = NullOutputs::kNone;  // QueryStatus
  // QueryStatus: both outputs were one address. What was stored there is nobody's and not recorded.
  bool aliased = false;

  // finish: the result that the driver gave the operation
  std::optional<HRESULT> result;

  // AddRef and Release: the count that was returned
  std::optional<uint32_t> count;

  // QueryInterface
  Interface interface_id = Interface::kIVdsAsync;
  OutPointer out = OutPointer::kNotSeen;

  // Evidence that only an executor has.
  std::optional<uint32_t> step;      // index of the Program's step
  std::optional<uint32_t> switches;  // voluntary context switches during the call
  Witness witness = Witness::kNone;
  RareText slept_in;        // the system call of a timed sleep in which the call was seen, followed
                            // by kWithTimeLimit if it may also end for another reason than time
  Rare<Blockage> blocked;   // beside a witness or a sleep: what is known of it
  RareText clobbered;       // what a call wrote outside its outputs; empty: nothing seen
  Rare<StopPoint> stopped;  // a thread was stopped here during the call, others ran
  bool held = false;        // the call came back only once a stopped thread had gone on
  Fault fault = Fault::kNone;
  RareText detail;  // of the fault: signal, exit status, exception text

  friend bool operator==(const Event&, const Event&) = default;
};

// Sorted by t0; events with equal t0 stand in the order they were recorded.
struct History {
  std::vector<Event> events;
};

// The names used in JSON, such as "QueryStatus", "asleep", "crashed".
std::string_view Name(Call call);
std::string_view Name(NullOutputs nulls);  // "", "hr", "percent", "both"
std::string_view Name(Witness witness);
std::string_view Name(Fault fault);
std::string_view Name(Interface interface_id);
std::string_view Name(OutPointer out);

// "instruction 17 (libmine.so+0x1139)", as the end of "stopped before".
std::string Describe(const StopPoint& point);

// "asleep in futex for 1003 ms", with where that was.
std::string Describe(const Blockage& blockage);
// " for 1003 ms at libc.so.6+0xe1f2, called from libmine.so+0x1139", as far as it is known.
std::string DescribePlace(const Blockage& blockage);

// The reverse of Name; none if no enumerator has that name.
std::optional<Call> ParseCall(std::string_view name);
std::optional<NullOutputs> ParseNullOutputs(std::string_view name);
std::optional<Witness> ParseWitness(std::string_view name);
std::optional<Fault> ParseFault(std::string_view name);
std::optional<Interface> ParseInterface(std::string_view name);
std::optional<OutPointer> ParseOutPointer(std::string_view name);

// One line a person reads: "QueryStatus on thread 1 -> S_OK, hr VDS_E_OPERATION_PENDING, 40 %".
std::string Describe(const Event& event);

// True if `call` is one of the driver's functions rather than a method of the object.
constexpr bool IsDriverCall(Call call) { return call <= Call::kEnd; }

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_HISTORY_H_
