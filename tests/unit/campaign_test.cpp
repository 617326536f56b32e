#include "harness/campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vdsconform {
namespace {

using testing::IsEmpty;

Judgement Shows(Req req, const std::string& cause, uint64_t count = 1) {
  Judgement judgement;
  Event event;
  event.step = 1;
  judgement.findings.push_back(Finding{req, cause, "saw this; allowed that", {event}, count});
  judgement.observations[static_cast<size_t>(req)] = 3;
  judgement.events = 5;
  return judgement;
}

Judgement Observes(Req req) {
  Judgement judgement;
  judgement.observations[static_cast<size_t>(req)] = 3;
  return judgement;
}

// A campaign in which a case of QS-01 ran and passed.
Campaign Passing(bool strict = false) {
  Campaign campaign(Profile::kWin32, strict);
  campaign.Add(Observes(Req::kQs01), "QS01.A", nullptr, "");
  campaign.state(Req::kQs01).applicable_cases = 1;
  return campaign;
}

TEST(Campaign, KeepsOneFindingACauseAndCountsTheOthers) {
  Campaign campaign(Profile::kWin32, false);
  const Program program = InOrder({steps::Query(), steps::On(1, steps::Query())});
  const auto first = campaign.Add(Shows(Req::kQs01, "zero"), "QS01.A", &program, "again 1");
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].test_case, "QS01.A");
  EXPECT_EQ(first[0].reproduce, "again 1");
  EXPECT_EQ(first[0].step, "step 2: " + Describe(program.steps[1]));
  EXPECT_THAT(campaign.Add(Shows(Req::kQs01, "zero", 4), "QS01.B", &program, "again 2"), IsEmpty());
  EXPECT_EQ(campaign.Add(Shows(Req::kQs01, "other"), "QS01.B", &program, "").size(), 1u);
  const RequirementState& state = campaign.state(Req::kQs01);
  ASSERT_EQ(state.findings.size(), 2u);
  EXPECT_EQ(state.findings[0].finding.count, 5u);
  EXPECT_EQ(state.findings[0].reproduce, "again 1");
  EXPECT_EQ(state.observations, 9u);
  EXPECT_EQ(campaign.events, 15u);
  EXPECT_EQ(campaign.programs, 3u);
}

TEST(Campaign, SaysAfterHowMuchAFindingWasFirstSeen) {
  Campaign campaign(Profile::kWin32, false);
  double seconds = 0.5;
  campaign.elapsed = [&seconds] { return seconds; };
  const Program program = InOrder({steps::Query()});
  campaign.Add(Observes(Req::kQs01), "QS01.A", &program, "");
  campaign.Add(Shows(Req::kQs01, "zero"), "QS01.A", &program, "");
  seconds = 2;
  campaign.Add(Shows(Req::kQs01, "zero"), "QS01.A", &program, "");
  const ReportedFinding other = campaign.Add(Shows(Req::kQs02, "x"), "QS02.A", &program, "").at(0);
  const ReportedFinding& first = campaign.state(Req::kQs01).findings.at(0);
  EXPECT_EQ(first.programs, 2u);
  EXPECT_EQ(first.seconds, 0.5);
  EXPECT_EQ(other.programs, 4u);
  EXPECT_EQ(other.seconds, 2);
}

TEST(Campaign, ACallAfterTheLastStepHasNoStep) {
  Campaign campaign(Profile::kWin32, false);
  const Program program = InOrder({steps::Query()});
  const auto fresh = campaign.Add(Shows(Req::kQs01, "zero"), "QS01.A", &program, "");
  EXPECT_EQ(fresh.at(0).step, "after the last step");
}

TEST(Campaign, WhatWasPrintedBelongsToFaultsOnly) {
  Campaign campaign(Profile::kWin32, false);
  Judgement crash = Shows(Req::kQs13, "crashed");
  crash.findings[0].witnesses[0].fault = Fault::kCrashed;
  EXPECT_EQ(campaign.Add(crash, "QS13.A", nullptr, "", "last words").at(0).output, "last words");
  EXPECT_EQ(campaign.Add(Shows(Req::kQs01, "zero"), "QS13.A", nullptr, "", "x").at(0).output, "");
}

TEST(Campaign, PassesOnlyWithObservationsOfItsOwnCases) {
  Campaign campaign(Profile::kWin32, false);
  EXPECT_EQ(campaign.VerdictOf(Req::kQs01), Verdict::kNotApplicable);
  campaign.Add(Observes(Req::kQs01), "QS02.A", nullptr, "");
  EXPECT_EQ(campaign.VerdictOf(Req::kQs01), Verdict::kNotApplicable);
  campaign.state(Req::kQs01).applicable_cases = 1;
  EXPECT_EQ(campaign.VerdictOf(Req::kQs01), Verdict::kPass);
  campaign.state(Req::kQs02).applicable_cases = 1;
  EXPECT_EQ(campaign.VerdictOf(Req::kQs02), Verdict::kInconclusive);
}

TEST(Campaign, IsInconclusiveIfNoneOfItsOwnCasesCouldBeCarriedOut) {
  Campaign campaign = Passing();
  campaign.state(Req::kQs01).inconclusive.push_back("QS01.A: begin failed");
  EXPECT_EQ(campaign.VerdictOf(Req::kQs01), Verdict::kInconclusive);
  EXPECT_EQ(campaign.WholeVerdict(), Verdict::kInconclusive);
  campaign.state(Req::kQs01).applicable_cases = 2;
  EXPECT_EQ(campaign.VerdictOf(Req::kQs01), Verdict::kPass);
}

