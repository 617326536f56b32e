// Any bytes as a Program that runs on the reference implementation: the judge finds nothing.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/program_mutator.h"
#include "harness/direct_run.h"
#include "harness/program_bytes.h"
#include "harness/program_mutation.h"
#include "reference/drivable_iut.h"
#include "spec/judge.h"

size_t vdsconform::DearMutants() { return kDearSeldom; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vdsconform;
  static DirectRunner runner(ReferenceIut(), {});
  static Judge judge(Profile::kWin32);
  static Program program;
  UnpackProgram({data, size}, &program);
  program.schedule = Schedule{};
  judge.Observe(runner.Run(program));
  const Judgement judgement = judge.Finish();
  if (judgement.findings.empty()) return 0;
  for (const Finding& finding : judgement.findings) {
    if (Get(finding.req).advisory) continue;
    std::fprintf(stderr, "%s\n", finding.message.c_str());
    std::abort();
  }
  return 0;
}
