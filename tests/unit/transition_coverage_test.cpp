// The seeds of fuzz/corpus/reference, run on the reference implementation, take every transition of
// the status model, and make every call in every state. Where one is missing it is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/direct_run.h"
#include "harness/program_bytes.h"
#include "reference/drivable_iut.h"
#include "spec/hresult.h"
#include "spec/status_model.h"

namespace vdsconform {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::IsEmpty;

// What the model says of an operation at one moment.
struct State {
  bool begun = false;
  bool estimable = true;
  bool finished = false;
  bool canceled = false;
  HRESULT result = hr::kOk;  // once finished
  uint32_t percent = 0;      // the driver's last
  bool let_go = false;
  int32_t references = 0;    // the client's
  bool other_began = false;  // there is another operation
  bool other_finished = false;

  bool Pending() const { return begun && !finished; }
  bool AtStart() const { return Pending() && estimable && percent == 0; }
  bool Moved() const { return Pending() && estimable && percent > 0; }
  bool Unknown() const { return Pending() && !estimable; }
  bool Ended() const { return finished && !canceled; }
  bool WithOk() const { return Ended() && result == hr::kOk; }
  bool WithCode() const { return Ended() && Succeeded(result) && result != hr::kOk; }
  bool WithFailure() const { return Ended() && Failed(result); }
};

// A call, with the state that it was made in and the one that it left.
struct Moment {
  State before;
  const Event& event;
  State after;

