#include <ostream>

#include "binary_fields.h"
#include "history_binary.h"
#include "hresult.h"

namespace vdsconform {
namespace {

using Field = BinaryField;

void AppendByte(uint8_t byte, std::string* out) { *out += static_cast<char>(byte); }

// Seven bits a byte, the lowest first; all bytes but the last have their highest bit set.
void AppendNumber(uint64_t number, std::string* out) {
  for (; number >= 0x80; number >>= 7) AppendByte(static_cast<uint8_t>(number | 0x80u), out);
  AppendByte(static_cast<uint8_t>(number), out);
}

void AppendCode(HRESULT code, std::string* out) {
  uint32_t bits = ToBits(code);
  for (int i = 0; i < 4; ++i, bits >>= 8) AppendByte(static_cast<uint8_t>(bits), out);
}

void AppendText(std::string_view text, std::string* out) {
  AppendNumber(text.size(), out);
  out->append(text);
}

uint64_t FieldsOf(const Event& event) {
  uint64_t fields = 0;
  const auto add = [&fields](Field field, bool present) {
    if (present) fields |= BinaryBit(field);
  };
  add(Field::kT1, event.t1.has_value());
  add(Field::kRet, event.ret.has_value());
  add(Field::kHr, event.hr.has_value());
  add(Field::kPercent, event.percent.has_value());
  add(Field::kNotEstimable, !event.estimable);
  add(Field::kDriven, event.driven);
  add(Field::kNull, event.null_outputs != NullOutputs::kNone);
  add(Field::kResult, event.result.has_value());
  add(Field::kStep, event.step.has_value());
  add(Field::kSwitches, event.switches.has_value());
  add(Field::kAliased, event.aliased);
  add(Field::kHeap, event.heap.has_value());
  add(Field::kCount, event.count.has_value());
  add(Field::kIid, event.interface_id != Interface::kIVdsAsync);
  add(Field::kOut, event.out != OutPointer::kNotSeen);
  add(Field::kWitness, event.witness != Witness::kNone);
  add(Field::kFault, event.fault != Fault::kNone);
  add(Field::kHeld, event.held);
  add(Field::kSleptIn, !event.slept_in.empty());
  add(Field::kClobbered, !event.clobbered.empty());
  add(Field::kDetail, !event.detail.empty());
  add(Field::kStopped, event.stopped.has_value());
  add(Field::kBlocked, event.blocked.has_value());
  return fields;
}

template <typename Enum>
void AppendEnum(Enum value, Enum otherwise, std::string* out) {
  if (value != otherwise) AppendByte(static_cast<uint8_t>(value), out);
}

void AppendBlockage(const Blockage& blockage, std::string* out) {
  AppendText(blockage.system_call, out);
  AppendNumber(blockage.asleep_ns, out);
  AppendNumber(blockage.cpu_ns, out);
  AppendByte(blockage.for_good ? 1 : 0, out);
  AppendNumber(blockage.stack.size(), out);
  for (const std::string& frame : blockage.stack) AppendText(frame, out);
}

void AppendStop(const StopPoint& stopped, std::string* out) {
  AppendNumber(stopped.instruction, out);
  AppendNumber(stopped.beyond, out);
  AppendByte(stopped.iut_thread ? 1 : 0, out);
  AppendText(stopped.at, out);
}

// What few events have.
void AppendRareFields(const Event& event, std::string* out) {
  AppendEnum(event.null_outputs, NullOutputs::kNone, out);
  if (event.result) AppendCode(*event.result, out);
  if (event.step) AppendNumber(*event.step, out);
  if (event.switches) AppendNumber(*event.switches, out);
  if (event.heap) AppendNumber(*event.heap, out);
  if (event.count) AppendNumber(*event.count, out);
  AppendEnum(event.interface_id, Interface::kIVdsAsync, out);
  AppendEnum(event.out, OutPointer::kNotSeen, out);
  AppendEnum(event.witness, Witness::kNone, out);
  AppendEnum(event.fault, Fault::kNone, out);
  for (const RareText* text : {&event.slept_in, &event.clobbered, &event.detail}) {
    if (!text->empty()) AppendText(text->str(), out);
  }
  if (event.stopped) AppendStop(*event.stopped, out);
  if (event.blocked) AppendBlockage(*event.blocked, out);
}

}  // namespace

BinaryHistoryWriter::BinaryHistoryWriter(std::ostream& out) : out_(out) {
  out_ << kBinaryMagic << static_cast<char>(kBinaryVersion);
}

// Differences of times are taken modulo 2^64, so that whatever is written can be written; that an
// event is out of order is for the reader to say.
void BinaryHistoryWriter::Write(const Event& event) {
  bytes_.clear();
  const uint64_t fields = FieldsOf(event);
  AppendNumber(fields | static_cast<uint64_t>(event.call), &bytes_);
  AppendNumber(event.op, &bytes_);
  AppendNumber(event.thread, &bytes_);
  const auto t0 = static_cast<uint64_t>(event.t0);
  AppendNumber(t0 - static_cast<uint64_t>(last_t0_), &bytes_);
  last_t0_ = event.t0;
  if (event.t1) AppendNumber(static_cast<uint64_t>(*event.t1) - t0, &bytes_);
  if (event.ret) AppendCode(*event.ret, &bytes_);
  if (event.hr) AppendCode(*event.hr, &bytes_);
  if (event.percent) AppendNumber(*event.percent, &bytes_);
  if (fields >= BinaryBit(Field::kNotEstimable)) AppendRareFields(event, &bytes_);
  out_.write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
}

void WriteBinaryHistory(std::ostream& out, const History& history) {
  BinaryHistoryWriter writer(out);
  for (const Event& event : history.events) writer.Write(event);
}

}  // namespace vdsconform
