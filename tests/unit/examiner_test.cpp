// The examiner, on an implementation that is a script: the reference with its answers spoilt.
#include "harness/examiner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "harness/direct_run.h"
#include "harness/program_json.h"
#include "reference/drivable_iut.h"
#include "spec/hresult.h"
#include "spec/iut.h"

namespace vdsconform {
namespace {

using namespace steps;
using testing::ElementsAre;
using testing::IsEmpty;

class SpoiltSubject : public Subject {
 public:
  using Spoil = std::function<void(const Program&, Execution&)>;
  explicit SpoiltSubject(Spoil spoil, uint32_t capabilities = VDSCONFORM_DRIVE)
      : spoil_(std::move(spoil)) {
    info_.capabilities = capabilities;
  }

  const IutInfo& info() const override { return info_; }
  Execution Execute(const Program& program) override {
    programs.push_back(program);
    patiences.push_back(patience_);
    Execution execution;
    execution.history = runner_.Run(program);
    spoil_(program, execution);
    return execution;
  }
  void set_patience(const Patience& patience) override { patience_ = patience; }

  std::vector<Program> programs;  // executed
  std::vector<Patience> patiences;

 private:
  Spoil spoil_;
  IutInfo info_;
  Patience patience_;
  DirectRunner runner_{ReferenceIut(), {}};
};

constexpr Patience kPatience{1'000, 10'000, 300'000};

bool IsPending(const Event& event) {
  return event.call == Call::kQueryStatus && event.hr == hr::kOperationPending;
}

void SayMisprint(Event& event) { event.hr = ToHresult(0x00042409); }

// While pending, near the end, another code.
void MisprintNearTheEnd(const Program& /*program*/, Execution& execution) {
  for (Event& event : execution.history.events) {
    if (IsPending(event) && event.percent == 99u) SayMisprint(event);
  }
}

// Long, and with much that does not matter.
Program LongProgram() {
  Program program =
      InOrder({AddRef(), Query(3), On(1, Progress(50)), Query(), Release(), On(2, Progress(99)),
               Of(1, Query()), QueryNull(NullOutputs::kHr), On(1, QueryAt(Outputs::kPageEnd)),
               Ask(Interface::kOther), Finish(hr::kFail), Query(), End()});
  program.operations[0].estimable = true;
  return program;
}

class ExaminerTest : public testing::Test {
 protected:
  Examiner::Result Examine(SpoiltSubject& subject, const Program& program) {
    Examiner examiner(&subject, &campaign_, kPatience, [this] { return stop_; });
    return examiner.Examine(program);
  }

  Campaign campaign_{Profile::kWin32, false};
  bool stop_ = false;
};

TEST_F(ExaminerTest, WhatShowsNothingIsTriedInOtherWays) {
  SpoiltSubject subject([](const Program&, Execution&) {});
  const Program program = InOrder({Query(), On(1, Finish(hr::kOk))});
  const Examiner::Result result = Examine(subject, program);
  EXPECT_FALSE(result.confirmed);
  EXPECT_THAT(result.found, IsEmpty());
  EXPECT_EQ(result.error, "");
  // As it is, on one thread, and as a few and as many operations one after another.
  const std::vector<Step> plain = {Query(), Finish(hr::kOk)};
  EXPECT_THAT(subject.programs,
              ElementsAre(program, InOrder(plain), Racing(plain, 300), Racing(plain, 70'000)));
}

TEST_F(ExaminerTest, ARaceIsTriedForLonger) {
  SpoiltSubject subject([](const Program&, Execution&) {});
  const Program program = Racing({Query(), On(1, Finish(hr::kOk))}, 5);
  Examine(subject, program);
  ASSERT_GE(subject.programs.size(), 2u);
  EXPECT_EQ(subject.programs[0], program);
  EXPECT_EQ(subject.programs[1], Racing(program.steps, 70'000));
}

TEST_F(ExaminerTest, WhatIsRepeatedIsEndedBeforeItIsWaitedFor) {
  SpoiltSubject subject([](const Program&, Execution&) {});
  const Program program =
      InOrder({Wait(), Of(1, Wait()), Of(1, Begin()), Query(), Finish(hr::kFail), Wait(),
               Of(1, Wait()), Of(1, Wait()), Of(1, Finish(hr::kOk))});
  Examine(subject, program);
  const std::vector<Step> ended = {
      Finish(hr::kFail),     Wait(), Of(1, Wait()),          Of(1, Begin()), Query(),
      Finish(hr::kFail),     Wait(), Of(1, Finish(hr::kOk)), Of(1, Wait()),  Of(1, Wait()),
      Of(1, Finish(hr::kOk))};
  EXPECT_THAT(subject.programs, ElementsAre(program, Racing(ended, 300), Racing(ended, 70'000)));
}

TEST_F(ExaminerTest, WhatRunsByItselfIsNotRepeatedUntilItHasEnded) {
  SpoiltSubject subject([](const Program&, Execution&) {}, 0);
  const Program program = InOrder({Query(), Wait(), Poll(), Query()});
  Examine(subject, program);
  const std::vector<Step> asked = {Query(), Query(), Query()};
  EXPECT_THAT(subject.programs, ElementsAre(program, Racing(asked, 300), Racing(asked, 70'000)));
}

TEST_F(ExaminerTest, ARaceWithAWaitIsNotTriedForMinutes) {
  SpoiltSubject subject([](const Program&, Execution&) {});
  Examine(subject, Racing({Wait(), On(1, Query())}, 5));
  ASSERT_GE(subject.programs.size(), 2u);
  EXPECT_EQ(subject.programs[1], Racing({Wait(), On(1, Query())}, 300));
}

TEST_F(ExaminerTest, WhatIsMadeSmallerDoesNotWaitManyTimes) {
  // Only of very many operations, and of none that was not waited for.
  SpoiltSubject subject([](const Program& program, Execution& execution) {
    const auto is_wait = [](const Step& step) { return step.action == Action::kWait; };
    if (program.schedule.rounds <= 300) return;
    EXPECT_FALSE(is_wait(program.steps.front()));
    if (std::none_of(program.steps.begin(), program.steps.end(), is_wait)) return;
    for (Event& event : execution.history.events) {
      if (event.call == Call::kQueryStatus) event.hr = hr::kFail;
    }
  });
  const Examiner::Result result = Examine(subject, InOrder({Wait(), Query()}));
  ASSERT_EQ(result.found.size(), 1u);
  EXPECT_EQ(result.found[0].program.steps, (std::vector<Step>{Finish(hr::kOk), Wait()}));
}

TEST_F(ExaminerTest, NeverAsksForMoreCallsThanAProgramMay) {
  SpoiltSubject subject(
      [](const Program& program, Execution&) { EXPECT_LE(CountCalls(program), kMaxCalls); });
  Examine(subject, InOrder({Query(70'000), Finish(hr::kOk)}));
  EXPECT_EQ(subject.programs.size(), 3u);
}

TEST_F(ExaminerTest, WhatShowsIsMadeAsSmallAsItCanBe) {
  SpoiltSubject subject(MisprintNearTheEnd);
  const Examiner::Result result = Examine(subject, LongProgram());
  EXPECT_TRUE(result.confirmed);
  ASSERT_EQ(result.found.size(), 1u);
  EXPECT_EQ(result.found[0].program, InOrder({Progress(99), Query()}));
  ASSERT_EQ(result.found[0].judgement.findings.size(), 1u);
  const Finding& finding = result.found[0].judgement.findings[0];
  EXPECT_EQ(finding.req, Req::kQs01);
  // Its witness is of the smallest Program, not of the one that it came from.
  EXPECT_EQ(finding.witnesses.back().step, 1u);
}

TEST_F(ExaminerTest, EachCauseIsReducedByItself) {
  SpoiltSubject subject([](const Program& program, Execution& execution) {
    MisprintNearTheEnd(program, execution);
    for (Event& event : execution.history.events) {
      if (event.hr == hr::kFail && event.call == Call::kQueryStatus) event.percent = 99;
    }
  });
  const Examiner::Result result = Examine(subject, LongProgram());
  ASSERT_EQ(result.found.size(), 2u);
  EXPECT_EQ(result.found[0].program, InOrder({Progress(99), Query()}));
  EXPECT_EQ(result.found[1].program, InOrder({Finish(hr::kFail)}));  // and the query at the end
  for (const Examiner::Found& found : result.found) {
    EXPECT_EQ(found.judgement.findings.size(), 1u);
  }
  EXPECT_EQ(result.found[0].judgement.findings[0].req, Req::kQs01);
  EXPECT_EQ(result.found[1].judgement.findings[0].req, Req::kQs04);
}

TEST_F(ExaminerTest, WhatIsKnownIsConfirmedButNotReported) {
  SpoiltSubject subject(MisprintNearTheEnd);
  const Examiner::Result first = Examine(subject, LongProgram());
  ASSERT_EQ(first.found.size(), 1u);
  campaign_.Add(first.found[0].judgement, "fuzz", &first.found[0].program, "");
  const size_t before = subject.programs.size();
  const Examiner::Result again = Examine(subject, LongProgram());
  EXPECT_TRUE(again.confirmed);
  EXPECT_THAT(again.found, IsEmpty());
  EXPECT_EQ(subject.programs.size(), before + 1);  // nor reduced
}

TEST_F(ExaminerTest, AdvisoriesMatterOnlyWhereTheyFail) {
  const auto decreases = [](const Program&, Execution& execution) {
    for (Event& event : execution.history.events) {
      if (IsPending(event) && event.step == 2u) event.percent = 10;
    }
  };
  const Program program = InOrder({Progress(50), Query(), Query()});
  SpoiltSubject subject(decreases);
  EXPECT_FALSE(Examine(subject, program).confirmed);
  Campaign strict(Profile::kWin32, true);
  const Examiner::Result result = Examiner(&subject, &strict, kPatience, {}).Examine(program);
  EXPECT_TRUE(result.confirmed);
  ASSERT_EQ(result.found.size(), 1u);
  EXPECT_EQ(result.found[0].judgement.findings[0].req, Req::kQa03);
}

TEST_F(ExaminerTest, WhatNeedsManyOperationsIsFoundWithFewerOfThem) {
  SpoiltSubject subject([](const Program& program, Execution& execution) {
    if (program.schedule.rounds < 256) return;
    for (Event& event : execution.history.events) {
      if (IsPending(event)) SayMisprint(event);
    }
  });
  const Examiner::Result result = Examine(subject, InOrder({Query(), Finish(hr::kOk)}));
  ASSERT_EQ(result.found.size(), 1u);
  const Program& program = result.found[0].program;
  EXPECT_EQ(program.steps, std::vector<Step>{Query()});
  EXPECT_EQ(program.schedule.kind, Schedule::Kind::kRacing);
  EXPECT_GE(program.schedule.rounds, 256u);
  EXPECT_LE(program.schedule.rounds, 300u);
}

TEST_F(ExaminerTest, OfARaceOnlyWhatShowsTwiceIsKept) {
  // What is smaller than three steps shows every other time.
  size_t turn = 0;
  SpoiltSubject subject([&turn](const Program& program, Execution& execution) {
    const bool races = program.schedule.kind == Schedule::Kind::kRacing;
    const bool shows = races && (program.steps.size() >= 3 || turn++ % 2 == 0);
    for (Event& event : execution.history.events) {
      if (IsPending(event) && shows) SayMisprint(event);
    }
  });
  const Examiner::Result result = Examine(subject, Racing({Query(), Query(), On(1, Query())}, 5));
  ASSERT_EQ(result.found.size(), 1u);
  EXPECT_EQ(result.found[0].program.steps.size(), 3u);
}

TEST_F(ExaminerTest, AnErrorOfTheSuiteEndsIt) {
  SpoiltSubject subject(
      [](const Program&, Execution& execution) { execution.error = "the host is gone"; });
  const Examiner::Result result = Examine(subject, InOrder({Query()}));
  EXPECT_EQ(result.error, "the host is gone");
  EXPECT_FALSE(result.confirmed);
  EXPECT_EQ(subject.programs.size(), 1u);
}

TEST_F(ExaminerTest, StopsWhenItIsTold) {
  SpoiltSubject subject(MisprintNearTheEnd);
  stop_ = true;
  EXPECT_FALSE(Examine(subject, LongProgram()).confirmed);
  EXPECT_THAT(subject.programs, IsEmpty());
}

TEST_F(ExaminerTest, StoppedWhileItReducesItGivesWhatItHas) {
  SpoiltSubject subject([this](const Program& program, Execution& execution) {
    MisprintNearTheEnd(program, execution);
    stop_ = stop_ || program.steps.size() < LongProgram().steps.size();
  });
  const Examiner::Result result = Examine(subject, LongProgram());
  ASSERT_EQ(result.found.size(), 1u);
  EXPECT_FALSE(result.found[0].judgement.findings.empty());
  EXPECT_LE(subject.programs.size(), 2u);
}

// A call that came back only after the operation was ended, for as long as that was waited for.
void WaitsForTheEnd(const Program& /*program*/, Execution& execution) {
  std::vector<Event>& events = execution.history.events;
  for (size_t i = 0; i < events.size(); ++i) {
    if (!IsPending(events[i])) continue;
    events[i].witness = Witness::kAsleep;
    events[i].hr = hr::kOk;
    events[i].percent = 100;
    events[i].t1 = events.back().t1;
    events[i].thread = 5;
  }
}

TEST_F(ExaminerTest, ACallThatWaitsIsReportedAndReducedWithLittlePatience) {
  SpoiltSubject subject(WaitsForTheEnd);
  const Examiner::Result result =
      Examine(subject, InOrder({AddRef(), Query(), Release(), Finish(hr::kOk)}));
  EXPECT_TRUE(result.confirmed);
  ASSERT_EQ(result.found.size(), 1u);
  EXPECT_EQ(result.found[0].judgement.findings[0].req, Req::kQs06);
  EXPECT_EQ(result.found[0].program, InOrder({Query()}));
  EXPECT_EQ(subject.patiences[0].rest_ms, kPatience.rest_ms);
  EXPECT_LE(subject.patiences.back().rest_ms, 100u);
  EXPECT_LE(subject.programs.size(), 70u);
}

// Every call while pending sleeps, and each `one_in`-th of all is looked at while it does.
SpoiltSubject::Spoil SleepsAndIsSeen(uint64_t one_in) {
  return [one_in, calls = uint64_t{0}](const Program&, Execution& execution) mutable {
    for (Event& event : execution.history.events) {
      if (IsPending(event) && calls++ % one_in == 0) event.slept_in = "clock_nanosleep";
    }
  };
}

TEST_F(ExaminerTest, OfSleepsThatAreSeenByChanceAsManyAreKeptAsAlwaysShowOne) {
  SpoiltSubject subject(SleepsAndIsSeen(3));
  const Examiner::Result result =
      Examine(subject, InOrder({Query(), AddRef(), Query(), Query(), Release(), Query(), Query(),
                                Query(), Finish(hr::kOk)}));
  ASSERT_EQ(result.found.size(), 1u);
  EXPECT_EQ(result.found[0].judgement.findings[0].cause, "sleeps");
  EXPECT_EQ(result.found[0].program, InOrder({Query(), Query(), Query()}));
}

TEST_F(ExaminerTest, WhereThereWereTooFewSleepsMoreAreMade) {
  SpoiltSubject subject(SleepsAndIsSeen(10));
  const Examiner::Result result = Examine(subject, InOrder({Query(), Finish(hr::kOk)}));
  ASSERT_EQ(result.found.size(), 1u);
  // Eight times in a row can be luck where only nine of ten show it.
  EXPECT_GE(result.found[0].program.steps.size(), 9u);
  EXPECT_LE(result.found[0].program.steps.size(), 20u);
}

TEST_F(ExaminerTest, AWrongValueOfACallThatSleptIsShownOnce) {
  SpoiltSubject subject([](const Program&, Execution& execution) {
    for (Event& event : execution.history.events) {
      if (!IsPending(event)) continue;
      event.slept_in = "futex" + std::string(kWithTimeLimit);  // alone it is no finding
      SayMisprint(event);
    }
  });
  const Examiner::Result result = Examine(subject, InOrder({Query()}));
  ASSERT_EQ(result.found.size(), 1u);
  EXPECT_EQ(result.found[0].judgement.findings[0].req, Req::kQs01);
  EXPECT_LE(subject.programs.size(), 4u);
}

TEST_F(ExaminerTest, AfterReducingPatienceIsAsItWas) {
  SpoiltSubject subject(WaitsForTheEnd);
  Examine(subject, InOrder({Query(), Finish(hr::kOk)}));
  subject.Execute(InOrder({}));
  EXPECT_EQ(subject.patiences.back().rest_ms, kPatience.rest_ms);
  EXPECT_EQ(subject.patiences.back().hang_ms, kPatience.hang_ms);
}

TEST_F(ExaminerTest, WhatWasPrintedByOneThatDiesIsKept) {
  SpoiltSubject subject([](const Program& program, Execution& execution) {
    for (Event& event : execution.history.events) {
      if (event.null_outputs == NullOutputs::kNone || event.call != Call::kQueryStatus) continue;
      event.fault = Fault::kCrashed;
      event.detail = "SIGSEGV";
      event.ret.reset();
      event.t1.reset();
      execution.output = "last words of " + std::to_string(program.steps.size());
    }
  });
  const Examiner::Result result = Examine(subject, LongProgram());
  ASSERT_EQ(result.found.size(), 1u);
  EXPECT_EQ(result.found[0].judgement.findings[0].req, Req::kQs08);
  EXPECT_EQ(result.found[0].program, InOrder({QueryNull(NullOutputs::kHr)}));
  EXPECT_EQ(result.found[0].output, "last words of 1");
}

}  // namespace
}  // namespace vdsconform
