#include "spec/history_binary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "spec/history_json.h"
#include "spec/hresult.h"

namespace vdsconform {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::StartsWith;

// What reading gave: the events up to the error, and the error as "offset: message".
struct Reading {
  std::vector<Event> events;
  std::string error;
};

Reading Read(const std::string& bytes) {
  std::istringstream in(bytes);
  Reading reading;
  const auto error =
      ReadBinaryHistory(in, [&reading](const Event& event) { reading.events.push_back(event); });
  if (error) reading.error = std::to_string(error->offset) + ": " + error->message;
  return reading;
}

std::string Written(const History& history) {
  std::ostringstream out;
  WriteBinaryHistory(out, history);
  return out.str();
}

std::string Magic() { return std::string(kBinaryMagic) + "\x01"; }

// The bytes of events that stand right after the header.
std::string After(std::initializer_list<int> bytes) {
  std::string text = Magic();
  for (const int byte : bytes) text += static_cast<char>(byte);
  return text;
}

Event Query(uint32_t thread, int64_t t0) {
  Event event;
  event.thread = thread;
  event.t0 = t0;
  event.t1 = t0 + 30;
  event.ret = hr::kOk;
  event.hr = hr::kOperationPending;
  event.percent = 40;
  return event;
}

// No field at its default.
Event Everything() {
  Event event = Query(0xFFFFFFFFu, 5);
  event.op = 0x80u;
  event.t1 = INT64_MAX;
  event.estimable = false;
  event.driven = true;
  event.heap = INT64_MAX;
  event.null_outputs = NullOutputs::kBoth;
  event.aliased = true;
  event.result = ToHresult(0x01020304u);
  event.count = 0;
  event.interface_id = Interface::kOther;
  event.out = OutPointer::kNotWritten;
  event.step = 7;
  event.switches = 0;
  event.witness = Witness::kPolling;
  event.fault = Fault::kUsedFreed;
  event.slept_in = std::string("\0\xFF\n", 3);
  event.blocked = Blockage{"futex", 1, INT64_MAX, true, {"a", "", "b"}};
  event.clobbered = std::string(100'000, 'x');
  event.stopped = StopPoint{INT64_MAX, 0xFFFFFFFFu, true, "libmine.so+0x1139"};
  event.held = true;
  event.detail = "SIGSEGV";
  return event;
}

TEST(HistoryBinary, LosesNothing) {
  History history;
  history.events = {Query(1, 5), Everything()};
  Event bare;
  bare.call = Call::kRelease;
  bare.thread = 2;
  bare.t0 = INT64_MAX;
  bare.blocked.emplace();
  bare.stopped.emplace();
  history.events.push_back(bare);
  const Reading reading = Read(Written(history));
  EXPECT_EQ(reading.error, "");
  EXPECT_EQ(reading.events, history.events);
}

TEST(HistoryBinary, SaysWhatEveryVectorSays) {
  size_t vectors = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(VDSCONFORM_SOURCE_DIR "/spec/vectors")) {
    if (entry.path().extension() != ".jsonl") continue;
    std::ifstream in(entry.path());
    History history;
    ASSERT_FALSE(ReadHistory(in, [&](const Event& event) { history.events.push_back(event); }));
    const Reading reading = Read(Written(history));
    EXPECT_EQ(reading.error, "") << entry.path();
    EXPECT_EQ(reading.events, history.events) << entry.path();
    ++vectors;
  }
  EXPECT_GT(vectors, 100u);
}

// The format's own example, so that a reader and a writer that err alike are found.
TEST(HistoryBinary, IsWhatThePageSays) {
  History history;
  history.events = {Query(1, 300)};
  EXPECT_EQ(Written(history), After({0xF4, 0x01, 0x00, 0x01, 0xAC, 0x02, 0x1E, 0x00, 0x00, 0x00,
                                     0x00, 0x09, 0x24, 0x04, 0x80, 0x28}));
}

TEST(HistoryBinary, ANumberIsWrittenInOneWay) {
  EXPECT_EQ(Read(After({0x07, 0x80, 0x00, 0x00, 0x00})).error,
            "9: \"op\" is written in more bytes than it needs");
  EXPECT_EQ(Read(After({0x07, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F})).error,
            "9: \"op\" is 8589934591, the most is 4294967295");
  EXPECT_EQ(
      Read(After({0x07, 0x00, 0x00, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}))
          .error,
      "11: \"t0\" needs more than 64 bits");
}

TEST(HistoryBinary, RefusesWhatNoEventIs) {
  EXPECT_EQ(Read(After({0x0A, 0x00, 0x00, 0x00})).error,
            "8: no event starts with 10: its call or a field is unknown");
  EXPECT_THAT(Read(After({0x87, 0x80, 0x80, 0x80, 0x01, 0x00, 0x00, 0x00})).error,
              StartsWith("8: no event starts with 268435463"));
  // A Release with a null, a slept_in and a blocked that cannot be.
  EXPECT_EQ(Read(After({0x88, 0x08, 0x00, 0x00, 0x00, 0x00})).error,
            "13: \"null\" is announced and yet at its default");
  EXPECT_EQ(Read(After({0x88, 0x08, 0x00, 0x00, 0x00, 0x04})).error,
            "13: \"null\" must be 0 to 3, found 4");
  EXPECT_EQ(Read(After({0x88, 0x80, 0x80, 0x02, 0x00, 0x00, 0x00, 0x00})).error,
            "15: \"slept_in\" is announced and yet at its default");
  EXPECT_EQ(Read(After({0x88, 0x80, 0x80, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02})).error,
            "18: \"for_good\" must be 0 or 1, found 2");
}

TEST(HistoryBinary, RefusesTimesThatCannotBe) {
  History history;
  history.events = {Query(0, 100), Query(1, 99)};
  const uint64_t second = Written({{history.events[0]}}).size();
  EXPECT_EQ(Read(Written(history)).error,
            std::to_string(second) +
                ": \"t0\" is 99 but an earlier event has 100: events are sorted by \"t0\"");
  history.events[1] = Query(0, 101);
  EXPECT_EQ(Read(Written(history)).error,
            std::to_string(second) +
                ": \"t0\" is 101 but the previous call of thread 0, at byte 8,"
                " returned at 130: the calls of one thread do not overlap");
  history.events[0].t1.reset();
  EXPECT_THAT(Read(Written(history)).error, HasSubstr("is still in its call, at byte 8, which"));
  history.events = {Query(0, 100)};
  history.events[0].t1 = 99;
  EXPECT_EQ(Read(Written(history)).error,
            "8: \"t1\" is 99 but \"t0\" is 100: a call cannot return before it was invoked");
  history.events[0].t0 = -1;
  EXPECT_EQ(Read(Written(history)).error, "12: \"t0\" does not fit 63 bits");
  history.events[0] = Query(0, 0);
  history.events[0].t0 = INT64_MAX;
  history.events[0].t1 = INT64_MIN;
  EXPECT_THAT(Read(Written(history)).error, HasSubstr("\"t1\" does not fit 63 bits"));
}

TEST(HistoryBinary, RefusesEventsThatLackWhatTheirCallNeeds) {
  Event event = Query(0, 1);
  event.ret.reset();
  EXPECT_EQ(Read(Written({{event}})).error,
            "8: \"QueryStatus\" needs \"ret\", for it came back without a \"fault\"");
}

TEST(HistoryBinary, TheHeaderIsNeeded) {
  EXPECT_EQ(Read("").error, "0: the input is empty: not even the header is there");
  EXPECT_EQ(Read("\x89VDSH\n").error, "5: this is not the header of a packed history");
  EXPECT_EQ(Read("{}").error, "0: this is not the header of a packed history");
  EXPECT_EQ(Read("\x89VDS").error, "4: the input ends inside the header, it looks cut off");
  EXPECT_EQ(Read(std::string(kBinaryMagic) + "\x02").error,
            "7: the packed history has version 2, but what is read here is version 1");
  EXPECT_EQ(Read(Magic()).error, "");
}

TEST(HistoryBinary, IsToldFromTextByItsFirstByte) {
  std::istringstream packed(Magic());
  std::istringstream text(HistoryHeader());
  std::istringstream empty("");
  EXPECT_TRUE(LooksBinary(packed));
  EXPECT_FALSE(LooksBinary(text));
  EXPECT_FALSE(LooksBinary(empty));
  EXPECT_EQ(ReadBinaryHistory(packed, [](const Event&) {}), std::nullopt);
}

// Wherever it is cut, either between two events or with a message that names the end.
TEST(HistoryBinary, EveryCutIsSeenOrBetweenEvents) {
  History history;
  history.events = {Query(1, 5), Everything()};
  history.events[1].clobbered = "short";
  const std::string whole = Written(history);
  const size_t first = Written({{history.events[0]}}).size();
  for (size_t size = 1; size < whole.size(); ++size) {
    const Reading reading = Read(whole.substr(0, size));
    if (size == 8 || size == first) {
      EXPECT_EQ(reading.error, "") << size;
      continue;
    }
    const std::string inside = size < 8 ? "the header" : "an event";
    EXPECT_EQ(reading.error,
              std::to_string(size) + ": the input ends inside " + inside + ", it looks cut off");
  }
}

TEST(HistoryBinary, LengthsAreNotTrusted) {
  // A Release with a "slept_in" of 2^40 bytes, of which none is there.
  EXPECT_EQ(
      Read(After({0x88, 0x80, 0x80, 0x02, 0x00, 0x00, 0x00, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20}))
          .error,
      "15: an event of more than 1048576 bytes: this is not a history");
  // The same as the number of texts of a "stack".
  EXPECT_EQ(Read(After({0x88, 0x80, 0x80, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80,
                        0x80, 0x80, 0x80, 0x80, 0x20}))
                .error,
            "19: an event of more than 1048576 bytes: this is not a history");
  Event event = Query(0, 1);
  event.slept_in = event.detail = std::string(kMaxBinaryEvent / 2, 'x');
  EXPECT_THAT(Read(Written({{event}})).error, HasSubstr("more than 1048576 bytes"));
  event.detail = std::string(kMaxBinaryEvent / 2 - 100, 'x');
  EXPECT_EQ(Read(Written({{event}})).error, "");
}

// Events that lie across the pieces in which a stream is read.
TEST(HistoryBinary, LongHistoriesAreReadInPieces) {
  History history;
  for (int64_t i = 0; i < 50'000; ++i) history.events.push_back(Query(0, i * 1000));
  history.events[7].detail = std::string(300'000, 'y');
  const Reading reading = Read(Written(history));
  EXPECT_EQ(reading.error, "");
  EXPECT_EQ(reading.events, history.events);
}

class FailingBuffer : public std::streambuf {
 protected:
  int_type underflow() override { throw std::runtime_error("the disk is gone"); }
};

TEST(HistoryBinary, AStreamThatFailsIsNotTakenForItsEnd) {
  FailingBuffer buffer;
  std::istream in(&buffer);
  const auto error = ReadBinaryHistory(in, [](const Event&) {});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "reading failed");
}

// Whatever is read is written again as the same bytes.
TEST(HistoryBinary, AnyBytesAreRefusedOrReadAsTheOnesThatWouldBeWritten) {
  History history;
  history.events = {Query(1, 5), Everything()};
  history.events[1].clobbered = "short";
  const std::string whole = Written(history);
  std::mt19937_64 random(20'240'916);
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = whole;
    for (int j = 0; j < 2; ++j) bytes[8 + random() % (bytes.size() - 8)] = char(random());
    const Reading reading = Read(bytes);
    if (!reading.error.empty()) continue;
    ++read;
    EXPECT_EQ(Written({reading.events}), bytes);
  }
  EXPECT_GT(read, 1000);
}

}  // namespace
}  // namespace vdsconform
