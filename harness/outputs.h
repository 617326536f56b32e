// Where a QueryStatus call's outputs go, and what it did to the memory around them (QS-12).
//
// Outputs are poisoned before the call, with two patterns in turn so that "not written" shows even
// where an implementation happens to store one of them, and surrounded by canaries; at the end of a
// page the next one is inaccessible, so that a write beyond it is a crash on the step that did it.
// After their call outputs are canaries as all the rest is, so that what an implementation still
// writes there, because it has kept the pointer, is seen at the thread's next call of the Program.
// One object, one thread.
#ifndef VDSCONFORM_HARNESS_OUTPUTS_H_
#define VDSCONFORM_HARNESS_OUTPUTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>

#include "harness/program.h"
#include "spec/com.h"
#include "spec/hresult.h"
#include "spec/rare.h"

namespace vdsconform {

// Room for two outputs, each anywhere in a cache line, with canaries around both.
struct OutputFrame {
  static constexpr size_t kCanaryWords = 4;
  static constexpr size_t kLineWords = kLineBytes / sizeof(uint32_t);
  alignas(kLineBytes) std::array<uint32_t, 3 * kLineWords> words;
};

class OutputBuffers {
 public:
  // `frame`: on the thread's stack, for the outputs that are to be there.
  explicit OutputBuffers(OutputFrame* frame);
  ~OutputBuffers();
  OutputBuffers(const OutputBuffers&) = delete;
  OutputBuffers& operator=(const OutputBuffers&) = delete;

  struct Target {
    HRESULT* hr;
    ULONG* percent;
  };

  // Poisons the outputs where the step wants them and gives their addresses.
  Target Prepare(const Step& step);
  // Does the same for the last step once more.
  void PrepareAgain();
  // What Prepare gave last.
  Target last() const { return target_; }

  struct Seen {
    std::optional<HRESULT> hr;        // none: still poisoned
    std::optional<uint32_t> percent;  // none: still poisoned
    RareText clobbered;               // what was written around them; empty: nothing
  };
  // What the call made of what Prepare gave last.
  Seen Inspect(const Step& step);

  // What was written to outputs of earlier calls is of another Program.
  void Forget();

 private:
  struct PageEnd {
    uint8_t* mapping = nullptr;  // two pages, the second inaccessible
    uint32_t* slot = nullptr;    // the last 4 bytes of the first
  };
  static PageEnd MapPageEnd();

  // No HRESULT and no percentage that an implementation has reason to store.
  static constexpr uint32_t kPoison[2] = {0x5AA5C33Cu, 0xA55A3CC3u};
  static constexpr uint32_t kCanary = 0xC0DEFACEu;
  static bool AreWhole(const uint32_t* canaries);

  Target Place(const Step& step);
  void NoteLateWrite();
  // Whether all canaries around target_ are there.
  bool IsWhole(Outputs outputs) const;
  // Whether the outputs were, since their call.
  bool WasWritten() const { return ToBits(*target_.hr) != kCanary || *target_.percent != kCanary; }
  // Repairs `count` words before, between or after the outputs and names the first damaged one.
  static void RepairWords(uint32_t* canaries, size_t count, const char* place, RareText& text);
  // Puts them back and tells what was there.
  RareText Repair(Outputs outputs);
  // Adds what is wrong beside the outputs themselves. `partly`: so may pulPercentCompleted be.
  void NoteDamage(Outputs outputs, bool partly, Seen* seen);

  // Outside of a call every word of all these is a canary.
  OutputFrame* stack_;
  std::unique_ptr<OutputFrame> heap_;
  PageEnd hr_page_;
  PageEnd percent_page_;

  uint32_t turn_ = 0;
  Target target_{};  // the outputs of the last call, or where they might have been
  bool written_late_ = false;
};

// What follows is done for each of very many calls.

inline void OutputBuffers::PrepareAgain() {
  if (WasWritten()) NoteLateWrite();
  const uint32_t poison = kPoison[++turn_ % 2];
  *target_.hr = ToHresult(poison);
  *target_.percent = poison;
}

// A word that has just been stored is not among them: to load it together with its neighbours a
// processor would first have to wait for the store.
inline bool OutputBuffers::AreWhole(const uint32_t* canaries) {
  constexpr uint64_t kTwo = uint64_t{kCanary} << 32 | kCanary;
  static_assert(OutputFrame::kCanaryWords == 4);
  std::array<uint64_t, 2> found;
  std::memcpy(found.data(), canaries, sizeof found);
  return ((found[0] ^ kTwo) | (found[1] ^ kTwo)) == 0;
}

inline bool OutputBuffers::IsWhole(Outputs outputs) const {
  constexpr ptrdiff_t kCanaries = OutputFrame::kCanaryWords;
  const auto* word = reinterpret_cast<const uint32_t*>(target_.hr);
  const uint32_t* const percent = target_.percent;
  if (!AreWhole(word - kCanaries)) return false;
  if (outputs == Outputs::kPageEnd) return AreWhole(percent - kCanaries);
  if (word != percent) {
    // There is room for as many between the two, or for more.
    for (++word; percent - word > kCanaries; word += kCanaries) {
      if (!AreWhole(word)) return false;
    }
    if (!AreWhole(percent - kCanaries)) return false;
  }
  return AreWhole(percent + 1);
}

inline OutputBuffers::Seen OutputBuffers::Inspect(const Step& step) {
  const uint32_t poison = kPoison[turn_ % 2];
  const uint32_t hr_bits = ToBits(*target_.hr);
  const uint32_t percent = *target_.percent;
  *target_.hr = ToHresult(kCanary);
  *target_.percent = kCanary;
  Seen seen;
  if (hr_bits != poison) seen.hr = ToHresult(hr_bits);
  if (percent != poison) seen.percent = percent;
  // No percentage shares a high half with the poison: only part of it was overwritten.
  const bool partly = percent != poison && percent >> 16 == poison >> 16;
  if (partly || written_late_ || !IsWhole(step.outputs)) NoteDamage(step.outputs, partly, &seen);
  return seen;
}

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_OUTPUTS_H_
