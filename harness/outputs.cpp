#include "harness/outputs.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

// No HRESULT and no percentage that an implementation has reason to store.
constexpr uint32_t kPoison[2] = {0x5AA5C33Cu, 0xA55A3CC3u};
constexpr uint32_t kCanary = 0xC0DEFACEu;
// In outputs whose call is over.
constexpr uint32_t kRetired = 0x7E57DEADu;

size_t PageSize() {
  static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

bool AreWhole(const uint32_t* canaries, size_t count) {
  uint32_t damage = 0;
  for (size_t i = 0; i < count; ++i) damage |= canaries[i] ^ kCanary;
  return damage == 0;
}

// Names the first damaged word of `count` before, between or after the outputs.
void Check(const uint32_t* canary, size_t count, const char* place, std::string& text) {
  if (AreWhole(canary, count)) return;
  for (size_t i = 0; i < count; ++i) {
    if (canary[i] == kCanary) continue;
    if (!text.empty()) text += ", ";
    text += "word " + std::to_string(i) + " " + place + " became " + ToHex(ToHresult(canary[i]));
    return;
  }
}

// Where in a frame the outputs are, as indices of words: pulPercentCompleted is the next word with
// its offset that leaves room for canaries between them.
struct Layout {
  size_t hr;
  size_t percent;
};

Layout LayoutOf(const Step& step) {
  constexpr size_t kLine = OutputFrame::kLineWords;
  constexpr size_t kCanaries = OutputFrame::kCanaryWords;
  Layout layout{step.hr_offset / sizeof(uint32_t), step.percent_offset / sizeof(uint32_t)};
  if (layout.hr < kCanaries) layout.hr += kLine;
  if (step.outputs == Outputs::kAliased) return {layout.hr, layout.hr};
  while (layout.percent <= layout.hr + kCanaries) layout.percent += kLine;
  return layout;
}
// pHrResult is in the words from kCanaryWords on that one line covers, pulPercentCompleted at most
// a line and the canaries further.
static_assert(2 * OutputFrame::kLineWords + 3 * OutputFrame::kCanaryWords <=
              sizeof(OutputFrame::words) / sizeof(uint32_t));

}  // namespace

OutputBuffers::PageEnd OutputBuffers::MapPageEnd() {
  const size_t page = PageSize();
  void* mapping =
      mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) std::abort();
  PageEnd end;
  end.mapping = static_cast<uint8_t*>(mapping);
  if (mprotect(end.mapping + page, page, PROT_NONE) != 0) std::abort();
  end.slot = reinterpret_cast<uint32_t*>(end.mapping + page - sizeof(uint32_t));
  return end;
}

OutputBuffers::OutputBuffers(OutputFrame* frame)
    : stack_(frame),
      heap_(std::make_unique<OutputFrame>()),
      hr_page_(MapPageEnd()),
      percent_page_(MapPageEnd()) {}

OutputBuffers::~OutputBuffers() {
  munmap(hr_page_.mapping, 2 * PageSize());
  munmap(percent_page_.mapping, 2 * PageSize());
}

void OutputBuffers::CheckRetired() {
  for (Target& target : retired_) {
    if (target.hr == nullptr) continue;
    written_late_ = written_late_ || ToBits(*target.hr) != kRetired || *target.percent != kRetired;
    target = Target{};
  }
}

void OutputBuffers::Forget() { retired_ = {}; }

OutputBuffers::Target OutputBuffers::Prepare(const Step& step) {
  CheckRetired();
  const uint32_t poison = kPoison[++turn_ % 2];
  if (step.outputs == Outputs::kPageEnd) {
    for (const PageEnd& end : {hr_page_, percent_page_}) {
      std::fill(end.slot - OutputFrame::kCanaryWords, end.slot, kCanary);
      *end.slot = poison;
    }
    return {reinterpret_cast<HRESULT*>(hr_page_.slot), percent_page_.slot};
  }
  uint32_t* const words = (step.outputs == Outputs::kHeap ? *heap_ : *stack_).words.data();
  const Layout layout = LayoutOf(step);
  std::fill(words + layout.hr - OutputFrame::kCanaryWords,
            words + layout.percent + OutputFrame::kCanaryWords + 1, kCanary);
  words[layout.hr] = words[layout.percent] = poison;
  return {reinterpret_cast<HRESULT*>(words + layout.hr), words + layout.percent};
}

OutputBuffers::Seen OutputBuffers::Inspect(const Step& step) {
  constexpr size_t kCanaries = OutputFrame::kCanaryWords;
  const uint32_t poison = kPoison[turn_ % 2];
  Seen seen;
  Target target{};
  uint32_t hr_bits = 0;
  uint32_t percent = 0;
  if (step.outputs == Outputs::kPageEnd) {
    target = {reinterpret_cast<HRESULT*>(hr_page_.slot), percent_page_.slot};
    hr_bits = *hr_page_.slot;
    percent = *percent_page_.slot;
    Check(hr_page_.slot - kCanaries, kCanaries, "before pHrResult", seen.clobbered);
    Check(percent_page_.slot - kCanaries, kCanaries, "before pulPercentCompleted", seen.clobbered);
  } else {
    uint32_t* const words = (step.outputs == Outputs::kHeap ? *heap_ : *stack_).words.data();
    const auto [hr_at, percent_at] = LayoutOf(step);
    target = {reinterpret_cast<HRESULT*>(words + hr_at), words + percent_at};
    hr_bits = words[hr_at];
    percent = words[percent_at];
    Check(words + hr_at - kCanaries, kCanaries, "before pHrResult", seen.clobbered);
    if (percent_at > hr_at) {
      Check(words + hr_at + 1, percent_at - hr_at - 1, "between pHrResult and pulPercentCompleted",
            seen.clobbered);
    }
    Check(words + percent_at + 1, kCanaries, "after pulPercentCompleted", seen.clobbered);
  }
  *target.hr = ToHresult(kRetired);
  *target.percent = kRetired;
  retired_[static_cast<size_t>(step.outputs)] = target;
  if (std::exchange(written_late_, false)) {
    if (!seen.clobbered.empty()) seen.clobbered += ", ";
    seen.clobbered += "an output of an earlier call was written after that had returned";
  }
  if (hr_bits != poison) seen.hr = ToHresult(hr_bits);
  if (percent != poison) seen.percent = percent;
  // No percentage shares a high half with the poison: only part of it was overwritten.
  if (step.outputs != Outputs::kAliased && seen.percent && percent >> 16 == poison >> 16) {
    if (!seen.clobbered.empty()) seen.clobbered += ", ";
    seen.clobbered += "only part of pulPercentCompleted was written";
    seen.percent.reset();
  }
  return seen;
}

}  // namespace vdsconform
