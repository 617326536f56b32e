#include "harness/program_mutation.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "harness/program_bytes.h"

namespace vdsconform {
namespace {

constexpr size_t kHeader = kPackedHeaderBytes;
constexpr size_t kStep = kPackedStepBytes;

// xorshift32: all that is needed is many different numbers, quickly.
class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed * 2654435761u + 1) {
    if (state_ == 0) state_ = 1;
    Next();
  }
  uint32_t Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }
  uint8_t Byte() { return static_cast<uint8_t>(Next() >> 11); }
  // 0..bound-1.
  size_t Below(size_t bound) {
    return static_cast<size_t>((uint64_t{Next()} * static_cast<uint64_t>(bound)) >> 32);
  }
  bool OneIn(size_t n) { return Below(n) == 0; }

 private:
  uint32_t state_;
};

// The ends are where implementations go wrong.
constexpr std::array<uint8_t, 6> kPercents = {0, 1, 50, 98, 99, 100};

// A result of the table: it has some hundred codes.
void MakeResult(Random& random, uint8_t* step) {
  step[2] = static_cast<uint8_t>(step[2] & ~1u);
  step[3] = random.Byte();
  step[4] = random.Byte() & 1;
}

// Most steps are plain ones of thread 0 and operation 0: what is common in a Program tells more
// than what differs everywhere.
void MakeStep(Random& random, uint8_t* step) {
  std::memset(step, 0, kStep);
  step[0] = random.Byte() & 0x0F;
  if (random.OneIn(4)) step[0] = static_cast<uint8_t>(step[0] | (random.Byte() & 0x10));
  if (random.OneIn(4)) step[1] = random.Byte() & 0x01;
  if (random.OneIn(6)) step[1] = static_cast<uint8_t>(step[1] | (random.Byte() & 0x78));
  step[2] = random.OneIn(2) ? random.Byte() : kPercents[random.Below(kPercents.size())];
  if (random.OneIn(8)) {
    for (size_t i = 3; i < 7; ++i) step[i] = random.Byte();
  } else if (random.OneIn(2)) {
    MakeResult(random, step);
  }
}

void ChangeStep(Random& random, uint8_t* step) {
  switch (random.Below(8)) {
    case 0:
      step[0] = static_cast<uint8_t>((step[0] & 0xF0) | (random.Byte() & 0x0F));
      break;
    case 1:
      step[0] = static_cast<uint8_t>((step[0] & 0x0F) | (random.Byte() & 0x70));
      break;
    case 2:
      step[1] = static_cast<uint8_t>(step[1] ^ (1u << random.Below(7)));
      break;
    case 3:
      step[2] = random.Byte();
      break;
    case 4:
      step[2] = kPercents[random.Below(kPercents.size())];
      break;
    case 5:
      step[3 + random.Below(4)] = random.Byte();
      break;
    case 6:
      step[3 + random.Below(4)] ^= static_cast<uint8_t>(1u << random.Below(8));
      break;
    default:
      // Where its thread is stopped: mostly early in the call.
      step[1] = static_cast<uint8_t>(step[1] ^ (random.OneIn(2) ? 0x80u : 0u));
      step[7] = static_cast<uint8_t>(random.Byte() & (random.OneIn(2) ? 0x1F : 0xFF));
      if (random.OneIn(16)) step[8 + random.Below(2)] = random.Byte();
      break;
  }
}

void ChangeHeader(Random& random, uint8_t* header) {
  switch (random.Below(4)) {
    case 0:
      header[0] = static_cast<uint8_t>(random.OneIn(2) ? 0 : 192 + random.Below(4));
      break;
    case 1:
      header[1] = static_cast<uint8_t>(header[1] ^ (1u << random.Below(3)));
      break;
    case 2:
      header[2] = random.OneIn(2) ? 0 : random.Byte();
      break;
    default:
      header[3] = random.Byte();
      break;
  }
}

