// How calls, and with them hosts, end that should not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "harness/quarantine.h"
#include "tests/unit/host_process_test_support.h"

namespace vdsconform {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A behaviour of QueryStatus, and what the history says of it.
struct Deadly {
  const char* behaviour;
  Fault fault;
  const char* detail;
};

void PrintTo(const Deadly& deadly, std::ostream* out) { *out << deadly.behaviour; }

class DeadlyQuery : public HostProcess, public testing::WithParamInterface<Deadly> {};

TEST_P(DeadlyQuery, IsAFaultOfItsCallAndTheNextProgramHasANewHost) {
  const auto subject = Take(StartHostedIut(Library(GetParam().behaviour), {}, PatientSettings()));
  ASSERT_NE(subject, nullptr);
  for (int i = 0; i < 3; ++i) {
    const Execution execution = subject->Execute(Simple());
    EXPECT_EQ(execution.error, "");
    EXPECT_EQ(execution.inconclusive, "");
    const std::vector<Event> faults = Faults(execution);
    ASSERT_EQ(faults.size(), 1u);
    EXPECT_EQ(faults[0].fault, GetParam().fault) << faults[0].detail;
    EXPECT_THAT(faults[0].detail, StartsWith(GetParam().detail));
    EXPECT_EQ(faults[0].call, Call::kQueryStatus);
    EXPECT_EQ(faults[0].step, 1u);
    EXPECT_FALSE(faults[0].t1.has_value());
    ASSERT_EQ(Count(execution, Call::kBegin), 1u);
    EXPECT_TRUE(execution.history.events.front().driven);
    EXPECT_TRUE(execution.history.events.front().estimable);
  }
}

INSTANTIATE_TEST_SUITE_P(
    HostProcess, DeadlyQuery,
    testing::Values(Deadly{"crash", Fault::kCrashed, "signal 11 (SIGSEGV)"},
                    Deadly{"stack-overflow", Fault::kCrashed, "signal 11 (SIGSEGV)"},
                    Deadly{"abort", Fault::kCrashed, "signal 6 (SIGABRT)"},
                    Deadly{"kill", Fault::kCrashed, "signal 9 (SIGKILL)"},
                    Deadly{"exit", Fault::kExited, "exit status 3"},
                    Deadly{"quick-exit", Fault::kExited, "exit status 0"},
                    Deadly{"std-quick-exit", Fault::kExited, "exit status 4"},
                    Deadly{"terminate", Fault::kCrashed, "signal 6 (SIGABRT)"},
                    Deadly{"alarm", Fault::kCrashed, "signal 14 (SIGALRM)"},
                    Deadly{"fork-bomb", Fault::kCrashed,
                           "the process was ended: it started more than 100 processes"},
                    Deadly{"detached-fork-bomb", Fault::kCrashed,
                           "the process was ended: it started more than 100 processes"},
                    Deadly{"eat-memory", Fault::kCrashed,
                           "the process was ended: it used more than 300 MiB of memory"},
                    Deadly{"crash-in-thread", Fault::kCrashed,
                           "signal 11 (SIGSEGV), in another thread during this call"},
                    Deadly{"close-descriptors", Fault::kClosedDescriptors,
                           "descriptors of the calling process"},
                    Deadly{"close-low", Fault::kClosedDescriptors,
                           "descriptors of the calling process"},
                    Deadly{"replace-descriptors", Fault::kClosedDescriptors,
                           "descriptors of the calling process"}),
    [](const auto& info) {
      std::string name = info.param.behaviour;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

// What these do to the process is not to be foretold, and neither is how it ends.
TEST_F(HostProcess, CallsThatComeBackElsewhereOrTwiceAreContained) {
  for (const char* behaviour : {"longjmp", "vfork"}) {
    SCOPED_TRACE(behaviour);
    const auto subject = Start(behaviour);
    ASSERT_NE(subject, nullptr);
    for (int i = 0; i < 2; ++i) {
      const Execution execution = subject->Execute(Simple());
      EXPECT_EQ(execution.error, "");
      EXPECT_GE(Faults(execution).size(), 1u);
    }
  }
}

TEST_F(HostProcess, UseOfFreedMemoryIsSeen) {
  if (!QuarantineIsSupported()) GTEST_SKIP() << "not supported in this build";
  const auto subject = Start("use-freed-member");
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(Simple());
  ASSERT_EQ(Faults(execution).size(), 1u);
  EXPECT_EQ(Faults(execution)[0].fault, Fault::kCrashed);
  EXPECT_EQ(Faults(execution)[0].detail,
            "signal 11 (SIGSEGV), using a pointer from memory that had been freed");
  EXPECT_EQ(Faults(execution)[0].step, 1u);
}

TEST_F(HostProcess, FreeingTwiceEndsTheCallThatDoesIt) {
  if (!QuarantineIsSupported()) GTEST_SKIP() << "not supported in this build";
  const auto subject = Start("free-twice");
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(Simple());
  ASSERT_EQ(Faults(execution).size(), 1u);
  EXPECT_THAT(Faults(execution)[0].detail, StartsWith("signal 6 (SIGABRT)"));
  EXPECT_EQ(Faults(execution)[0].step, 1u);
  EXPECT_THAT(execution.output, HasSubstr("has been freed before"));
}

TEST_F(HostProcess, ExceptionsAreFaultsAndTheHostLives) {
  const auto subject = Start("throw");
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(Simple());
  EXPECT_EQ(execution.error, "");
  ASSERT_GE(Faults(execution).size(), 2u);
  EXPECT_EQ(Faults(execution)[0].fault, Fault::kThrew);
  EXPECT_THAT(Faults(execution)[0].detail, HasSubstr("out of QueryStatus"));
}

TEST_F(HostProcess, HangsEndWithTheHost) {
  const auto subject = Start("hang");
  ASSERT_NE(subject, nullptr);
  for (int i = 0; i < 2; ++i) {
    const Execution execution = subject->Execute(Simple());
    EXPECT_EQ(execution.error, "");
    ASSERT_GE(Faults(execution).size(), 1u);
    EXPECT_EQ(Faults(execution)[0].fault, Fault::kHung);
    EXPECT_EQ(Faults(execution)[0].call, Call::kQueryStatus);
    const Rare<Blockage> blocked = Faults(execution)[0].blocked;
    ASSERT_TRUE(blocked.has_value());
    EXPECT_EQ(blocked->system_call, "pause");
    EXPECT_GE(blocked->asleep_ns, uint64_t{TestSettings().patience.hang_ms} * 1'000'000);
#if defined(__x86_64__) || defined(__aarch64__)
    ASSERT_GE(blocked->stack.size(), 2u);
    EXPECT_THAT(blocked->stack[0], StartsWith("libc.so"));
    EXPECT_THAT(blocked->stack[1], StartsWith("hang.so+0x"));
#endif
  }
}

TEST_F(HostProcess, NullOutputsOfTheDeadlyCallAreToldToo) {
  const auto subject = Start("crash-on-null");
  ASSERT_NE(subject, nullptr);
  const Execution execution =
      subject->Execute(InOrder({steps::Query(), steps::QueryNull(NullOutputs::kPercent)}));
  ASSERT_EQ(Faults(execution).size(), 1u);
  EXPECT_EQ(Faults(execution)[0].null_outputs, NullOutputs::kPercent);
  EXPECT_EQ(Faults(execution)[0].step, 1u);
}

TEST_F(HostProcess, DriversFunctionsCanDieToo) {
  const auto in_begin = Start("crash-in-begin");
  ASSERT_NE(in_begin, nullptr);
  const Execution begun = in_begin->Execute(Simple());
  ASSERT_EQ(Faults(begun).size(), 1u);
  EXPECT_EQ(Faults(begun)[0].call, Call::kBegin);
  EXPECT_EQ(begun.history.events.size(), 1u);

  const auto in_end = Start("crash-in-end");
  ASSERT_NE(in_end, nullptr);
  const Execution ended = in_end->Execute(Simple());
  ASSERT_EQ(Faults(ended).size(), 1u);
  EXPECT_EQ(Faults(ended)[0].call, Call::kEnd);
}

TEST_F(HostProcess, LastWordsAreKept) {
  const auto subject = Start("last-words");
  ASSERT_NE(subject, nullptr);
  const Execution execution = subject->Execute(Simple());
  EXPECT_THAT(execution.output, HasSubstr("about to fail"));
}

TEST_F(HostProcess, CrashAfterAllCallsIsNotLost) {
  const auto subject = Start("crash-later");
  ASSERT_NE(subject, nullptr);
  EXPECT_TRUE(Faults(subject->Execute(Simple())).empty());
  siginfo_t dead;
  ASSERT_EQ(waitid(P_ALL, 0, &dead, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(subject->Renew());
  const Execution execution = subject->Execute(Simple());
  EXPECT_EQ(execution.error, "");
  EXPECT_GE(Count(execution, Call::kQueryStatus), 2u);
  ASSERT_EQ(Faults(execution).size(), 1u);
  EXPECT_EQ(Faults(execution)[0].fault, Fault::kCrashed);
  EXPECT_THAT(Faults(execution)[0].detail,
              StartsWith("signal 11 (SIGSEGV), after the calls of the Program before this one"));
}

TEST_F(HostProcess, DeathAtLoadIsAnErrorOfTheStart) {
  EXPECT_THAT(StartError(StartHostedIut(Library("crash-at-load"), {}, TestSettings())),
              HasSubstr("while the implementation was being loaded: signal 11 (SIGSEGV)"));
  EXPECT_THAT(StartError(StartHostedIut(Library("exit-at-load"), {}, TestSettings())),
              HasSubstr("while the implementation was being loaded: exit status 5"));
  EXPECT_THAT(StartError(StartHostedIut(Library("missing"), {}, TestSettings())),
              HasSubstr("missing.so: no such file"));
  HostSettings settings = TestSettings();
  settings.executable = "/nonexistent/host";
  EXPECT_THAT(StartError(StartHostedIut(Library("none"), {}, settings)),
              HasSubstr("/nonexistent/host: cannot be executed: No such file"));
}

}  // namespace
}  // namespace vdsconform
