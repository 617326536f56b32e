// The stepper, on a plugin whose state is one atomic: what it is called with is the machine code
// that the compiler made of it.
#include "harness/stepper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <variant>
#include <vector>

#include "harness/iut_library.h"
#include "harness/sanitized.h"
#include "spec/hresult.h"

namespace vdsconform {
namespace {

const vdsconform_iut& Plugin() {
  // Never unloaded: nor is what an implementation is tested by.
  static IutLibrary* library = [] {
    auto loaded = IutLibrary::Load(std::string(VDSCONFORM_HOSTILE_DIR) + "/none.so");
    return std::get<std::unique_ptr<IutLibrary>>(std::move(loaded)).release();
  }();
  return library->iut();
}

class LiveOperationOfPlugin {
 public:
  LiveOperationOfPlugin() {
    vdsconform_plan plan{};
    plan.size = sizeof plan;
    plan.estimable = 1;
    EXPECT_EQ(Plugin().begin(&plan, &async, &handle), hr::kOk);
  }
  ~LiveOperationOfPlugin() {
    Plugin().end(handle);
    async->Release();
  }
  LiveOperationOfPlugin(const LiveOperationOfPlugin&) = delete;
  LiveOperationOfPlugin& operator=(const LiveOperationOfPlugin&) = delete;

  bool IsPending() const {
    HRESULT result = hr::kOk;
    ULONG percent = 0;
    EXPECT_EQ(async->QueryStatus(&result, &percent), hr::kOk);
    return result == hr::kOperationPending;
  }

  IVdsAsync* async = nullptr;
  void* handle = nullptr;
};

// Asks on another thread, while this one is stopped.
struct Onlooker {
  LiveOperationOfPlugin* operation = nullptr;
  std::atomic<bool> asked{false};
  std::atomic<bool> answered{false};
  bool pending = false;
  int stops = 0;

  static void Stopped(void* argument) {
    auto* self = static_cast<Onlooker*>(argument);
    ++self->stops;
    self->asked = true;
    while (!self->answered) std::this_thread::yield();
  }
};

class StepperTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Stepper::WhyNot(); !why.empty()) GTEST_SKIP() << why;
    Plugin();
    code_ = std::make_unique<CodeMap>();
    ASSERT_TRUE(code_->HasIut());
    ASSERT_TRUE(code_->MakeIutWritable());
    stepper_ = std::make_unique<Stepper>(code_.get());
    // What is resolved at the first call is not there at the second.
    for (int i = 0; i < 2; ++i) TraceFinish();
  }

  std::vector<Boundary> TraceFinish() {
    LiveOperationOfPlugin operation;
    stepper_->Trace();
    Stepper::Enter();
    Plugin().finish(operation.handle, hr::kFail);
    Stepper::Leave();
    bool complete = false;
    std::vector<Boundary> boundaries = stepper_->TakeTrace(&complete);
    EXPECT_TRUE(complete);
    return boundaries;
  }

  // Finishes with a stop at the boundary. What an onlooker sees there: pending or not.
  bool PendingAt(const Boundary& boundary, bool by_steps) {
    LiveOperationOfPlugin operation;
    Onlooker onlooker;
    onlooker.operation = &operation;
    std::thread thread([&] {
      while (!onlooker.asked) std::this_thread::yield();
      onlooker.pending = operation.IsPending();
      onlooker.answered = true;
    });
    stepper_->Arm({boundary, by_steps, false, false, true, Onlooker::Stopped, &onlooker});
    Stepper::Enter();
    Plugin().finish(operation.handle, hr::kFail);
    Stepper::Leave();
    EXPECT_TRUE(stepper_->Disarm());
    onlooker.answered = onlooker.answered || onlooker.stops == 0;
    onlooker.asked = true;
    thread.join();
    EXPECT_EQ(onlooker.stops, 1);
    EXPECT_FALSE(operation.IsPending());
    return onlooker.pending;
  }

  std::unique_ptr<CodeMap> code_;
  std::unique_ptr<Stepper> stepper_;
};

TEST(Stepper, WorksWhereNoSanitizerIs) {
#if defined(__x86_64__) && defined(__linux__)
  EXPECT_EQ(Stepper::WhyNot().empty(), !kSanitized) << Stepper::WhyNot();
#else
  EXPECT_FALSE(kSanitized && Stepper::WhyNot().empty());
#endif
}

TEST_F(StepperTest, NumbersTheInstructionsOfACall) {
  const std::vector<Boundary> boundaries = TraceFinish();
  ASSERT_GT(boundaries.size(), 5u);
  EXPECT_EQ(boundaries[0].instruction, 0u);
  EXPECT_EQ(boundaries[0].beyond, 0u);
  std::set<std::pair<uintptr_t, uint32_t>> anchors;
  for (size_t i = 0; i < boundaries.size(); ++i) {
    const Boundary& now = boundaries[i];
    EXPECT_TRUE(code_->IsIut(now.anchor));
    EXPECT_FALSE(code_->IsHarness(now.address));
    if (now.beyond == 0) {
      EXPECT_EQ(now.address, now.anchor);
      EXPECT_TRUE(anchors.emplace(now.anchor, now.visit).second) << "reached twice";
    }
    if (i == 0) continue;
    const Boundary& before = boundaries[i - 1];
    if (now.beyond == 0) {
      EXPECT_EQ(now.instruction, before.instruction + 1);
    } else {
      EXPECT_EQ(now.instruction, before.instruction);
      EXPECT_EQ(now.beyond, before.beyond + 1);
    }
  }
}

TEST_F(StepperTest, TracesTheSameCallTheSameWay) { EXPECT_EQ(TraceFinish(), TraceFinish()); }

TEST_F(StepperTest, StopsOnceBeforeEachInstructionWhileOthersRun) {
  bool seen_finished = false;
  for (const Boundary& boundary : TraceFinish()) {
    const bool pending = PendingAt(boundary, false);
    EXPECT_FALSE(seen_finished && pending) << "instruction " << boundary.instruction;
    seen_finished = seen_finished || !pending;
    if (boundary.instruction == 0 && boundary.beyond == 0) {
      EXPECT_TRUE(pending);
    }
    if (HasFailure()) return;
  }
  EXPECT_TRUE(seen_finished);  // before the last instruction, its return, at the latest
}

TEST_F(StepperTest, StopsAtTheSamePlaceByStepsAndByBreakpoint) {
  for (const Boundary& boundary : TraceFinish()) {
    EXPECT_EQ(PendingAt(boundary, true), PendingAt(boundary, false));
    if (HasFailure()) return;
  }
}

TEST_F(StepperTest, LeavesTheCodeAsItWas) {
  const std::vector<Boundary> boundaries = TraceFinish();
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code
  const auto* code = reinterpret_cast<const volatile uint8_t*>(boundaries.front().anchor);
  const uint8_t before = *code;
  PendingAt(boundaries.front(), false);
  EXPECT_EQ(*code, before);
  // One that is never reached.
  Boundary unreached = boundaries.front();
  unreached.visit = 1'000'000;
  stepper_->Arm({unreached, false, false, false, true, Onlooker::Stopped, nullptr});
  EXPECT_NE(*code, before);
  {
    LiveOperationOfPlugin operation;
    Plugin().finish(operation.handle, hr::kFail);
    EXPECT_FALSE(operation.IsPending());
  }
  EXPECT_FALSE(stepper_->Disarm());
  EXPECT_EQ(*code, before);
}

}  // namespace
}  // namespace vdsconform
