#include "harness/program_bytes.h"

#include <algorithm>
#include <array>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

// Where things are in a Program's header.
enum Header : size_t { kOperations, kNotEstimable, kKind, kRounds };
// And in a step.
enum Field : size_t { kActionThread, kTarget, kArgument, kValue, kStop = 7, kStopFlags = 9 };

// Header: up to here there is one operation, and the Program runs in order. Most bytes mean the
// plain thing, so that what is dear comes only now and then.
constexpr uint8_t kOneOperation = 192;
constexpr uint8_t kRacingFrom = 208;
constexpr uint8_t kPreemptedFrom = 232;
// kArgument of what is repeated: up to here it is made once, then as often as it says, at last so
// often that the 256th call and the 65,536th are among them.
constexpr uint8_t kOnce = 240;
constexpr uint8_t kMany = kManyRepeat;
constexpr uint32_t kManyCalls = 300;
constexpr uint32_t kVeryManyCalls = 70'000;
// Calls of a racing Program in all its rounds.
constexpr uint64_t kMaxRacingCalls = 2048;
constexpr uint8_t kStopped = 0x80;    // in kTarget
constexpr uint8_t kIutThread = 0x80;  // in kStopFlags
constexpr uint32_t kMaxBeyond = 0x7F;
constexpr uint32_t kOffsets = kLineBytes / 4;

// Queries, progress and finish come more often than the rest.
constexpr std::array<Action, 16> kActions = {
    Action::kQuery,  Action::kProgress, Action::kFinish,         Action::kBegin,
    Action::kEnd,    Action::kPoll,     Action::kWait,           Action::kCancel,
    Action::kAddRef, Action::kRelease,  Action::kQueryInterface, Action::kBarrier,
    Action::kQuery,  Action::kProgress, Action::kFinish,         Action::kQuery,
};

static_assert(kActions[kPackedQuery] == Action::kQuery);
static_assert(kActions[kPackedProgress] == Action::kProgress);
static_assert(kActions[kPackedAddRef] == Action::kAddRef);
static_assert(kActions[kPackedRelease] == Action::kRelease);

uint32_t Read(const uint8_t* bytes, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) value |= uint32_t{bytes[i]} << (8 * i);
  return value;
}

void Write(uint8_t* bytes, size_t count, uint32_t value) {
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
}

// The value that 0 stands for comes first.
constexpr uint32_t kUsualHrOffset = Step{}.hr_offset / 4;
constexpr uint32_t kUsualPercentOffset = Step{}.percent_offset / 4;

uint32_t UnpackOffset(uint8_t byte, uint32_t usual) { return (byte + usual) % kOffsets * 4; }

uint8_t PackOffset(uint32_t offset, uint32_t usual) {
  return static_cast<uint8_t>((offset / 4 + kOffsets - usual) % kOffsets);
}

HRESULT UnpackResult(bool raw, uint32_t value) {
  const std::span<const Code> codes = AllCodes();
  const HRESULT result = raw ? ToHresult(value) : codes[value % codes.size()].value;
  return MayBeFinal(result) ? result : hr::kOk;
}

uint32_t UnpackRepeat(uint8_t byte) {
  if (byte < kOnce) return 1;
  if (byte < kMany) return byte - kOnce + 1u;
  return byte == kMany ? kManyCalls : kVeryManyCalls;
}

uint8_t PackRepeat(uint32_t repeat) {
  if (repeat == 1) return 0;
  if (repeat == kManyCalls) return kMany;
  if (repeat == kVeryManyCalls) return kMany + 1;
  return static_cast<uint8_t>(kOnce + repeat - 1);
}

void UnpackQuery(const uint8_t* bytes, Step* step) {
  step->null_outputs = static_cast<NullOutputs>(bytes[kTarget] >> 3 & 3);
  step->outputs = static_cast<Outputs>(bytes[kTarget] >> 5 & 3);
  step->repeat = UnpackRepeat(bytes[kArgument]);
  step->hr_offset = UnpackOffset(bytes[kValue], kUsualHrOffset);
  step->percent_offset = UnpackOffset(bytes[kValue + 1], kUsualPercentOffset);
}

