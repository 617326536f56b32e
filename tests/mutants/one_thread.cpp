#include "tests/mutants/one_thread.h"

#include <algorithm>
#include <array>

namespace vdsconform::mutants {
namespace {

struct Reason {
  std::string_view name;
  std::string_view why;
};

constexpr std::string_view kTorn = "right unless a call overlaps a transition on another thread";
constexpr std::string_view kLost = "right unless two transitions, or a call, overlap";

// Apart from those of whole tables.
constexpr std::array kReasons = {
    Reason{"lock_held_by_wait", "another thread has to be inside Wait"},
    Reason{"lock_held_by_cancel", "another thread has to be inside Cancel"},
    Reason{"lock_convoy", "two threads have to call at once"},
    Reason{"computes_under_lock", "a second thread has to find the lock taken"},
    Reason{"wait_returns_at_once", "to end what is waited for takes a second thread"},
    Reason{"wait_returns_at_100", "to end what is waited for takes a second thread"},
    Reason{"never_freed", "no call shows it; the memory of thousands of operations does"},
    Reason{"warns_by_itself",
           "it ends by its own clock, which no Program that is fuzzed waits for"},
};

bool IsOf(std::span<const Row> rows, std::string_view name) {
  return std::any_of(rows.begin(), rows.end(), [&](const Row& row) { return name == row.name; });
}

}  // namespace

std::string_view WhyNotOnOneThread(const Row& row) {
  const auto reason = std::find_if(kReasons.begin(), kReasons.end(),
                                   [&](const Reason& known) { return known.name == row.name; });
  if (reason != kReasons.end()) return reason->why;
  if (IsOf(TornRows(), row.name) || IsOf(TornNarrowRows(), row.name)) return kTorn;
  return IsOf(ConcurrencyRows(), row.name) ? kLost : std::string_view();
}

std::vector<std::string> UnknownReasons() {
  const std::vector<Row> rows = AllRows();
  std::vector<std::string> unknown;
  for (const Reason& reason : kReasons) {
    if (!IsOf(rows, reason.name)) unknown.emplace_back(reason.name);
  }
  return unknown;
}

}  // namespace vdsconform::mutants
