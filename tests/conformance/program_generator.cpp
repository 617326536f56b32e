#include "tests/conformance/program_generator.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

#include "spec/hresult.h"
#include "spec/iut.h"
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

// Values keep their whole range at every size; only the number of steps follows it.
template <typename T>
rc::Gen<T> AtFullSize(rc::Gen<T> gen) {
  return rc::gen::resize(rc::kNominalSize, std::move(gen));
}

rc::Gen<uint32_t> Below(uint32_t bound) { return AtFullSize(rc::gen::inRange<uint32_t>(0, bound)); }

// One of `values`; shrinks towards the first.
template <typename T>
rc::Gen<T> OneOf(std::vector<T> values) {
  return AtFullSize(rc::gen::sizedElementOf(std::move(values)));
}

rc::Gen<uint32_t> Percent() {
  // The ends are where implementations go wrong.
  return rc::gen::weightedOneOf<uint32_t>({{3, OneOf<uint32_t>({0, 1, 99, 100})}, {2, Below(101)}});
}

rc::Gen<HRESULT> Result() {
  std::vector<HRESULT> known{hr::kOk, hr::kFail};
  for (const Code& code : AllCodes()) {
    if (MayBeFinal(code.value)) known.push_back(code.value);
  }
  const rc::Gen<HRESULT> any =
      rc::gen::map(AtFullSize(rc::gen::arbitrary<uint32_t>()), [](uint32_t bits) {
        const HRESULT result = ToHresult(bits);
        return MayBeFinal(result) ? result : hr::kOk;
      });
  return rc::gen::weightedOneOf<HRESULT>(
      {{3, OneOf<HRESULT>({hr::kOk, hr::kFail})}, {3, OneOf(std::move(known))}, {1, any}});
}

rc::Gen<Step> QueryStep() {
  const auto repeat = rc::gen::weightedOneOf<uint32_t>(
      {{4, rc::gen::just(1u)}, {1, rc::gen::map(Below(12), [](uint32_t n) { return n + 1; })}});
  const auto outputs = rc::gen::weightedElement<Outputs>(
      {{8, Outputs::kStack}, {2, Outputs::kHeap}, {2, Outputs::kPageEnd}, {1, Outputs::kAliased}});
  const auto offset = rc::gen::weightedOneOf<uint32_t>(
      {{3, rc::gen::just(kLineBytes)},
       {1, rc::gen::map(Below(kLineBytes / 4), [](uint32_t n) { return n * 4; })}});
  return rc::gen::map(rc::gen::tuple(repeat, outputs, offset, offset), [](const auto& made) {
    Step step = steps::QueryAt(std::get<1>(made));
    step.repeat = std::get<0>(made);
    // A whole line stands for the usual place.
    if (std::get<2>(made) < kLineBytes) step.hr_offset = std::get<2>(made);
    if (std::get<3>(made) < kLineBytes) step.percent_offset = std::get<3>(made);
    return step;
  });
}

rc::Gen<Step> NullStep() {
  return rc::gen::map(
      OneOf<NullOutputs>({NullOutputs::kHr, NullOutputs::kPercent, NullOutputs::kBoth}),
      steps::QueryNull);
}

rc::Gen<Step> AskStep() {
  return rc::gen::map(
      OneOf<Interface>({Interface::kIVdsAsync, Interface::kIUnknown, Interface::kOther}),
      steps::Ask);
}

// One step, of no thread and operation yet. Queries and what they look at come most often.
rc::Gen<Step> BareStep(const GeneratorOptions& options) {
  const auto if_has = [&](uint32_t capability, size_t weight) {
    return (options.capabilities & capability) != 0 ? weight : 0;
  };
  const size_t racing = options.schedule == Schedule::Kind::kRacing ? 1 : 0;
  return rc::gen::weightedOneOf<Step>({
      {24, QueryStep()},
      {14, rc::gen::map(Percent(), steps::Progress)},
      {6, rc::gen::map(Result(), steps::Finish)},
      {4, NullStep()},
      {if_has(VDSCONFORM_WAIT, 2), rc::gen::just(steps::Wait())},
      {if_has(VDSCONFORM_CANCEL, 3), rc::gen::just(steps::Cancel())},
      {2, rc::gen::just(steps::AddRef())},
      {2, rc::gen::just(steps::Release())},
      {2, AskStep()},
      {1, rc::gen::just(steps::End())},
      {1, rc::gen::just(steps::Begin())},
      {4 * racing, rc::gen::just(steps::Barrier())},
  });
}

rc::Gen<Step> AnyStep(const GeneratorOptions& options) {
  return rc::gen::map(
      rc::gen::tuple(BareStep(options), Below(options.threads), Below(options.operations)),
      [](const auto& made) {
        return steps::On(std::get<1>(made), steps::Of(std::get<2>(made), std::get<0>(made)));
      });
}

// Makes the progress of each operation go only forward, as a driver's does. Where two threads
// report it at once it may go back even so.
void MakeForward(std::vector<Step>& steps) {
  std::array<uint32_t, kMaxOperations> reached{};
  for (Step& step : steps) {
    if (step.action != Action::kProgress) continue;
    uint32_t& highest = reached[step.op];
    highest = step.percent = std::max(highest, step.percent);
  }
}

// Plainer Programs that shrinking one step at a time does not reach, since several steps have to
// change at once.
rc::Seq<Program> Plainer(const Program& program) {
  std::vector<Program> plainer(3, program);
  for (Step& step : plainer[0].steps) step.op = 0;
  plainer[0].operations.resize(1);
  for (Step& step : plainer[1].steps) step.thread = 0;
  const Step usual;
  for (Step& step : plainer[2].steps) {
    step.outputs = usual.outputs;
    step.hr_offset = usual.hr_offset;
    step.percent_offset = usual.percent_offset;
  }
  std::erase(plainer, program);
  return rc::seq::fromContainer(std::move(plainer));
}

std::vector<bool> Plans(uint32_t capabilities) {
  std::vector<bool> plans;
  if ((capabilities & VDSCONFORM_ESTIMATE) != 0) plans.push_back(true);
  if ((capabilities & VDSCONFORM_NOT_ESTIMATE) != 0) plans.push_back(false);
  if (plans.empty()) plans.push_back(true);
  return plans;
}

}  // namespace

rc::Gen<Program> AnyProgram(const GeneratorOptions& options) {
  const rc::Gen<std::vector<Step>> steps =
      rc::gen::scale(static_cast<double>(options.steps) / rc::kNominalSize,
                     rc::gen::container<std::vector<Step>>(AnyStep(options)));
  const auto plans =
      rc::gen::container<std::vector<bool>>(options.operations, OneOf(Plans(options.capabilities)));
  // Now and then the driver goes back, which it may.
  const auto forward = rc::gen::weightedElement<bool>({{7, true}, {1, false}});
  const auto programs =
      rc::gen::map(rc::gen::tuple(steps, plans, forward), [options](const auto& made) {
        Program program;
        program.steps = std::get<0>(made);
        if (std::get<2>(made)) MakeForward(program.steps);
        uint32_t operations = 1;
        for (const Step& step : program.steps) operations = std::max(operations, step.op + 1);
        program.operations.clear();
        for (uint32_t op = 0; op < operations; ++op) {
          program.operations.push_back(Operation{std::get<1>(made)[op]});
        }
        program.schedule.kind = options.schedule;
        program.schedule.rounds = options.rounds;
        return program;
      });
  return rc::gen::shrink(programs, [](const Program& program) { return Plainer(program); });
}

}  // namespace vdsconform
