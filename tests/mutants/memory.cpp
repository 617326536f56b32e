// Mutants that write too little, too much or beside their outputs.

#include <cstdlib>
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

// As one keeps the first failure of several steps in a variable.
template <bool (*kIsReplaced)(HRESULT)>
class ReplacesSome : public Writes {
 public:
  using Writes::Writes;

 protected:
  void Write(State, Answer a, HRESULT* hr, ULONG* percent) override {
    if (kIsReplaced(*hr)) *hr = a.hr;
    *percent = a.percent;
  }
};
using KeepsEarlierFailure = ReplacesSome<Succeeded>;
using ReplacesFailuresOnly = ReplacesSome<Failed>;

template <size_t kAlignment>
bool IsAligned(const void* address) {
  return reinterpret_cast<uintptr_t>(address) % kAlignment == 0;
}

class WideHrWhereAligned : public Writes {
 public:
  using Writes::Writes;

 protected:
  void Write(State, Answer a, HRESULT* hr, ULONG* percent) override {
    volatile HRESULT* const target = hr;
    if (IsAligned<32>(hr)) target[1] = 0;
    target[0] = a.hr;
    *percent = a.percent;
  }
};

class NoPercentAtLineStart : public Writes {
 public:
  using Writes::Writes;

 protected:
  void Write(State, Answer a, HRESULT* hr, ULONG* percent) override {
    *hr = a.hr;
    if (!IsAligned<64>(percent)) *percent = a.percent;
  }
};

// Takes the outputs for variables that are to be kept up to date, and writes them at the end, too.
class KeepsOutputs : public Writes {
 public:
  using Writes::Writes;

  void Finish(HRESULT result) override {
    Writes::Finish(result);
    volatile ULONG* const kept = kept_.exchange(nullptr);
    if (kept != nullptr) *kept = 100;
  }

 protected:
  void Write(State state, Answer a, HRESULT* hr, ULONG* percent) override {
    *hr = a.hr;
    *percent = a.percent;
    if (state.pending()) kept_ = percent;
  }

 private:
  std::atomic<volatile ULONG*> kept_{nullptr};
};

class AbortsIfAliased : public Writes {
 public:
  using Writes::Writes;

 protected:
  void Write(State, Answer a, HRESULT* hr, ULONG* percent) override {
    if (AreOne(hr, percent)) std::abort();
    *hr = a.hr;
    *percent = a.percent;
  }
};

// Remembers what it told last by reading it back from the caller's variable.
class ReadsBack : public Writes {
 public:
  using Writes::Writes;

 protected:
  void Write(State state, Answer a, HRESULT* hr, ULONG* percent) override {
    volatile ULONG* const told = percent;
    const ULONG last = last_told_;
    *told = state.pending() && state.estimable && last > a.percent ? last : a.percent;
    *static_cast<volatile HRESULT*>(hr) = a.hr;
    last_told_ = *told;
  }

 private:
  std::atomic<ULONG> last_told_{0};
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
    {"hr_keeps_earlier_failure", "Leaves hr alone where a failure code is there already.", "QS-12",
     Make<KeepsEarlierFailure>},
    {"hr_replaces_failures_only", "Writes hr only where a failure code is there.", "QS-12",
     Make<ReplacesFailuresOnly>},
    {"hr_written_as_8_bytes_at_32", "Writes eight bytes at a pHrResult that is a multiple of 32.",
     "QS-12", Make<WideHrWhereAligned>},
    {"percent_not_written_at_64", "Leaves percent alone at the start of a cache line.", "QS-12",
     Make<NoPercentAtLineStart>},
    {"aborts_if_aliased", "Aborts when both outputs are one variable.", "QS-13",
     Make<AbortsIfAliased>},
    {"reads_back_percent", "Remembers its percent by reading the caller's variable again.", "QS-02",
     Make<ReadsBack>},
    {"writes_after_return", "Writes percent once more when the operation finishes.", "QS-12",
     // A call that is in flight then has its answer changed.
     Make<KeepsOutputs>, "win32", "QS-02 QS-05 QS-09"},
    {"writes_before_hr", "Writes the four bytes before pHrResult.", "QS-12", Make<BeforeHr>},
};

}  // namespace

std::span<const Row> MemoryRows() { return kRows; }

}  // namespace vdsconform::mutants
