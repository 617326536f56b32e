// Direct runs, compared with what the executor sees of the same Programs.
#include "harness/direct_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "harness/fork_guard.h"
#include "harness/in_process.h"
#include "harness/iut_library.h"
#include "harness/program_json.h"
#include "reference/drivable_iut.h"
#include "spec/hresult.h"
#include "spec/judge.h"
#include "tests/unit/random_programs.h"

namespace vdsconform {
namespace {

using namespace steps;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

constexpr uint32_t kSeed = 20240917;

// The same call, but for when it was and what only an executor sees.
Event Plain(Event event) {
  if (!event.step) event.thread = 0;  // a thread of the runner's own
  event.t0 = 0;
  if (event.t1) event.t1 = 0;
  event.switches.reset();
  event.heap.reset();
  return event;
}

// Of a row of equal events the first and the last: a direct run keeps hardly more.
std::vector<Event> Plain(const std::vector<Event>& events) {
  std::vector<Event> plain;
  for (const Event& event : events) {
    Event next = Plain(event);
    const size_t n = plain.size();
    if (n >= 2 && plain[n - 1] == next && plain[n - 2] == next) continue;
    plain.push_back(std::move(next));
  }
  return plain;
}

std::string Text(const std::vector<Event>& events) {
  std::string text;
  for (const Event& event : events) text += "\n  " + Describe(event);
  return text;
}

std::vector<Call> Calls(const History& history) {
  std::vector<Call> calls;
  for (const Event& event : history.events) calls.push_back(event.call);
  return calls;
}

// Each has all its steps on one thread, and waits for nothing.
Program RandomProgram(std::mt19937& random) {
  Program program = Unpacked(RandomBytes(random, random() % 200));
  program.schedule = Schedule{};
  const auto thread = static_cast<uint32_t>(random() % kMaxThreads);
  for (Step& step : program.steps) {
    step.thread = thread;
    step.repeat = std::min(step.repeat, 300u);
    if (step.action == Action::kWait) step.action = Action::kCancel;
  }
  return program;
}

std::unique_ptr<IutLibrary> Hostile(const std::string& behaviour) {
  auto loaded = IutLibrary::Load(std::string(VDSCONFORM_HOSTILE_DIR) + "/" + behaviour + ".so");
  if (const auto* error = std::get_if<std::string>(&loaded)) {
    ADD_FAILURE() << *error;
    return nullptr;
  }
  return std::get<std::unique_ptr<IutLibrary>>(std::move(loaded));
}

TEST(DirectRun, SeesWhatTheExecutorSees) {
  SCOPED_TRACE(kSeed);
  auto opened = OpenLinkedIn(&ReferenceIut(), {});
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<Subject>>(opened));
  Subject& executor = *std::get<std::unique_ptr<Subject>>(opened);
  DirectRunner direct(ReferenceIut(), {});
  std::mt19937 random(kSeed);
  std::set<Call> calls;
  for (int i = 0; i < 1'000; ++i) {
    const Program program = RandomProgram(random);
    const Execution execution = executor.Execute(program);
    ASSERT_EQ(execution.error + execution.inconclusive, "");
    const std::vector<Event> expected = Plain(execution.history.events);
    const std::vector<Event> seen = Plain(direct.Run(program).events);
    ASSERT_EQ(direct.inconclusive(), "");
    ASSERT_TRUE(seen == expected) << ToJson(program) << "\nthe executor:" << Text(expected)
                                  << "\ndirectly:" << Text(seen);
    for (const Event& event : seen) calls.insert(event.call);
  }
  EXPECT_EQ(calls.size(), static_cast<size_t>(kCallCount - 1));  // all but Wait
}

// With Waits, and with steps of several threads.
TEST(DirectRun, ShowsNothingOfTheReference) {
  SCOPED_TRACE(kSeed);
  DirectRunner direct(ReferenceIut(), {});
  std::mt19937 random(kSeed);
  uint64_t waits = 0;
  for (int i = 0; i < 20'000; ++i) {
    Program program = Unpacked(RandomBytes(random, random() % 200));
    program.schedule = Schedule{};
    const History& history = direct.Run(program);
    for (const Profile profile : {Profile::kWin32, Profile::kMsVds}) {
      for (const Finding& finding : JudgeHistory(history, profile).findings) {
        // The ones that say how real clients fare are of no implementation's making.
        if (Get(finding.req).advisory) continue;
        FAIL() << ToJson(program) << '\n' << finding.message << Text(history.events);
      }
    }
    const std::vector<Call> calls = Calls(history);
    waits += static_cast<uint64_t>(std::count(calls.begin(), calls.end(), Call::kWait));
  }
  EXPECT_GT(waits, 1'000u);
}

TEST(DirectRun, ReleasesNoMoreThanWasTaken) {
  DirectRunner direct(ReferenceIut(), {});
  const History& history = direct.Run(InOrder({AddRef(3), Release(300), AddRef(2), Query()}));
  std::vector<uint32_t> counts;
  for (const Event& event : history.events) {
    if (event.count) counts.push_back(*event.count);
  }
  // The driver has one, and lets go before the last three go.
  EXPECT_THAT(counts, ElementsAre(3, 4, 5, 4, 3, 2, 3, 4, 2, 1, 0));
}

TEST(DirectRun, TimesAreInTheOrderOfTheCalls) {
  DirectRunner direct(ReferenceIut(), {});
  const History& history = direct.Run(InOrder({Query(), Finish(hr::kFail), Query(3)}));
  int64_t last = -1;
  for (const Event& event : history.events) {
    EXPECT_GT(event.t0, last);
    ASSERT_TRUE(event.t1);
    EXPECT_GT(*event.t1, event.t0);
    last = *event.t1;
  }
}

TEST(DirectRun, AWaitEndsItsOperationFirst) {
  DirectRunner direct(ReferenceIut(), {});
  const History& history = direct.Run(InOrder({On(2, Wait()), Finish(hr::kFail), End()}));
  EXPECT_THAT(Calls(history), ElementsAre(Call::kBegin, Call::kFinish, Call::kWait, Call::kFinish,
                                          Call::kEnd, Call::kQueryStatus, Call::kRelease));
  EXPECT_EQ(history.events[1].result, hr::kFail);
  EXPECT_EQ(history.events[2].hr, hr::kFail);
  EXPECT_EQ(history.events[2].thread, 2u);
}

// An End before a Wait would leave nobody to end the operation.
TEST(DirectRun, AnEndIsPutOffWhereSomethingWaits) {
  DirectRunner direct(ReferenceIut(), {});
  EXPECT_THAT(Calls(direct.Run(InOrder({End(), Wait()}))),
              ElementsAre(Call::kBegin, Call::kFinish, Call::kWait, Call::kQueryStatus, Call::kEnd,
                          Call::kRelease));
}

TEST(DirectRun, WhatCannotBeDrivenIsNeitherDrivenNorWaitedFor) {
  vdsconform_iut iut = ReferenceIut();
  iut.progress = nullptr;
  iut.finish = nullptr;
  DirectRunner direct(iut, {});
  const History& history =
      direct.Run(InOrder({Wait(), Progress(3), Finish(hr::kOk), Query(), Poll()}));
  EXPECT_THAT(Calls(history), ElementsAre(Call::kBegin, Call::kQueryStatus, Call::kQueryStatus,
                                          Call::kQueryStatus, Call::kEnd, Call::kRelease));
  EXPECT_FALSE(history.events[0].driven);
}

TEST(DirectRun, OfManyEqualAnswersFewAreKept) {
  DirectRunner direct(ReferenceIut(), {});
  const History& history = direct.Run(InOrder({Query(70'000), Finish(hr::kFail), Query(70'000)}));
  EXPECT_LT(history.events.size(), 20u);
  // The last of each row is among them.
  const auto finish = std::find_if(history.events.begin(), history.events.end(),
                                   [](const Event& event) { return event.call == Call::kFinish; });
  ASSERT_NE(finish, history.events.end());
  EXPECT_EQ(std::prev(finish)->t1, finish->t0 - 1);
  EXPECT_GT(finish->t0, 140'000);
}

TEST(DirectRun, AnExceptionIsAFaultOfItsCall) {
  const std::unique_ptr<IutLibrary> library = Hostile("throw");
  ASSERT_TRUE(library);
  DirectRunner direct(library->iut(), {});
  const History& history = direct.Run(InOrder({Query(), Progress(5), Query()}));
  std::vector<const Event*> queries;
  for (const Event& event : history.events) {
    if (event.call == Call::kQueryStatus) queries.push_back(&event);
    EXPECT_EQ(event.fault == Fault::kThrew, event.call == Call::kQueryStatus) << Describe(event);
  }
  ASSERT_EQ(queries.size(), 3u);  // and the one at the end
  EXPECT_THAT(queries[0]->detail, HasSubstr("out of QueryStatus"));
  EXPECT_FALSE(queries[0]->hr || queries[0]->percent || queries[0]->ret);
  EXPECT_THAT(JudgeHistory(history, Profile::kWin32).findings,
              Contains(Field(&Finding::req, Req::kQs13)));
}

TEST(DirectRun, EachThrowingCallOfARowIsAFault) {
  const std::unique_ptr<IutLibrary> library = Hostile("throw");
  ASSERT_TRUE(library);
  DirectRunner direct(library->iut(), {});
  const History& history = direct.Run(InOrder({Query(10)}));
  for (const Event& event : history.events) {
    EXPECT_EQ(event.fault == Fault::kThrew, event.call == Call::kQueryStatus) << Describe(event);
  }
}

TEST(DirectRun, AnOperationThatCannotBeStartedIsInconclusive) {
  const std::unique_ptr<IutLibrary> library = Hostile("no-begin-today");
  ASSERT_TRUE(library);
  DirectRunner refused(library->iut(), {});
  EXPECT_THAT(refused.Run(InOrder({Query(), Finish(hr::kOk), Wait()})).events, testing::IsEmpty());
  EXPECT_THAT(refused.inconclusive(), HasSubstr("begin failed with "));
  // Told of the last Program only.
  vdsconform_iut once = ReferenceIut();
  static bool fails = true;
  once.begin = [](const vdsconform_plan* plan, IVdsAsync** async, void** operation) -> HRESULT {
    if (!fails) return ReferenceIut().begin(plan, async, operation);
    *async = nullptr;
    return hr::kOk;
  };
  DirectRunner direct(once, {});
  direct.Run(InOrder({Query()}));
  EXPECT_EQ(direct.inconclusive(), "begin succeeded but gave no object");
  fails = false;
  EXPECT_THAT(Calls(direct.Run(InOrder({Query()}))), Contains(Call::kQueryStatus));
  EXPECT_EQ(direct.inconclusive(), "");
}

TEST(DirectRun, ACopyThatAnImplementationMakesEndsAtOnce) {
  InstallForkGuard();
  const std::unique_ptr<IutLibrary> library = Hostile("fork");
  ASSERT_TRUE(library);
  const pid_t own = getpid();
  DirectRunner direct(library->iut(), {});
  direct.Run(InOrder({Query(), Query()}));
  if (getpid() != own) _exit(77);
  int status = 0;
  int copies = 0;
  for (; waitpid(-1, &status, 0) > 0; ++copies) {
    EXPECT_TRUE(WIFEXITED(status)) << status;
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
  EXPECT_GE(copies, 2);
}

TEST(DirectRun, ParametersReachBegin) {
  vdsconform_iut iut = ReferenceIut();
  static std::vector<std::string> seen;
  static uint32_t estimable;
  iut.begin = [](const vdsconform_plan* plan, IVdsAsync** async, void** operation) -> HRESULT {
    seen.assign(plan->parameters, plan->parameters + plan->parameter_count);
    estimable = plan->estimable;
    vdsconform_plan without = *plan;  // the reference takes none
    without.parameter_count = 0;
    return ReferenceIut().begin(&without, async, operation);
  };
  DirectRunner direct(iut, {"a=b c", "d="});
  direct.Run(InOrder({Query()}, false));
  EXPECT_THAT(seen, ElementsAre("a=b c", "d="));
  EXPECT_EQ(estimable, 0u);
}

}  // namespace
}  // namespace vdsconform
