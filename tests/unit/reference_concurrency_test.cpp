// Many threads at one operation, round after round. What must hold is checked on every call; the
// races themselves are the thread sanitizer's to see.
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "reference/async_operation.h"
#include "tests/unit/reference_test_support.h"

namespace vdsconform {
namespace {

using testing::Query;
using testing::Status;

constexpr HRESULT kResult = ToHresult(0x80070070u);

// One operation per round, all actors at once. Each actor gets a reference of its own and releases
// it, so the last Release comes from any of them.
class Arena {
 public:
  using Actor = std::function<void(AsyncOperation&)>;

  Arena(AsyncOperation::Options options, int rounds) : options_(options), rounds_(rounds) {}

  void Add(Actor actor) { actors_.push_back(std::move(actor)); }

  // `judge` sees each operation after all actors are done with it.
  void Run(const std::function<void(AsyncOperation&)>& judge) {
    const auto parties = static_cast<std::ptrdiff_t>(actors_.size() + 1);
    std::barrier start(parties);
    std::barrier end(parties);
    std::vector<std::thread> threads;
    for (const Actor& actor : actors_) {
      threads.emplace_back([&, this] {
        for (int round = 0; round < rounds_; ++round) {
          start.arrive_and_wait();
          AsyncOperation& operation = *operation_;
          actor(operation);
          if (round % 2 == 0) operation.Release();
          end.arrive_and_wait();
          if (round % 2 != 0) operation.Release();
        }
      });
    }
    for (int round = 0; round < rounds_; ++round) {
      AsyncOperation* const operation = operation_ = AsyncOperation::Create(options_);
      for (size_t i = 0; i < actors_.size(); ++i) operation->AddRef();
      start.arrive_and_wait();
      end.arrive_and_wait();
      judge(*operation);
      operation->Release();
    }
    for (std::thread& thread : threads) thread.join();
  }

