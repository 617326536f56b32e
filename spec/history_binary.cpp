#include "history_binary.h"

#include <algorithm>
#include <cstring>
#include <istream>
#include <limits>
#include <utility>
#include <vector>

#include "binary_fields.h"
#include "event_check.h"
#include "history_order.h"

namespace vdsconform {
namespace {

using Field = BinaryField;

// Short inputs are read with little memory, long ones with few reads.
constexpr size_t kFirstPieceBytes = size_t{1} << 12;
constexpr size_t kPieceBytes = size_t{1} << 18;
constexpr uint64_t kMaxUint32 = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kMaxTime = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());

// The bytes of a stream, read in pieces. Every function that takes some says false at the first
// thing that is wrong, and then nothing more may be taken.
class ByteReader {
 public:
  explicit ByteReader(std::istream& in) : in_(in), buffer_(kFirstPieceBytes) {}

  uint64_t offset() const { return base_ + at_; }
  const BinaryReadError& error() const { return error_; }

  bool Fail(uint64_t offset, std::string message) {
    error_ = {offset, std::move(message)};
    return false;
  }

  // True if the stream has no more bytes.
  bool AtEnd() { return at_ == end_ && !Fill(); }

  // True if the stream ended because it could not be read.
  bool broken() const { return in_.bad(); }

  void BeginEvent() {
    event_ = offset();
    inside_ = "an event";
  }

  bool Byte(uint8_t* byte) {
    if (at_ == end_ && !Fill()) return Short();
    *byte = static_cast<uint8_t>(buffer_[at_++]);
    return true;
  }

  // Seven bits a byte, the lowest first, in as few bytes as it takes.
  bool Number(uint64_t max, uint64_t* number, const char* what) {
    const uint64_t start = offset();
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      uint8_t byte = 0;
      if (!Byte(&byte)) return false;
      const uint64_t bits = byte & 0x7Fu;
      if (shift == 63 && byte > 1) return Fail(start, Named(what, "needs more than 64 bits"));
      value |= bits << shift;
      if (byte & 0x80u) continue;
      if (bits == 0 && shift > 0) {
        return Fail(start, Named(what, "is written in more bytes than it needs"));
      }
      break;
    }
    *number = value;
    if (value <= max) return true;
    return Fail(
        start, Named(what, "is " + std::to_string(value) + ", the most is " + std::to_string(max)));
  }

  template <typename Target>
  bool Number32(Target* target, const char* what) {
    uint64_t number = 0;
    if (!Number(kMaxUint32, &number, what)) return false;
    *target = static_cast<uint32_t>(number);
    return true;
  }

  bool Code(std::optional<HRESULT>* code) {
    uint32_t bits = 0;
    for (int shift = 0; shift < 32; shift += 8) {
      uint8_t byte = 0;
      if (!Byte(&byte)) return false;
      bits |= uint32_t{byte} << shift;
    }
    *code = static_cast<HRESULT>(bits);
    return true;
  }

  bool Flag(bool* flag, const char* what) {
    const uint64_t start = offset();
    uint8_t byte = 0;
    if (!Byte(&byte)) return false;
    *flag = byte == 1;
    return byte <= 1 || Fail(start, Named(what, "must be 0 or 1, found " + std::to_string(byte)));
  }

  // An enumerator up to `last`, but not the one that is the default of what is absent.
  template <typename Enum>
  bool Enumerator(Enum last, Enum* value, const char* what) {
    const uint64_t start = offset();
    uint8_t byte = 0;
    if (!Byte(&byte)) return false;
    if (byte > static_cast<uint8_t>(last)) {
      return Fail(start, Named(what, "must be 0 to " + std::to_string(static_cast<int>(last)) +
                                         ", found " + std::to_string(byte)));
    }
    const Enum otherwise = std::exchange(*value, static_cast<Enum>(byte));
    if (*value != otherwise) return true;
    return Fail(start, Named(what, "is announced and yet at its default"));
  }

  // Takes no more memory than there are bytes.
  bool Text(std::string* text, const char* what) {
    const uint64_t start = offset();
    uint64_t left = 0;
    if (!Number(kMaxTime, &left, what)) return false;
    text->clear();
    if (left > Allowance()) return Fail(start, TooLong());
    while (left > 0) {
      if (at_ == end_ && !Fill()) return Short();
      const size_t part = std::min<size_t>(end_ - at_, static_cast<size_t>(left));
      text->append(buffer_.data() + at_, part);
      at_ += part;
      left -= part;
    }
    return true;
  }

