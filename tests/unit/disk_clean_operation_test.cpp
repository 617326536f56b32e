#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdio>
#include <semaphore>

#include "reference/disk_clean.h"
#include "spec/hresult.h"
#include "tests/unit/disk_clean_test_support.h"
#include "tests/unit/reference_test_support.h"

namespace vdsconform {
namespace {

using testing::Caller;
using testing::Finished;
using testing::Held;
using testing::ImageLog;
using testing::Pending;
using testing::Query;
using testing::ScriptedImage;

constexpr size_t kChunk = 1024;

Held<IVdsAsync> Start(std::unique_ptr<Image> image, size_t chunk = kChunk) {
  IVdsAsync* async = nullptr;
  EXPECT_EQ(StartClean(std::move(image), chunk, &async), hr::kOk);
  return Held<IVdsAsync>(async);
}

HRESULT Await(IVdsAsync& async) {
  HRESULT result = hr::kFail;
  VDS_ASYNC_OUTPUT output;
  EXPECT_EQ(async.Wait(&result, &output), hr::kOk);
  return result;
}

// The bytes written, in order and without gap or overlap; 0 and a failure if they are not.
uint64_t Covered(ImageLog& log) {
  const std::lock_guard lock(log.mutex);
  uint64_t end = 0;
  for (const auto& write : log.writes) {
    EXPECT_EQ(write.offset, end);
    EXPECT_TRUE(write.zeros) << "at " << write.offset;
    end += write.bytes;
  }
  return end;
}

// Lets a worker write so many chunks and no more, so that a test can look in between.
struct Gate {
  std::counting_semaphore<1'000> allowed{0};
  std::counting_semaphore<1'000> asked{0};

