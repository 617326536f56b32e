#include "reference/async_operation.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "tests/unit/reference_test_support.h"

namespace vdsconform {
namespace {

using testing::Caller;
using testing::Finished;
using testing::Held;
using testing::Pending;
using testing::Query;

Held<AsyncOperation> Make(const AsyncOperation::Options& options = {}) {
  return Held<AsyncOperation>(AsyncOperation::Create(options));
}

TEST(AsyncOperationTest, ReportsPendingThenFinished) {
  auto operation = Make();
  EXPECT_EQ(Query(*operation), Pending(0));
  operation->Advance(40);
  EXPECT_EQ(Query(*operation), Pending(40));
  operation->Advance(100);
  EXPECT_EQ(Query(*operation), Pending(99));
  EXPECT_TRUE(operation->Finish(ToHresult(0x80070070u)));
  EXPECT_EQ(Query(*operation), Finished(ToHresult(0x80070070u)));
  EXPECT_FALSE(operation->Finish(hr::kOk));
  operation->Advance(5);
  EXPECT_EQ(Query(*operation), Finished(ToHresult(0x80070070u)));
}

TEST(AsyncOperationTest, ReportsZeroWithoutEstimate) {
  auto operation = Make({.estimable = false});
  operation->Advance(40);
  EXPECT_EQ(Query(*operation), Pending(0));
  operation->Finish(hr::kOk);
  EXPECT_EQ(Query(*operation), Finished(hr::kOk));
}

TEST(AsyncOperationTest, QueryRefusesNullAndWritesNothing) {
  auto operation = Make();
  for (int round = 0; round < 2; ++round) {
    HRESULT result = ToHresult(0xA5A5A5A5u);
    ULONG percent = 0x5A5A5A5Au;
    EXPECT_EQ(operation->QueryStatus(nullptr, &percent), hr::kInvalidArg);
    EXPECT_EQ(operation->QueryStatus(&result, nullptr), hr::kInvalidArg);
    EXPECT_EQ(operation->QueryStatus(nullptr, nullptr), hr::kInvalidArg);
    EXPECT_EQ(ToBits(result), 0xA5A5A5A5u);
    EXPECT_EQ(percent, 0x5A5A5A5Au);
    EXPECT_EQ(Query(*operation), round == 0 ? Pending(0) : Finished(hr::kOk));
    operation->Finish(hr::kOk);
  }
}

TEST(AsyncOperationTest, QueryWritesFourBytesEach) {
  auto operation = Make();
  std::array<uint32_t, 7> memory;
  memory.fill(0xC3C3C3C3u);
  static_assert(sizeof(HRESULT) == 4 && sizeof(ULONG) == 4);
  EXPECT_EQ(operation->QueryStatus(reinterpret_cast<HRESULT*>(&memory[2]),
                                   reinterpret_cast<ULONG*>(&memory[4])),
            hr::kOk);
  EXPECT_EQ(memory, (std::array<uint32_t, 7>{0xC3C3C3C3u, 0xC3C3C3C3u, 0x80042409u, 0xC3C3C3C3u, 0,
                                             0xC3C3C3C3u, 0xC3C3C3C3u}));
}

TEST(AsyncOperationTest, CancelSucceedsOnceWhilePending) {
  auto operation = Make();
  operation->Advance(30);
  EXPECT_EQ(operation->Cancel(), hr::kOk);
  EXPECT_EQ(Query(*operation), Finished(hr::kOperationCanceled));
  EXPECT_EQ(operation->Cancel(), hr::kCancelTooLate);
  EXPECT_FALSE(operation->Finish(hr::kOk));
  EXPECT_EQ(Query(*operation), Finished(hr::kOperationCanceled));
}

TEST(AsyncOperationTest, CancelIsTooLateOnceFinished) {
  auto operation = Make();
  operation->Finish(hr::kFalse);
  EXPECT_EQ(operation->Cancel(), hr::kCancelTooLate);
  EXPECT_EQ(Query(*operation), Finished(hr::kFalse));
}

TEST(AsyncOperationTest, CancelMayBeUnsupported) {
  auto operation = Make({.cancellation = Cancellation::kNotSupported});
  operation->Advance(30);
  EXPECT_EQ(operation->Cancel(), hr::kVdsNotSupported);
  EXPECT_EQ(Query(*operation), Pending(30));
  operation->Finish(hr::kOk);
  EXPECT_EQ(operation->Cancel(), hr::kVdsNotSupported);
  EXPECT_EQ(Query(*operation), Finished(hr::kOk));
}

TEST(AsyncOperationTest, CancelByWorkerWaitsForTheWorker) {
  auto operation = Make({.cancellation = Cancellation::kByWorker});
  HRESULT first = hr::kFail;
  Caller canceller([&] { first = operation->Cancel(); });
  EXPECT_TRUE(canceller.SleepsInCall());
  HRESULT second = hr::kFail;
  Caller late([&] { second = operation->Cancel(); });
  EXPECT_TRUE(late.SleepsInCall());
  EXPECT_TRUE(operation->cancel_requested());
  EXPECT_EQ(Query(*operation), Pending(0));
  EXPECT_TRUE(operation->Finish(hr::kOperationCanceled));
  canceller.Join();
  late.Join();
  EXPECT_EQ(first, hr::kOk);
  EXPECT_EQ(second, hr::kCancelTooLate);
}

TEST(AsyncOperationTest, CancelByWorkerIsTooLateIfTheWorkerEndsOtherwise) {
  auto operation = Make({.cancellation = Cancellation::kByWorker});
  HRESULT answer = hr::kFail;
  Caller canceller([&] { answer = operation->Cancel(); });
  EXPECT_TRUE(canceller.SleepsInCall());
  operation->Finish(hr::kOk);
  canceller.Join();
  EXPECT_EQ(answer, hr::kCancelTooLate);
  EXPECT_EQ(Query(*operation), Finished(hr::kOk));
}

TEST(AsyncOperationTest, WaitStoresResultAndAnEmptyOutputOfItsType) {
  auto operation = Make({.output_type = 101});
  operation->Finish(ToHresult(0x80070005u));
  HRESULT result = hr::kOk;
  VDS_ASYNC_OUTPUT output;
  std::memset(&output, 0xEE, sizeof output);
  EXPECT_EQ(operation->Wait(&result, &output), hr::kOk);
  EXPECT_EQ(ToBits(result), 0x80070005u);
  VDS_ASYNC_OUTPUT expected;
  std::memset(&expected, 0, sizeof expected);
  expected.type = 101;
  EXPECT_EQ(std::memcmp(&output, &expected, sizeof output), 0);
}

TEST(AsyncOperationTest, WaitRefusesNullAtOnceAndWritesNothing) {
  auto operation = Make();
  HRESULT result = ToHresult(0xA5A5A5A5u);
  VDS_ASYNC_OUTPUT output;
  std::memset(&output, 0xEE, sizeof output);
  const VDS_ASYNC_OUTPUT before = output;
  EXPECT_EQ(operation->Wait(nullptr, &output), hr::kInvalidArg);
  EXPECT_EQ(operation->Wait(&result, nullptr), hr::kInvalidArg);
  EXPECT_EQ(operation->Wait(nullptr, nullptr), hr::kInvalidArg);
  EXPECT_EQ(ToBits(result), 0xA5A5A5A5u);
  EXPECT_EQ(std::memcmp(&output, &before, sizeof output), 0);
}

TEST(AsyncOperationTest, WaitBlocksUntilFinishedAndQueryDoesNot) {
  auto operation = Make();
  HRESULT result = hr::kFail;
  VDS_ASYNC_OUTPUT output;
  Caller waiter([&] { EXPECT_EQ(operation->Wait(&result, &output), hr::kOk); });
  EXPECT_TRUE(waiter.SleepsInCall());
  operation->Advance(50);
  EXPECT_TRUE(waiter.SleepsInCall());
  EXPECT_EQ(Query(*operation), Pending(50));
  operation->Finish(hr::kFalse);
  waiter.Join();
  EXPECT_EQ(result, hr::kFalse);
}

TEST(AsyncOperationTest, EveryWaiterIsWoken) {
  auto operation = Make();
  std::vector<std::unique_ptr<Caller>> waiters;
  std::vector<HRESULT> results(8, hr::kFail);
  for (HRESULT& result : results) {
    waiters.push_back(std::make_unique<Caller>([&operation, &result] {
      VDS_ASYNC_OUTPUT output;
      operation->Wait(&result, &output);
    }));
  }
  for (const auto& waiter : waiters) EXPECT_TRUE(waiter->SleepsInCall());
  EXPECT_EQ(operation->Cancel(), hr::kOk);
  for (const auto& waiter : waiters) waiter->Join();
  EXPECT_EQ(results, std::vector<HRESULT>(8, hr::kOperationCanceled));
}

TEST(AsyncOperationTest, QueryInterfaceKnowsItsTwoInterfaces) {
  auto operation = Make();
  for (const IID& iid : {vdsconform_iid_iunknown(), vdsconform_iid_ivdsasync()}) {
    void* object = nullptr;
    ASSERT_EQ(operation->QueryInterface(iid, &object), hr::kOk);
    EXPECT_EQ(object, static_cast<void*>(static_cast<IVdsAsync*>(operation.get())));
    EXPECT_EQ(operation->AddRef(), 3u);
    EXPECT_EQ(operation->Release(), 2u);
    EXPECT_EQ(static_cast<IUnknown*>(object)->Release(), 1u);
  }
}

TEST(AsyncOperationTest, QueryInterfaceRefusesOthers) {
  auto operation = Make();
  std::vector<IID> others(4, vdsconform_iid_ivdsasync());
  others[0].Data1 ^= 1;
  others[1].Data2 ^= 1;
  others[2].Data4[7] ^= 1;
  others[3] = IID{};
  for (const IID& iid : others) {
    void* object = &others;
    EXPECT_EQ(operation->QueryInterface(iid, &object), hr::kNoInterface);
    EXPECT_EQ(object, nullptr);
  }
  EXPECT_EQ(operation->QueryInterface(vdsconform_iid_ivdsasync(), nullptr), hr::kPointer);
  EXPECT_EQ(operation->AddRef(), 2u) << "a refused call counted a reference";
  operation->Release();
}

TEST(AsyncOperationTest, LivesUntilTheLastRelease) {
  AsyncOperation* const operation = AsyncOperation::Create({});
  EXPECT_EQ(operation->AddRef(), 2u);
  operation->Finish(hr::kOk);
  EXPECT_EQ(operation->Release(), 1u);
  EXPECT_EQ(Query(*operation), Finished(hr::kOk));
  EXPECT_EQ(operation->Release(), 0u);  // a leak or a second end is the sanitizers' to see
}

TEST(AsyncOperationTest, OperationsAreIndependent) {
  auto one = Make();
  auto other = Make();
  one->Advance(70);
  one->Finish(hr::kFalse);
  EXPECT_EQ(Query(*other), Pending(0));
  other->Advance(10);
  EXPECT_EQ(Query(*one), Finished(hr::kFalse));
  EXPECT_EQ(Query(*other), Pending(10));
}

}  // namespace
}  // namespace vdsconform