  bool TextOfFew(RareText* text, const char* what) {
    const uint64_t start = offset();
    std::string read;
    if (!Text(&read, what)) return false;
    *text = std::move(read);
    return !text->empty() || Fail(start, Named(what, "is announced and yet at its default"));
  }

  // How many bytes the event that was begun may still take.
  uint64_t Allowance() const { return kMaxBinaryEvent - std::min(kMaxBinaryEvent, Taken()); }
  static std::string TooLong() {
    return "an event of more than " + std::to_string(kMaxBinaryEvent) +
           " bytes: this is not a history";
  }

 private:
  uint64_t Taken() const { return offset() - event_; }

  static std::string Named(const char* what, const std::string& is) {
    return '"' + std::string(what) + "\" " + is;
  }

  bool Short() {
    if (broken()) return Fail(offset(), "reading failed");
    return Fail(offset(), "the input ends inside " + std::string(inside_) + ", it looks cut off");
  }

  bool Fill() {
    base_ += at_;
    // Full, so that there may be much more.
    if (end_ == buffer_.size() && end_ < kPieceBytes) buffer_.resize(2 * end_);
    at_ = end_ = 0;
    in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    end_ = static_cast<size_t>(in_.gcount());
    return end_ > 0;
  }

  std::istream& in_;
  std::vector<char> buffer_;
  size_t at_ = 0;       // the next byte in the buffer
  size_t end_ = 0;      // of what has been read into it
  uint64_t base_ = 0;   // the buffer's place in the stream
  uint64_t event_ = 0;  // where it begins
  const char* inside_ = "the header";
  BinaryReadError error_;
};

// Fills an Event from the bytes of one.
class EventDecoder {
 public:
  explicit EventDecoder(ByteReader& in) : in_(in) {}

  bool Read(Event* event) {
    *event = Event{};
    const uint64_t start = in_.offset();
    if (!in_.Number(~uint64_t{0}, &fields_, "fields")) return false;
    const uint64_t call = fields_ & ((1u << kBinaryCallBits) - 1);
    if (call >= kCallCount || fields_ >> (kBinaryCallBits + kBinaryFieldCount) != 0) {
      return in_.Fail(start, "no event starts with " + std::to_string(fields_) +
                                 ": its call or a field is unknown");
    }
    event->call = static_cast<Call>(call);
    if (!in_.Number32(&event->op, "op") || !in_.Number32(&event->thread, "thread")) return false;
    return ReadTimes(event) && ReadAnswer(event) && ReadRareFields(event);
  }

 private:
  bool Has(Field field) const { return (fields_ & BinaryBit(field)) != 0; }

  // Differences come modulo 2^64; a time that is out of order is the caller's to find.
  bool ReadTimes(Event* event) {
    const uint64_t start = in_.offset();
    uint64_t later = 0;
    if (!in_.Number(~uint64_t{0}, &later, "t0")) return false;
    const uint64_t t0 = last_t0_ + later;
    if (t0 > kMaxTime) return in_.Fail(start, "\"t0\" does not fit 63 bits");
    last_t0_ = t0;
    event->t0 = static_cast<int64_t>(t0);
    if (!Has(Field::kT1)) return true;
    const uint64_t start_t1 = in_.offset();
    if (!in_.Number(~uint64_t{0}, &later, "t1")) return false;
    if (t0 + later > kMaxTime) return in_.Fail(start_t1, "\"t1\" does not fit 63 bits");
    event->t1 = static_cast<int64_t>(t0 + later);
    return true;
  }

  bool ReadAnswer(Event* event) {
    return (!Has(Field::kRet) || in_.Code(&event->ret)) &&
           (!Has(Field::kHr) || in_.Code(&event->hr)) &&
           (!Has(Field::kPercent) || in_.Number32(&event->percent, "percent"));
  }

  // What few events have.
  bool ReadRareFields(Event* event) {
    if (fields_ < BinaryBit(Field::kNotEstimable)) return true;
    event->estimable = !Has(Field::kNotEstimable);
    event->driven = Has(Field::kDriven);
    event->aliased = Has(Field::kAliased);
    event->held = Has(Field::kHeld);
    return ReadValues(event) && ReadEvidence(event);
  }

