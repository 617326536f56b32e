#include "spec/history_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

using testing::HasSubstr;
using Kind = HistoryLineParser::Kind;

constexpr char kHeader[] = "{\"vdsconform\":\"history/1\"}";
constexpr char kFixtures[] = VDSCONFORM_SOURCE_DIR "/tests/unit/fixtures/";

std::vector<std::string> LinesOf(const std::string& file) {
  std::ifstream in(kFixtures + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  EXPECT_FALSE(lines.empty()) << "cannot read " << file;
  return lines;
}

// What reading gave: the events up to the error, and the error as "line: message".
struct Reading {
  std::vector<Event> events;
  std::string error;
};

Reading Read(const std::string& text) {
  std::istringstream in(text);
  Reading reading;
  const auto error =
      ReadHistory(in, [&reading](const Event& event) { reading.events.push_back(event); });
  if (error) reading.error = std::to_string(error->line) + ": " + error->message;
  return reading;
}

std::string WithHeader(const std::string& lines) { return std::string(kHeader) + "\n" + lines; }

TEST(HistoryJson, ReadsEveryKindOfLine) {
  std::string text = WithHeader("");
  for (const std::string& line : LinesOf("history_good_lines.jsonl")) text += line + "\n";
  const Reading reading = Read(text);
  EXPECT_EQ(reading.error, "");
  ASSERT_EQ(reading.events.size(), 17u);

  const Event& begin = reading.events[0];
  EXPECT_EQ(begin.call, Call::kBegin);
  EXPECT_TRUE(begin.estimable);
  EXPECT_FALSE(begin.driven);
  EXPECT_EQ(begin.t0, 10);
  EXPECT_EQ(begin.t1, 20);

  const Event& wait = reading.events[1];
  EXPECT_EQ(wait.call, Call::kWait);
  EXPECT_EQ(wait.thread, 2u);
  EXPECT_EQ(wait.ret, hr::kOk);
  EXPECT_EQ(wait.hr, hr::kOk);

  EXPECT_EQ(reading.events[2].hr, hr::kOperationPending);
  EXPECT_EQ(reading.events[2].percent, 0u);
  EXPECT_EQ(reading.events[3].null_outputs, NullOutputs::kHr);
  EXPECT_EQ(reading.events[3].ret, hr::kInvalidArg);
  EXPECT_EQ(reading.events[3].hr, std::nullopt);
  EXPECT_EQ(reading.events[4].percent, 40u);
  EXPECT_EQ(reading.events[5].result, hr::kOk);
  EXPECT_EQ(reading.events[6].ret, hr::kCancelTooLate);
  EXPECT_FALSE(reading.events[7].estimable);
  EXPECT_TRUE(reading.events[7].driven);
  EXPECT_EQ(reading.events[8].count, 2u);
  EXPECT_EQ(reading.events[10].interface_id, Interface::kOther);
  EXPECT_EQ(reading.events[10].out, OutPointer::kNull);
  EXPECT_EQ(reading.events[12].percent, 0xFFFFFFFFu);
  EXPECT_EQ(reading.events[12].step, 7u);
  EXPECT_EQ(reading.events[12].switches, 1u);
  EXPECT_EQ(reading.events[12].slept_in, "clock_nanosleep");
  EXPECT_EQ(reading.events[12].clobbered, "4 bytes after percent");
  EXPECT_EQ(reading.events[13].fault, Fault::kThrew);
  EXPECT_EQ(reading.events[13].detail, "std::bad_alloc");
  EXPECT_EQ(reading.events[15].t1, std::nullopt);
  EXPECT_EQ(reading.events[15].witness, Witness::kAsleep);
  EXPECT_EQ(reading.events[16].op, 0xFFFFFFFFu);
  EXPECT_EQ(reading.events[16].t0, INT64_MAX);
}

TEST(HistoryJson, RefusesEveryBadFieldAndSaysWhy) {
  for (const std::string& row : LinesOf("history_bad_lines.tsv")) {
    const size_t tab = row.find('\t');
    ASSERT_NE(tab, std::string::npos) << row;
    const Reading reading = Read(WithHeader(row.substr(0, tab) + "\n"));
    EXPECT_EQ(reading.error, "2: " + row.substr(tab + 1)) << row.substr(0, tab);
    EXPECT_TRUE(reading.events.empty()) << row.substr(0, tab);
  }
}

TEST(HistoryJson, RefusesAFieldThatIsThereTwice) {
  EXPECT_EQ(Read(WithHeader(R"({"op":0,"thread":0,"op":1,"call":"end","t0":1})")).error,
            "2: \"op\" is there twice");
}

TEST(HistoryJson, RefusesTimesThatCannotBe) {
  EXPECT_EQ(Read(WithHeader(R"({"op":0,"thread":0,"call":"end","t0":30,"t1":20})")).error,
            "2: \"t1\" is 20 but \"t0\" is 30: a call cannot return before it was invoked");
  EXPECT_EQ(Read(WithHeader("{\"op\":0,\"thread\":0,\"call\":\"end\",\"t0\":30,\"t1\":31}\n"
                            "{\"op\":0,\"thread\":1,\"call\":\"end\",\"t0\":29,\"t1\":31}\n"))
                .error,
            "3: \"t0\" is 29 but an earlier line has 30: events are sorted by \"t0\"");
}

TEST(HistoryJson, ShortensLongValuesInMessages) {
  const std::string text(100'000, 'x');
  const Reading reading =
      Read(WithHeader(R"({"op":0,"thread":0,"call":")" + text + R"(","t0":1})"));
  EXPECT_THAT(reading.error, HasSubstr("found \"xxxxxxxxx"));
  EXPECT_LT(reading.error.size(), 300u);
}

TEST(HistoryHeader, IsNeeded) {
  EXPECT_EQ(Read("").error, "0: the input is empty: not even the header is there");
  EXPECT_EQ(Read("\n \r\n").error, "0: the input is empty: not even the header is there");
  const std::string wanted = "1: the first line must be the header {\"vdsconform\":\"history/1\"}";
  EXPECT_EQ(Read(R"({"op":0,"thread":0,"call":"end","t0":1})").error, wanted);
  EXPECT_EQ(Read("{}").error, wanted);
}

TEST(HistoryHeader, MustNameTheVersionThatIsUnderstood) {
  EXPECT_EQ(Read(R"({"vdsconform":"history/2"})").error,
            "1: the header says \"history/2\", but what is read here is \"history/1\"");
  EXPECT_EQ(Read(R"({"vdsconform":"program/1"})").error,
            "1: the header says \"program/1\", but what is read here is \"history/1\"");
  EXPECT_EQ(Read(R"({"vdsconform":1})").error,
            "1: the header says 1, but what is read here is \"history/1\"");
}

TEST(HistoryHeader, MayStandAlone) {
  EXPECT_EQ(Read(kHeader).error, "");
  EXPECT_EQ(Read(WithHeader("\n\n")).error, "");
}

TEST(HistoryHeader, MayHaveFurtherFields) {
  EXPECT_EQ(Read(R"({"made by":"a server","vdsconform":"history/1"})").error, "");
}

TEST(HistoryHeader, ComesOnce) {
  EXPECT_EQ(Read(WithHeader(kHeader)).error,
            "2: a second header: two histories cannot be joined into one");
}

TEST(HistoryText, MayHaveBlankLinesCarriageReturnsAndAByteOrderMark) {
  const Reading reading = Read("\xEF\xBB\xBF" + std::string(kHeader) +
                               "\r\n\r\n  \t\n"
                               "{\"op\":0,\"thread\":0,\"call\":\"end\",\"t0\":1,\"t1\":2}\r\n"
                               "  { \"op\" : 1 , \"thread\":0,\"call\":\"end\",\"t0\":2}  ");
  EXPECT_EQ(reading.error, "");
  ASSERT_EQ(reading.events.size(), 2u);
  EXPECT_EQ(reading.events[1].op, 1u);
}

TEST(HistoryText, BlankLinesCount) {
  EXPECT_THAT(Read(WithHeader("\n\n{}\n")).error, testing::StartsWith("4: "));
}

TEST(HistoryText, CutOffAnywhereInTheLastLineIsNoticed) {
  const std::string last = R"({"op":0,"thread":0,"call":"end","t0":1,"x":{"y":1}})";
  EXPECT_EQ(Read(WithHeader(last)).error, "");
  for (size_t size = 1; size < last.size(); ++size) {
    const Reading reading = Read(WithHeader(last.substr(0, size)));
    EXPECT_THAT(reading.error, testing::StartsWith("2: not valid JSON: ")) << size;
    EXPECT_THAT(reading.error, HasSubstr("looks cut off")) << size;
  }
}

TEST(HistoryText, CutOffLineInTheMiddleIsNoticed) {
  EXPECT_EQ(Read(WithHeader("{\"op\":0,\"thr\n{}\n")).error,
            "2: not valid JSON: the line does not end with \"}\", it looks cut off");
}

TEST(HistoryText, WhatIsNotJsonIsRefused) {
  const auto error = [](const std::string& line) { return Read(WithHeader(line + "\n")).error; };
  EXPECT_THAT(error("hello"), HasSubstr("2: not valid JSON: "));
  EXPECT_THAT(error("{\"op\":0}}"), HasSubstr("2: not valid JSON: "));
  EXPECT_THAT(error("{\"op\":0} {\"op\":1}"), HasSubstr("2: not valid JSON: "));
  EXPECT_THAT(error("{'op':0}"), HasSubstr("2: not valid JSON: "));
  EXPECT_EQ(error("{\"op\":\"\xFF\"}"), "2: not valid JSON: the text is not UTF-8");
  EXPECT_EQ(error("{\"op\":99999999999999999999}"),
            "2: not valid JSON: a number is malformed or needs more than 64 bits");
  EXPECT_EQ(error("{\"op\":01}"),
            "2: not valid JSON: a number is malformed or needs more than 64 bits");
  EXPECT_THAT(error(std::string("{\"op\":\0}", 8)), HasSubstr("2: not valid JSON: "));
  EXPECT_THAT(error(std::string(100'000, '[')), HasSubstr("2: not valid JSON: "));
}

TEST(HistoryText, LinesAreBounded) {
  const std::string start = R"({"op":0,"thread":0,"call":"end","t0":1,"t1":1,"detail":")";
  const std::string end = "\"}";
  const size_t limit = size_t{1} << 20;
  const std::string longest = start + std::string(limit - start.size() - end.size(), 'x') + end;
  const Reading reading =
      Read(WithHeader(longest + "\n" + longest.substr(0, start.size() - 11) + "}"));
  EXPECT_EQ(reading.error, "");
  ASSERT_EQ(reading.events.size(), 2u);
  EXPECT_EQ(reading.events[0].detail.size(), limit - start.size() - end.size());

  const std::string refused = "2: the line is longer than 1048576 bytes: this is not a history";
  EXPECT_EQ(Read(WithHeader(longest + " ")).error, refused);
  EXPECT_EQ(Read(WithHeader(longest + " \n")).error, refused);
  EXPECT_EQ(Read(WithHeader(std::string(5 * limit, 'x'))).error, refused);
  EXPECT_EQ(Read(std::string(5 * limit, '\0')).error, "1" + refused.substr(1));
}

// Fails where another stream would end, as a file on a lost device does.
class FailingBuffer : public std::stringbuf {
 public:
  explicit FailingBuffer(const std::string& text) : std::stringbuf(text) {}

 protected:
  std::streamsize xsgetn(char* out, std::streamsize count) override {
    const std::streamsize read = std::stringbuf::xsgetn(out, count);
    if (read < count) throw std::runtime_error("the device is gone");
    return read;
  }
};

TEST(HistoryText, AStreamThatFailsIsNotTakenForOneThatEnds) {
  for (const char* text : {kHeader, ""}) {
    FailingBuffer buffer(text);
    std::istream in(&buffer);
    const auto error = ReadHistory(in, [](const Event&) {});
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message, "reading failed");
  }
}

TEST(HistoryJson, ParserGoesLineByLine) {
  HistoryLineParser parser;
  EXPECT_EQ(parser.Parse(""), Kind::kBlank);
  EXPECT_EQ(parser.Parse(kHeader), Kind::kHeader);
  EXPECT_EQ(parser.Parse(R"({"op":3,"thread":0,"call":"end","t0":1})"), Kind::kEvent);
  EXPECT_EQ(parser.event().op, 3u);
  EXPECT_EQ(parser.Parse("nonsense"), Kind::kError);
  EXPECT_EQ(parser.error().line, 4u);
}

// An event with every field set to something that is not its default.
Event FullEvent() {
  Event event;
  event.op = 1;
  event.thread = 2;
  event.call = Call::kQueryStatus;
  event.t0 = 3;
  event.t1 = 4;
  event.estimable = false;
  event.driven = true;
  event.heap = uint64_t{1} << 40;
  event.ret = hr::kFalse;
  event.hr = hr::kOperationPending;
  event.percent = 99;
  event.null_outputs = NullOutputs::kBoth;
  event.result = hr::kFail;
  event.count = 5;
  event.interface_id = Interface::kOther;
  event.out = OutPointer::kNotWritten;
  event.step = 6;
  event.switches = 7;
  event.witness = Witness::kPolling;
  event.slept_in = "poll";
  event.blocked = Blockage{"futex", 8, 9, true, {"a.so+0x1", "\"b\""}};
  event.clobbered = "the \"stack\"";
  event.fault = Fault::kThrew;
  event.detail = "line\nbreak\ttab \\ \x01 \u00e4 \U0001F600";
  return event;
}

void ExpectRoundTrip(const Event& event) {
  const std::string line = ToJson(event);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  HistoryLineParser parser;
  ASSERT_EQ(parser.Parse(HistoryHeader()), Kind::kHeader);
  ASSERT_EQ(parser.Parse(line), Kind::kEvent) << line << "\n" << parser.error().message;
  EXPECT_EQ(parser.event(), event) << line;
}

TEST(HistoryRoundTrip, EveryFieldOfEveryCall) {
  for (int call = 0; call < kCallCount; ++call) {
    Event event = FullEvent();
    event.call = static_cast<Call>(call);
    ExpectRoundTrip(event);
    event = Event{};
    event.call = static_cast<Call>(call);
    if (event.call == Call::kProgress) event.percent = 0;
    if (event.call == Call::kFinish) event.result = hr::kOk;
    ExpectRoundTrip(event);
  }
}

template <typename Value, typename Random>
std::optional<Value> Maybe(Random& random, uint64_t bound) {
  if (random() % 2 == 0) return std::nullopt;
  return static_cast<Value>(random() % bound);
}

Event RandomEvent(std::mt19937_64& random) {
  Event event;
  event.call = static_cast<Call>(random() % kCallCount);
  event.op = static_cast<uint32_t>(random());
  event.thread = static_cast<uint32_t>(random());
  event.t0 = static_cast<int64_t>(random() >> 2);
  if (random() % 2) event.t1 = event.t0 + static_cast<int64_t>(random() % 1000);
  event.estimable = random() % 2;
  event.driven = random() % 2;
  event.aliased = random() % 2;
  event.ret = Maybe<HRESULT>(random, uint64_t{1} << 32);
  event.hr = Maybe<HRESULT>(random, uint64_t{1} << 32);
  event.percent = Maybe<uint32_t>(random, uint64_t{1} << 32);
  event.result = Maybe<HRESULT>(random, uint64_t{1} << 32);
  event.count = Maybe<uint32_t>(random, uint64_t{1} << 32);
  event.step = Maybe<uint32_t>(random, 100'000);
  event.switches = Maybe<uint32_t>(random, 10);
  event.null_outputs = static_cast<NullOutputs>(random() % 4);
  event.interface_id = static_cast<Interface>(random() % 3);
  event.out = static_cast<OutPointer>(random() % 5);
  event.witness = static_cast<Witness>(random() % 4);
  event.fault = static_cast<Fault>(random() % 6);
  event.held = random() % 2;
  if (random() % 2) {
    event.stopped = StopPoint{random() % 1'000'000, static_cast<uint32_t>(random() % 3),
                              random() % 2 != 0, random() % 2 ? "libmine.so+0x1139" : ""};
  }
  for (uint64_t i = random() % 8; i > 0; --i) {
    event.detail += static_cast<char>(random() % 128);  // control characters too
  }
  if (event.call == Call::kProgress) event.percent = random() % 101;
  if (event.call == Call::kFinish) event.result = hr::kFail;
  if (event.t1 && event.fault == Fault::kNone) event.ret = hr::kOk;
  return event;
}

TEST(HistoryRoundTrip, RandomEvents) {
  std::mt19937_64 random(20'240'916);
  for (int i = 0; i < 3'000; ++i) {
    SCOPED_TRACE(i);
    ExpectRoundTrip(RandomEvent(random));
    if (HasFatalFailure()) return;
  }
}

TEST(HistoryRoundTrip, AWholeHistory) {
  History history;
  for (const char* line : {"begin", "end"}) {
    Event event;
    event.call = *ParseCall(line);
    event.t0 = static_cast<int64_t>(history.events.size());
    event.t1 = event.t0;
    history.events.push_back(event);
  }
  std::ostringstream out;
  WriteHistory(out, history);
  EXPECT_EQ(out.str(),
            "{\"vdsconform\":\"history/1\"}\n"
            "{\"op\":0,\"thread\":0,\"call\":\"begin\",\"estimable\":true,\"t0\":0,\"t1\":0}\n"
            "{\"op\":0,\"thread\":0,\"call\":\"end\",\"t0\":1,\"t1\":1}\n");
  EXPECT_EQ(Read(out.str()).events, history.events);
}

TEST(HistoryRoundTrip, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  const std::pair<std::string, std::string> rows[] = {
      {"caf\xE9", "caf\uFFFD"},                          // Latin-1
      {"\xC3\xA9", "\u00e9"},                            // UTF-8 stays
      {"\xC0\xAF", "\uFFFD\uFFFD"},                      // overlong
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},            // a surrogate
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // above U+10FFFF
      {"\xE2\x82", "\uFFFD\uFFFD"},                      // cut
      {"\xF0\x9F\x98\x80!", "\U0001F600!"},
  };
  for (const auto& [bytes, text] : rows) {
    Event event;
    event.detail = bytes;
    HistoryLineParser parser;
    ASSERT_EQ(parser.Parse(HistoryHeader()), Kind::kHeader);
    ASSERT_EQ(parser.Parse(ToJson(event)), Kind::kEvent) << parser.error().message;
    EXPECT_EQ(parser.event().detail, text);
  }
}

}  // namespace
}  // namespace vdsconform
