// Mutants that write too little, too much or beside their outputs.

#include <cstring>

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {
namespace {

// Base of this file: overrides only how an answer is written.
class Writes : public Operation {
 public:
  using Operation::Operation;

 protected:
  HRESULT Tell(State state, HRESULT* hr, ULONG* percent) override {
    Write(state, Show(state), hr, percent);
    return hr::kOk;
  }
  virtual void Write(State state, Answer a, HRESULT* hr, ULONG* percent) = 0;
};

class NoZeroPercent : public Writes {
 public:
  using Writes::Writes;

 protected:
  void Write(State, Answer a, HRESULT* hr, ULONG* percent) override {
    *hr = a.hr;
    if (a.percent != 0) *percent = a.percent;
  }
};

class NoHrOnSuccess : public Writes {
 public:
  using Writes::Writes;

 protected:
  void Write(State, Answer a, HRESULT* hr, ULONG* percent) override {
    if (Failed(a.hr)) *hr = a.hr;
    *percent = a.percent;
  }
};

class NoPercentOnFailure : public Writes {
 public:
  using Writes::Writes;

 protected:
  void Write(State state, Answer a, HRESULT* hr, ULONG* percent) override {
    *hr = a.hr;
    if (state.pending() || Succeeded(a.hr)) *percent = a.percent;
  }
};

class NothingBeforeProgress : public Writes {
 public:
  using Writes::Writes;

 protected:
  void Write(State state, Answer a, HRESULT* hr, ULONG* percent) override {
    if (state.pending() && a.percent == 0) return;
    *hr = a.hr;
    *percent = a.percent;
  }
};

class OneByteOfPercent : public Writes {
 public:
  using Writes::Writes;

 protected:
  void Write(State, Answer a, HRESULT* hr, ULONG* percent) override {
    *hr = a.hr;
    std::memcpy(percent, &a.percent, 1);
  }
};

// Volatile, so that the compiler does not see the writes leave their objects.
class EightBytesAtPercent : public Writes {
 public:
  using Writes::Writes;

 protected:
  void Write(State, Answer a, HRESULT* hr, ULONG* percent) override {
    *hr = a.hr;
    volatile ULONG* const target = percent;
    target[0] = a.percent;
    target[1] = 0;
  }
};

class BeforeHr : public Writes {
 public:
  using Writes::Writes;

 protected:
  void Write(State, Answer a, HRESULT* hr, ULONG* percent) override {
    volatile HRESULT* const target = hr;
    target[-1] = 0;
    *hr = a.hr;
    *percent = a.percent;
  }
};

constexpr Row kRows[] = {
    {"percent_not_written_when_0", "Leaves percent alone when it is 0.", "QS-12",
     Make<NoZeroPercent>},
    {"hr_not_written_on_success", "Leaves hr alone once finished with success.", "QS-12",
     Make<NoHrOnSuccess>},
    {"percent_not_written_on_failure", "Leaves percent alone once finished with a failure.",
     "QS-12", Make<NoPercentOnFailure>},
    {"nothing_written_before_progress", "Returns S_OK and writes nothing until the first progress.",
     "QS-12", Make<NothingBeforeProgress>},
    {"percent_written_as_byte", "Writes one byte of percent.", "QS-12", Make<OneByteOfPercent>},
    {"percent_written_as_8_bytes", "Writes eight bytes at pulPercentCompleted.", "QS-12",
     // At the end of a page the write does not come back.
     Make<EightBytesAtPercent>, "win32", "QS-13"},
    {"writes_before_hr", "Writes the four bytes before pHrResult.", "QS-12", Make<BeforeHr>},
};

}  // namespace

std::span<const Row> MemoryRows() { return kRows; }

}  // namespace vdsconform::mutants
