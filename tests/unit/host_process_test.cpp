#include "harness/host_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "harness/child_process.h"
#include "tests/unit/host_process_test_support.h"

namespace vdsconform {
namespace {

using testing::HasSubstr;

TEST_F(HostProcess, CorrectImplementationIsObservedToTheEnd) {
  const auto subject = Start("none");
  ASSERT_NE(subject, nullptr);
  EXPECT_EQ(subject->info().name, "hostile");
  EXPECT_EQ(subject->info().capabilities, 31u);
  for (int i = 0; i < 3; ++i) {
    const Execution execution = subject->Execute(Simple());
    EXPECT_EQ(execution.error, "");
    EXPECT_EQ(execution.output, "");
    EXPECT_GT(execution.stack_bytes, 0u);
    EXPECT_LT(execution.stack_bytes, 100'000u);
    EXPECT_TRUE(Faults(execution).empty());
    ASSERT_GE(Count(execution, Call::kQueryStatus), 2u);
    std::vector<Event> queries;
    for (const Event& event : execution.history.events) {
      if (event.call == Call::kQueryStatus) queries.push_back(event);
    }
    EXPECT_EQ(queries[0].hr, hr::kOperationPending);
    EXPECT_EQ(queries[0].percent, 40u);
    EXPECT_EQ(queries[1].hr, hr::kFail);
    EXPECT_EQ(queries[1].percent, 100u);
  }
}

// Implementations that are rude, but do nothing that the history may not show in full.
TEST_F(HostProcess, RudenessDisturbsNothing) {
  for (const char* behaviour :
       {"chatter", "fork", "daemon", "clone", "threads", "no-more-descriptors", "low-limits",
        "signals", "ticks", "surroundings", "float-traps", "crash-at-unload", "hang-at-unload"}) {
    SCOPED_TRACE(behaviour);
    const auto subject = Start(behaviour);
    ASSERT_NE(subject, nullptr);
    for (int i = 0; i < 2; ++i) {
      const Execution execution = subject->Execute(Simple());
      EXPECT_EQ(execution.error, "");
      EXPECT_EQ(execution.inconclusive, "");
      EXPECT_TRUE(Faults(execution).empty());
      EXPECT_GE(Count(execution, Call::kQueryStatus), 2u);
    }
  }
}

TEST_F(HostProcess, GigabytesOfOutputDisturbNothing) {
  // A call that prints waits for this process, which may wait for a processor.
  const auto subject = Take(StartHostedIut(Library("flood"), {}, PatientSettings()));
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(InOrder({steps::Query(32)}));
  EXPECT_EQ(execution.error, "");
  EXPECT_TRUE(Faults(execution).empty());
  EXPECT_GE(Count(execution, Call::kQueryStatus), 32u);
}

TEST_F(HostProcess, RefusedBeginIsInconclusive) {
  const auto subject = Start("no-begin-today");
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(Simple());
  EXPECT_EQ(execution.error, "");
  EXPECT_NE(execution.inconclusive, "");
}

TEST_F(HostProcess, RenewedOneHasRunNothingBefore) {
  const auto subject = Start("one-begin-per-process");
  ASSERT_NE(subject, nullptr);
  EXPECT_EQ(subject->Execute(Simple()).inconclusive, "");
  EXPECT_NE(subject->Execute(Simple()).inconclusive, "");
  ASSERT_TRUE(subject->Renew());
  const Execution execution = subject->Execute(Simple());
  EXPECT_EQ(execution.error, "");
  EXPECT_EQ(execution.inconclusive, "");
  EXPECT_GE(Count(execution, Call::kQueryStatus), 2u);
}

TEST_F(HostProcess, GarbageOnTheProtocolIsAnErrorNotAVerdict) {
  const auto subject = Start("scribble");
  ASSERT_NE(subject, nullptr);
  for (int i = 0; i < 2; ++i) {
    const Execution execution = subject->Execute(Simple());
    EXPECT_THAT(execution.error, HasSubstr("}{ not a line of the protocol"));
    EXPECT_TRUE(Faults(execution).empty());
  }
}

TEST_F(HostProcess, StoppingEndsAProgramEarly) {
  std::atomic<bool> stop{false};
  HostSettings settings = TestSettings();
  settings.patience.hang_ms = 600'000;
  settings.patience.rest_ms = 600'000;
  settings.stop = &stop;
  const auto subject = Take(StartHostedIut(Library("hang"), {}, settings));
  ASSERT_NE(subject, nullptr);
  std::thread user([&stop] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop = true;
    KillAllHosts();
  });
  const Execution execution = subject->Execute(Simple());
  user.join();
  EXPECT_EQ(execution.inconclusive, "interrupted");
  EXPECT_TRUE(Faults(execution).empty());
}

TEST_F(HostProcess, ManyDetachedProcessesAreEndedWithTheHost) {
  const auto subject = Start("daemon");
  ASSERT_NE(subject, nullptr);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(subject->Execute(InOrder({steps::Query(50)})).error, "");
  }
}

TEST_F(HostProcess, TwoSubjectsLiveSideBySide) {
  const auto one = Start("none");
  const auto two = Start("crash");
  ASSERT_NE(one, nullptr);
  ASSERT_NE(two, nullptr);
  EXPECT_EQ(Faults(two->Execute(Simple())).size(), 1u);
  EXPECT_EQ(Faults(one->Execute(Simple())).size(), 0u);
  EXPECT_EQ(Faults(two->Execute(Simple())).size(), 1u);
}

}  // namespace
}  // namespace vdsconform