  ScriptedImage::OnWrite script() {
    return [this](size_t, size_t*) {
      asked.release();
      allowed.acquire();
      return 0;
    };
  }
};

TEST(DiskCleanOperationTest, WritesEveryByteOnceAndSyncs) {
  for (const uint64_t size : {1u, 1023u, 1024u, 1025u, 10'000u}) {
    auto log = std::make_shared<ImageLog>();
    const auto async = Start(std::make_unique<ScriptedImage>(size, log));
    EXPECT_EQ(Await(*async), hr::kOk);
    EXPECT_EQ(Query(*async), Finished(hr::kOk));
    EXPECT_EQ(Covered(*log), size);
    EXPECT_EQ(log->syncs, 1);
    EXPECT_TRUE(log->closed) << "finished before it let go of the image";
  }
}

TEST(DiskCleanOperationTest, IsPendingUntilItHasLetGoOfTheImage) {
  Gate gate;
  auto log = std::make_shared<ImageLog>();
  const auto async = Start(std::make_unique<ScriptedImage>(kChunk, log, gate.script()));
  testing::Status at_close;
  log->on_close = [&] { at_close = Query(*async); };
  gate.allowed.release();
  EXPECT_EQ(Await(*async), hr::kOk);
  EXPECT_EQ(at_close, Pending(99));
}

TEST(DiskCleanOperationTest, FinishesAtOnceWhereThereIsNothingToClean) {
  auto log = std::make_shared<ImageLog>();
  const auto async = Start(std::make_unique<ScriptedImage>(0, log));
  EXPECT_EQ(Await(*async), hr::kOk);
  EXPECT_EQ(Query(*async), Finished(hr::kOk));
  EXPECT_EQ(log->write_count(), 0u);
}

TEST(DiskCleanOperationTest, PercentIsTheShareOfBytesWritten) {
  Gate gate;
  auto log = std::make_shared<ImageLog>();
  const auto async = Start(std::make_unique<ScriptedImage>(40 * kChunk, log, gate.script()));
  for (ULONG done = 0; done < 40; ++done) {
    // The worker asks for the next chunk only after it has reported the last one.
    gate.asked.acquire();
    EXPECT_EQ(Query(*async), Pending(done * 100 / 40));
    gate.allowed.release();
  }
  EXPECT_EQ(Await(*async), hr::kOk);
}

TEST(DiskCleanOperationTest, PercentSurvivesEnormousImages) {
  const uint64_t size = uint64_t{1} << 62;
  auto* const operation = AsyncOperation::Create({});
  const Held<AsyncOperation> held(operation);
  // Claims to write a quarter of the image at a time, which no real file could.
  class Huge final : public Image {
   public:
    explicit Huge(AsyncOperation& operation) : operation_(operation) {}
    uint64_t size() const override { return uint64_t{1} << 62; }
    int Write(const void*, size_t, uint64_t offset, size_t* written) override {
      EXPECT_EQ(Query(operation_), Pending(static_cast<ULONG>(offset / (size() / 4) * 25)));
      *written = size() / 4;
      return 0;
    }
    int Sync() override {
      EXPECT_EQ(Query(operation_), Pending(99));
      return 0;
    }

   private:
    AsyncOperation& operation_;
  };
  Huge image(*operation);
  const std::byte zeros[1] = {};
  EXPECT_EQ(Clean(image, zeros, size, *operation), hr::kOk);
}

TEST(DiskCleanOperationTest, CancelStopsBetweenChunks) {
  Gate gate;
  auto log = std::make_shared<ImageLog>();
  const auto async = Start(std::make_unique<ScriptedImage>(40 * kChunk, log, gate.script()));
  for (int i = 0; i < 3; ++i) gate.allowed.release();
  for (int i = 0; i < 4; ++i) gate.asked.acquire();  // three chunks written, a fourth under way
  HRESULT answer = hr::kFail;
  Caller canceller([&] { answer = async->Cancel(); });
  EXPECT_TRUE(canceller.SleepsInCall()) << "Cancel returned while the image was being written";
  EXPECT_EQ(Query(*async), Pending(7));
  gate.allowed.release();
  canceller.Join();
  EXPECT_EQ(answer, hr::kOk);
  EXPECT_TRUE(log->closed) << "cancelled before it let go of the image";
  EXPECT_EQ(Query(*async), Finished(hr::kOperationCanceled));
  EXPECT_EQ(Covered(*log), 4 * kChunk);
  EXPECT_EQ(async->Cancel(), hr::kCancelTooLate);
  EXPECT_EQ(Await(*async), hr::kOperationCanceled);
}

TEST(DiskCleanOperationTest, CancelAfterTheEndIsTooLate) {
  auto log = std::make_shared<ImageLog>();
  const auto async = Start(std::make_unique<ScriptedImage>(kChunk, log));
  EXPECT_EQ(Await(*async), hr::kOk);
  EXPECT_EQ(async->Cancel(), hr::kCancelTooLate);
  EXPECT_EQ(Query(*async), Finished(hr::kOk));
}

TEST(DiskCleanOperationTest, ErrorWhileWritingIsTheResult) {
  const std::pair<int, uint32_t> cases[] = {
      {ENOSPC, 0x80070070}, {EACCES, 0x80070005}, {EROFS, 0x80070013},
      {EIO, 0x8007045D},    {ENOMEM, 0x8007000E}, {EFBIG, 0x800700DF},
  };
  for (const auto& [error, bits] : cases) {
    const int planted = error;
    auto log = std::make_shared<ImageLog>();
    const auto async = Start(std::make_unique<ScriptedImage>(
        10 * kChunk, log, [planted](size_t number, size_t*) { return number == 5 ? planted : 0; }));
    EXPECT_EQ(ToBits(Await(*async)), bits);
    EXPECT_EQ(Query(*async), Finished(ToHresult(bits)));
    EXPECT_EQ(Covered(*log), 5 * kChunk);
    EXPECT_TRUE(log->closed);
  }
}

TEST(DiskCleanOperationTest, ErrorWhileSyncingIsTheResult) {
  auto log = std::make_shared<ImageLog>();
  const auto async =
      Start(std::make_unique<ScriptedImage>(3 * kChunk, log, ScriptedImage::OnWrite(), EIO));
  EXPECT_EQ(ToBits(Await(*async)), 0x8007045Du);
  EXPECT_EQ(Covered(*log), 3 * kChunk);
}

TEST(DiskCleanOperationTest, GoesOnAfterShortAndInterruptedWrites) {
  auto log = std::make_shared<ImageLog>();
  const auto async =
      Start(std::make_unique<ScriptedImage>(10 * kChunk, log, [](size_t number, size_t* bytes) {
        if (number % 3 == 1) return EINTR;
        if (number % 3 == 2) *bytes = std::min<size_t>(*bytes, 100);
        return 0;
      }));
  EXPECT_EQ(Await(*async), hr::kOk);
  EXPECT_EQ(Covered(*log), 10 * kChunk);
}

TEST(DiskCleanOperationTest, WriteThatTakesNothingEndsIt) {
  auto log = std::make_shared<ImageLog>();
  const auto async = Start(std::make_unique<ScriptedImage>(kChunk, log, [](size_t, size_t* bytes) {
    *bytes = 0;
    return 0;
  }));
  EXPECT_EQ(ToBits(Await(*async)), 0x8007001Du);
}

TEST(DiskCleanOperationTest, RunsToItsEndWithoutAClient) {
  Gate gate;
  auto log = std::make_shared<ImageLog>();
  Start(std::make_unique<ScriptedImage>(10 * kChunk, log, gate.script())).reset();
  for (int i = 0; i < 10; ++i) gate.allowed.release();
  log->closed.wait(false);
  EXPECT_EQ(Covered(*log), 10 * kChunk);
  EXPECT_EQ(log->syncs, 1);
}

// Cleans 1 MiB where files may have 256 KiB, in a process of its own. SIGXFSZ keeps its default,
// which is to end the process.
[[noreturn]] void CleanBeyondTheLimit() {
  const rlimit limit = {256 << 10, 256 << 10};
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) std::_Exit(1);
  auto opened = OpenImage({.size = 1 << 20});
  if (!std::holds_alternative<std::unique_ptr<Image>>(opened)) std::_Exit(2);
  const auto async = Start(std::move(std::get<std::unique_ptr<Image>>(opened)), 64 << 10);
  if (Await(*async) != FromWin32(223)) std::_Exit(3);
  std::_Exit(Query(*async) == Finished(FromWin32(223)) ? 0 : 4);
}

TEST(DiskCleanOperationTest, LimitOfFileSizeIsAResultNotASignal) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(CleanBeyondTheLimit(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace vdsconform
