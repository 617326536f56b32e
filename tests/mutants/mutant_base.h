// What every mutant is made of: a small, correct IVdsAsync with pieces to override.
//
// Its state is one atomic, so QueryStatus takes no lock and reads hr and percent from one moment.
// A mutant is a class that overrides just what it breaks, and one Row that says which requirement
// is meant to find it. Safe for use from several threads, as iut.h asks. Not covered: Windows, as
// many faults are made with POSIX means.
#ifndef VDSCONFORM_TESTS_MUTANTS_MUTANT_BASE_H_
#define VDSCONFORM_TESTS_MUTANTS_MUTANT_BASE_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "spec/com.h"
#include "spec/hresult.h"
#include "spec/iut.h"

namespace vdsconform::mutants {

enum class Phase : uint8_t { kPending, kFinished, kCanceled };

// Eight bytes without padding, so that one lock-free atomic holds and compares them.
struct State {
  HRESULT result = hr::kOk;  // once ended
  uint16_t percent = 0;      // the highest that the driver reported, 0..100
  Phase phase = Phase::kPending;
  bool estimable = true;

  bool pending() const { return phase == Phase::kPending; }
  bool finished() const { return phase == Phase::kFinished; }  // by the driver
  bool ended() const { return phase != Phase::kPending; }
};
static_assert(sizeof(State) == 8);

// What QueryStatus stores.
struct Answer {
  HRESULT hr;
  ULONG percent;
};

// True of outputs at one address, where nobody can see what was told.
inline bool AreOne(const HRESULT* hr, const ULONG* percent) {
  return reinterpret_cast<uintptr_t>(hr) == reinterpret_cast<uintptr_t>(percent);
}

class Operation : public IVdsAsync {
 public:
  explicit Operation(bool estimable) : state_(State{hr::kOk, 0, Phase::kPending, estimable}) {}
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  HRESULT QueryInterface(const IID& iid, void** object) override;
  ULONG AddRef() override { return ++references_; }
  ULONG Release() override;
  HRESULT Cancel() override;
  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override;
  HRESULT QueryStatus(HRESULT* hr, ULONG* percent) override;

  // The driver's side. It holds a reference of its own until End.
  virtual void Progress(ULONG percent);
  virtual void Finish(HRESULT result) { EndAs(Phase::kFinished, result); }
  virtual void End() { Release(); }

 protected:
  // QueryStatus in pieces: a call with a NULL output, else Look, Show and Tell.
  virtual HRESULT OnNull(HRESULT* /*hr*/, ULONG* /*percent*/) { return hr::kInvalidArg; }
  virtual State Look() { return state_.load(); }
  virtual Answer Show(State state);
  virtual HRESULT Tell(State state, HRESULT* hr, ULONG* percent);
  // The last reference is gone.
  virtual void Destroy() { delete this; }

  // Ends the operation if it is pending. False: it had ended before.
  bool EndAs(Phase phase, HRESULT result);
  // Blocks until the operation has ended.
  void AwaitEnd();

  std::atomic<State> state_;
  std::atomic<ULONG> references_{2};  // the client's and the driver's
  std::mutex mutex_;                  // guards nothing but the sleep of ended_
  std::condition_variable ended_;
};

// A mutant that only changes what QueryStatus says, by a function of the state and of what would be
// right.
template <Answer (*kChange)(State, Answer)>
class Says : public Operation {
 public:
  using Operation::Operation;

 protected:
  Answer Show(State state) override { return kChange(state, Operation::Show(state)); }
};

// A mutant that only changes what is returned, by a function of the state and of what is stored.
template <HRESULT (*kReturn)(State, Answer)>
class Returns : public Operation {
 public:
  using Operation::Operation;

 protected:
  HRESULT Tell(State state, HRESULT* hr, ULONG* percent) override {
    Operation::Tell(state, hr, percent);
    return kReturn(state, Answer{*hr, *percent});
  }
};

// A mutant that only changes what a call with NULL outputs does.
template <HRESULT (*kOnNull)(HRESULT*, ULONG*)>
class OnNullOutputs : public Operation {
 public:
  using Operation::Operation;

 protected:
  HRESULT OnNull(HRESULT* hr, ULONG* percent) override { return kOnNull(hr, percent); }
};

// Some microseconds in few instructions: wide enough for racing threads to meet in it, short enough
// for every instruction of it to be a preemption point.
void Linger();

inline constexpr uint32_t kEverything = VDSCONFORM_DRIVE | VDSCONFORM_CANCEL | VDSCONFORM_WAIT |
                                        VDSCONFORM_ESTIMATE | VDSCONFORM_NOT_ESTIMATE;

// One mutant. Each stands in one of the tables below, its name first: the build makes a library of
// every row.
struct Row {
  const char* name;
  const char* does;         // what it does wrong, or, conforming, what is unusual about it
  const char* requirement;  // QS: must fail with this id alone; QA: must conform and be advised
                            // of it; empty: must conform without advice
  Operation* (*make)(bool estimable);
  const char* profile = "win32";
  // Further ids that the same fault may show under, "QS-10 QS-11"; "inconclusive" where a
  // conforming one cannot be brought to every state.
  const char* also = "";
  uint32_t capabilities = kEverything;
  // How the command is told to look, where it is not a quick run through all cases: some faults are
  // too rare for that, and some make too many calls wait for their patience.
  const char* how = "--quick";
};

template <class T>
Operation* Make(bool estimable) {
  return new T(estimable);
}

std::span<const Row> ValueRows();
std::span<const Row> NullRows();
std::span<const Row> MemoryRows();
std::span<const Row> StateRows();
std::span<const Row> CountRows();
std::span<const Row> CancelAndWaitRows();
std::span<const Row> TornRows();
std::span<const Row> TornNarrowRows();
std::span<const Row> ConcurrencyRows();
std::span<const Row> BlockingRows();
std::span<const Row> BlockingMeansRows();
std::span<const Row> CrashRows();
std::span<const Row> ObjectRows();
std::span<const Row> AdvisoryRows();
std::span<const Row> ConformingStructureRows();
std::span<const Row> ConformingWorkerRows();
std::span<const Row> ConformingRows();

// All of them, in this order.
std::vector<Row> AllRows();

}  // namespace vdsconform::mutants

#endif  // VDSCONFORM_TESTS_MUTANTS_MUTANT_BASE_H_
