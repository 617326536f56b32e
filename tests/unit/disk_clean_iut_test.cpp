#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "reference/disk_clean_iut.h"
#include "spec/hresult.h"
#include "tests/unit/disk_clean_test_support.h"
#include "tests/unit/reference_test_support.h"

namespace vdsconform {
namespace {

using testing::Finished;
using testing::Folder;
using testing::Held;
using testing::Query;
using testing::Status;

struct Begun {
  HRESULT ret = hr::kOk;
  Held<IVdsAsync> async;
};

Begun Begin(const std::vector<std::string>& parameters, uint32_t estimable = 1) {
  std::vector<const char*> texts;
  for (const std::string& parameter : parameters) texts.push_back(parameter.c_str());
  const vdsconform_plan plan = {sizeof plan, estimable, texts.data(),
                                static_cast<uint32_t>(texts.size()), 0};
  IVdsAsync* async = nullptr;
  void* operation = &texts;
  const HRESULT ret = DiskCleanIut().begin(&plan, &async, &operation);
  EXPECT_EQ(Succeeded(ret), async != nullptr);
  if (Succeeded(ret)) DiskCleanIut().end(operation);
  return {ret, Held<IVdsAsync>(async)};
}

// Begins what is to be refused; what it said on stderr.
std::string SaidWhenRefusing(const std::vector<std::string>& parameters, uint32_t expected_bits,
                             uint32_t estimable = 1) {
  ::testing::internal::CaptureStderr();
  const Begun begun = Begin(parameters, estimable);
  std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(ToBits(begun.ret), expected_bits);
  return said;
}

HRESULT Await(IVdsAsync& async) {
  HRESULT result = hr::kFail;
  VDS_ASYNC_OUTPUT output;
  std::memset(&output, 0xEE, sizeof output);
  EXPECT_EQ(async.Wait(&result, &output), hr::kOk);
  EXPECT_EQ(output.type, 11u);
  return result;
}

TEST(DiskCleanIutTest, CannotBeDriven) {
  const vdsconform_iut& iut = DiskCleanIut();
  EXPECT_EQ(iut.abi, uint32_t{VDSCONFORM_ABI});
  EXPECT_EQ(iut.size, sizeof iut);
  EXPECT_EQ(iut.capabilities, 14u);
  EXPECT_EQ(iut.progress, nullptr);
  EXPECT_EQ(iut.finish, nullptr);
}

TEST(DiskCleanIutTest, CleansTheImageAndNothingElse) {
  const Folder folder;
  const std::string path = folder.Make("disk", 300'001);
  folder.Make("disk0", 5000);
  const Begun begun = Begin({"image=" + path, "overwrite=yes", "chunk=64K"});
  ASSERT_EQ(begun.ret, hr::kOk);
  EXPECT_EQ(Await(*begun.async), hr::kOk);
  EXPECT_EQ(Query(*begun.async), Finished(hr::kOk));
  EXPECT_EQ(folder.Read("disk"), std::string(300'001, '\0'));
  EXPECT_EQ(folder.Read("disk0"), std::string(5000, '\x5A'));
}

TEST(DiskCleanIutTest, GrowsAnEmptyImageToSize) {
  const Folder folder;
  const std::string path = folder.Make("disk", 0);
  const Begun begun = Begin({"image=" + path, "size=2M"});
  ASSERT_EQ(begun.ret, hr::kOk);
  EXPECT_EQ(Await(*begun.async), hr::kOk);
  EXPECT_EQ(folder.Read("disk"), std::string(2 << 20, '\0'));
}

TEST(DiskCleanIutTest, MayBeginAgainOnceFinished) {
  const Folder folder;
  const std::string path = folder.Make("disk", 100'000);
  for (int round = 0; round < 20; ++round) {
    const Begun begun = Begin({"image=" + path, "overwrite=yes", "chunk=4K"});
    ASSERT_EQ(begun.ret, hr::kOk) << "round " << round;
    while (Query(*begun.async).percent != 100) std::this_thread::yield();
  }
}

TEST(DiskCleanIutTest, SaysWhyItRefuses) {
  const Folder folder;
  const std::string path = folder.Make("disk", 5);
  EXPECT_EQ(
      SaidWhenRefusing({"image=" + path}, 0x80070050),
      "vdsconform_disk_clean: " + path + ": holds 5 bytes; overwrite=yes allows losing them\n");
  EXPECT_EQ(SaidWhenRefusing({"image=/dev/null"}, 0x80070057),
            "vdsconform_disk_clean: /dev/null: is a device; only regular files are cleaned\n");
  EXPECT_EQ(SaidWhenRefusing({"color=red"}, 0x80070057),
            "vdsconform_disk_clean: color=red: unknown; known are image, overwrite, size and "
            "chunk\n");
  EXPECT_EQ(SaidWhenRefusing({}, 0x80042400, 0),
            "vdsconform_disk_clean: the progress of a clean can always be estimated\n");
  EXPECT_EQ(folder.Read("disk"), std::string(5, '\x5A'));
}

TEST(DiskCleanIutTest, RefusesMalformedPlans) {
  vdsconform_plan plan = {sizeof plan, 1, nullptr, 0, 0};
  IVdsAsync* async = nullptr;
  void* operation = nullptr;
  const auto begin = DiskCleanIut().begin;
  EXPECT_EQ(begin(nullptr, &async, &operation), hr::kInvalidArg);
  EXPECT_EQ(begin(&plan, nullptr, &operation), hr::kInvalidArg);
  EXPECT_EQ(begin(&plan, &async, nullptr), hr::kInvalidArg);
  plan.parameter_count = 1;
  EXPECT_EQ(begin(&plan, &async, &operation), hr::kInvalidArg);
  plan = {sizeof plan - 1, 1, nullptr, 0, 0};
  EXPECT_EQ(begin(&plan, &async, &operation), hr::kInvalidArg);
  EXPECT_EQ(async, nullptr);
}

// Readers, waiters and cancels at many real cleans at once. Everybody must agree on each end.
TEST(DiskCleanIutTest, ManyThreadsAgree) {
  std::atomic<int> wrong{0};
  for (int round = 0; round < 20; ++round) {
    const Begun begun = Begin({"size=2M", "chunk=16K"});
    ASSERT_EQ(begun.ret, hr::kOk);
    IVdsAsync& async = *begun.async;
    std::vector<std::thread> threads;
    std::vector<HRESULT> seen(6, hr::kFail);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        ULONG last = 0;
        Status now;
        do {
          now = Query(async);
          const bool pending = now.result == hr::kOperationPending;
          if (now.ret != hr::kOk || now.percent < last || pending == (now.percent == 100)) ++wrong;
          last = now.percent;
        } while (now.percent < 100 && wrong == 0);
        seen[static_cast<size_t>(i)] = now.result;
      });
    }
    threads.emplace_back([&] { seen[4] = Await(async); });
    threads.emplace_back([&] {
      const auto enough = static_cast<ULONG>(round * 5);
      while (Query(async).percent < enough) std::this_thread::yield();
      const HRESULT answer = async.Cancel();
      if (answer != hr::kOk && answer != hr::kCancelTooLate) ++wrong;
      seen[5] = answer == hr::kOk ? hr::kOperationCanceled : Query(async).result;
    });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(seen, std::vector<HRESULT>(6, seen[0])) << "round " << round;
    EXPECT_TRUE(seen[0] == hr::kOk || seen[0] == hr::kOperationCanceled);
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace vdsconform
