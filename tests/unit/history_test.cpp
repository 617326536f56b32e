#include "spec/history.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

// Every enumerator from 0 to `last` has a name of its own that leads back to it.
template <typename Enum>
void ExpectNamesRoundTrip(Enum last, std::optional<Enum> (*parse)(std::string_view)) {
  std::set<std::string_view> names;
  for (uint8_t i = 0; i <= static_cast<uint8_t>(last); ++i) {
    const auto value = static_cast<Enum>(i);
    EXPECT_TRUE(names.insert(Name(value)).second) << Name(value);
    EXPECT_EQ(parse(Name(value)), value) << Name(value);
  }
  const auto beyond = static_cast<Enum>(static_cast<uint8_t>(last) + 1);
  EXPECT_EQ(Name(beyond), "unknown") << "there is a further name: is `last` the last enumerator?";
  EXPECT_EQ(parse("unknown"), std::nullopt);
  EXPECT_EQ(parse("no such name"), std::nullopt);
}

TEST(HistoryNames, RoundTrip) {
  ExpectNamesRoundTrip(Call::kQueryInterface, ParseCall);
  ExpectNamesRoundTrip(NullOutputs::kBoth, ParseNullOutputs);
  ExpectNamesRoundTrip(Witness::kPolling, ParseWitness);
  ExpectNamesRoundTrip(Fault::kUsedFreed, ParseFault);
  ExpectNamesRoundTrip(Interface::kOther, ParseInterface);
  ExpectNamesRoundTrip(OutPointer::kNotWritten, ParseOutPointer);
  EXPECT_EQ(static_cast<int>(Call::kQueryInterface) + 1, kCallCount);
}

TEST(HistoryNames, AreThoseOfTheFormat) {
  EXPECT_EQ(Name(Call::kBegin), "begin");
  EXPECT_EQ(Name(Call::kFinish), "finish");
  EXPECT_EQ(Name(Call::kQueryStatus), "QueryStatus");
  EXPECT_EQ(Name(Call::kQueryInterface), "QueryInterface");
  EXPECT_EQ(Name(NullOutputs::kNone), "");
  EXPECT_EQ(Name(NullOutputs::kPercent), "percent");
  EXPECT_EQ(Name(Witness::kSpinning), "spinning");
  EXPECT_EQ(Name(Fault::kClosedDescriptors), "closed-descriptors");
  EXPECT_EQ(Name(Fault::kUsedFreed), "used-freed");
  EXPECT_EQ(Name(Interface::kOther), "other");
  EXPECT_EQ(Name(OutPointer::kNotWritten), "not-written");
}

TEST(HistoryCalls, DriverCallsAreTheFirstFour) {
  for (const Call call : {Call::kBegin, Call::kProgress, Call::kFinish, Call::kEnd}) {
    EXPECT_TRUE(IsDriverCall(call)) << Name(call);
  }
  for (const Call call : {Call::kQueryStatus, Call::kWait, Call::kCancel, Call::kAddRef,
                          Call::kRelease, Call::kQueryInterface}) {
    EXPECT_FALSE(IsDriverCall(call)) << Name(call);
  }
}

Event Returned(Call call) {
  Event event;
  event.call = call;
  event.thread = 1;
  event.t1 = 1;
  return event;
}

TEST(DescribeEvent, SaysWhatAQueryStored) {
  Event event = Returned(Call::kQueryStatus);
  event.ret = hr::kOk;
  event.hr = hr::kOperationPending;
  event.percent = 40;
  EXPECT_EQ(Describe(event), "QueryStatus on thread 1 -> S_OK, hr VDS_E_OPERATION_PENDING, 40 %");
  event.op = 2;
  event.hr = ToHresult(0x8007001Fu);
  EXPECT_EQ(Describe(event),
            "QueryStatus on thread 1, operation 2 -> S_OK, hr 0x8007001F (Win32 error 31), 40 %");
}

TEST(DescribeEvent, SaysWhatAQueryDidNotStore) {
  Event event = Returned(Call::kQueryStatus);
  event.ret = hr::kOk;
  EXPECT_EQ(Describe(event), "QueryStatus on thread 1 -> S_OK, hr not stored, percent not stored");
  event.ret = hr::kFail;
  EXPECT_EQ(Describe(event), "QueryStatus on thread 1 -> E_FAIL");
  event.null_outputs = NullOutputs::kBoth;
  event.ret = hr::kInvalidArg;
  EXPECT_EQ(Describe(event), "QueryStatus with both outputs NULL on thread 1 -> E_INVALIDARG");
  event.null_outputs = NullOutputs::kHr;
  EXPECT_EQ(Describe(event), "QueryStatus with hr NULL on thread 1 -> E_INVALIDARG");
}