// What races or stops threads takes a thousand times as long as what runs in order, and so does
// what repeats its calls as often as it can: of its descendants only a few do the same. What
// repeats them a few hundred times takes ten times as long as the rest together, and is tried by
// itself.
constexpr size_t kCheapOf = 128;
constexpr size_t kManyKeptOf = 16;

bool Repeats(const uint8_t* step) {
  const Action action = PackedAction(step[0]);
  return action == Action::kQuery || action == Action::kAddRef || action == Action::kRelease;
}

void MakeCheap(Random& random, uint8_t* data, size_t steps) {
  if (!random.OneIn(kCheapOf)) data[2] = 0;
  const bool dear = random.OneIn(kCheapOf);
  const bool many = random.OneIn(kManyKeptOf);
  for (size_t i = 0; i < steps; ++i) {
    uint8_t* const step = data + kHeader + i * kStep;
    if (!Repeats(step)) continue;
    if (step[2] == kDearRepeat && !dear) step[2] = 0;
    if (step[2] == kManyRepeat && !many) step[2] = 0;
  }
}

// Of so many mutants one has nothing of its parent: what several steps have to come together for is
// not always on a way of small changes.
constexpr size_t kAnewOf = 8;
constexpr size_t kAnewSteps = 24;
// Of so many mutants one calls something as often as a counter of a byte does not hold: by itself
// that comes too seldom.
constexpr size_t kManyOf = 512;

// The bytes as a header and whole steps.
struct Packed {
  uint8_t* data;
  size_t steps;
  size_t most;

  uint8_t* at(size_t step) const { return data + kHeader + step * kStep; }
  size_t size() const { return kHeader + steps * kStep; }
  void Open(size_t at_step) {
    std::memmove(at(at_step + 1), at(at_step), (steps - at_step) * kStep);
    ++steps;
  }
  void Close(size_t at_step, size_t count) {
    std::memmove(at(at_step), at(at_step + count), (steps - at_step - count) * kStep);
    steps -= count;
  }
};

void MutateOnce(Random& random, Packed& program) {
  const size_t kind = random.Below(16);
  if (program.steps == 0 || (kind < 5 && program.steps < program.most)) {
    if (program.steps == program.most) return;
    const size_t at = random.OneIn(2) ? program.steps : random.Below(program.steps + 1);
    program.Open(at);
    MakeStep(random, program.at(at));
    return;
  }
  const size_t at = random.Below(program.steps);
  if (kind < 7) {
    program.Close(at, 1 + random.Below(std::min<size_t>(program.steps - at, 3)));
  } else if (kind == 7 && program.steps < program.most) {
    std::array<uint8_t, kStep> copy{};
    std::memcpy(copy.data(), program.at(at), kStep);
    const size_t to = random.Below(program.steps + 1);
    program.Open(to);
    std::memcpy(program.at(to), copy.data(), kStep);
  } else if (kind == 8) {
    std::swap_ranges(program.at(at), program.at(at) + kStep,
                     program.at(random.Below(program.steps)));
  } else if (kind == 9) {
    ChangeHeader(random, program.data);
  } else if (kind == 10) {
    MakeStep(random, program.at(at));
  } else {
    ChangeStep(random, program.at(at));
  }
}

// Gives one of the steps that have a value another one: there are so many that each Program has to
// try one, and no two of a kind are told apart by what they reach. Crossed Programs keep theirs.
void TryAnotherValue(Random& random, const Packed& program) {
  const Action with = random.OneIn(3) ? Action::kProgress : Action::kFinish;
  const size_t first = random.Below(program.steps + 1);
  for (size_t i = 0; i < program.steps; ++i) {
    uint8_t* const step = program.at((first + i) % program.steps);
    if (PackedAction(step[0]) != with) continue;
    // Where it is one of no table it stays so, for once.
    if (with == Action::kFinish && (step[2] & 1) != 0 && random.OneIn(2)) return;
    if (with == Action::kFinish) return MakeResult(random, step);
    step[2] = random.OneIn(2) ? kPercents[random.Below(kPercents.size())] : random.Byte();
    return;
  }
}

