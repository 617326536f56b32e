#include "spec/consequences.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/campaign.h"

namespace vdsconform {
namespace {

Finding Found(Req req, std::string cause) {
  Finding finding;
  finding.req = req;
  finding.cause = std::move(cause);
  return finding;
}

std::string Left(std::vector<Finding> findings) {
  RemoveConsequences(findings);
  std::string ids;
  for (const Finding& finding : findings) {
    ids += (ids.empty() ? "" : " ") + std::string(Get(finding.req).id);
  }
  return ids;
}

TEST(Consequences, APercentageThatIsWrongForGoodExplainsATornLook) {
  EXPECT_EQ(Left({Found(Req::kQs04, "finished-percent"), Found(Req::kQs09, "finished-with-less")}),
            "QS-04");
  EXPECT_EQ(Left({Found(Req::kQs02, "pending-percent-100"), Found(Req::kQs09, "pending-with-100")}),
            "QS-02");
  EXPECT_EQ(Left({Found(Req::kQs03, "wrong-result"), Found(Req::kQs09, "torn-result")}), "QS-03");
}

TEST(Consequences, ATornLookAloneStays) {
  EXPECT_EQ(Left({Found(Req::kQs09, "finished-with-less")}), "QS-09");
  // Another shape than the plain fault has.
  EXPECT_EQ(Left({Found(Req::kQs02, "pending-percent-100"), Found(Req::kQs09, "torn-result")}),
            "QS-02 QS-09");
}

TEST(Consequences, AStateThatChangesByItselfAlsoDoesSoAfterOtherCalls) {
  for (const Req blamed : {Req::kQs08, Req::kQs14, Req::kQs15, Req::kQs17}) {
    EXPECT_EQ(Left({Found(Req::kQs10, "result-changed"), Found(blamed, "result-changed")}),
              "QS-10");
    EXPECT_EQ(Left({Found(blamed, "result-changed")}), Get(blamed).id);
  }
  EXPECT_EQ(Left({Found(Req::kQs10, "went-back-to-pending"), Found(Req::kQs14, "result-changed")}),
            "QS-10 QS-14");
}

TEST(Consequences, UncertainBlameYieldsToACertainOneOfTheSameCause) {
  EXPECT_EQ(Left({Found(Req::kQs11, "finished-too-early-somehow"),
                  Found(Req::kQs17, "finished-too-early")}),
            "QS-17");
  EXPECT_EQ(Left({Found(Req::kQs11, "finished-too-early-somehow")}), "QS-11");
}

TEST(Consequences, OfAWholeRunAreSettledInEitherOrder) {
  Judgement plain;
  plain.findings = {Found(Req::kQs04, "finished-percent")};
  Judgement torn;
  torn.findings = {Found(Req::kQs09, "finished-with-less")};
  for (const bool plain_first : {true, false}) {
    Campaign campaign(Profile::kWin32, false);
    campaign.Add(plain_first ? plain : torn, "Case.A", nullptr, "", "");
    campaign.Add(plain_first ? torn : plain, "Case.B", nullptr, "", "");
    EXPECT_EQ(campaign.state(Req::kQs04).findings.size(), 1u);
    EXPECT_TRUE(campaign.state(Req::kQs09).findings.empty());
  }
}

}  // namespace
}  // namespace vdsconform
