#include "harness/program.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "spec/iut.h"

namespace vdsconform {
namespace {

template <class Enum>
std::set<std::string> Names(int count) {
  std::set<std::string> names;
  for (int i = 0; i < count; ++i) names.emplace(Name(static_cast<Enum>(i)));
  return names;
}

TEST(Program, EnumeratorsHaveNamesOfTheirOwn) {
  EXPECT_EQ(Names<Action>(kActionCount).size(), static_cast<size_t>(kActionCount));
  EXPECT_EQ(Names<Outputs>(kOutputsCount),
            (std::set<std::string>{"stack", "heap", "page-end", "aliased"}));
  EXPECT_EQ(Names<Schedule::Kind>(4),
            (std::set<std::string>{"in-order", "racing", "preempted", "explored"}));
  EXPECT_FALSE(Names<Action>(kActionCount).contains(""));
}

TEST(Program, StepsAreDescribedInWords) {
  using namespace steps;
  EXPECT_EQ(Describe(On(1, Query())), "query on thread 1");
  EXPECT_EQ(Describe(Query(3)), "query, 3 times on thread 0");
  EXPECT_EQ(Describe(QueryNull(NullOutputs::kHr)), "query with a NULL pHrResult on thread 0");
  EXPECT_EQ(Describe(QueryAt(Outputs::kPageEnd)), "query into the ends of pages on thread 0");
  EXPECT_EQ(Describe(QueryAt(Outputs::kAliased)),
            "query with both outputs at one address on thread 0");
  EXPECT_EQ(Describe(QueryAt(Outputs::kHeap, 0, 60)),
            "query into the heap at 0 and 60 bytes into cache lines on thread 0");
  EXPECT_EQ(Describe(Of(2, Progress(40))), "progress to 40 % of operation 2 on thread 0");
  EXPECT_EQ(Describe(Finish(0)), "finish with S_OK (0x00000000) on thread 0");
  EXPECT_EQ(Describe(Ask(Interface::kOther)), "query-interface for other on thread 0");
  EXPECT_EQ(Describe(Barrier()), "barrier");
}

TEST(Program, HelpersMakeTheStepsTheyAreNamedAfter) {
  using namespace steps;
  EXPECT_EQ(Begin(3).action, Action::kBegin);
  EXPECT_EQ(Begin(3).op, 3u);
  EXPECT_EQ(Poll().action, Action::kPoll);
  EXPECT_EQ(End().action, Action::kEnd);
  EXPECT_EQ(Wait().action, Action::kWait);
  EXPECT_EQ(Cancel().action, Action::kCancel);
  EXPECT_EQ(AddRef().action, Action::kAddRef);
  EXPECT_EQ(Release().action, Action::kRelease);
  EXPECT_EQ(Finish(-5).result, -5);
  EXPECT_EQ(On(2, Query()).thread, 2u);
}

TEST(Program, HasEveryOperationThatItsStepsName) {
  using namespace steps;
  const Program program = InOrder({Query(), Of(2, Query())}, false);
  EXPECT_EQ(program.operations.size(), 3u);
  for (const Operation& operation : program.operations) EXPECT_FALSE(operation.estimable);
}

TEST(RestrictTo, WhatIsOfferedStays) {
  using namespace steps;
  Program program = InOrder({Wait(), Cancel(), Query(), Of(1, Finish(0))});
  program.operations[1].estimable = false;
  const Program before = program;
  RestrictTo(VDSCONFORM_DRIVE | VDSCONFORM_CANCEL | VDSCONFORM_WAIT | VDSCONFORM_ESTIMATE |
                 VDSCONFORM_NOT_ESTIMATE,
             &program);
  EXPECT_EQ(program, before);
}

TEST(RestrictTo, WaitsBecomeQueriesAndCancelsStay) {
  using namespace steps;
  const Program program = InOrder({On(1, Wait()), Cancel(), AddRef()});
  const auto with = [&program](uint32_t capabilities) {
    Program restricted = program;
    RestrictTo(VDSCONFORM_DRIVE | VDSCONFORM_ESTIMATE | capabilities, &restricted);
    return restricted;
  };
  EXPECT_EQ(with(VDSCONFORM_WAIT), InOrder({On(1, Wait()), Cancel(), AddRef()}));
  EXPECT_EQ(with(VDSCONFORM_CANCEL), InOrder({On(1, Query()), Cancel(), AddRef()}));
  EXPECT_EQ(with(0), InOrder({On(1, Query()), Cancel(), AddRef()}));
}

TEST(RestrictTo, OperationsAreOfAKindThatCanBeStarted) {
  Program program;
  program.operations = {Operation{true}, Operation{false}};
  const auto estimables = [&program](uint32_t capabilities) {
    Program restricted = program;
    RestrictTo(capabilities, &restricted);
    return std::make_pair(restricted.operations[0].estimable, restricted.operations[1].estimable);
  };
  EXPECT_EQ(estimables(VDSCONFORM_ESTIMATE), std::make_pair(true, true));
  EXPECT_EQ(estimables(VDSCONFORM_NOT_ESTIMATE), std::make_pair(false, false));
  EXPECT_EQ(estimables(VDSCONFORM_ESTIMATE | VDSCONFORM_NOT_ESTIMATE), std::make_pair(true, false));
}

TEST(IidOf, EachInterfaceHasItsOwn) {
  const IID unknown = vdsconform_iid_iunknown();
  const IID async = vdsconform_iid_ivdsasync();
  const auto is = [](Interface asked, const IID& iid) {
    const IID own = IidOf(asked);
    return vdsconform_iid_equal(&own, &iid) != 0;
  };
  EXPECT_TRUE(is(Interface::kIUnknown, unknown));
  EXPECT_TRUE(is(Interface::kIVdsAsync, async));
  EXPECT_FALSE(is(Interface::kOther, unknown));
  EXPECT_FALSE(is(Interface::kOther, async));
}

TEST(Program, RacingRepeatsItsRounds) {
  const Program program = Racing({steps::Query()}, 100);
  EXPECT_EQ(program.schedule.kind, Schedule::Kind::kRacing);
  EXPECT_EQ(program.schedule.rounds, 100u);
}

}  // namespace
}  // namespace vdsconform
