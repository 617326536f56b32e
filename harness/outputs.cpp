#include "harness/outputs.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

// No HRESULT and no percentage that an implementation has reason to store.
constexpr uint32_t kPoison[2] = {0x5AA5C33Cu, 0xA55A3CC3u};
constexpr uint32_t kCanary = 0xC0DEFACEu;

size_t PageSize() {
  static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

// Names the first damaged word before (negative) or after an output.
template <size_t kWords>
void Check(const std::array<uint32_t, kWords>& canary, const char* place, std::string& text) {
  for (size_t i = 0; i < kWords; ++i) {
    if (canary[i] == kCanary) continue;
    if (!text.empty()) text += ", ";
    text += "word " + std::to_string(i) + " " + place + " became " + ToHex(ToHresult(canary[i]));
    return;
  }
}

void Fill(OutputFrame& frame, uint32_t poison) {
  frame.before.fill(kCanary);
  frame.between.fill(kCanary);
  frame.after.fill(kCanary);
  std::memcpy(&frame.hr, &poison, sizeof poison);
  frame.percent = poison;
}

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

OutputBuffers::OutputBuffers()
    : heap_(std::make_unique<OutputFrame>()), hr_page_(MapPageEnd()), percent_page_(MapPageEnd()) {}

OutputBuffers::~OutputBuffers() {
  munmap(hr_page_.mapping, 2 * PageSize());
  munmap(percent_page_.mapping, 2 * PageSize());
}

OutputBuffers::Target OutputBuffers::Prepare(Outputs where, OutputFrame& frame) {
  const uint32_t poison = kPoison[++turn_ % 2];
  switch (where) {
    case Outputs::kStack:
      Fill(frame, poison);
      return {&frame.hr, &frame.percent};
    case Outputs::kHeap:
      Fill(*heap_, poison);
      return {&heap_->hr, &heap_->percent};
    case Outputs::kPageEnd:
      break;
  }
  for (const PageEnd& end : {hr_page_, percent_page_}) {
    std::fill(end.slot - OutputFrame::kCanaryWords, end.slot, kCanary);
    *end.slot = poison;
  }
  return {reinterpret_cast<HRESULT*>(hr_page_.slot), percent_page_.slot};
}

const OutputFrame& OutputBuffers::FrameAt(Outputs where, const OutputFrame& frame) const {
  return where == Outputs::kHeap ? *heap_ : frame;
}

OutputBuffers::Seen OutputBuffers::Inspect(Outputs where, const OutputFrame& frame) const {
  const uint32_t poison = kPoison[turn_ % 2];
  Seen seen;
  uint32_t hr_bits = 0;
  uint32_t percent = 0;
  if (where == Outputs::kPageEnd) {
    hr_bits = *hr_page_.slot;
    percent = *percent_page_.slot;
    std::array<uint32_t, OutputFrame::kCanaryWords> canary;
    std::copy_n(hr_page_.slot - canary.size(), canary.size(), canary.begin());
    Check(canary, "before pHrResult", seen.clobbered);
    std::copy_n(percent_page_.slot - canary.size(), canary.size(), canary.begin());
    Check(canary, "before pulPercentCompleted", seen.clobbered);
  } else {
    const OutputFrame& used = FrameAt(where, frame);
    hr_bits = ToBits(used.hr);
    percent = used.percent;
    Check(used.before, "before pHrResult", seen.clobbered);
    Check(used.between, "between pHrResult and pulPercentCompleted", seen.clobbered);
    Check(used.after, "after pulPercentCompleted", seen.clobbered);
  }
  if (hr_bits != poison) seen.hr = ToHresult(hr_bits);
  if (percent != poison) seen.percent = percent;
  // No percentage shares a high half with the poison: only part of it was overwritten.
  if (seen.percent && percent >> 16 == poison >> 16) {
    if (!seen.clobbered.empty()) seen.clobbered += ", ";
    seen.clobbered += "only part of pulPercentCompleted was written";
    seen.percent.reset();
  }
  return seen;
}

}  // namespace vdsconform