TEST(DescribeEvent, SaysHowACallWentWrong) {
  Event event = Returned(Call::kQueryStatus);
  event.t1.reset();
  EXPECT_EQ(Describe(event), "QueryStatus on thread 1 -> never came back");
  event.fault = Fault::kCrashed;
  event.detail = "SIGSEGV";
  EXPECT_EQ(Describe(event), "QueryStatus on thread 1 -> never came back; crashed: SIGSEGV");
  event.fault = Fault::kNone;
  event.witness = Witness::kAsleep;
  EXPECT_EQ(Describe(event),
            "QueryStatus on thread 1 -> never came back; seen asleep while the operation was "
            "pending");
  event = Returned(Call::kQueryStatus);
  event.ret = hr::kOk;
  event.hr = hr::kOk;
  event.percent = 100;
  event.slept_in = "clock_nanosleep";
  event.clobbered = "4 bytes after percent";
  EXPECT_EQ(Describe(event),
            "QueryStatus on thread 1 -> S_OK, hr S_OK, 100 %; slept in clock_nanosleep; wrote "
            "outside its outputs: 4 bytes after percent");
}

TEST(DescribeEvent, SaysWhatHeldACallUp) {
  Blockage blockage{"futex", 52'000, 0, true, {"libc.so.6+0x1", "a.so+0x2 (Look+0x3)"}};
  EXPECT_EQ(Describe(blockage),
            "asleep in futex for 52 us at libc.so.6+0x1, called from a.so+0x2 (Look+0x3); no "
            "thread was left that could wake it");
  EXPECT_EQ(DescribePlace(blockage),
            " for 52 us at libc.so.6+0x1, called from a.so+0x2 (Look+0x3)");
  blockage = Blockage{"poll", 1'234'567, 0, false, {}};
  EXPECT_EQ(Describe(blockage), "asleep in poll for 1200 us");
  blockage = Blockage{"", 0, 1'003'400'000, false, {}};
  EXPECT_EQ(Describe(blockage), "used 1003 ms of CPU time");
  EXPECT_EQ(DescribePlace(blockage), "");
  Event event = Returned(Call::kQueryStatus);
  event.blocked = blockage;
  event.ret = hr::kOk;
  event.hr = hr::kOk;
  EXPECT_EQ(
      Describe(event),
      "QueryStatus on thread 1 -> S_OK, hr S_OK, percent not stored; used 1003 ms of CPU time");
}

TEST(DescribeEvent, SaysWhatTheDriverAndTheOtherMethodsDid) {
  Event event = Returned(Call::kBegin);
  EXPECT_EQ(Describe(event), "begin on thread 1 -> returned");
  event.estimable = false;
  event.driven = true;
  EXPECT_EQ(Describe(event), "begin, not estimable, driven on thread 1 -> returned");
  event = Returned(Call::kProgress);
  event.percent = 40;
  EXPECT_EQ(Describe(event), "progress to 40 % on thread 1 -> returned");
  event = Returned(Call::kFinish);
  event.result = hr::kFalse;
  EXPECT_EQ(Describe(event), "finish with S_FALSE on thread 1 -> returned");
  event = Returned(Call::kWait);
  event.ret = hr::kOk;
  event.hr = hr::kFail;
  EXPECT_EQ(Describe(event), "Wait on thread 1 -> S_OK, hr E_FAIL");
  event = Returned(Call::kCancel);
  event.ret = hr::kCancelTooLate;
  EXPECT_EQ(Describe(event), "Cancel on thread 1 -> VDS_E_CANCEL_TOO_LATE");
  event = Returned(Call::kRelease);
  event.count = 0;
  EXPECT_EQ(Describe(event), "Release on thread 1 -> 0");
  event = Returned(Call::kQueryInterface);
  event.interface_id = Interface::kOther;
  event.ret = hr::kNoInterface;
  event.out = OutPointer::kNull;
  EXPECT_EQ(Describe(event),
            "QueryInterface for other on thread 1 -> E_NOINTERFACE, out pointer null");
}

}  // namespace
}  // namespace vdsconform
