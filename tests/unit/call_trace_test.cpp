#include "harness/call_trace.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "harness/iut_library.h"

namespace vdsconform {
namespace {

// Addresses of a library, which no module has.
constexpr uintptr_t kX = 0x1000;
constexpr uintptr_t kY = 0x1001;
constexpr uintptr_t kZ = 0x1002;

class CallTraceTest : public testing::Test {
 protected:
  void SetUp() override {
    static IutLibrary* library = [] {
      auto loaded = IutLibrary::Load(VDSCONFORM_HOSTILE_DIR "/none.so");
      return std::get<std::unique_ptr<IutLibrary>>(std::move(loaded)).release();
    }();
    code_ = std::make_unique<CodeMap>();
    own_ = reinterpret_cast<uintptr_t>(library->iut().finish);
    ASSERT_TRUE(code_->IsIut(own_));
    trace_.Begin();
  }

  void Add(const std::vector<uintptr_t>& addresses) {
    for (const uintptr_t address : addresses) ASSERT_TRUE(trace_.Add(address));
  }
  std::vector<uint32_t> VisitsBeyond() const {
    std::vector<uint32_t> visits;
    for (const Boundary& each : trace_.Boundaries(*code_)) visits.push_back(each.visit_beyond);
    return visits;
  }
  std::vector<uint64_t> Steps() const {
    std::vector<uint64_t> steps;
    for (const Boundary& each : trace_.Boundaries(*code_)) steps.push_back(each.steps);
    return steps;
  }

  std::unique_ptr<CodeMap> code_;
  uintptr_t own_ = 0;
  CallTrace trace_;
};

using Visits = std::vector<uint32_t>;
using StepCounts = std::vector<uint64_t>;

TEST_F(CallTraceTest, BeginsWithTheImplementationsFirstInstruction) {
  Add({kX, kY, own_, own_ + 1});
  const std::vector<Boundary> boundaries = trace_.Boundaries(*code_);
  ASSERT_EQ(boundaries.size(), 2u);
  EXPECT_EQ(boundaries[0].address, own_);
  EXPECT_EQ(boundaries[0].instruction, 0u);
  EXPECT_EQ(boundaries[1].instruction, 1u);
}

TEST_F(CallTraceTest, CountsVisitsInALibraryFromEachAnchorOn) {
  Add({own_, kX, kY, kX, own_ + 1, kX});
  EXPECT_EQ(VisitsBeyond(), (Visits{0, 1, 1, 2, 0, 1}));
}

// It is reached once, but traps each time.
TEST_F(CallTraceTest, ARepeatedInstructionOfALibraryHasNoBreakpointAmidItsRepetitions) {
  Add({own_, kX, kX, kX, kY, kX});
  EXPECT_EQ(VisitsBeyond(), (Visits{0, 1, 0, 0, 1, 2}));
}

TEST_F(CallTraceTest, NoBreakpointIsInALibraryFromTheFirstSystemCallOn) {
  Add({own_, kX, kY});
  trace_.NoteSystemCall(false);
  Add({kZ, own_ + 1, kX});
  EXPECT_EQ(VisitsBeyond(), (Visits{0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(Steps(), (StepCounts{0, 0, 0, 0, 0, 0}));
}

// The breakpoint of an instruction is met each time that it is reached.
TEST_F(CallTraceTest, NoBreakpointIsWhereTheSignalIsBlockedOrWasBefore) {
  Add({own_, own_ + 1, kX});
  trace_.NoteSystemCall(true);
  Add({kY, own_ + 2, kZ});
  trace_.NoteSystemCall(false);
  Add({kY, own_ + 3, own_ + 2, kX, own_ + 1});
  EXPECT_EQ(Steps(), (StepCounts{0, 0, 0, 4, 5, 6, 7, 0, 9, 10, 0}));
}

TEST_F(CallTraceTest, TellsThatItIsTooLong) {
  for (size_t i = 0; i < kMaxBoundaries; ++i) ASSERT_TRUE(trace_.Add(own_ + i % 2));
  EXPECT_TRUE(trace_.is_complete());
  EXPECT_FALSE(trace_.Add(own_));
  EXPECT_FALSE(trace_.is_complete());
  EXPECT_EQ(trace_.Boundaries(*code_).size(), kMaxBoundaries);
  trace_.Begin();
  EXPECT_TRUE(trace_.is_complete());
  trace_.NoteGap();
  EXPECT_FALSE(trace_.is_complete());
}

}  // namespace
}  // namespace vdsconform
