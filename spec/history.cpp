#include "history.h"

#include <iterator>

#include "hresult.h"

namespace vdsconform {
namespace {

// The names of an enumeration, indexed by its enumerators.
constexpr std::string_view kCallNames[] = {
    "begin", "progress", "finish", "end",     "QueryStatus",
    "Wait",  "Cancel",   "AddRef", "Release", "QueryInterface",
};
constexpr std::string_view kNullOutputsNames[] = {"", "hr", "percent", "both"};
constexpr std::string_view kWitnessNames[] = {"none", "asleep", "spinning", "polling"};
constexpr std::string_view kFaultNames[] = {
    "none", "threw", "crashed", "exited", "hung", "closed-descriptors", "used-freed",
};
constexpr std::string_view kInterfaceNames[] = {"IUnknown", "IVdsAsync", "other"};
constexpr std::string_view kOutPointerNames[] = {"not-seen", "null", "same", "different",
                                                 "not-written"};

static_assert(std::size(kCallNames) == kCallCount);

template <typename Enum, size_t kCount>
std::string_view NameIn(const std::string_view (&names)[kCount], Enum value) {
  const auto index = static_cast<size_t>(value);
  return index < kCount ? names[index] : "unknown";
}

template <typename Enum, size_t kCount>
std::optional<Enum> ParseIn(const std::string_view (&names)[kCount], std::string_view name) {
  for (size_t i = 0; i < kCount; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

// "VDS_E_OPERATION_PENDING"; the whole description for a code without a name.
std::string ShortName(HRESULT hr) {
  if (const auto name = NameOf(hr)) return std::string(*name);
  return Describe(hr);
}

// What the call was given: "finish with S_OK", "QueryInterface for IVdsAsync".
std::string DescribeInvocation(const Event& event) {
  std::string text(Name(event.call));
  switch (event.call) {
    case Call::kBegin:
      if (!event.estimable) text += ", not estimable";
      if (event.driven) text += ", driven";
      break;
    case Call::kProgress:
      if (event.percent) text += " to " + std::to_string(*event.percent) + " %";
      break;
    case Call::kFinish:
      if (event.result) text += " with " + ShortName(*event.result);
      break;
    case Call::kQueryStatus:
      if (event.null_outputs == NullOutputs::kBoth) {
        text += " with both outputs NULL";
      } else if (event.null_outputs != NullOutputs::kNone) {
        text += " with " + std::string(Name(event.null_outputs)) + " NULL";
      } else if (event.aliased) {
        text += " with both outputs at one address";
      }
      break;
    case Call::kQueryInterface:
      text += " for " + std::string(Name(event.interface_id));
      break;
    case Call::kEnd:
    case Call::kWait:
    case Call::kCancel:
    case Call::kAddRef:
    case Call::kRelease:
      break;
  }
  return text;
}

bool CanStoreHr(const Event& event) {
  return event.call == Call::kWait || (event.call == Call::kQueryStatus &&
                                       event.null_outputs == NullOutputs::kNone && !event.aliased);
}

// What came back: " -> S_OK, hr S_OK, 100 %".
std::string DescribeReturn(const Event& event) {
  std::string text = " -> ";
  if (event.ret) {
    text += ShortName(*event.ret);
  } else if (event.count) {
    text += std::to_string(*event.count);
  } else {
    text += "returned";
  }
  if (event.hr) {
    text += ", hr " + ShortName(*event.hr);
  } else if (CanStoreHr(event) && event.ret && Succeeded(*event.ret)) {
    text += ", hr not stored";
  }
  if (event.call == Call::kQueryStatus) {
    if (event.percent) {
      text += ", " + std::to_string(*event.percent) + " %";
    } else if (CanStoreHr(event) && event.ret && Succeeded(*event.ret)) {
      text += ", percent not stored";
    }
  }
  if (event.out != OutPointer::kNotSeen) text += ", out pointer " + std::string(Name(event.out));
  return text;
}

// Two digits at least, as no more is known of it.
std::string Duration(uint64_t ns) {
  if (ns < 100'000) return std::to_string(ns / 1'000) + " us";
  if (ns < 10'000'000) return std::to_string(ns / 100'000) + "00 us";
  return std::to_string(ns / 1'000'000) + " ms";
}

// How the call went wrong, as far as an executor saw it.
std::string DescribeEvidence(const Event& event) {
  std::string text;
  if (event.fault != Fault::kNone) {
    text += "; " + std::string(Name(event.fault));
    if (!event.detail.empty()) text += ": " + event.detail;
  }
  if (event.witness != Witness::kNone) {
    text += "; seen " + std::string(Name(event.witness)) + " while the operation was pending";
  }
  if (!event.slept_in.empty()) text += "; slept in " + event.slept_in;
  if (event.blocked) text += "; " + Describe(*event.blocked);
  if (event.stopped) text += "; stopped before " + Describe(*event.stopped);
  if (event.held) text += "; came back only after the stopped thread had gone on";
  if (!event.clobbered.empty()) text += "; wrote outside its outputs: " + event.clobbered;
  return text;
}

}  // namespace

std::string Describe(const StopPoint& point) {
  std::string text = "instruction " + std::to_string(point.instruction);
  if (point.beyond != 0) text += " and " + std::to_string(point.beyond) + " in other libraries";
  if (point.iut_thread) text += " of the implementation's own thread";
  if (!point.at.empty()) text += ", " + point.at;
  return text;
}

std::string Describe(const Blockage& blockage) {
  std::string text = "used " + Duration(blockage.cpu_ns) + " of CPU time";
  if (!blockage.system_call.empty()) {
    text = "asleep in " + blockage.system_call + DescribePlace(blockage);
  }
  return blockage.for_good ? text + "; no thread was left that could wake it" : text;
}

std::string DescribePlace(const Blockage& blockage) {
  std::string text;
  if (blockage.asleep_ns >= 1'000) text = " for " + Duration(blockage.asleep_ns);
  const char* separator = " at ";
  for (const std::string& frame : blockage.stack) {
    text += separator + frame;
    separator = ", called from ";
  }
  return text;
}

std::string_view Name(Call call) { return NameIn(kCallNames, call); }
std::string_view Name(NullOutputs nulls) { return NameIn(kNullOutputsNames, nulls); }
std::string_view Name(Witness witness) { return NameIn(kWitnessNames, witness); }
std::string_view Name(Fault fault) { return NameIn(kFaultNames, fault); }
std::string_view Name(Interface interface_id) { return NameIn(kInterfaceNames, interface_id); }
std::string_view Name(OutPointer out) { return NameIn(kOutPointerNames, out); }

std::optional<Call> ParseCall(std::string_view name) { return ParseIn<Call>(kCallNames, name); }
std::optional<NullOutputs> ParseNullOutputs(std::string_view name) {
  return ParseIn<NullOutputs>(kNullOutputsNames, name);
}
std::optional<Witness> ParseWitness(std::string_view name) {
  return ParseIn<Witness>(kWitnessNames, name);
}
std::optional<Fault> ParseFault(std::string_view name) { return ParseIn<Fault>(kFaultNames, name); }
std::optional<Interface> ParseInterface(std::string_view name) {
  return ParseIn<Interface>(kInterfaceNames, name);
}
std::optional<OutPointer> ParseOutPointer(std::string_view name) {
  return ParseIn<OutPointer>(kOutPointerNames, name);
}

std::string Describe(const Event& event) {
  std::string text = DescribeInvocation(event) + " on thread " + std::to_string(event.thread);
  if (event.op != 0) text += ", operation " + std::to_string(event.op);
  text += event.t1 ? DescribeReturn(event) : " -> never came back";
  return text + DescribeEvidence(event);
}

}  // namespace vdsconform
