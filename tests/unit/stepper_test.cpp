// The stepper, on a plugin whose state is one atomic: what it is called with is the machine code
// that the compiler made of it. And on one that takes a mutex, which is the C library's.
#include "harness/stepper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "harness/iut_library.h"
#include "harness/sanitized.h"
#include "spec/hresult.h"

namespace vdsconform {
namespace {

// Never unloaded: nor is what an implementation is tested by.
IutLibrary* Load(const std::string& path) {
  auto loaded = IutLibrary::Load(path);
  return std::get<std::unique_ptr<IutLibrary>>(std::move(loaded)).release();
}

const vdsconform_iut& Plugin() {
  static IutLibrary* library = Load(VDSCONFORM_HOSTILE_DIR "/none.so");
  return library->iut();
}

const vdsconform_iut& PluginWithMutex(const std::string& name) {
  static std::map<std::string, IutLibrary*> libraries;
  IutLibrary*& library = libraries[name];
  if (library == nullptr) library = Load(VDSCONFORM_EXPLORED_DIR "/" + name + ".so");
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

struct Dawdler {
  std::atomic<bool> there{false};
  std::atomic<bool> may_go{false};
  std::atomic<bool> gone{false};

  static void Stopped(void* argument) {
    auto* self = static_cast<Dawdler*>(argument);
    self->there = true;
    while (!self->may_go) std::this_thread::yield();
    for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
    self->gone = true;
  }
};

// What stops it uses what is gone afterwards.
TEST_F(StepperTest, IsNotDestroyedBeforeAThreadOfTheImplementationHasGoneOn) {
  const std::vector<Boundary> boundaries = TraceFinish();
  LiveOperationOfPlugin operation;
  Dawdler dawdler;
  Stepper::Target target;
  target.boundary = boundaries.front();
  target.iut_thread = true;
  target.stopped = Dawdler::Stopped;
  target.argument = &dawdler;
  stepper_->Arm(target);
  std::thread thread([&] { Plugin().finish(operation.handle, hr::kFail); });
  while (!dawdler.there) std::this_thread::yield();
  EXPECT_TRUE(stepper_->Disarm());
  dawdler.may_go = true;
  stepper_.reset();
  EXPECT_TRUE(dawdler.gone);
  thread.join();
}

// A thread may have met a breakpoint and come to the handler only when it is over.
TEST_F(StepperTest, LeavesAHandlerForThoseWhoAreLate) {
  stepper_.reset();
  struct sigaction now {};
  sigaction(SIGTRAP, nullptr, &now);
  EXPECT_NE(now.sa_handler, SIG_DFL);
  // What it leaves does nothing for a breakpoint that is none of ours.
  EXPECT_EXIT(__asm__ volatile("int3"), testing::KilledBySignal(SIGTRAP), "");
  EXPECT_EXIT(raise(SIGTRAP), testing::KilledBySignal(SIGTRAP), "");
}

TEST_F(StepperTest, GivesAHandlerBackThatWasThere) {
  stepper_.reset();
  const auto before = signal(SIGTRAP, SIG_IGN);
  stepper_ = std::make_unique<Stepper>(code_.get());
  stepper_.reset();
  EXPECT_EQ(signal(SIGTRAP, before), SIG_IGN);
}

// The first bytes of an operation of the plugin with a mutex, that and all of its state included.
using Bytes = std::array<unsigned char, 96>;

struct Snapshot {
  const void* object = nullptr;
  Bytes bytes{};
  std::thread::id thread;
  int stops = 0;

  static void Stopped(void* argument) {
    auto* self = static_cast<Snapshot*>(argument);
    ++self->stops;
    self->thread = std::this_thread::get_id();
    std::memcpy(self->bytes.data(), self->object, self->bytes.size());
  }
};

class StepperInLibraries : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (const std::string why = Stepper::WhyNot(); !why.empty()) GTEST_SKIP() << why;
    plugin_ = &PluginWithMutex(GetParam());
    code_ = std::make_unique<CodeMap>();
    ASSERT_TRUE(code_->MakeIutWritable());
    stepper_ = std::make_unique<Stepper>(code_.get());
    for (int i = 0; i < 3; ++i) {
      boundaries_.clear();
      Finish([&] { stepper_->Trace(); });
      bool complete = false;
      boundaries_ = stepper_->TakeTrace(&complete);
      ASSERT_TRUE(complete);
    }
  }