  bool ReadValues(Event* event) {
    return Enumerator(Field::kNull, NullOutputs::kBoth, &event->null_outputs, "null") &&
           (!Has(Field::kResult) || in_.Code(&event->result)) &&
           (!Has(Field::kStep) || in_.Number32(&event->step, "step")) &&
           (!Has(Field::kSwitches) || in_.Number32(&event->switches, "switches")) &&
           (!Has(Field::kHeap) || in_.Number(kMaxTime, &event->heap.emplace(), "heap")) &&
           (!Has(Field::kCount) || in_.Number32(&event->count, "count")) &&
           Enumerator(Field::kIid, Interface::kOther, &event->interface_id, "iid") &&
           Enumerator(Field::kOut, OutPointer::kNotWritten, &event->out, "out");
  }

  bool ReadEvidence(Event* event) {
    return Enumerator(Field::kWitness, Witness::kPolling, &event->witness, "witness") &&
           Enumerator(Field::kFault, Fault::kUsedFreed, &event->fault, "fault") &&
           (!Has(Field::kSleptIn) || in_.TextOfFew(&event->slept_in, "slept_in")) &&
           (!Has(Field::kClobbered) || in_.TextOfFew(&event->clobbered, "clobbered")) &&
           (!Has(Field::kDetail) || in_.TextOfFew(&event->detail, "detail")) &&
           (!Has(Field::kStopped) || ReadStop(&event->stopped.emplace())) &&
           (!Has(Field::kBlocked) || ReadBlockage(&event->blocked.emplace()));
  }

  template <typename Enum>
  bool Enumerator(Field field, Enum last, Enum* value, const char* what) {
    return !Has(field) || in_.Enumerator(last, value, what);
  }

  bool ReadStop(StopPoint* stopped) {
    return in_.Number(kMaxTime, &stopped->instruction, "instruction") &&
           in_.Number32(&stopped->beyond, "beyond") &&
           in_.Flag(&stopped->iut_thread, "iut_thread") && in_.Text(&stopped->at, "at");
  }

  bool ReadBlockage(Blockage* blockage) {
    uint64_t frames = 0;
    const bool good = in_.Text(&blockage->system_call, "in") &&
                      in_.Number(kMaxTime, &blockage->asleep_ns, "asleep_ns") &&
                      in_.Number(kMaxTime, &blockage->cpu_ns, "cpu_ns") &&
                      in_.Flag(&blockage->for_good, "for_good");
    const uint64_t start = in_.offset();
    if (!good || !in_.Number(kMaxTime, &frames, "stack")) return false;
    // Each takes a byte at least.
    if (frames > in_.Allowance()) return in_.Fail(start, ByteReader::TooLong());
    for (; frames > 0; --frames) {
      if (!in_.Text(&blockage->stack.emplace_back(), "stack")) return false;
    }
    return true;
  }

  ByteReader& in_;
  uint64_t fields_ = 0;
  uint64_t last_t0_ = 0;
};

bool ReadMagic(ByteReader& in) {
  if (in.AtEnd()) {
    return in.Fail(
        0, in.broken() ? "reading failed" : "the input is empty: not even the header is there");
  }
  for (const char expected : kBinaryMagic) {
    uint8_t byte = 0;
    if (!in.Byte(&byte)) return false;
    if (byte != static_cast<uint8_t>(expected)) {
      return in.Fail(in.offset() - 1, "this is not the header of a packed history");
    }
  }
  uint8_t version = 0;
  if (!in.Byte(&version)) return false;
  if (version == kBinaryVersion) return true;
  return in.Fail(in.offset() - 1, "the packed history has version " + std::to_string(version) +
                                      ", but what is read here is version " +
                                      std::to_string(kBinaryVersion));
}

}  // namespace

bool LooksBinary(std::istream& in) {
  const int first = in.peek();
  if (first == std::istream::traits_type::eof()) in.clear(in.rdstate() & ~std::ios::eofbit);
  return first == static_cast<unsigned char>(kBinaryMagic.front());
}

std::optional<BinaryReadError> ReadBinaryHistory(std::istream& in,
                                                 const std::function<void(const Event&)>& sink) {
  ByteReader bytes(in);
  EventDecoder decoder(bytes);
  HistoryOrder order(HistoryOrder::Place::kByte);
  Event event;
  if (!ReadMagic(bytes)) return bytes.error();
  while (!bytes.AtEnd()) {
    bytes.BeginEvent();
    const uint64_t start = bytes.offset();
    if (!decoder.Read(&event)) return bytes.error();
    std::string why = WhyNotInHistory(event);
    if (why.empty()) why = order.Check(event, start);
    if (!why.empty()) return BinaryReadError{start, std::move(why)};
    sink(event);
  }
  if (bytes.broken()) return BinaryReadError{bytes.offset(), "reading failed"};
  return std::nullopt;
}

}  // namespace vdsconform