  bool Is(Call call) const { return event.call == call; }
  bool Query() const { return Is(Call::kQueryStatus) && event.hr && event.percent; }
  bool Null(NullOutputs which) const {
    return Is(Call::kQueryStatus) && event.null_outputs == which;
  }
  bool Ask(Interface which) const {
    return Is(Call::kQueryInterface) && event.interface_id == which;
  }
  bool Wait() const { return Is(Call::kWait) && event.ret == hr::kOk; }
  bool Canceled() const { return Is(Call::kCancel) && event.ret == hr::kOk; }
  bool TooLate() const { return Is(Call::kCancel) && event.ret == hr::kCancelTooLate; }
  // Finishes a pending operation with such a result.
  bool EndsWithOk() const { return Is(Call::kFinish) && event.result == hr::kOk; }
  bool EndsWithCode() const {
    return Is(Call::kFinish) && Succeeded(*event.result) && event.result != hr::kOk;
  }
  bool EndsWithFailure() const { return Is(Call::kFinish) && Failed(*event.result); }
  bool LastRelease() const { return Is(Call::kRelease) && before.let_go && after.references == 0; }
};

struct Transition {
  const char* name;
  bool (*is)(const Moment& m);
};

constexpr std::array kTransitions = {
    // Into being.
    Transition{"begin, estimable",
               [](const Moment& m) { return m.Is(Call::kBegin) && m.after.estimable; }},
    Transition{"begin, not estimable",
               [](const Moment& m) { return m.Is(Call::kBegin) && !m.after.estimable; }},
    Transition{"begin beside a pending one",
               [](const Moment& m) { return m.Is(Call::kBegin) && m.before.other_began; }},
    // Progress.
    Transition{"progress from the start",
               [](const Moment& m) { return m.Is(Call::kProgress) && m.before.AtStart(); }},
    Transition{"progress on",
               [](const Moment& m) {
                 return m.Is(Call::kProgress) && m.before.Moved() &&
                        m.after.percent > m.before.percent;
               }},
    Transition{"progress back",
               [](const Moment& m) {
                 return m.Is(Call::kProgress) && m.before.Moved() &&
                        m.after.percent < m.before.percent;
               }},
    Transition{"progress to 100 while pending",
               [](const Moment& m) {
                 return m.Is(Call::kProgress) && m.after.Pending() && m.after.percent == 100;
               }},
    Transition{"progress that cannot be estimated",
               [](const Moment& m) { return m.Is(Call::kProgress) && m.before.Unknown(); }},
    Transition{"progress after the end",
               [](const Moment& m) { return m.Is(Call::kProgress) && m.before.Ended(); }},
    Transition{"progress after a Cancel",
               [](const Moment& m) { return m.Is(Call::kProgress) && m.before.canceled; }},
    // Finish.
    Transition{"success from the start",
               [](const Moment& m) { return m.EndsWithOk() && m.before.AtStart(); }},
    Transition{"success after progress",
               [](const Moment& m) { return m.EndsWithOk() && m.before.Moved(); }},
    Transition{"success, not estimable",
               [](const Moment& m) { return m.EndsWithOk() && m.before.Unknown(); }},
    Transition{"another success code from the start",
               [](const Moment& m) { return m.EndsWithCode() && m.before.AtStart(); }},
    Transition{"another success code after progress",
               [](const Moment& m) { return m.EndsWithCode() && m.before.Moved(); }},
    Transition{"failure from the start",
               [](const Moment& m) { return m.EndsWithFailure() && m.before.AtStart(); }},
    Transition{"failure after progress",
               [](const Moment& m) { return m.EndsWithFailure() && m.before.Moved(); }},
    Transition{"failure, not estimable",
               [](const Moment& m) { return m.EndsWithFailure() && m.before.Unknown(); }},
    Transition{"finish after a finish",
               [](const Moment& m) { return m.Is(Call::kFinish) && m.before.Ended(); }},
    Transition{"finish after a Cancel",
               [](const Moment& m) { return m.Is(Call::kFinish) && m.before.canceled; }},
    // Cancel.
    Transition{"Cancel from the start",
               [](const Moment& m) { return m.Canceled() && m.before.AtStart(); }},
    Transition{"Cancel after progress",
               [](const Moment& m) { return m.Canceled() && m.before.Moved(); }},
    Transition{"Cancel, not estimable",
               [](const Moment& m) { return m.Canceled() && m.before.Unknown(); }},
    Transition{"Cancel too late for a success",
               [](const Moment& m) { return m.TooLate() && m.before.WithOk(); }},
    Transition{"Cancel too late for a failure",
               [](const Moment& m) { return m.TooLate() && m.before.WithFailure(); }},
    Transition{"Cancel after a Cancel",
               [](const Moment& m) { return m.TooLate() && m.before.canceled; }},
    // QueryStatus in each state.
    Transition{"query at the start",
               [](const Moment& m) { return m.Query() && m.before.AtStart(); }},
    Transition{"query after progress",
               [](const Moment& m) { return m.Query() && m.before.Moved(); }},
    Transition{"query at 100 while pending",
               [](const Moment& m) {
                 return m.Query() && m.before.Moved() && m.before.percent == 100;
               }},
    Transition{"query, not estimable",
               [](const Moment& m) { return m.Query() && m.before.Unknown(); }},
    Transition{"query after success",
               [](const Moment& m) { return m.Query() && m.before.WithOk(); }},
    Transition{"query after another success code",
               [](const Moment& m) { return m.Query() && m.before.WithCode(); }},
    Transition{"query after failure",
               [](const Moment& m) { return m.Query() && m.before.WithFailure(); }},
    Transition{"query after a Cancel",
               [](const Moment& m) { return m.Query() && m.before.canceled; }},
    Transition{"query beside one that has finished",
               [](const Moment& m) {
                 return m.Query() && m.before.Pending() && m.before.other_finished;
               }},
    Transition{"query of a pending one that was let go",
               [](const Moment& m) {
                 return m.Query() && m.before.Pending() && m.before.let_go;
               }},
    Transition{"query of a finished one that was let go",
               [](const Moment& m) { return m.Query() && m.before.finished && m.before.let_go; }},
    // NULL outputs.
    Transition{"NULL hr while pending",
               [](const Moment& m) { return m.Null(NullOutputs::kHr) && m.before.Pending(); }},
    Transition{"NULL percent while pending",
               [](const Moment& m) { return m.Null(NullOutputs::kPercent) && m.before.Pending(); }},
    Transition{"both NULL while pending",
               [](const Moment& m) { return m.Null(NullOutputs::kBoth) && m.before.Pending(); }},
    Transition{"NULL hr once finished",
               [](const Moment& m) { return m.Null(NullOutputs::kHr) && m.before.Ended(); }},
    Transition{"NULL percent once finished",
               [](const Moment& m) { return m.Null(NullOutputs::kPercent) && m.before.Ended(); }},
    Transition{"both NULL once finished",
               [](const Moment& m) { return m.Null(NullOutputs::kBoth) && m.before.Ended(); }},
    Transition{"NULL output after a Cancel",
               [](const Moment& m) {
                 return m.Is(Call::kQueryStatus) && m.event.null_outputs != NullOutputs::kNone &&
                        m.before.canceled;
               }},
    // Wait.
    Transition{"Wait after success",
               [](const Moment& m) { return m.Wait() && m.before.WithOk(); }},
    Transition{"Wait after another success code",
               [](const Moment& m) { return m.Wait() && m.before.WithCode(); }},
    Transition{"Wait after failure",
               [](const Moment& m) { return m.Wait() && m.before.WithFailure(); }},
    Transition{"Wait after a Cancel",
               [](const Moment& m) { return m.Wait() && m.before.canceled; }},
    // The driver lets go.
    Transition{"end while pending",
               [](const Moment& m) { return m.Is(Call::kEnd) && m.before.Pending(); }},
    Transition{"end once finished",
               [](const Moment& m) { return m.Is(Call::kEnd) && m.before.Ended(); }},
    Transition{"end after a Cancel",
               [](const Moment& m) { return m.Is(Call::kEnd) && m.before.canceled; }},
    // References.
    Transition{"AddRef while pending",
               [](const Moment& m) { return m.Is(Call::kAddRef) && m.before.Pending(); }},
    Transition{"AddRef once finished",
               [](const Moment& m) { return m.Is(Call::kAddRef) && m.before.finished; }},
    Transition{"Release while pending",
               [](const Moment& m) {
                 return m.Is(Call::kRelease) && m.before.Pending() && m.after.references > 0;
               }},
    Transition{"Release once finished",
               [](const Moment& m) {
                 return m.Is(Call::kRelease) && m.before.finished && m.after.references > 0;
               }},
    Transition{"last Release while pending",
               [](const Moment& m) { return m.LastRelease() && m.before.Pending(); }},
    Transition{"last Release once finished",
               [](const Moment& m) { return m.LastRelease() && m.before.Ended(); }},
    Transition{"last Release after a Cancel",
               [](const Moment& m) { return m.LastRelease() && m.before.canceled; }},
    Transition{"IVdsAsync asked for while pending",
               [](const Moment& m) { return m.Ask(Interface::kIVdsAsync) && m.before.Pending(); }},
    Transition{"IVdsAsync asked for once finished",
               [](const Moment& m) { return m.Ask(Interface::kIVdsAsync) && m.before.finished; }},
    Transition{"IUnknown asked for while pending",
               [](const Moment& m) { return m.Ask(Interface::kIUnknown) && m.before.Pending(); }},
    Transition{"IUnknown asked for once finished",
               [](const Moment& m) { return m.Ask(Interface::kIUnknown) && m.before.finished; }},
    Transition{"another interface asked for while pending",
               [](const Moment& m) { return m.Ask(Interface::kOther) && m.before.Pending(); }},
    Transition{"another interface asked for once finished",
               [](const Moment& m) { return m.Ask(Interface::kOther) && m.before.finished; }},
};

// Follows a history of one thread by the model.
class Follower {
 public:
  // The names of the transitions in it.
  std::set<std::string> Follow(const History& history) {
    std::set<std::string> taken;
    for (const Event& event : history.events) {
      const State before = StateOf(event.op);
      Take(event);
      const Moment moment{before, event, StateOf(event.op)};
      for (const Transition& transition : kTransitions) {
        if (transition.is(moment)) taken.insert(transition.name);
      }
    }
    return taken;
  }