TEST(Campaign, FailsWithAFindingOfARequirementThatWasNotSelected) {
  Campaign campaign = Passing();
  campaign.Add(Shows(Req::kQs04, "zero"), "QS01.A", nullptr, "");
  EXPECT_EQ(campaign.VerdictOf(Req::kQs04), Verdict::kFail);
  EXPECT_EQ(campaign.WholeVerdict(), Verdict::kFail);
}

TEST(Campaign, TheWholeVerdictIsTheWorst) {
  EXPECT_EQ(Passing().WholeVerdict(), Verdict::kPass);
  Campaign campaign = Passing();
  campaign.state(Req::kQs02).applicable_cases = 1;
  EXPECT_EQ(campaign.WholeVerdict(), Verdict::kInconclusive);
  campaign.AddError("the host died");
  EXPECT_EQ(campaign.WholeVerdict(), Verdict::kError);
  campaign.Add(Shows(Req::kQs03, "other"), "QS03.A", nullptr, "");
  EXPECT_EQ(campaign.WholeVerdict(), Verdict::kFail);
}

TEST(Campaign, WithoutAnyObservationIsInconclusive) {
  EXPECT_EQ(Campaign(Profile::kWin32, false).WholeVerdict(), Verdict::kInconclusive);
}

TEST(Campaign, AnInterruptedOneDoesNotPassButMayFail) {
  Campaign campaign = Passing();
  campaign.interrupted = true;
  EXPECT_EQ(campaign.WholeVerdict(), Verdict::kInconclusive);
  campaign.Add(Shows(Req::kQs01, "zero"), "QS01.A", nullptr, "");
  EXPECT_EQ(campaign.WholeVerdict(), Verdict::kFail);
}

TEST(Campaign, AdvisoriesFailOnlyIfStrict) {
  for (const bool strict : {false, true}) {
    Campaign campaign = Passing(strict);
    campaign.Add(Shows(Req::kQa01, "pending-ret"), "QS01.A", nullptr, "");
    EXPECT_EQ(campaign.WholeVerdict(), strict ? Verdict::kFail : Verdict::kPass);
    EXPECT_EQ(campaign.VerdictOf(Req::kQa01), strict ? Verdict::kFail : Verdict::kPass);
  }
}

TEST(Campaign, AnAdvisoryAloneIsNoTestOfConformance) {
  Campaign campaign(Profile::kWin32, false);
  campaign.Add(Observes(Req::kQa03), "QA03.A", nullptr, "");
  EXPECT_EQ(campaign.VerdictOf(Req::kQa03), Verdict::kPass);
  EXPECT_EQ(campaign.WholeVerdict(), Verdict::kInconclusive);
}

TEST(Campaign, RequirementsOfMsVdsDoNotCountInWin32) {
  Campaign campaign = Passing();
  campaign.state(Req::kQs30).applicable_cases = 1;
  EXPECT_EQ(campaign.WholeVerdict(), Verdict::kPass);
}

TEST(Campaign, AKnownFailureDoesNotFail) {
  for (const char* id : {"QS-01", "QS-01/zero"}) {
    Campaign campaign = Passing();
    campaign.set_known_failures({{id, "old firmware"}});
    campaign.Add(Shows(Req::kQs01, "zero"), "QS01.A", nullptr, "");
    EXPECT_EQ(campaign.WholeVerdict(), Verdict::kPass);
    EXPECT_THAT(campaign.Unexpected(), IsEmpty());
    EXPECT_EQ(campaign.Known(campaign.state(Req::kQs01).findings[0].finding)->reason,
              "old firmware");
  }
}

TEST(Campaign, AKnownCauseDoesNotCoverAnother) {
  Campaign campaign = Passing();
  campaign.set_known_failures({{"QS-01/zero", "old firmware"}});
  campaign.Add(Shows(Req::kQs01, "zero"), "QS01.A", nullptr, "");
  campaign.Add(Shows(Req::kQs01, "other"), "QS01.A", nullptr, "");
  EXPECT_EQ(campaign.WholeVerdict(), Verdict::kFail);
}

TEST(Campaign, AKnownFailureThatNoLongerFailsFails) {
  Campaign campaign = Passing();
  campaign.set_known_failures({{"QS-01/zero", "old firmware"}});
  ASSERT_EQ(campaign.Unexpected().size(), 1u);
  EXPECT_EQ(campaign.Unexpected()[0].id, "QS-01/zero");
  EXPECT_EQ(campaign.VerdictOf(Req::kQs01), Verdict::kPass);
  EXPECT_EQ(campaign.WholeVerdict(), Verdict::kFail);
}

TEST(Campaign, WhatWasNotWhollyTestedSaysNothingOfKnownFailures) {
  Campaign partial = Passing();
  partial.set_known_failures({{"QS-01", "old firmware"}});
  partial.state(Req::kQs01).partial = true;
  EXPECT_THAT(partial.Unexpected(), IsEmpty());

  Campaign interrupted = Passing();
  interrupted.set_known_failures({{"QS-01", "old firmware"}});
  interrupted.interrupted = true;
  EXPECT_THAT(interrupted.Unexpected(), IsEmpty());

  Campaign other = Passing();
  other.set_known_failures({{"QS-02", "old firmware"}});
  EXPECT_THAT(other.Unexpected(), IsEmpty());
}

TEST(Campaign, ExitCodesAreThePromisedOnes) {
  EXPECT_EQ(ExitCode(Verdict::kPass), 0);
  EXPECT_EQ(ExitCode(Verdict::kFail), 1);
  EXPECT_EQ(ExitCode(Verdict::kInconclusive), 3);
  EXPECT_EQ(ExitCode(Verdict::kNotApplicable), 3);
  EXPECT_EQ(ExitCode(Verdict::kError), 4);
}

}  // namespace
}  // namespace vdsconform
