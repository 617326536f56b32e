#include "fuzz/iut_target.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "fuzz/program_features.h"
#include "fuzz/program_mutator.h"
#include "harness/autopsy.h"
#include "harness/fork_guard.h"
#include "harness/program_bytes.h"
#include "harness/program_mutation.h"
#include "harness/quarantine.h"
#include "harness/thread_state.h"

namespace vdsconform {

size_t DearMutants() { return kDearOften; }

std::variant<std::unique_ptr<IutTarget>, std::string> IutTarget::Open(const IutOptions& options,
                                                                      Profile profile) {
  std::unique_ptr<IutLibrary> library;
  std::unique_ptr<Subject> host;
  if (options.library.empty()) {
    auto opened = OpenSubject(options);
    if (auto* error = std::get_if<std::string>(&opened)) return std::move(*error);
    host = std::get<std::unique_ptr<Subject>>(std::move(opened));
  } else {
    InstallForkGuard();
    auto loaded = IutLibrary::Load(options.library);
    if (auto* error = std::get_if<std::string>(&loaded)) return std::move(*error);
    library = std::get<std::unique_ptr<IutLibrary>>(std::move(loaded));
    StartQuarantine();
  }
  return std::unique_ptr<IutTarget>(
      new IutTarget(std::move(library), std::move(host), options, profile));
}

IutTarget::IutTarget(std::unique_ptr<IutLibrary> library, std::unique_ptr<Subject> host,
                     const IutOptions& options, Profile profile)
    : library_(std::move(library)), host_(std::move(host)), options_(options), judge_(profile) {
  if (library_) {
    direct_ = std::make_unique<DirectRunner>(library_->iut(), options_.parameters);
  }
}

const History& IutTarget::Execute() {
  if (library_ && program_.schedule.kind == Schedule::Kind::kInOrder) {
    return direct_->Run(program_);
  }
  if (host_) {
    Execution execution = host_->Execute(program_);
    if (!execution.error.empty()) {
      std::fprintf(stderr, "vdsconform: %s\n", execution.error.c_str());
      std::_Exit(4);
    }
    history_ = std::move(execution.history);
    return history_;
  }
  if (!executor_) {
    journal_ = std::make_unique<Journal>();
    ClearJournal(*journal_);
    executor_ = std::make_unique<Executor>(library_->iut(), options_.parameters, journal_.get());
    executor_->set_patience(options_.patience);
  }
  ForgetLastProgram(*journal_);
  Executor::Outcome outcome = executor_->Run(program_);
  history_ = std::move(outcome.history);
  // With a thread that never comes back nothing more can be run in this process; whoever watches
  // it tries the Program again.
  if (outcome.hung) std::abort();
  return history_;
}

Judgement IutTarget::Run(std::span<const uint8_t> bytes) {
  UnpackProgram(bytes, &program_);
  RestrictTo(library_ ? library_->info().capabilities : host_->info().capabilities, &program_);
  const OwnFrees frees;
  const bool watches = library_ && program_.schedule.kind == Schedule::Kind::kInOrder;
  const uint64_t switches = watches ? OwnVoluntarySwitches() : 0;
  const History& history = Execute();
  const bool slept = watches && OwnVoluntarySwitches() != switches;
  NoteFeatures(history);
  judge_.Observe(history);
  Judgement judgement = judge_.Finish();
  if (slept && judgement.findings.empty()) {
    Finding finding;
    finding.req = Req::kQs06;
    finding.cause = std::string(kSleptSomewhere);
    finding.message = "the thread slept during the Program";
    judgement.findings.push_back(std::move(finding));
  }
  return judgement;
}

}  // namespace vdsconform