  // A finish after `prepare`, with the memory of the operation as it was always before.
  template <class Prepare>
  void Finish(Prepare prepare) {
    vdsconform_plan plan{};
    plan.size = sizeof plan;
    plan.estimable = 1;
    IVdsAsync* async = nullptr;
    void* handle = nullptr;
    ASSERT_EQ(plugin_->begin(&plan, &async, &handle), hr::kOk);
    snapshot_ = Snapshot{};
    snapshot_.object = async;
    prepare();
    Stepper::Enter();
    plugin_->finish(handle, hr::kFail);
    Stepper::Leave();
    plugin_->end(handle);
    async->Release();
  }

  // Whether a finish stopped at the boundary.
  bool FinishWithStop(const Boundary& boundary, bool by_steps, bool alone) {
    Finish([&] {
      stepper_->Arm({boundary, by_steps, false, false, alone, Snapshot::Stopped, &snapshot_});
    });
    return stepper_->Disarm();
  }

  const vdsconform_iut* plugin_ = nullptr;
  std::unique_ptr<CodeMap> code_;
  std::unique_ptr<Stepper> stepper_;
  std::vector<Boundary> boundaries_;  // of a finish
  Snapshot snapshot_;
};

TEST_P(StepperInLibraries, ABreakpointStopsWhereStepsDo) {
  int in_libraries = 0;
  for (const Boundary& boundary : boundaries_) {
    ASSERT_TRUE(FinishWithStop(boundary, true, false));
    const Snapshot by_steps = snapshot_;
    const uint64_t before = Stepper::traps();
    ASSERT_TRUE(FinishWithStop(boundary, false, true));
    const uint64_t traps = Stepper::traps() - before;
    EXPECT_EQ(snapshot_.stops, 1);
    EXPECT_EQ(snapshot_.bytes, by_steps.bytes)
        << "instruction " << boundary.instruction << " and " << boundary.beyond;
    if (boundary.visit_beyond == 1 && boundary.beyond > 2 && boundary.visit == 1) {
      EXPECT_EQ(traps, 2u);
      ++in_libraries;
    }
  }
  EXPECT_GT(in_libraries, 10);
}

TEST_P(StepperInLibraries, NothingIsLeftInTheirCode) {
  const auto boundary = std::find_if(boundaries_.begin(), boundaries_.end(), [](const Boundary& b) {
    return b.beyond > 2 && b.visit_beyond == 1;
  });
  ASSERT_NE(boundary, boundaries_.end());
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code
  const auto* code = reinterpret_cast<const volatile uint8_t*>(boundary->address);
  const uint8_t before = *code;
  EXPECT_TRUE(FinishWithStop(*boundary, false, true));
  EXPECT_EQ(*code, before);
  // Never reached: the harness, which uses the library, too, does not stop there instead.
  Boundary unreached = *boundary;
  unreached.visit_beyond = 2;
  unreached.beyond = 100;
  Finish([&] {
    stepper_->Arm({unreached, false, false, false, true, Snapshot::Stopped, &snapshot_});
  });
  EXPECT_EQ(*code, before);
  EXPECT_FALSE(stepper_->Disarm());
  EXPECT_EQ(snapshot_.stops, 0);
}

// One that comes by while the breakpoint is there goes on, and lifts it for a moment.
TEST_P(StepperInLibraries, OtherThreadsPassABreakpoint) {
  std::atomic<bool> over{false};
  std::thread passer([&over] {
    std::mutex mutex;
    while (!over) const std::lock_guard lock(mutex);
  });
  int stopped = 0;
  for (int round = 0; round < 20; ++round) {
    for (const Boundary& boundary : boundaries_) {
      const bool is_reached = FinishWithStop(boundary, false, true);
      if (boundary.beyond == 0) {
        EXPECT_TRUE(is_reached);
      }
      EXPECT_EQ(snapshot_.stops, is_reached ? 1 : 0);
      if (!is_reached) continue;
      ++stopped;
      EXPECT_EQ(snapshot_.thread, std::this_thread::get_id());
    }
  }
  over = true;
  passer.join();
  EXPECT_GT(stopped, 100);
}

INSTANTIATE_TEST_SUITE_P(Plugins, StepperInLibraries, testing::Values("mutex", "repeats"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace vdsconform