void UnpackStep(const uint8_t* bytes, uint32_t operations, Step* step) {
  step->action = kActions[bytes[kActionThread] & 0xF];
  step->thread = bytes[kActionThread] >> 4 & (kMaxThreads - 1);
  step->op = (bytes[kTarget] & (kMaxOperations - 1)) % operations;
  switch (step->action) {
    case Action::kQuery:
      UnpackQuery(bytes, step);
      break;
    case Action::kProgress:
      step->percent = bytes[kArgument] % 101u;
      break;
    case Action::kFinish:
      step->result = UnpackResult((bytes[kArgument] & 1) != 0, Read(bytes + kValue, 4));
      break;
    case Action::kQueryInterface:
      step->interface_id = static_cast<Interface>(bytes[kArgument] % 3);
      break;
    case Action::kAddRef:
    case Action::kRelease:
      // More than a byte counts is enough.
      step->repeat = UnpackRepeat(std::min(bytes[kArgument], kMany));
      break;
    default:
      break;
  }
}

void UnpackSchedule(const uint8_t* header, uint64_t calls, Program* program) {
  Schedule& schedule = program->schedule;
  if (header[kKind] >= kPreemptedFrom && !schedule.preemptions.empty()) {
    schedule.kind = Schedule::Kind::kPreempted;
    return;
  }
  schedule.preemptions.clear();
  if (header[kKind] < kRacingFrom || header[kKind] >= kPreemptedFrom) return;
  schedule.kind = Schedule::Kind::kRacing;
  const uint64_t most = std::max<uint64_t>(1, kMaxRacingCalls / std::max<uint64_t>(1, calls));
  schedule.rounds = static_cast<uint32_t>(std::min<uint64_t>(header[kRounds] + 1u, most));
}

}  // namespace

Action PackedAction(uint8_t first_byte) { return kActions[first_byte & 0xF]; }

void UnpackProgram(std::span<const uint8_t> bytes, Program* program) {
  std::array<uint8_t, kPackedHeaderBytes> header{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), header.size()), header.begin());
  bytes = bytes.subspan(std::min(bytes.size(), header.size()));

  program->name.clear();
  program->measure = false;
  program->schedule.kind = Schedule::Kind::kInOrder;
  program->schedule.rounds = 1;
  program->schedule.preemptions.clear();
  const uint8_t more = header[kOperations];
  const uint32_t operations = more < kOneOperation ? 1 : more % kMaxOperations + 1u;
  program->operations.resize(operations);
  for (uint32_t i = 0; i < operations; ++i) {
    program->operations[i].estimable = (header[kNotEstimable] >> i & 1) == 0;
  }

  program->steps.clear();
  uint64_t calls = 0;
  for (; !bytes.empty() && program->steps.size() < kMaxPackedSteps;
       bytes = bytes.subspan(std::min(bytes.size(), kPackedStepBytes))) {
    std::array<uint8_t, kPackedStepBytes> padded{};
    const uint8_t* packed = bytes.data();
    if (bytes.size() < kPackedStepBytes) {
      std::copy(bytes.begin(), bytes.end(), padded.begin());
      packed = padded.data();
    }
    Step& step = program->steps.emplace_back();
    UnpackStep(packed, operations, &step);
    calls += step.repeat;
    if (calls > kMaxPackedCalls) {
      program->steps.pop_back();
      break;
    }
    std::vector<Preemption>& stops = program->schedule.preemptions;
    if ((packed[kTarget] & kStopped) == 0 || stops.size() == kMaxPreemptions) continue;
    stops.push_back({static_cast<uint32_t>(program->steps.size() - 1),
                     {.instruction = Read(packed + kStop, 2),
                      .beyond = packed[kStopFlags] & kMaxBeyond,
                      .iut_thread = (packed[kStopFlags] & kIutThread) != 0,
                      .at = {}}});
  }
  UnpackSchedule(header.data(), calls, program);
}

