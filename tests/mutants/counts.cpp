// Mutants that go wrong after so many calls or references of one operation.

#include <cstdlib>

#include "tests/mutants/shapes.h"

namespace vdsconform::mutants {
namespace {

// Base of this file: something is different in an operation's so-manieth call, and in no other.
template <uint32_t kCall>
class Counts : public Operation {
 public:
  using Operation::Operation;

 protected:
  Answer Show(State state) override {
    const Answer right = Operation::Show(state);
    return ++calls_ == kCall ? Wrong(state, right) : right;
  }
  virtual Answer Wrong(State state, Answer right) = 0;

 private:
  std::atomic<uint32_t> calls_{0};
};

// `kPending`: only while pending, S_OK; else only once finished, the pending code.
template <uint32_t kCall, bool kPending>
class OtherCodeInCall : public Counts<kCall> {
 public:
  using Counts<kCall>::Counts;

 protected:
  Answer Wrong(State state, Answer right) override {
    if (kPending && state.pending()) return {hr::kOk, right.percent};
    if (!kPending && state.finished()) return {hr::kOperationPending, 99};
    return right;
  }
};
template <uint32_t kCall>
using SOkInCall = OtherCodeInCall<kCall, true>;
template <uint32_t kCall>
using PendingInCall = OtherCodeInCall<kCall, false>;

template <uint32_t kCall>
class AbortsInCall : public Counts<kCall> {
 public:
  using Counts<kCall>::Counts;

 protected:
  Answer Wrong(State, Answer) override { std::abort(); }
};

// The calls since the end count here.
template <uint32_t kCall>
class AbortsInCallAfterEnd : public AbortsInCall<kCall> {
 public:
  using AbortsInCall<kCall>::AbortsInCall;

 protected:
  Answer Show(State state) override {
    return state.pending() ? Operation::Show(state) : AbortsInCall<kCall>::Show(state);
  }
};

// Of calls with NULL outputs, the third leaves a mark.
class ThirdNullShows : public Operation {
 public:
  using Operation::Operation;

 protected:
  HRESULT OnNull(HRESULT* hr, ULONG* percent) override {
    ++nulls_;
    return Operation::OnNull(hr, percent);
  }
  Answer Show(State state) override {
    if (state.pending() && nulls_ >= 3) return {hr::kInvalidArg, 100};
    return Operation::Show(state);
  }

 private:
  std::atomic<uint32_t> nulls_{0};
};

// Of Cancels that come too late, the second leaves a mark.
class SecondLateCancelShows : public Operation {
 public:
  using Operation::Operation;

  HRESULT Cancel() override {
    const HRESULT ret = Operation::Cancel();
    if (Failed(ret) && state_.load().finished()) ++late_;
    return ret;
  }

 protected:
  Answer Show(State state) override {
    Answer answer = Operation::Show(state);
    if (late_ >= 2) answer.percent = 0;
    return answer;
  }

 private:
  std::atomic<uint32_t> late_{0};
};

// A quick run makes fewer calls of one operation.
constexpr const char* kManyCalls = "--filter QS13.MoreCalls*";

constexpr Row kRows[] = {
    {"s_ok_in_call_256", "Stores S_OK in its 256th call if that comes while pending.", "QS-01",
     Make<SOkInCall<256>>},
    {"pending_in_call_256", "Tells pending in its 256th call if that comes once finished.", "QS-10",
     Make<PendingInCall<256>>},
    {"aborts_in_call_65536", "Aborts in its 65,536th call.", "QS-13", Make<AbortsInCall<65'536>>,
     "win32", "", kEverything, kManyCalls},
    {"aborts_in_call_65536_after_end", "Aborts in the 65,536th call after the end.", "QS-13",
     Make<AbortsInCallAfterEnd<65'536>>, "win32", "", kEverything, kManyCalls},
    {"pending_in_call_65536", "Tells pending in its 65,536th call if that comes once finished.",
     "QS-10", Make<PendingInCall<65'536>>, "win32", "", kEverything, kManyCalls},
    {"null_three_times_shows", "Tells E_INVALIDARG after three calls with NULL outputs.", "QS-08",
     Make<ThirdNullShows>},
    {"cancel_twice_too_late_shows", "Shows 0 after two Cancels that came too late.", "QS-17",
     Make<SecondLateCancelShows>, "win32", "QS-04"},
};

}  // namespace

std::span<const Row> CountRows() { return kRows; }

}  // namespace vdsconform::mutants
