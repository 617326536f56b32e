#include "harness/baton.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "harness/thread_state.h"

namespace vdsconform {
namespace {

constexpr std::chrono::nanoseconds kMoment{1'000'000};
constexpr std::chrono::hours kForEver{1};

pid_t OwnTid() { return static_cast<pid_t>(syscall(SYS_gettid)); }

// Until the thread sleeps on something that only another thread can end.
void AwaitAsleep(const std::atomic<pid_t>& tid) {
  for (;;) {
    if (tid != 0) {
      const std::optional<ThreadSample> sample = SampleThread(tid);
      if (sample && sample->asleep) return;
    }
    std::this_thread::yield();
  }
}

TEST(Baton, IsHeldByNumberZeroFirst) {
  Baton baton;
  EXPECT_EQ(baton.holder(), 0u);
  EXPECT_EQ(baton.turns(), 0u);
  EXPECT_TRUE(baton.Await(0));
  EXPECT_TRUE(baton.AwaitFor(0, kMoment));
}

TEST(Baton, CountsTurnsAndKnowsItsHolder) {
  Baton baton;
  for (const uint32_t to : {1u, 255u, 7u, 7u}) {
    baton.Pass(to);
    EXPECT_EQ(baton.holder(), to);
  }
  EXPECT_EQ(baton.turns(), 4u);
}

// What is written while it is held is no race, which ThreadSanitizer sees as well.
TEST(Baton, LetsTwoThreadsTakeTurns) {
  constexpr uint32_t kTurns = 100'000;
  Baton baton;
  uint64_t count = 0;
  bool in_turn = true;
  const auto run = [&](uint32_t who) {
    for (uint32_t i = 0; i < kTurns; ++i) {
      if (!baton.Await(who)) return;
      in_turn = in_turn && count % 2 == who;
      ++count;
      baton.Pass(1 - who);
    }
  };
  std::thread other(run, 1);
  run(0);
  other.join();
  EXPECT_EQ(count, 2 * kTurns);
  EXPECT_TRUE(in_turn);
  EXPECT_EQ(baton.turns(), 2 * kTurns);
}

TEST(Baton, GoesRoundAmongMoreThreadsThanProcessors) {
  constexpr uint32_t kThreads = 8;
  constexpr uint32_t kRounds = 200;
  Baton baton;
  std::vector<uint32_t> order;
  std::vector<std::thread> threads;
  for (uint32_t who = 0; who < kThreads; ++who) {
    threads.emplace_back([&, who] {
      for (uint32_t i = 0; i < kRounds; ++i) {
        if (!baton.Await(who)) return;
        order.push_back(who);
        baton.Pass((who + 1) % kThreads);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(order.size(), kThreads * kRounds);
  for (uint32_t i = 0; i < order.size(); ++i) ASSERT_EQ(order[i], i % kThreads);
}

TEST(Baton, WakesOneThatSleeps) {
  Baton baton;
  std::atomic<pid_t> tid{0};
  bool got = false;
  std::thread sleeper([&] {
    tid = OwnTid();
    got = baton.Await(1);
  });
  AwaitAsleep(tid);
  baton.Pass(1);
  sleeper.join();
  EXPECT_TRUE(got);
}

TEST(Baton, ReleasesAllWhenThrownAway) {
  Baton baton;
  constexpr uint32_t kSleepers = 3;
  std::atomic<pid_t> tids[kSleepers] = {};
  std::atomic<uint32_t> got{0};
  std::vector<std::thread> sleepers;
  for (uint32_t i = 0; i < kSleepers; ++i) {
    sleepers.emplace_back([&, i] {
      tids[i] = OwnTid();
      if (baton.Await(i + 1)) ++got;
    });
  }
  for (const std::atomic<pid_t>& tid : tids) AwaitAsleep(tid);
  EXPECT_FALSE(baton.thrown_away());
  baton.ThrowAway();
  for (std::thread& sleeper : sleepers) sleeper.join();
  EXPECT_TRUE(baton.thrown_away());
  EXPECT_EQ(got, 0u);
  // Nobody waits for it afterwards, its holder neither.
  EXPECT_FALSE(baton.Await(5));
  EXPECT_FALSE(baton.Await(baton.holder()));
}

TEST(Baton, IsThrownAwayWhileOthersComeToWaitForIt) {
  for (int i = 0; i < 500; ++i) {
    Baton baton;
    bool got = true;
    std::thread waiter([&] { got = baton.Await(1); });
    baton.ThrowAway();
    waiter.join();
    ASSERT_FALSE(got);
  }
}

TEST(Baton, IsAwaitedForAWhileOnly) {
  Baton baton;
  EXPECT_FALSE(baton.AwaitFor(1, kMoment));
  baton.Pass(1);
  EXPECT_TRUE(baton.AwaitFor(1, kForEver));
}

// The wait of an hour ends with the turn.
TEST(Baton, IsAwaitedNoLongerThanNeeded) {
  Baton baton;
  std::atomic<pid_t> tid{0};
  bool got = false;
  std::thread sleeper([&] {
    tid = OwnTid();
    got = baton.AwaitFor(1, kForEver);
  });
  AwaitAsleep(tid);
  baton.Pass(1);
  sleeper.join();
  EXPECT_TRUE(got);
}

TEST(Baton, WhoAwaitsItForAWhileIsReleasedToo) {
  Baton baton;
  std::atomic<pid_t> tid{0};
  std::thread sleeper([&] {
    tid = OwnTid();
    baton.AwaitFor(1, kForEver);
  });
  AwaitAsleep(tid);
  baton.ThrowAway();
  sleeper.join();
  EXPECT_TRUE(baton.thrown_away());
}

}  // namespace
}  // namespace vdsconform
