// In place of worker.cpp where libFuzzer was not found.
#include "harness/fuzz_engine.h"

namespace vdsconform {

int FuzzWorkerMain(const FuzzWorkerOptions&) { return kNoEngine; }

}  // namespace vdsconform