// A plain step of thread 0, if there is room for it.
void Insert(Packed& program, size_t at, uint8_t action, uint8_t argument) {
  if (program.steps == program.most) return;
  program.Open(at);
  std::memset(program.at(at), 0, kStep);
  program.at(at)[0] = action;
  program.at(at)[2] = argument;
}

// References that come and go again before a query, or a query made over and over.
void CountUp(Random& random, Packed& program) {
  const size_t at = random.Below(program.steps + 1);
  if (random.OneIn(2)) return Insert(program, at, kPackedQuery, kManyRepeat);
  Insert(program, at, kPackedQuery, 0);
  Insert(program, at, kPackedRelease, kManyRepeat);
  Insert(program, at, kPackedAddRef, kManyRepeat);
}

// Another Program altogether, of any length and up to three operations.
void MakeAnew(Random& random, Packed& program) {
  std::memset(program.data, 0, kHeader);
  const size_t operations = 1 + random.Below(3);
  if (operations > 1) program.data[0] = static_cast<uint8_t>(192 + operations - 1);
  program.data[1] = random.OneIn(2) ? 0 : random.Byte() & 7;
  program.steps = program.most == 0 ? 0 : 1 + random.Below(std::min(program.most, kAnewSteps));
  for (size_t i = 0; i < program.steps; ++i) {
    MakeStep(random, program.at(i));
    // As long as an operation is pending there is the most to see.
    if (random.OneIn(2)) program.at(i)[0] = random.OneIn(3) ? kPackedProgress : kPackedQuery;
    program.at(i)[1] = static_cast<uint8_t>((program.at(i)[1] & 0xF8) | random.Below(operations));
  }
}

}  // namespace

size_t MutateProgram(uint8_t* data, size_t size, size_t max_size, uint32_t seed, size_t dear_of) {
  if (max_size < kHeader) return std::min(size, max_size);
  // A step that was cut off is completed or, without room, left out.
  size_t steps = size <= kHeader ? 0 : (size - kHeader + kStep - 1) / kStep;
  const size_t most = std::min((max_size - kHeader) / kStep, kMaxPackedSteps);
  steps = std::min(steps, most);
  Packed program{data, steps, most};
  if (program.size() > size) std::memset(data + size, 0, program.size() - size);
  Random random(seed);
  if (random.OneIn(kAnewOf)) {
    MakeAnew(random, program);
  } else {
    do {
      MutateOnce(random, program);
    } while (random.OneIn(3));
  }
  MakeCheap(random, data, program.steps);
  TryAnotherValue(random, program);
  if (random.OneIn(kManyOf)) CountUp(random, program);
  if (random.OneIn(dear_of)) {
    Insert(program, random.Below(program.steps + 1), kPackedQuery, kDearRepeat);
  }
  return program.size();
}

size_t CrossPrograms(std::span<const uint8_t> first, std::span<const uint8_t> second,
                     std::span<uint8_t> out, uint32_t seed) {
  const auto steps_of = [](std::span<const uint8_t> bytes) {
    return bytes.size() <= kHeader ? 0 : (bytes.size() - kHeader) / kStep;
  };
  if (out.size() < kHeader) return 0;
  std::fill_n(out.begin(), kHeader, uint8_t{0});
  std::copy_n(first.begin(), std::min(first.size(), kHeader), out.begin());
  Random random(seed);
  const size_t most = std::min((out.size() - kHeader) / kStep, kMaxPackedSteps);
  const size_t head = std::min(random.Below(steps_of(first) + 1), most);
  const size_t from = random.Below(steps_of(second) + 1);
  const size_t tail = std::min(steps_of(second) - from, most - head);
  // What there is nothing of is not copied: an empty span has no address.
  if (head > 0) std::memcpy(out.data() + kHeader, first.data() + kHeader, head * kStep);
  if (tail > 0) {
    std::memcpy(out.data() + kHeader + head * kStep, second.data() + kHeader + from * kStep,
                tail * kStep);
  }
  MakeCheap(random, out.data(), head + tail);
  return kHeader + (head + tail) * kStep;
}

}  // namespace vdsconform
