#include <gtest/gtest.h>

#include <array>
#include <string_view>

#include "reference/drivable_iut.h"
#include "tests/unit/reference_test_support.h"

namespace vdsconform {
namespace {

using testing::Finished;
using testing::Held;
using testing::Pending;
using testing::Query;

constexpr vdsconform_plan kEstimable = {sizeof(vdsconform_plan), 1, nullptr, 0, 0};

struct Begun {
  Held<IVdsAsync> async;
  void* operation;
};

Begun Begin(const vdsconform_plan& plan = kEstimable) {
  IVdsAsync* async = nullptr;
  void* operation = nullptr;
  EXPECT_EQ(ReferenceIut().begin(&plan, &async, &operation), hr::kOk);
  return {Held<IVdsAsync>(async), operation};
}

TEST(ReferenceIutTest, DeclaresAllFiveCapabilities) {
  const vdsconform_iut& iut = ReferenceIut();
  EXPECT_EQ(iut.abi, uint32_t{VDSCONFORM_ABI});
  EXPECT_EQ(iut.size, sizeof iut);
  EXPECT_EQ(iut.capabilities, 31u);
  EXPECT_FALSE(std::string_view(iut.name).empty());
  EXPECT_FALSE(std::string_view(iut.version).empty());
}

TEST(ReferenceIutTest, IsDrivenToItsEnd) {
  const Begun begun = Begin();
  EXPECT_EQ(Query(*begun.async), Pending(0));
  ReferenceIut().progress(begun.operation, 100);
  EXPECT_EQ(Query(*begun.async), Pending(99));
  ReferenceIut().finish(begun.operation, hr::kFalse);
  EXPECT_EQ(Query(*begun.async), Finished(hr::kFalse));
  ReferenceIut().finish(begun.operation, hr::kOk);
  ReferenceIut().progress(begun.operation, 3);
  ReferenceIut().end(begun.operation);
  EXPECT_EQ(Query(*begun.async), Finished(hr::kFalse));
}

TEST(ReferenceIutTest, StaysAtZeroWhereProgressCannotBeEstimated) {
  vdsconform_plan plan = kEstimable;
  plan.estimable = 0;
  const Begun begun = Begin(plan);
  ReferenceIut().progress(begun.operation, 60);
  EXPECT_EQ(Query(*begun.async), Pending(0));
  ReferenceIut().end(begun.operation);
}

TEST(ReferenceIutTest, CancelEndsIt) {
  const Begun begun = Begin();
  EXPECT_EQ(begun.async->Cancel(), hr::kOk);
  ReferenceIut().finish(begun.operation, hr::kOk);
  EXPECT_EQ(Query(*begun.async), Finished(hr::kOperationCanceled));
  ReferenceIut().end(begun.operation);
}

TEST(ReferenceIutTest, StaysPendingWhenTheDriverLetsGo) {
  const Begun begun = Begin();
  ReferenceIut().progress(begun.operation, 20);
  ReferenceIut().end(begun.operation);
  EXPECT_EQ(Query(*begun.async), Pending(20));
  EXPECT_EQ(begun.async->AddRef(), 2u) << "the driver's reference is still there";
  EXPECT_EQ(begun.async->Release(), 1u);
}

TEST(ReferenceIutTest, MayBeDrivenWhenTheClientHasLetGo) {
  Begun begun = Begin();
  begun.async.reset();
  ReferenceIut().progress(begun.operation, 20);
  ReferenceIut().finish(begun.operation, hr::kOk);
  ReferenceIut().end(begun.operation);
}

TEST(ReferenceIutTest, RefusesPlansItCannotFollow) {
  IVdsAsync* async = nullptr;
  void* operation = nullptr;
  const auto begin = ReferenceIut().begin;
  EXPECT_EQ(begin(nullptr, &async, &operation), hr::kInvalidArg);
  EXPECT_EQ(begin(&kEstimable, nullptr, &operation), hr::kInvalidArg);
  EXPECT_EQ(begin(&kEstimable, &async, nullptr), hr::kInvalidArg);
  vdsconform_plan plan = kEstimable;
  plan.size -= 1;
  EXPECT_EQ(begin(&plan, &async, &operation), hr::kInvalidArg);

  const std::array<const char*, 1> parameters = {"colour=blue"};
  plan = kEstimable;
  plan.parameters = parameters.data();
  plan.parameter_count = 1;
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(begin(&plan, &async, &operation), hr::kInvalidArg);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "vdsconform_reference: takes no parameters, but got 1\n");
  EXPECT_EQ(async, nullptr);
}

}  // namespace
}  // namespace vdsconform
