// What the directed cases share: which Programs a quick run leaves out, and when a case has seen
// enough.
//
// A case runs its Programs one by one and stops at the first that breaks its own requirement: that
// Program is small and is the one to look at. Faults of other requirements do not stop it, but
// Programs that crash, hang or block do after a few of them, because each costs seconds. Not
// thread-safe. Random Programs are searched and shrunk elsewhere (random_program_cases.cpp).
#ifndef VDSCONFORM_TESTS_CONFORMANCE_DIRECTED_CASE_H_
#define VDSCONFORM_TESTS_CONFORMANCE_DIRECTED_CASE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "harness/conformance_case.h"
#include "harness/program.h"
#include "spec/hresult.h"
#include "spec/iut.h"
#include "spec/requirements.h"

namespace vdsconform {

class DirectedCase : public ConformanceCase {
 protected:
  explicit DirectedCase(Req req, uint32_t needs) : ConformanceCase(req, needs), own_req_(req) {}

  // Executes, judges and records one Program. False: the case should run no more of them.
  bool Check(const Program& program);

  // A plan that the IUT declares, for what does not depend on the plan.
  bool AnyPlan() const;

  // Rounds of a racing Program: all of them, or an eighth in a quick run.
  uint32_t Rounds(uint32_t full) const;

  // 0..100; in a quick run the ends, the middle and, by the seed, an eighth of the others.
  std::vector<uint32_t> Percents() const;
  // 0, 1, 50, 99, 100.
  static std::vector<uint32_t> FewPercents();

  // Every code of the table that an operation may finish with; a quick run takes an eighth of
  // them, by the seed.
  std::vector<HRESULT> KnownResults() const;
  // Results whose bits invite mistakes (neighbours of VDS_E_OPERATION_PENDING in every bit, the
  // ends of the range, every severity, customer and reserved bit), and random ones by the seed.
  std::vector<HRESULT> OddResults() const;
  // A few of every kind: success, success with information, VDS, standard and Win32 failures.
  static std::vector<HRESULT> FewResults();

 private:
  Req own_req_;
  uint32_t costly_programs_ = 0;
};

// True if executing it ran into calls that wait or do not come back, into a death of the process or
// into something that kept it from being carried out; such a Program may cost seconds. Remembers
// for the rest of the run that it happened.
bool MeetCostly(const Execution& execution);

// True if MeetCostly has met a call that waits. Programs that rely on calls coming back soon then
// show nothing.
bool WaitsWereMet();

// `rounds`, or only a few once a call that waits has been met in this run.
uint32_t AffordableRounds(uint32_t rounds);

// A query, `repeat` times.
Step Times(uint32_t repeat, Step step);

}  // namespace vdsconform

#endif  // VDSCONFORM_TESTS_CONFORMANCE_DIRECTED_CASE_H_
