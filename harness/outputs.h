// Where a QueryStatus call's outputs go, and what it did to the memory around them (QS-12).
//
// Outputs are poisoned before the call, with two patterns in turn so that "not written" shows even
// where an implementation happens to store one of them, and surrounded by canaries; at the end of a
// page the next one is inaccessible, so that a write beyond it is a crash on the step that did it.
// Outputs are not used for anything else after their call, so that what an implementation still
// writes there, because it has kept the pointer, is seen at the thread's next call of the Program.
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

  struct Seen {
    std::optional<HRESULT> hr;        // none: still poisoned
    std::optional<uint32_t> percent;  // none: still poisoned
    std::string clobbered;            // what was written around them; empty: nothing
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

  void CheckRetired();

  OutputFrame* stack_;
  std::unique_ptr<OutputFrame> heap_;
  PageEnd hr_page_;
  PageEnd percent_page_;
  uint32_t turn_ = 0;
  // The outputs of the last call in each place, not to be written any more; null: none.
  std::array<Target, kOutputsCount> retired_{};
  bool written_late_ = false;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_OUTPUTS_H_
