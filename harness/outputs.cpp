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

size_t PageSize() {
  static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
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
      percent_page_(MapPageEnd()) {
  Forget();
}

OutputBuffers::~OutputBuffers() {
  munmap(hr_page_.mapping, 2 * PageSize());
  munmap(percent_page_.mapping, 2 * PageSize());
}

void OutputBuffers::Forget() {
  stack_->words.fill(kCanary);
  heap_->words.fill(kCanary);
  for (const PageEnd& end : {hr_page_, percent_page_}) {
    std::fill_n(end.slot - OutputFrame::kCanaryWords, OutputFrame::kCanaryWords + 1, kCanary);
  }
  target_ = Place(Step{});
}

OutputBuffers::Target OutputBuffers::Place(const Step& step) {
  if (step.outputs == Outputs::kPageEnd) {
    return {reinterpret_cast<HRESULT*>(hr_page_.slot), percent_page_.slot};
  }
  uint32_t* const words = (step.outputs == Outputs::kHeap ? *heap_ : *stack_).words.data();
  const Layout layout = LayoutOf(step);
  return {reinterpret_cast<HRESULT*>(words + layout.hr), words + layout.percent};
}

OutputBuffers::Target OutputBuffers::Prepare(const Step& step) {
  if (WasWritten()) NoteLateWrite();
  target_ = Place(step);
  PrepareAgain();
  return target_;
}

void OutputBuffers::NoteLateWrite() {
  written_late_ = true;
  *target_.hr = ToHresult(kCanary);
  *target_.percent = kCanary;
}

void OutputBuffers::RepairWords(uint32_t* canaries, size_t count, const char* place,
                                RareText& text) {
  bool named = false;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t word = std::exchange(canaries[i], kCanary);
    if (word == kCanary || named) continue;
    named = true;
    if (!text.empty()) text += ", ";
    text += "word " + std::to_string(i) + " " + place + " became " + ToHex(ToHresult(word));
  }
}

RareText OutputBuffers::Repair(Outputs outputs) {
  constexpr size_t kCanaries = OutputFrame::kCanaryWords;
  auto* const hr = reinterpret_cast<uint32_t*>(target_.hr);
  uint32_t* const percent = target_.percent;
  RareText text;
  RepairWords(hr - kCanaries, kCanaries, "before pHrResult", text);
  if (outputs == Outputs::kPageEnd) {
    RepairWords(percent - kCanaries, kCanaries, "before pulPercentCompleted", text);
    return text;
  }
  if (percent > hr) {
    RepairWords(hr + 1, static_cast<size_t>(percent - hr - 1),
                "between pHrResult and pulPercentCompleted", text);
  }
  RepairWords(percent + 1, kCanaries, "after pulPercentCompleted", text);
  return text;
}

void OutputBuffers::NoteDamage(Outputs outputs, bool partly, Seen* seen) {
  if (!IsWhole(outputs)) seen->clobbered = Repair(outputs);
  if (std::exchange(written_late_, false)) {
    if (!seen->clobbered.empty()) seen->clobbered += ", ";
    seen->clobbered += "an output of an earlier call was written after that had returned";
  }
  if (partly && outputs != Outputs::kAliased) {
    if (!seen->clobbered.empty()) seen->clobbered += ", ";
    seen->clobbered += "only part of pulPercentCompleted was written";
    seen->percent.reset();
  }
}

}  // namespace vdsconform
