#include <gtest/gtest.h>

#include <string>

#include "spec/hresult.h"
#include "spec/sweep.h"

namespace vdsconform {
namespace {

// Writes down the steps of the calls in the order in which they are given.
class Log : public Returns {
 public:
  bool Returned(InFlight& call) override {
    text += std::to_string(*call.event->step) + (call.floor->finished_by_driver ? "f" : "") +
            (call.floor->reported ? "r" : "") + " ";
    return binds;
  }
  std::string text;
  bool binds = true;
};

class SweepTest : public testing::Test {
 protected:
  void Invoke(Call call, uint32_t thread, int64_t t0, std::optional<int64_t> t1) {
    Event event;
    event.call = call;
    event.thread = thread;
    event.t0 = t0;
    event.t1 = t1;
    event.step = step_++;
    if (call == Call::kQueryStatus) event.hr = hr::kOk;
    sweep_.AdvanceTo(t0);
    sweep_.Invoke(event, Storage::kPassing, nullptr, floor_);
  }
  std::string Given() {
    sweep_.Finish();
    return log_.text;
  }

  Log log_;
  Sweep sweep_{log_};
  Floor floor_;
  uint32_t step_ = 0;
};

TEST_F(SweepTest, GivesCallsInTheOrderOfTheirReturn) {
  Invoke(Call::kQueryStatus, 0, 1, 90);
  Invoke(Call::kQueryStatus, 1, 2, 50);
  Invoke(Call::kQueryStatus, 2, 3, 70);
  Invoke(Call::kQueryStatus, 3, 60, 95);
  EXPECT_EQ(log_.text, "1 ");  // only this one has surely returned
  EXPECT_EQ(Given(), "1 2 0 3 ");
}

TEST_F(SweepTest, AtOneInstantAddsWhatReturnedOnTheSameThreadOnly) {
  Invoke(Call::kFinish, 0, 1, 10);
  Invoke(Call::kQueryStatus, 0, 10, 20);
  Invoke(Call::kQueryStatus, 1, 10, 20);
  EXPECT_EQ(Given(), "0 1f 2 ");
}

TEST_F(SweepTest, AtOneInstantAddsReportsOnceTheyAreJudged) {
  Invoke(Call::kQueryStatus, 0, 5, 5);
  Invoke(Call::kQueryStatus, 0, 5, 5);
  Invoke(Call::kQueryStatus, 0, 5, 9);
  Invoke(Call::kQueryStatus, 1, 5, 9);
  EXPECT_EQ(Given(), "0 1r 2r 3 ");
}

TEST_F(SweepTest, DoesNotAddReportsThatDoNotBind) {
  log_.binds = false;
  Invoke(Call::kQueryStatus, 0, 5, 5);
  Invoke(Call::kQueryStatus, 0, 5, 5);
  EXPECT_EQ(Given(), "0 1 ");
}

TEST_F(SweepTest, LaterCallsDoNotReachBack) {
  Invoke(Call::kQueryStatus, 0, 5, 5);
  Invoke(Call::kFinish, 0, 5, 5);
  Invoke(Call::kQueryStatus, 0, 5, 5);
  EXPECT_EQ(Given(), "0 1r 2fr ");
}

TEST_F(SweepTest, KeepsCallsThatNeverCameBack) {
  Invoke(Call::kQueryStatus, 0, 5, std::nullopt);
  Invoke(Call::kQueryStatus, 1, 6, 7);
  EXPECT_EQ(Given(), "1 ");
  ASSERT_EQ(sweep_.lost().size(), 1u);
  EXPECT_EQ(sweep_.lost()[0]->event->step, 0u);
}

}  // namespace
}  // namespace vdsconform
