// Trials and cases, on an implementation that is a script.
#include "harness/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "harness/conformance_case.h"
#include "spec/hresult.h"
#include "spec/iut.h"

namespace vdsconform {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What it answers depends on the patience and on how often it was asked.
class FakeSubject : public Subject {
 public:
  using Answer = std::function<Execution(const Patience&, size_t)>;
  explicit FakeSubject(Answer answer) : answer_(std::move(answer)) {
    info_.name = "fake";
    info_.capabilities = VDSCONFORM_DRIVE | VDSCONFORM_ESTIMATE;
  }

  const IutInfo& info() const override { return info_; }
  Execution Execute(const Program& /*program*/) override {
    patiences.push_back(patience_);
    return answer_(patience_, patiences.size() - 1);
  }
  void set_patience(const Patience& patience) override { patience_ = patience; }
  bool Renew() override {
    renewed_at.push_back(patiences.size());
    return renewable;
  }

  bool renewable = false;
  std::vector<size_t> renewed_at;   // after how many executions
  std::vector<Patience> patiences;  // of each execution

 private:
  Answer answer_;
  IutInfo info_;
  Patience patience_;
};

Event At(Call call, int64_t t0, int64_t t1) {
  Event event;
  event.call = call;
  event.t0 = t0;
  event.t1 = t1;
  return event;
}

Event Query(int64_t t0, int64_t t1, HRESULT stored, uint32_t percent) {
  Event event = At(Call::kQueryStatus, t0, t1);
  event.ret = hr::kOk;
  event.hr = stored;
  event.percent = percent;
  return event;
}

// A driven operation, one call that `change` may spoil, and its finish.
Execution Ran(const std::function<void(Event&)>& change = {}) {
  Execution execution;
  Event begin = At(Call::kBegin, 0, 1);
  begin.driven = true;
  Event query = Query(10, 11, hr::kOperationPending, 0);
  query.thread = 1;
  query.step = 0;
  if (change) change(query);
  Event finish = At(Call::kFinish, 20, 21);
  finish.result = hr::kOk;
  execution.history.events = {begin, query, finish, Query(30, 31, hr::kOk, 100)};
  return execution;
}

// A call that came back only after the operation was ended.
void Waits(Event& query) {
  query.witness = Witness::kAsleep;
  query.t1 = 25;
  query.hr = hr::kOk;
  query.percent = 100;
}

void Hangs(Event& query) {
  query.t1.reset();
  query.ret.reset();
  query.hr.reset();
  query.percent.reset();
  query.fault = Fault::kHung;
}

void Crashes(Event& query) {
  Hangs(query);
  query.fault = Fault::kCrashed;
}

void SaysZero(Event& query) { query.hr = hr::kOk; }

std::vector<Req> Reqs(const Judgement& judgement) {
  std::vector<Req> reqs;
  for (const Finding& finding : judgement.findings) reqs.push_back(finding.req);
  return reqs;
}

constexpr Patience kPatience{1'000, 10'000, 300'000};

TEST(Trial, AConformingProgramShowsNothing) {
  FakeSubject subject([](const Patience&, size_t) { return Ran(); });
  Trier trier(&subject, Profile::kWin32, kPatience);
  const Trial trial = trier.Try(InOrder({steps::Query()}));
  EXPECT_THAT(trial.judgement.findings, IsEmpty());
  EXPECT_FALSE(trial.failed);
  EXPECT_EQ(subject.patiences.size(), 1u);
}

Program Explores() { return Explored({steps::Query(), steps::Finish(hr::kOk)}, {0}); }

TEST(Trial, ACrashWhileThreadsAreStoppedIsBelievedIfItComesAgain) {
  FakeSubject subject([](const Patience&, size_t turn) { return turn < 2 ? Ran(Crashes) : Ran(); });
  Trier trier(&subject, Profile::kWin32, kPatience);
  const Trial trial = trier.Try(Explores());
  EXPECT_THAT(Reqs(trial.judgement), ElementsAre(Req::kQs13));
  EXPECT_THAT(trial.execution.inconclusive, IsEmpty());
  EXPECT_EQ(subject.patiences.size(), 2u);
}

TEST(Trial, ACrashWhileThreadsAreStoppedThatDoesNotComeAgainIsNone) {
  FakeSubject subject(
      [](const Patience&, size_t turn) { return turn == 0 ? Ran(Crashes) : Ran(SaysZero); });
  Trier trier(&subject, Profile::kWin32, kPatience);
  // What the second execution shows counts, and the crash is not passed over in silence.
  const Trial trial = trier.Try(Explores());
  EXPECT_THAT(Reqs(trial.judgement), ElementsAre(Req::kQs01));
  EXPECT_THAT(trial.execution.inconclusive, testing::HasSubstr("crashed once"));
  EXPECT_EQ(subject.patiences.size(), 2u);
}

TEST(Trial, ACrashOfAnyOtherProgramIsBelievedAtOnce) {
  FakeSubject subject(
      [](const Patience&, size_t turn) { return turn == 0 ? Ran(Crashes) : Ran(); });
  Trier trier(&subject, Profile::kWin32, kPatience);
  EXPECT_THAT(Reqs(trier.Try(InOrder({steps::Query()})).judgement), ElementsAre(Req::kQs13));
  EXPECT_EQ(subject.patiences.size(), 1u);
}

TEST(Trial, AWaitIsBelievedOnlyIfItShowsAgainWithMorePatience) {
  FakeSubject subject([](const Patience& patience, size_t) {
    return patience.rest_ms > 1'000 ? Ran() : Ran(Waits);
  });
  Trier trier(&subject, Profile::kWin32, kPatience);
  const Trial trial = trier.Try(InOrder({steps::Query()}));
  EXPECT_THAT(trial.judgement.findings, IsEmpty());
  EXPECT_FALSE(trial.failed);
  ASSERT_EQ(subject.patiences.size(), 2u);
  EXPECT_EQ(subject.patiences[1].rest_ms, 4'000u);
  EXPECT_FALSE(trier.TakeConfirmedWait().has_value());
  // Nothing was confirmed, so patience stays as it was.
  trier.Try(InOrder({steps::Query()}));
  EXPECT_EQ(subject.patiences[2].rest_ms, 1'000u);
}

TEST(Trial, AWaitThatShowsOncePerProcessIsConfirmedInAFreshOne) {
  FakeSubject subject([](const Patience&, size_t turn) { return turn == 1 ? Ran() : Ran(Waits); });
  subject.renewable = true;
  Trier trier(&subject, Profile::kWin32, Patience{100, 10'000, 300'000});
  EXPECT_THAT(Reqs(trier.Try(InOrder({steps::Query()})).judgement), ElementsAre(Req::kQs06));
  EXPECT_THAT(subject.renewed_at, ElementsAre(2u));
  ASSERT_EQ(subject.patiences.size(), 3u);
  EXPECT_EQ(subject.patiences[1].rest_ms, 400u);
  // All that a new process does for the first time fits into it.
  EXPECT_EQ(subject.patiences[2].rest_ms, 4'000u);
}

TEST(Trial, AWaitThatShowsNeitherAgainNorInAFreshProcessIsNotBelieved) {
  FakeSubject subject([](const Patience&, size_t turn) { return turn > 0 ? Ran() : Ran(Waits); });
  subject.renewable = true;
  Trier trier(&subject, Profile::kWin32, kPatience);
  EXPECT_THAT(trier.Try(InOrder({steps::Query()})).judgement.findings, IsEmpty());
  EXPECT_THAT(subject.renewed_at, ElementsAre(2u));
  EXPECT_EQ(subject.patiences.size(), 3u);
}

TEST(Trial, AWaitThatShowsAgainNeedsNoFreshProcess) {
  FakeSubject subject([](const Patience&, size_t) { return Ran(Waits); });
  subject.renewable = true;
  Trier trier(&subject, Profile::kWin32, kPatience);
  EXPECT_THAT(Reqs(trier.Try(InOrder({steps::Query()})).judgement), ElementsAre(Req::kQs06));
  EXPECT_THAT(subject.renewed_at, IsEmpty());
}

TEST(Trial, AConfirmedWaitIsKeptOnceAndMakesPatienceShort) {
  FakeSubject subject([](const Patience&, size_t) { return Ran(Waits); });
  Trier trier(&subject, Profile::kWin32, kPatience);
  const Trial first = trier.Try(InOrder({steps::Query()}));
  EXPECT_THAT(Reqs(first.judgement), ElementsAre(Req::kQs06));
  EXPECT_TRUE(first.failed);
  const Trial second = trier.Try(InOrder({steps::Query()}));
  EXPECT_THAT(second.judgement.findings, IsEmpty());
  ASSERT_EQ(subject.patiences.size(), 3u);
  EXPECT_LT(subject.patiences[2].rest_ms, 1'000u);
  EXPECT_LT(subject.patiences[2].hang_ms, 10'000u);
  const std::optional<Trial> confirmed = trier.TakeConfirmedWait();
  ASSERT_TRUE(confirmed.has_value());
  EXPECT_THAT(Reqs(confirmed->judgement), ElementsAre(Req::kQs06));
  EXPECT_FALSE(trier.TakeConfirmedWait().has_value());
}

TEST(Trial, ASleepThatWasSeenNeedsNoConfirmation) {
  FakeSubject subject([](const Patience&, size_t) {
    return Ran([](Event& query) { query.slept_in = "clock_nanosleep"; });
  });
  Trier trier(&subject, Profile::kWin32, kPatience);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Reqs(trier.Try(InOrder({steps::Query()})).judgement), ElementsAre(Req::kQs06));
  }
  EXPECT_EQ(subject.patiences.size(), 2u);
  // It was not held up, so that nothing has to be let go sooner.
  EXPECT_EQ(subject.patiences[1].rest_ms, 1'000u);
}

TEST(Trial, ACallThatSleepsUntilTheEndMakesPatienceShort) {
  FakeSubject subject([](const Patience&, size_t) {
    return Ran([](Event& query) {
      Waits(query);
      query.slept_in = "clock_nanosleep";
    });
  });
  Trier trier(&subject, Profile::kWin32, kPatience);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Reqs(trier.Try(InOrder({steps::Query()})).judgement), ElementsAre(Req::kQs06));
  }
  ASSERT_EQ(subject.patiences.size(), 2u);  // nothing to confirm
  EXPECT_LT(subject.patiences[1].rest_ms, 1'000u);
  EXPECT_TRUE(trier.TakeConfirmedWait().has_value());
}

TEST(Trial, AHungCallIsNotBelievedToWaitOnlyBecauseItSlept) {
  FakeSubject subject([](const Patience&, size_t turn) {
    return turn > 0 ? Ran() : Ran([](Event& query) {
      Waits(query);
      query.slept_in = std::string("futex") + std::string(kWithTimeLimit);
      query.fault = Fault::kHung;
      query.t1.reset();
    });
  });
  Trier trier(&subject, Profile::kWin32, kPatience);
  const Trial trial = trier.Try(InOrder({steps::Query()}));
  EXPECT_THAT(trial.judgement.findings, IsEmpty());
  EXPECT_FALSE(trial.execution.inconclusive.empty());
  EXPECT_FALSE(trier.TakeConfirmedWait().has_value());
  trier.Try(InOrder({steps::Query()}));
  EXPECT_EQ(subject.patiences.back().rest_ms, 1'000u);
}

TEST(Trial, OnceACallWaitsOneThatHangsOnAPendingOperationIsNoNews) {
  FakeSubject subject([](const Patience&, size_t turn) {
    if (turn < 2) return Ran(Waits);
    Execution execution = Ran([](Event& query) {
      Waits(query);
      query.fault = Fault::kHung;
      query.t1.reset();
    });
    execution.history.events.resize(2);  // nothing ends it
    return execution;
  });
  Trier trier(&subject, Profile::kWin32, kPatience);
  trier.Try(InOrder({steps::Query()}));
  ASSERT_EQ(subject.patiences.size(), 2u);
  EXPECT_THAT(trier.Try(InOrder({steps::Query()})).judgement.findings, IsEmpty());
  EXPECT_EQ(subject.patiences.size(), 3u);  // not tried again
}

TEST(Trial, AfterAHangPatienceIsShortAndFurtherHangsAreDropped) {
  FakeSubject subject([](const Patience&, size_t) { return Ran(Hangs); });
  Trier trier(&subject, Profile::kWin32, kPatience);
  EXPECT_THAT(Reqs(trier.Try(InOrder({steps::Query()})).judgement), ElementsAre(Req::kQs13));
  EXPECT_THAT(Reqs(trier.Try(InOrder({steps::Query()})).judgement), IsEmpty());
  ASSERT_EQ(subject.patiences.size(), 3u);
  EXPECT_EQ(subject.patiences[0].hang_ms, 10'000u);
  EXPECT_EQ(subject.patiences[1].hang_ms, 10'000u);
  EXPECT_EQ(subject.patiences[2].hang_ms, 500u);
}

TEST(Trial, AHangThatDoesNotShowAgainIsInconclusive) {
  FakeSubject subject(
      [](const Patience&, size_t number) { return number == 0 ? Ran(Hangs) : Ran(); });
  Trier trier(&subject, Profile::kWin32, kPatience);
  const Trial trial = trier.Try(InOrder({steps::Query()}));
  EXPECT_THAT(trial.judgement.findings, IsEmpty());
  EXPECT_THAT(trial.execution.inconclusive, testing::HasSubstr("hung once"));
}

TEST(Trial, AHangInARaceIsBelievedAtOnce) {
  FakeSubject subject([](const Patience&, size_t) { return Ran(Hangs); });
  Trier trier(&subject, Profile::kWin32, kPatience);
  EXPECT_THAT(Reqs(trier.Try(Racing({steps::Query()}, 5)).judgement), ElementsAre(Req::kQs13));
  EXPECT_EQ(subject.patiences.size(), 1u);
}

TEST(Trial, AHangOfAnotherRequirementIsTriedAgainWithFullPatience) {
  const auto null_hangs = [](Event& query) {
    Hangs(query);
    query.null_outputs = NullOutputs::kHr;
  };
  for (const bool again : {false, true}) {
    FakeSubject subject([&](const Patience& patience, size_t number) {
      if (number <= 1) return Ran(Hangs);
      return again || patience.hang_ms < 10'000 ? Ran(null_hangs) : Ran();
    });
    Trier trier(&subject, Profile::kWin32, kPatience);
    trier.Try(InOrder({steps::Query()}));
    const Trial second = trier.Try(InOrder({steps::Query()}));
    ASSERT_EQ(subject.patiences.size(), 4u);
    EXPECT_EQ(subject.patiences[2].hang_ms, 500u);
    EXPECT_EQ(subject.patiences[3].hang_ms, 10'000u);
    if (again) {
      EXPECT_THAT(Reqs(second.judgement), ElementsAre(Req::kQs08));
    } else {
      EXPECT_THAT(second.judgement.findings, IsEmpty());
    }
  }
}

TEST(Trial, AnErrorOfTheSuiteIsNotJudged) {
  FakeSubject subject([](const Patience&, size_t) {
    Execution execution = Ran(SaysZero);
    execution.error = "the host died";
    return execution;
  });
  Trier trier(&subject, Profile::kWin32, kPatience);
  const Trial trial = trier.Try(InOrder({steps::Query()}));
  EXPECT_THAT(trial.judgement.findings, IsEmpty());
  EXPECT_EQ(trial.execution.error, "the host died");
}

TEST(Trial, WhatWasInterruptedIsNotJudged) {
  bool stop = false;
  FakeSubject subject([&](const Patience&, size_t) {
    stop = true;  // while it runs
    return Ran(SaysZero);
  });
  Trier trier(&subject, Profile::kWin32, kPatience, [&] { return stop; });
  const Trial trial = trier.Try(InOrder({steps::Query()}));
  EXPECT_THAT(trial.judgement.findings, IsEmpty());
  EXPECT_EQ(trial.execution.inconclusive, "interrupted");
  trier.Try(InOrder({steps::Query()}));
  EXPECT_EQ(subject.patiences.size(), 1u);
}

// A case, driven from outside GoogleTest's own run.
class Case : public ConformanceCase {
 public:
  explicit Case(Req req, uint32_t needs = 0) : ConformanceCase(req, needs) {}
  void TestBody() override {}
  using ConformanceCase::Estimables;
  using ConformanceCase::Record;
  using ConformanceCase::Run;
  using ConformanceCase::SetUp;
  using ConformanceCase::TearDown;
  using ConformanceCase::Try;
};

class ConformanceCaseTest : public testing::Test {
 protected:
  void Use(FakeSubject::Answer answer, Profile profile = Profile::kWin32) {
    subject_.emplace(std::move(answer));
    campaign_.emplace(profile, false);
    context_.subject = &*subject_;
    context_.campaign = &*campaign_;
    context_.patience = kPatience;
    context_.save = [this](const Program&, const std::string&) {
      ++saved_;
      return std::string("again");
    };
    context_.show = [this](const ReportedFinding& reported) { shown_.push_back(reported); };
    SetRunContext(&context_);
  }
  void TearDown() override { SetRunContext(nullptr); }

  std::optional<FakeSubject> subject_;
  std::optional<Campaign> campaign_;
  RunContext context_;
  int saved_ = 0;
  std::vector<ReportedFinding> shown_;
};

TEST_F(ConformanceCaseTest, FailsWithFindingsOfItsOwnRequirementAndSavesThemOnce) {
  Use([](const Patience&, size_t) { return Ran(SaysZero); });
  Case own(Req::kQs01);
  own.SetUp();
  testing::TestPartResultArray failures;
  {
    testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &failures);
    EXPECT_FALSE(own.Run(InOrder({steps::Query()})));
    EXPECT_FALSE(own.Run(InOrder({steps::Query()})));
  }
  ASSERT_EQ(failures.size(), 1);
  EXPECT_THAT(failures.GetTestPartResult(0).message(), testing::HasSubstr("QS-01"));
  EXPECT_THAT(failures.GetTestPartResult(0).message(), testing::HasSubstr("again"));
  EXPECT_EQ(saved_, 1);
  ASSERT_EQ(shown_.size(), 1u);
  EXPECT_EQ(campaign_->state(Req::kQs01).findings.at(0).finding.count, 2u);
  EXPECT_EQ(campaign_->programs, 2u);
}

TEST_F(ConformanceCaseTest, FindingsOfOtherRequirementsGoToTheCampaignOnly) {
  Use([](const Patience&, size_t) { return Ran(SaysZero); });
  Case other(Req::kQs04);
  other.SetUp();
  EXPECT_TRUE(other.Run(InOrder({steps::Query()})));
  EXPECT_EQ(shown_.size(), 1u);
  EXPECT_EQ(campaign_->VerdictOf(Req::kQs01), Verdict::kFail);
}

TEST_F(ConformanceCaseTest, AKnownFailureIsShownAndFailsNothing) {
  Use([](const Patience&, size_t) { return Ran(SaysZero); });
  campaign_->set_known_failures({{"QS-01", "old"}});
  Case own(Req::kQs01);
  own.SetUp();
  EXPECT_FALSE(own.Run(InOrder({steps::Query()})));
  EXPECT_EQ(shown_.size(), 1u);
  EXPECT_EQ(campaign_->WholeVerdict(), Verdict::kPass);
}

TEST_F(ConformanceCaseTest, AConfirmedWaitIsRecordedEvenIfItsTrialIsThrownAway) {
  Use([](const Patience&, size_t) { return Ran(Waits); });
  Case own(Req::kQs04);
  own.SetUp();
  own.Try(InOrder({steps::Query()}));
  EXPECT_THAT(shown_, IsEmpty());
  own.TearDown();
  EXPECT_EQ(campaign_->VerdictOf(Req::kQs06), Verdict::kFail);
}

TEST_F(ConformanceCaseTest, KnowsThePlansThatTheImplementationDeclares) {
  Use([](const Patience&, size_t) { return Ran(); });
  EXPECT_THAT(Case(Req::kQs01).Estimables(), ElementsAre(true));
}

TEST(RequirementOfSuite, FindsTheRequirementInTheName) {
  EXPECT_EQ(RequirementOfSuite("QS01"), Req::kQs01);
  EXPECT_EQ(RequirementOfSuite("Random/QS09"), Req::kQs09);
  EXPECT_EQ(RequirementOfSuite("QS17WithCancel"), Req::kQs17);
  EXPECT_EQ(RequirementOfSuite("QA03"), Req::kQa03);
  EXPECT_EQ(RequirementOfSuite("QS99"), std::nullopt);
  EXPECT_EQ(RequirementOfSuite("Queue"), std::nullopt);
  EXPECT_EQ(RequirementOfSuite("Q"), std::nullopt);
  EXPECT_EQ(RequirementOfSuite("QueueQS02"), Req::kQs02);
}

}  // namespace
}  // namespace vdsconform