 private:
  struct Followed {
    explicit Followed(uint32_t number) : status(number) {}
    OperationStatus status;
    HRESULT result = hr::kOk;
  };

  void Take(const Event& event) {
    Followed& followed = all_.try_emplace(event.op, event.op).first->second;
    OperationStatus& status = followed.status;
    if (event.call == Call::kFinish && !status.floor().MustBeFinished()) {
      followed.result = *event.result;
    }
    const Floor floor = status.floor();
    status.Invoked(event, floor, order_);
    if (event.call != Call::kQueryStatus) {
      status.Returned(event);
    } else if (event.hr && event.percent) {
      status.Reported(event, order_, 0);
    }
    ++order_;
  }

  State StateOf(uint32_t op) const {
    State state;
    for (const auto& [number, followed] : all_) {
      if (number == op) continue;
      state.other_began = true;
      if (followed.status.floor().MustBeFinished()) state.other_finished = true;
    }
    const auto known = all_.find(op);
    if (known == all_.end()) return state;
    const OperationStatus& status = known->second.status;
    state.begun = true;
    state.estimable = status.estimable();
    state.finished = status.floor().MustBeFinished();
    state.canceled = status.floor().finished_by_cancel;
    state.result = known->second.result;
    state.percent = status.driver_percent();
    state.let_go = status.let_go();
    state.references = status.client_references();
    return state;
  }

  std::map<uint32_t, Followed> all_;
  uint64_t order_ = 0;
};

// What each seed takes, by file name.
using Taken = std::map<std::string, std::set<std::string>>;

Taken TakenBySeeds() {
  const fs::path folder = fs::path(VDSCONFORM_SOURCE_DIR) / "fuzz/corpus/reference";
  DirectRunner runner(ReferenceIut(), {});
  Taken taken;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
    Program program;
    UnpackProgram(bytes, &program);
    program.schedule = Schedule{};
    taken[entry.path().filename().string()] = Follower().Follow(runner.Run(program));
  }
  return taken;
}

std::vector<std::string> Missing(const Taken& taken) {
  std::vector<std::string> missing;
  for (const Transition& transition : kTransitions) {
    const bool is_taken = std::any_of(taken.begin(), taken.end(), [&](const auto& seed) {
      return seed.second.contains(transition.name);
    });
    if (!is_taken) missing.emplace_back(transition.name);
  }
  return missing;
}

TEST(TransitionCoverage, SeedsTakeEveryTransition) {
  EXPECT_THAT(Missing(TakenBySeeds()), IsEmpty());
}

TEST(TransitionCoverage, ATransitionWithoutItsSeedsIsNamed) {
  const Taken all = TakenBySeeds();
  for (const Transition& transition : kTransitions) {
    Taken others = all;
    std::erase_if(others, [&](const auto& seed) { return seed.second.contains(transition.name); });
    EXPECT_THAT(Missing(others), Contains(transition.name));
  }
}

}  // namespace
}  // namespace vdsconform