namespace {

void PackStep(const Step& step, uint8_t* bytes) {
  const auto action = std::find(kActions.begin(), kActions.end(), step.action) - kActions.begin();
  bytes[kActionThread] = static_cast<uint8_t>(action | step.thread << 4);
  bytes[kTarget] = static_cast<uint8_t>(step.op);
  switch (step.action) {
    case Action::kQuery:
      bytes[kTarget] =
          static_cast<uint8_t>(step.op | static_cast<uint32_t>(step.null_outputs) << 3 |
                               static_cast<uint32_t>(step.outputs) << 5);
      bytes[kArgument] = PackRepeat(step.repeat);
      bytes[kValue] = PackOffset(step.hr_offset, kUsualHrOffset);
      bytes[kValue + 1] = PackOffset(step.percent_offset, kUsualPercentOffset);
      break;
    case Action::kProgress:
      bytes[kArgument] = static_cast<uint8_t>(step.percent);
      break;
    case Action::kFinish: {
      const std::span<const Code> codes = AllCodes();
      const auto code = std::find_if(codes.begin(), codes.end(), [&step](const Code& candidate) {
        return candidate.value == step.result;
      });
      const bool raw = code == codes.end();
      bytes[kArgument] = raw ? 1 : 0;
      Write(bytes + kValue, 4,
            raw ? ToBits(step.result) : static_cast<uint32_t>(code - codes.begin()));
      break;
    }
    case Action::kQueryInterface:
      bytes[kArgument] = static_cast<uint8_t>(step.interface_id);
      break;
    case Action::kAddRef:
    case Action::kRelease:
      bytes[kArgument] = PackRepeat(step.repeat);
      break;
    default:
      break;
  }
}

}  // namespace

std::optional<std::vector<uint8_t>> PackProgram(const Program& program) {
  const Schedule& schedule = program.schedule;
  if (program.operations.empty() || program.steps.size() > kMaxPackedSteps) return std::nullopt;
  std::vector<uint8_t> bytes(kPackedHeaderBytes + program.steps.size() * kPackedStepBytes);
  const size_t operations = program.operations.size();
  static_assert(kOneOperation % kMaxOperations == 0);
  if (operations > 1) bytes[kOperations] = static_cast<uint8_t>(kOneOperation + operations - 1);
  for (size_t i = 0; i < operations && i < kMaxOperations; ++i) {
    if (!program.operations[i].estimable) {
      bytes[kNotEstimable] = static_cast<uint8_t>(bytes[kNotEstimable] | 1u << i);
    }
  }
  if (schedule.kind == Schedule::Kind::kRacing) bytes[kKind] = kRacingFrom;
  if (schedule.kind == Schedule::Kind::kPreempted) bytes[kKind] = kPreemptedFrom;
  bytes[kRounds] = static_cast<uint8_t>(schedule.rounds - 1);
  for (size_t i = 0; i < program.steps.size(); ++i) {
    PackStep(program.steps[i], &bytes[kPackedHeaderBytes + i * kPackedStepBytes]);
  }
  for (const Preemption& preemption : schedule.preemptions) {
    if (preemption.step >= program.steps.size()) return std::nullopt;
    uint8_t* const step = &bytes[kPackedHeaderBytes + preemption.step * kPackedStepBytes];
    step[kTarget] |= kStopped;
    Write(step + kStop, 2, static_cast<uint32_t>(preemption.point.instruction));
    step[kStopFlags] = static_cast<uint8_t>((preemption.point.beyond & kMaxBeyond) |
                                            (preemption.point.iut_thread ? kIutThread : 0));
  }

  // What has no packed form came out as something else.
  Program copy;
  UnpackProgram(bytes, &copy);
  copy.name = program.name;
  copy.schedule.budget = schedule.budget;
  copy.schedule.traps = schedule.traps;
  copy.schedule.seed = schedule.seed;
  for (size_t i = 0; i < copy.schedule.preemptions.size(); ++i) {
    copy.schedule.preemptions[i].point.at = schedule.preemptions[i].point.at;
  }
  if (copy != program) return std::nullopt;
  return bytes;
}

}  // namespace vdsconform