 private:
  const AsyncOperation::Options options_;
  const int rounds_;
  std::vector<Actor> actors_;
  AsyncOperation* operation_ = nullptr;
};

// Polls until finished. Counts what no reader may ever see.
void Poll(IVdsAsync& async, std::atomic<int>& wrong) {
  Status last{hr::kOk, hr::kOperationPending, 0};
  do {
    const Status now = Query(async);
    const bool pending = now.result == hr::kOperationPending;
    if (now.ret != hr::kOk || pending != (now.percent < 100)) ++wrong;
    if (now.percent > 100 || now.percent < last.percent) ++wrong;
    if (!pending && now.result != kResult && now.result != hr::kOperationCanceled) ++wrong;
    last = now;
  } while (last.percent < 100);
  if (!(Query(async) == last)) ++wrong;  // final is final
}

void Progress(AsyncOperation& operation) {
  for (ULONG percent = 0; percent <= 100; percent += 3) operation.Advance(percent);
}

void Await(IVdsAsync& async, std::atomic<int>& wrong) {
  HRESULT result = hr::kFail;
  VDS_ASYNC_OUTPUT output;
  if (async.Wait(&result, &output) != hr::kOk) ++wrong;
  if (!(Query(async) == testing::Finished(result))) ++wrong;
}

// Two threads that make one step each at the same states, released together before every step, so
// that the few instructions of two transitions overlap often.
void Duel(std::vector<std::unique_ptr<OperationState>>& states,
          const std::function<void(OperationState&)>& one,
          const std::function<void(OperationState&)>& other) {
  std::atomic<size_t> arrived{0};
  const auto run = [&](const std::function<void(OperationState&)>& step) {
    size_t round = 0;
    for (const auto& state : states) {
      ++arrived;
      ++round;
      // Spinning leaves the two within a few instructions of each other; yielding now and then
      // lets the other come where there is one processor.
      for (int spins = 1; arrived < 2 * round; ++spins) {
        if (spins % 1'000 == 0) std::this_thread::yield();
      }
      step(*state);
    }
  };
  std::thread thread([&] { run(other); });
  run(one);
  thread.join();
}

std::vector<std::unique_ptr<OperationState>> PendingStates() {
  std::vector<std::unique_ptr<OperationState>> states(100'000);
  for (auto& state : states) state = std::make_unique<OperationState>(true);
  return states;
}

TEST(ReferenceConcurrencyTest, TwoFinishesHaveOneWinner) {
  auto states = PendingStates();
  std::atomic<size_t> wins{0};
  Duel(
      states, [&](OperationState& it) { wins += it.Finish(hr::kOk); },
      [&](OperationState& it) { wins += it.Finish(kResult); });
  EXPECT_EQ(wins, states.size());
}

TEST(ReferenceConcurrencyTest, ProgressNeverUndoesAFinish) {
  auto states = PendingStates();
  Duel(
      states, [](OperationState& it) { it.Advance(50); },
      [](OperationState& it) { it.Finish(kResult); });
  for (const auto& state : states) ASSERT_TRUE(state->Load().finished());
}

TEST(ReferenceConcurrencyTest, NoReaderSeesATornOrStaleState) {
  std::atomic<int> wrong{0};
  std::atomic<int> ended{0};
  Arena arena({}, 3'000);
  for (int i = 0; i < 3; ++i) arena.Add([&](AsyncOperation& it) { Poll(it, wrong); });
  for (int i = 0; i < 2; ++i) arena.Add([&](AsyncOperation& it) { Await(it, wrong); });
  for (int i = 0; i < 2; ++i) arena.Add([](AsyncOperation& it) { Progress(it); });
  for (int i = 0; i < 2; ++i) arena.Add([&](AsyncOperation& it) { ended += it.Finish(kResult); });
  arena.Add([&](AsyncOperation& it) {
    void* object = nullptr;
    const IID iid = vdsconform_iid_iunknown();
    if (it.QueryInterface(iid, &object) != hr::kOk) ++wrong;
    static_cast<IUnknown*>(object)->Release();
  });
  arena.Run([&](AsyncOperation& it) { EXPECT_EQ(Query(it), testing::Finished(kResult)); });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(ended, 3'000) << "each operation ends exactly once";
}

TEST(ReferenceConcurrencyTest, FinishAndCancelsHaveOneWinner) {
  std::atomic<int> wrong{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> finished{0};
  Arena arena({}, 3'000);
  arena.Add([&](AsyncOperation& it) { Poll(it, wrong); });
  arena.Add([&](AsyncOperation& it) { Await(it, wrong); });
  arena.Add([](AsyncOperation& it) { Progress(it); });
  arena.Add([&](AsyncOperation& it) { finished += it.Finish(kResult); });
  for (int i = 0; i < 2; ++i) {
    arena.Add([&](AsyncOperation& it) {
      const HRESULT answer = it.Cancel();
      if (answer != hr::kOk && answer != hr::kCancelTooLate) ++wrong;
      cancelled += answer == hr::kOk;
    });
  }
  arena.Run([&](AsyncOperation& it) {
    const HRESULT won = cancelled == 1 ? hr::kOperationCanceled : kResult;
    EXPECT_EQ(cancelled + finished, 1);
    EXPECT_EQ(Query(it), testing::Finished(won));
    cancelled = finished = 0;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(ReferenceConcurrencyTest, CancelByWorkerAgreesWithTheWorker) {
  std::atomic<int> wrong{0};
  std::atomic<int> cancelled{0};
  Arena arena({.cancellation = Cancellation::kByWorker}, 3'000);
  arena.Add([&](AsyncOperation& it) {
    for (ULONG percent = 0; percent < 100 && !it.cancel_requested(); ++percent) {
      it.Advance(percent);
    }
    it.Finish(it.cancel_requested() ? hr::kOperationCanceled : kResult);
  });
  for (int i = 0; i < 2; ++i) {
    arena.Add([&](AsyncOperation& it) {
      const HRESULT answer = it.Cancel();
      if (answer != hr::kOk && answer != hr::kCancelTooLate) ++wrong;
      if (Query(it).percent != 100) ++wrong;
      cancelled += answer == hr::kOk;
    });
  }
  arena.Add([&](AsyncOperation& it) { Poll(it, wrong); });
  arena.Run([&](AsyncOperation& it) {
    EXPECT_EQ(cancelled == 1, Query(it).result == hr::kOperationCanceled);
    EXPECT_LE(cancelled, 1);
    cancelled = 0;
  });
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace vdsconform
