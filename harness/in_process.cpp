#include "harness/in_process.h"

#include <unistd.h>

#include <utility>

#include "harness/autopsy.h"
#include "harness/executor.h"
#include "harness/fork_guard.h"
#include "harness/iut_library.h"

namespace vdsconform {
namespace {

class InProcessSubject : public Subject {
 public:
  // `library` is null for an IUT that is linked in.
  InProcessSubject(std::unique_ptr<IutLibrary> library, const vdsconform_iut& iut,
                   std::vector<std::string> parameters, const Patience& patience)
      : library_(std::move(library)),
        info_{iut.name, iut.version, iut.capabilities, {}},
        journal_(std::make_unique<Journal>()) {
    ClearJournal(*journal_);
    executor_ = std::make_unique<Executor>(iut, std::move(parameters), journal_.get());
    executor_->set_patience(patience);
    info_.no_exploration = executor_->WhyNotExplored();
  }

  ~InProcessSubject() override {
    if (!hung_) return;
    // A thread is still inside the IUT and may come back: everything that it may touch stays.
    static_cast<void>(executor_.release());
    static_cast<void>(library_.release());
    static_cast<void>(journal_.release());
  }

  const IutInfo& info() const override { return info_; }
  void set_patience(const Patience& patience) override { executor_->set_patience(patience); }

  Execution Execute(const Program& program) override {
    Execution execution;
    if (hung_) {
      execution.error =
          "an earlier call has never come back; without a process of its own the implementation "
          "cannot be tested further";
      return execution;
    }
    ForgetLastProgram(*journal_);
    Executor::Outcome outcome = executor_->Run(program);
    if (InForkedChild()) _exit(0);
    hung_ = outcome.hung;
    execution.history = std::move(outcome.history);
    execution.exploration = outcome.exploration;
    execution.stack_bytes = outcome.stack_bytes;
    execution.inconclusive = std::move(outcome.inconclusive);
    return execution;
  }

 private:
  std::unique_ptr<IutLibrary> library_;
  IutInfo info_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Executor> executor_;
  bool hung_ = false;
};

}  // namespace

std::variant<std::unique_ptr<Subject>, std::string> OpenInProcess(
    const std::string& library, const std::vector<std::string>& parameters,
    const Patience& patience) {
  InstallForkGuard();
  auto loaded = IutLibrary::Load(library);
  if (auto* error = std::get_if<std::string>(&loaded)) return std::move(*error);
  auto& opened = std::get<std::unique_ptr<IutLibrary>>(loaded);
  const vdsconform_iut& iut = opened->iut();
  return std::make_unique<InProcessSubject>(std::move(opened), iut, parameters, patience);
}

std::variant<std::unique_ptr<Subject>, std::string> OpenLinkedIn(
    const vdsconform_iut* iut, const std::vector<std::string>& parameters,
    const Patience& patience) {
  InstallForkGuard();
  if (std::string why = WhyUnusable(iut); !why.empty()) return "the implementation: " + why;
  return std::make_unique<InProcessSubject>(nullptr, *iut, parameters, patience);
}

}  // namespace vdsconform
