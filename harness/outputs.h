// Where a QueryStatus call's outputs go, and what it did to the memory around them (QS-12).
//
// Outputs are poisoned before the call, with two patterns in turn so that "not written" shows even
// where an implementation happens to store one of them, and surrounded by canaries; at the end of a
// page the next one is inaccessible, so that a write beyond it is a crash on the step that did it.
// One object, one thread.
#ifndef VDSCONFORM_HARNESS_OUTPUTS_H_
#define VDSCONFORM_HARNESS_OUTPUTS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "harness/program.h"
#include "spec/com.h"

namespace vdsconform {

// Room for two outputs, each anywhere in a cache line, with canaries around both.
struct OutputFrame {
  static constexpr size_t kCanaryWords = 4;
  static constexpr size_t kLineWords = kLineBytes / sizeof(uint32_t);
  alignas(kLineBytes) std::array<uint32_t, 3 * kLineWords> words;
};

class OutputBuffers {
 public:
  OutputBuffers();
  ~OutputBuffers();
  OutputBuffers(const OutputBuffers&) = delete;
  OutputBuffers& operator=(const OutputBuffers&) = delete;

  struct Target {
    HRESULT* hr;
    ULONG* percent;
  };

  // Poisons the outputs where the step wants them and gives their addresses. `frame` is used for
  // those on the stack: it lives in the caller's frame.
  Target Prepare(const Step& step, OutputFrame& frame);

  struct Seen {
    std::optional<HRESULT> hr;        // none: still poisoned
    std::optional<uint32_t> percent;  // none: still poisoned
    std::string clobbered;            // what was written around them; empty: nothing
  };
  // What the call made of what Prepare gave last.
  Seen Inspect(const Step& step, const OutputFrame& frame) const;

 private:
  struct PageEnd {
    uint8_t* mapping = nullptr;  // two pages, the second inaccessible
    uint32_t* slot = nullptr;    // the last 4 bytes of the first
  };
  static PageEnd MapPageEnd();

  std::unique_ptr<OutputFrame> heap_;
  PageEnd hr_page_;
  PageEnd percent_page_;
  uint32_t turn_ = 0;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_OUTPUTS_H_
