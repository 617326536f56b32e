#include "harness/program_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "spec/hresult.h"

namespace vdsconform {
namespace {

Program Parsed(const std::string& json) {
  auto parsed = ParseProgram(json);
  if (const auto* error = std::get_if<std::string>(&parsed)) {
    ADD_FAILURE() << *error << "\n" << json;
    return {};
  }
  return std::get<Program>(parsed);
}

std::string ErrorOf(const std::string& json) {
  auto parsed = ParseProgram(json);
  const auto* error = std::get_if<std::string>(&parsed);
  return error ? *error : "(accepted)";
}

// The error of a Program with one step that has this field.
std::string StepError(const std::string& field) {
  return ErrorOf(R"({"vdsconform":"program/1","steps":[{"do":"query"},{"do":"query",)" + field +
                 "}]}");
}

TEST(ProgramJson, LeavesDefaultsOut) {
  EXPECT_EQ(ToJson(Program{}), R"({"vdsconform":"program/1","steps":[]})");
  EXPECT_EQ(ToJson(InOrder({steps::Query()})),
            R"({"vdsconform":"program/1","steps":[{"do":"query"}]})");
}

TEST(ProgramJson, WritesWhatIsNotDefault) {
  using namespace steps;
  Program program = Racing({On(1, Query(3)), Finish(hr::kFail), Ask(Interface::kOther)}, 7, false);
  program.name = "a \"name\"";
  program.measure = true;
  EXPECT_EQ(ToJson(program),
            R"({"vdsconform":"program/1","name":"a \"name\"","operations":[{"estimable":false}],)"
            R"("schedule":{"kind":"racing","rounds":7},"measure":true,"steps":[)"
            R"({"thread":1,"do":"query","repeat":3},{"do":"finish","result":"0x80004005"},)"
            R"({"do":"query-interface","iid":"other"}]})");
}

TEST(ProgramJson, AcceptsFieldsAtTheirDefaultsAndUnknownOnes) {
  EXPECT_EQ(Parsed(R"({"vdsconform":"program/1","name":"","operations":[{"estimable":true,"x":1}],
      "schedule":{"kind":"in-order"},"measure":false,"later":[],"steps":[{"thread":0,"op":0,
      "do":"query","repeat":1,"outputs":"stack","percent":0,"result":"S_OK","iid":"IVdsAsync"}]})"),
            InOrder({steps::Query()}));
}

Step RandomStep(std::mt19937& random, size_t operations) {
  Step step;
  step.thread = static_cast<uint32_t>(random() % kMaxThreads);
  step.op = static_cast<uint32_t>(random() % operations);
  step.action = static_cast<Action>(random() % kActionCount);
  step.repeat = static_cast<uint32_t>(random() % 5);
  step.null_outputs = static_cast<NullOutputs>(random() % 4);
  step.outputs = static_cast<Outputs>(random() % kOutputsCount);
  step.hr_offset = static_cast<uint32_t>(random() % 16) * 4;
  step.percent_offset = static_cast<uint32_t>(random() % 16) * 4;
  step.percent = static_cast<uint32_t>(random() % 101);
  step.result = ToHresult(static_cast<uint32_t>(random()));
  step.interface_id = static_cast<Interface>(random() % 3);
  return step;
}

StopPoint RandomPoint(std::mt19937& random) {
  StopPoint point;
  point.instruction = random() % 1'000'000;
  point.beyond = random() % 2 ? 0 : static_cast<uint32_t>(random());
  point.iut_thread = random() % 2 != 0;
  point.at = random() % 2 ? "" : "libmine.so+0x1139 (Finish+0x12)";
  return point;
}

TEST(ProgramJson, ReadsWhatItWrites) {
  std::mt19937 random(20240916);
  for (int i = 0; i < 500; ++i) {
    Program program;
    program.name = random() % 2 ? "n\u00e4me \t\x01" : "";
    program.operations.resize(1 + random() % kMaxOperations);
    for (Operation& operation : program.operations) operation.estimable = random() % 2 != 0;
    for (size_t n = random() % 20; n > 0; --n) {
      program.steps.push_back(RandomStep(random, program.operations.size()));
    }
    program.schedule.kind = static_cast<Schedule::Kind>(random() % 4);
    program.schedule.rounds = 1 + static_cast<uint32_t>(random() % 100);
    program.schedule.budget = 1 + random() % 1'000'000;
    program.schedule.traps = 1 + random() % 100'000;
    program.schedule.seed = random() % 2 ? std::numeric_limits<uint64_t>::max() : random() % 100;
    for (uint32_t step = 0; step < program.steps.size() && step < kMaxPreemptions; ++step) {
      if (random() % 2) program.schedule.preemptions.push_back({step, RandomPoint(random)});
    }
    program.measure = random() % 2 != 0;
    ASSERT_EQ(Parsed(ToJson(program)), program) << ToJson(program);
  }
}

