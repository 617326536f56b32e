#include "harness/autopsy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "harness/program.h"
#include "spec/history_json.h"

namespace vdsconform {
namespace {

using namespace steps;
using testing::ElementsAre;

Program Sample() {
  return InOrder({Query(), On(1, Wait()), On(2, QueryNull(NullOutputs::kHr)), Of(1, Query())});
}

Journal Empty() {
  Journal journal;
  ClearJournal(journal);
  return journal;
}

void SetCall(Journal& journal, size_t slot, Call call, int32_t step, int64_t t0) {
  journal.slots[slot].call = static_cast<int32_t>(call);
  journal.slots[slot].step = step;
  journal.slots[slot].t0 = t0;
  journal.slots[slot].tid = 100 + static_cast<int32_t>(slot);
}

const Death kCrash{Fault::kCrashed, "signal 11 (SIGSEGV)"};

// Every history that comes of it is one that the format allows.
void ExpectReadable(const History& history) {
  HistoryLineParser parser;
  ASSERT_EQ(parser.Parse(HistoryHeader()), HistoryLineParser::Kind::kHeader);
  for (const Event& event : history.events) {
    ASSERT_EQ(parser.Parse(ToJson(event)), HistoryLineParser::Kind::kEvent)
        << parser.error().message << "\n"
        << ToJson(event);
  }
}

TEST(Autopsy, BlamesTheCallThatStartedLast) {
  Journal journal = Empty();
  SetCall(journal, 1, Call::kWait, 1, 50);
  SetCall(journal, 0, Call::kQueryStatus, 0, 60);
  History history;
  AddDeath(kCrash, journal, Sample(), true, history);
  ASSERT_EQ(history.events.size(), 2u);
  EXPECT_EQ(history.events[0].call, Call::kBegin);
  EXPECT_TRUE(history.events[0].driven);
  EXPECT_EQ(history.events[1].thread, 0u);
  EXPECT_EQ(history.events[1].call, Call::kQueryStatus);
  EXPECT_EQ(history.events[1].t0, 60);
  EXPECT_EQ(history.events[1].detail, "signal 11 (SIGSEGV)");
  ExpectReadable(history);
}

TEST(Autopsy, BlamesTheCallWhoseThreadGotTheSignal) {
  Journal journal = Empty();
  SetCall(journal, 2, Call::kQueryStatus, 2, 50);
  journal.slots[2].null_outputs = 1;
  SetCall(journal, 0, Call::kQueryStatus, 0, 60);
  journal.fatal_tid = 102;
  History history;
  AddDeath(kCrash, journal, Sample(), true, history);
  ASSERT_EQ(history.events.size(), 2u);
  EXPECT_EQ(history.events[1].thread, 2u);
  EXPECT_EQ(history.events[1].null_outputs, NullOutputs::kHr);
}

TEST(Autopsy, SaysWhatOfFreedMemoryWasUsed) {
  Journal journal = Empty();
  SetCall(journal, 0, Call::kQueryStatus, 0, 60);
  journal.fatal_tid = 100;
  journal.freed = Journal::kOwnObject;
  History own;
  AddDeath(kCrash, journal, Sample(), true, own);
  EXPECT_EQ(own.events.back().fault, Fault::kUsedFreed);
  EXPECT_EQ(own.events.back().detail, "signal 11 (SIGSEGV)");
  journal.freed = Journal::kOtherMemory;
  History other;
  AddDeath(kCrash, journal, Sample(), true, other);
  EXPECT_EQ(other.events.back().fault, Fault::kCrashed);
  EXPECT_EQ(other.events.back().detail,
            "signal 11 (SIGSEGV), using a pointer from memory that had been freed");
}

TEST(Autopsy, SaysWhenTheSignalCameElsewhere) {
  Journal journal = Empty();
  SetCall(journal, 0, Call::kQueryStatus, 0, 60);
  journal.fatal_tid = 999;
  History history;
  AddDeath(kCrash, journal, Sample(), true, history);
  EXPECT_EQ(history.events.back().detail,
            "signal 11 (SIGSEGV), in another thread during this call");
}

TEST(Autopsy, NamesTheLastCallWhenNoneWasInFlight) {
  Journal journal = Empty();
  SetCall(journal, 0, Call::kQueryStatus, 0, 60);
  SetCall(journal, 2, Call::kQueryStatus, 2, 70);
  journal.slots[2].null_outputs = 1;
  journal.slots[0].call = journal.slots[2].call = -1;
  History history;
  AddDeath(kCrash, journal, Sample(), true, history);
  ASSERT_EQ(history.events.size(), 2u);
  EXPECT_EQ(history.events[1].step, 2u);
  // The NULL outputs are not what it died of.
  EXPECT_EQ(history.events[1].null_outputs, NullOutputs::kNone);
  EXPECT_EQ(history.events[1].detail,
            "signal 11 (SIGSEGV), outside any call; this was the last before");
}

TEST(Autopsy, DeathBeforeTheFirstCallIsOneOfTheBeginning) {
  History history;
  AddDeath(kCrash, Empty(), Sample(), true, history);
  ASSERT_EQ(history.events.size(), 1u);
  EXPECT_EQ(history.events[0].call, Call::kBegin);
  EXPECT_EQ(history.events[0].detail, "signal 11 (SIGSEGV), before the first call");
  ExpectReadable(history);
}

TEST(Autopsy, ClosedDescriptorsAreTheCallThatClosedThem) {
  Journal journal = Empty();
  SetCall(journal, 0, Call::kQueryStatus, 0, 60);
  SetCall(journal, 1, Call::kWait, 1, 70);
  journal.closed_descriptors = 1;
  History history;
  AddDeath({Fault::kExited, "exit status 3"}, journal, Sample(), true, history);
  EXPECT_EQ(history.events.back().fault, Fault::kClosedDescriptors);
  EXPECT_EQ(history.events.back().thread, 0u);
}

TEST(Autopsy, ClosedDescriptorsOfAnUnknownCallAreToldToo) {
  Journal journal = Empty();
  SetCall(journal, 0, Call::kQueryStatus, 0, 60);
  journal.slots[0].call = -1;
  journal.closed_descriptors = kMaxThreads + 2;
  History history;
  AddDeath({Fault::kExited, "exit status 3"}, journal, Sample(), true, history);
  EXPECT_EQ(history.events.back().fault, Fault::kClosedDescriptors);
  EXPECT_EQ(history.events.back().step, 0u);
}

TEST(Autopsy, KnowsTheOperationsOfLaterRounds) {
  Program program = Racing({Query(), Of(1, Query())}, 10);
  program.operations[1].estimable = false;
  Journal journal = Empty();
  SetCall(journal, 0, Call::kQueryStatus, 1, 60);
  journal.slots[0].op = 7;
  History history;
  AddDeath(kCrash, journal, program, false, history);
  ASSERT_EQ(history.events.size(), 2u);
  EXPECT_EQ(history.events[0].op, 7u);
  EXPECT_FALSE(history.events[0].estimable);
  EXPECT_FALSE(history.events[0].driven);
}

// The steps of the calls that a death at the last step of the Program is told with.
std::vector<uint32_t> StepsTold(const Program& program) {
  const auto last = static_cast<int32_t>(program.steps.size()) - 1;
  Journal journal = Empty();
  SetCall(journal, 0, Call::kQueryStatus, last, 60);
  History history;
  AddDeath(kCrash, journal, program, true, history);
  std::vector<uint32_t> told;
  for (const Event& event : history.events) {
    if (event.step) told.push_back(*event.step);
  }
  return told;
}

TEST(Autopsy, TellsTheReleasesThatHadAReference) {
  EXPECT_THAT(StepsTold(InOrder({End(), Release(), Query()})), ElementsAre(0, 2));
  EXPECT_THAT(StepsTold(InOrder({AddRef(), Release(), Release(), Query()})), ElementsAre(0, 1, 3));
  EXPECT_THAT(StepsTold(InOrder({Of(1, AddRef()), Release(), Query()})), ElementsAre(2));
  EXPECT_THAT(StepsTold(InOrder({AddRef(2), Query(), Release(), Release(), Query()})),
              ElementsAre(2, 3, 4));
}

TEST(Autopsy, OfARaceAReleaseMayHaveHadTheReferenceOfAnyAddRef) {
  EXPECT_THAT(StepsTold(Racing({Release(), On(1, AddRef()), Query()}, 2)), ElementsAre(0, 1, 2));
  EXPECT_THAT(StepsTold(Racing({AddRef(), Release(), On(1, Release()), Query()}, 2)),
              ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(StepsTold(Racing({Release(), On(1, End()), Query()}, 2)), ElementsAre(1, 2));
}

TEST(Autopsy, ContinuesWhatWasSeen) {
  History history;
  Event begin;
  begin.call = Call::kBegin;
  begin.t0 = 1'000;
  begin.t1 = 2'000;
  history.events.push_back(begin);
  Journal journal = Empty();
  SetCall(journal, 0, Call::kQueryStatus, 0, 5);
  AddDeath(kCrash, journal, Sample(), true, history);
  ASSERT_EQ(history.events.size(), 2u);
  EXPECT_GT(history.events[1].t0, 2'000);
  ExpectReadable(history);
}

TEST(Autopsy, SurvivesAJournalThatTheImplementationWroteInto) {
  Journal journal = Empty();
  for (Journal::Slot& slot : journal.slots) {
    slot.call = 77;
    slot.step = 1 << 30;
    slot.op = 0xFFFFFFFF;
    slot.null_outputs = 0xFFFF;
    slot.t0 = 1;
  }
  journal.closed_descriptors = 0xFFFFFFFF;
  History history;
  AddDeath(kCrash, journal, Sample(), true, history);
  EXPECT_EQ(history.events.back().fault, Fault::kClosedDescriptors);
  ExpectReadable(history);
}

TEST(Autopsy, LateDeathNamesTheProgramItBelongsTo) {
  History history;
  AddLateDeath(kCrash, "first", Sample(), true, history);
  ASSERT_EQ(history.events.size(), 2u);
  EXPECT_EQ(history.events[1].detail,
            "signal 11 (SIGSEGV), after the calls of the Program before this one had ended "
            "(\"first\")");
  ExpectReadable(history);
}

}  // namespace
}  // namespace vdsconform
