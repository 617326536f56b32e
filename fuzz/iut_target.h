// Runs packed Programs on an implementation in this process and judges them: what fuzz_iut and
// `vdsconform fuzz` fuzz.
//
// Programs that run in order are run on the calling thread (direct_run.h), those that race or stop
// threads by the executor. An implementation in another process (a host) runs them all itself. One
// object, one thread.
#ifndef VDSCONFORM_FUZZ_IUT_TARGET_H_
#define VDSCONFORM_FUZZ_IUT_TARGET_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "harness/direct_run.h"
#include "harness/executor.h"
#include "harness/fuzz_engine.h"
#include "harness/iut_library.h"
#include "harness/open_subject.h"
#include "spec/judge.h"

namespace vdsconform {

class IutTarget {
 public:
  // Loads the library, or starts the host; or why that cannot be done.
  static std::variant<std::unique_ptr<IutTarget>, std::string> Open(const IutOptions& options,
                                                                    Profile profile);

  // Runs what the bytes stand for. An error of the suite's own ends the process.
  Judgement Run(std::span<const uint8_t> bytes);

  // What the last bytes stood for.
  const Program& program() const { return program_; }

 private:
  IutTarget(std::unique_ptr<IutLibrary> library, std::unique_ptr<Subject> host,
            const IutOptions& options, Profile profile);
  const History& Execute();

  const std::unique_ptr<IutLibrary> library_;
  const std::unique_ptr<Subject> host_;
  const IutOptions options_;
  Judge judge_;
  std::unique_ptr<DirectRunner> direct_;
  std::unique_ptr<Executor> executor_;  // made when first needed
  std::unique_ptr<Journal> journal_;
  Program program_;
  History history_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_FUZZ_IUT_TARGET_H_