TEST(ProgramJson, ErrorsNameTheFieldAndWhatIsExpected) {
  EXPECT_EQ(StepError(R"("percent":140)"),
            "steps[1].percent: expected an integer from 0 to 100, got 140");
  EXPECT_EQ(StepError(R"("thread":8)"), "steps[1].thread: expected an integer from 0 to 7, got 8");
  EXPECT_EQ(StepError(R"("op":1)"), "steps[1].op: expected an integer from 0 to 0, got 1");
  EXPECT_EQ(StepError(R"("repeat":-1)"),
            "steps[1].repeat: expected an integer from 0 to 1000000, got -1");
  EXPECT_EQ(StepError(R"("repeat":1.5)"),
            "steps[1].repeat: expected an integer from 0 to 1000000, got 1.5");
  EXPECT_EQ(StepError(R"("null":"none")"),
            "steps[1].null: expected \"hr\", \"percent\" or \"both\", got \"none\"");
  EXPECT_EQ(StepError(R"("result":5)"),
            "steps[1].result: expected an HRESULT such as \"0x00000000\", got 5");
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"program/1","steps":[{}]})"),
            "steps[0].do: missing; expected the name of an action such as \"query\"");
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"program/1","steps":[[]]})"),
            "steps[0]: expected an object, got []");
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"program/1"})"), "steps: missing; expected an array");
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"program/2","steps":[]})"),
            "vdsconform: expected \"program/1\", got \"program/2\"");
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"program/1","operations":[],"steps":[]})"),
            "operations: expected 1 to 8 elements, got 0");
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"program/1","schedule":{"rounds":0},"steps":[]})"),
            "schedule.rounds: expected an integer from 1 to 10000000, got 0");
  const auto preempted = [](const std::string& preemptions) {
    return ErrorOf(R"({"vdsconform":"program/1","steps":[{"do":"query"},{"do":"query"}],)"
                   R"("schedule":{"kind":"preempted","preemptions":)" +
                   preemptions + "}}");
  };
  EXPECT_EQ(preempted(R"([{"step":1,"instruction":-1}])"),
            "schedule.preemptions[0].instruction: expected an integer from 0 to 1000000000000, "
            "got -1");
  EXPECT_EQ(preempted(R"([{"step":2}])"),
            "schedule.preemptions[0].step: there is no step 2, the Program has 2");
  EXPECT_EQ(preempted(R"([{"step":1},{"step":1}])"),
            "schedule.preemptions[1].step: expected a later step than the preemption before");
  EXPECT_EQ(preempted(R"([{},{},{}])"), "schedule.preemptions: expected 0 to 2 elements, got 3");
  EXPECT_EQ(ErrorOf("[]"), "document: expected an object, got []");
}

TEST(ProgramJson, SaysWhereTheSyntaxBreaks) {
  EXPECT_TRUE(ErrorOf("{\"vdsconform\":").starts_with("document: not JSON: parse error at line 1"))
      << ErrorOf("{\"vdsconform\":");
  EXPECT_TRUE(ErrorOf("").starts_with("document: not JSON")) << ErrorOf("");
  EXPECT_TRUE(ErrorOf("{\"a\":\"\xff\"}").starts_with("document: not JSON"));
}

TEST(ProgramJson, RefusesNumbersTooLargeToRead) {
  EXPECT_EQ(ErrorOf(R"({"vdsconform":"program/1","steps":[],"name":1e999})"),
            "document: number overflow parsing '1e999'");
}

TEST(ProgramJson, NoOperationFinishesWithPending) {
  EXPECT_EQ(StepError(R"("result":"0x80042409")"),
            "steps[1].result: expected anything but VDS_E_OPERATION_PENDING, with which no "
            "operation may finish, got \"0x80042409\"");
  EXPECT_NE(StepError(R"("result":"VDS_E_OPERATION_PENDING")"), "(accepted)");
  EXPECT_EQ(StepError(R"("result":"0x00042409")"), "(accepted)");
}

TEST(ProgramJson, BoundsTheNumberOfCalls) {
  const auto with_rounds = [](int rounds) {
    return R"({"vdsconform":"program/1","schedule":{"kind":"racing","rounds":)" +
           std::to_string(rounds) + R"(},"steps":[{"do":"query","repeat":500},{"do":"query"}]})";
  };
  EXPECT_EQ(ErrorOf(with_rounds(1'996)), "(accepted)");
  EXPECT_EQ(ErrorOf(with_rounds(1'997)),
            "steps: 1000497 calls in all (repeat counts times rounds), at most 1000000 are "
            "allowed; split it into several Programs");
}

TEST(ProgramJson, SurvivesDeepNesting) {
  const std::string deep(1'000'000, '[');
  EXPECT_TRUE(ErrorOf(deep).starts_with("document: not JSON"));
}

}  // namespace
}  // namespace vdsconform
