#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/artifacts.h"
#include "harness/report_html.h"
#include "harness/report_json.h"
#include "harness/report_junit.h"
#include "harness/report_sarif.h"
#include "harness/report_text.h"
#include "harness/reports.h"
#include "harness/text.h"
#include "spec/hresult.h"
#include "spec/iut.h"

namespace vdsconform {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
namespace fs = std::filesystem;

// Names that try to break out of every format, and one byte that is not UTF-8.
constexpr const char* kNasty = "</script>\"'&<b>\x1b[31m\xFF]]>";

Campaign Failing(const std::string& name = "mine") {
  Campaign campaign(Profile::kWin32, false);
  campaign.iut = {name, "1.0", VDSCONFORM_DRIVE | VDSCONFORM_WAIT};
  campaign.iut_origin = "/opt/my iut.so";
  campaign.seed = 42;
  Judgement judgement;
  Event event;
  event.t1 = 1;
  event.ret = hr::kOk;
  event.step = 0;
  judgement.findings.push_back({Req::kQs01, "zero", "saw " + name + "; allowed that", {event}, 3});
  judgement.findings.push_back({Req::kQa01, "ret", "saw advice", {event}, 1});
  judgement.observations[static_cast<size_t>(Req::kQs01)] = 7;
  judgement.observations[static_cast<size_t>(Req::kQs02)] = 1234;
  const Program program = InOrder({steps::Query()});
  campaign.elapsed = [] { return 0.25; };
  campaign.Add(judgement, "QS01.A", &program, "vdsconform replay " + name);
  campaign.state(Req::kQs01).applicable_cases = 1;
  campaign.state(Req::kQs02).applicable_cases = 1;
  campaign.state(Req::kQs16).not_applicable.push_back("the IUT does not declare " + name);
  return campaign;
}

TEST(JsonReport, SaysAll) {
  const nlohmann::json report = nlohmann::json::parse(JsonReport(Failing()));
  EXPECT_EQ(report["schema"], "vdsconform/report/1");
  EXPECT_EQ(report["verdict"], "fail");
  EXPECT_EQ(report["seed"], 42);
  EXPECT_EQ(report["iut"]["capabilities"], nlohmann::json::array({"DRIVE", "WAIT"}));
  ASSERT_EQ(report["requirements"].size(), 18u);
  const nlohmann::json& first = report["requirements"][0];
  EXPECT_EQ(first["id"], "QS-01");
  EXPECT_EQ(first["verdict"], "fail");
  EXPECT_EQ(first["observations"], 7);
  EXPECT_EQ(first["findings"][0]["message"], "saw mine; allowed that");
  EXPECT_EQ(first["findings"][0]["count"], 3);
  EXPECT_EQ(first["findings"][0]["case"], "QS01.A");
  EXPECT_EQ(first["findings"][0]["programs"], 1);
  EXPECT_EQ(first["findings"][0]["seconds"], 0.25);
  EXPECT_THAT(first["findings"][0]["step"].get<std::string>(), StartsWith("step 1: "));
  EXPECT_EQ(first["findings"][0]["witnesses"][0]["call"], "QueryStatus");
  EXPECT_EQ(report["requirements"][1]["verdict"], "pass");
  EXPECT_EQ(report["requirements"][15]["verdict"], "not-applicable");
  EXPECT_EQ(report["requirements"][15]["reasons"][0], "the IUT does not declare mine");
  EXPECT_EQ(report["advisories"][0]["findings"].size(), 1u);
}

TEST(JsonReport, ListsTheRequirementsOfItsProfile) {
  const Campaign campaign(Profile::kMsVds, false);
  EXPECT_EQ(nlohmann::json::parse(JsonReport(campaign))["requirements"].size(), 20u);
}

TEST(JsonReport, MarksKnownFailures) {
  Campaign campaign = Failing();
  campaign.set_known_failures({{"QS-01", "old"}, {"QS-02/x", "gone"}, {"QS-03", "later"}});
  const nlohmann::json report = nlohmann::json::parse(JsonReport(campaign));
  EXPECT_EQ(report["requirements"][0]["findings"][0]["known"], "old");
  EXPECT_EQ(report["known_failures"][0]["state"], "fails");
  EXPECT_EQ(report["known_failures"][1]["state"], "no-longer-fails");
  EXPECT_EQ(report["known_failures"][2]["state"], "not-tested");
  EXPECT_EQ(report["verdict"], "fail");
}

TEST(JsonReport, SurvivesNastyNames) {
  const std::string json = JsonReport(Failing(kNasty));
  EXPECT_TRUE(nlohmann::json::accept(json));
  EXPECT_THAT(json, Not(HasSubstr("\x1b")));
  EXPECT_THAT(json, Not(HasSubstr("\xFF")));
}

TEST(JsonCatalogue, HasEveryRequirementAndInterpretation) {
  const nlohmann::json catalogue = nlohmann::json::parse(JsonCatalogue());
  EXPECT_EQ(catalogue["requirements"].size(), static_cast<size_t>(kReqCount));
  EXPECT_EQ(catalogue["interpretations"].size(), AllInterpretations().size());
}

TEST(JunitReport, HasOneTestcaseARequirementWithTheFailuresText) {
  const std::string xml = JunitReport(Failing());
  EXPECT_THAT(xml, HasSubstr("tests=\"18\" failures=\"1\" errors=\"0\" skipped=\"16\""));
  EXPECT_THAT(xml, HasSubstr("<failure message=\"saw mine; allowed that\" type=\"QS-01/zero\">"));
  EXPECT_THAT(xml, HasSubstr(EscapeXml(Get(Req::kQs01).rule)));
  EXPECT_THAT(xml, HasSubstr("<skipped message=\"the IUT does not declare mine\"/>"));
}

TEST(JunitReport, SurvivesNastyNames) {
  const std::string xml = JunitReport(Failing(kNasty));
  EXPECT_THAT(xml, HasSubstr("&lt;/script&gt;&quot;&#39;&amp;&lt;b&gt;?[31m"));
  EXPECT_THAT(xml, Not(HasSubstr("</script>")));
  EXPECT_THAT(xml, Not(HasSubstr("\x1b")));
}

TEST(SarifReport, HasTheRulesAndResults) {
  const nlohmann::json report = nlohmann::json::parse(SarifReport(Failing()));
  EXPECT_EQ(report["version"], "2.1.0");
  const nlohmann::json& run = report["runs"][0];
  EXPECT_EQ(run["tool"]["driver"]["rules"].size(), static_cast<size_t>(kReqCount));
  ASSERT_EQ(run["results"].size(), 2u);
  for (const nlohmann::json& result : run["results"]) {
    const auto index = result["ruleIndex"].get<size_t>();
    EXPECT_EQ(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
  }
  EXPECT_EQ(run["results"][0]["level"], "error");
  EXPECT_EQ(run["results"][1]["level"], "note");
  EXPECT_EQ(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "file:///opt/my%20iut.so");
  EXPECT_EQ(run["invocations"][0]["exitCode"], 1);
}

TEST(SarifReport, SuppressesKnownFailures) {
  Campaign campaign = Failing();
  campaign.set_known_failures({{"QS-01", "old"}});
  const nlohmann::json report = nlohmann::json::parse(SarifReport(campaign));
  EXPECT_EQ(report["runs"][0]["results"][0]["suppressions"][0]["justification"], "old");
}

TEST(HtmlReport, IsOnePageWithTheFindings) {
  const std::string html = HtmlReport(Failing());
  EXPECT_THAT(html, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(html, HasSubstr("FAIL: mine 1.0 does not conform to win32 (1 of 18 requirements)"));
  EXPECT_THAT(html, HasSubstr("name=\"viewport\""));
  EXPECT_THAT(html, HasSubstr("1,234"));
  for (const char* outside : {"http://", "https://", "src=", "<link", "@import", "url("}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
}

TEST(HtmlReport, SurvivesNastyNames) {
  const std::string html = HtmlReport(Failing(kNasty));
  EXPECT_THAT(html, Not(HasSubstr("</script>")));
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
}

TEST(VerdictLine, SaysWhatTheVerdictRestsOn) {
  EXPECT_EQ(VerdictLine(Failing()),
            "FAIL: mine 1.0 does not conform to win32 (1 of 18 requirements)");
  Campaign passing(Profile::kMsVds, false);
  passing.iut.name = "mine";
  passing.state(Req::kQs02).applicable_cases = 1;
  EXPECT_EQ(VerdictLine(passing),
            "INCONCLUSIVE: it is open whether mine conforms to ms-vds (1 of 20 requirements could "
            "not be tested)");
  passing.state(Req::kQs02).observations = 1;
  EXPECT_EQ(VerdictLine(passing), "PASS: mine conforms to ms-vds (1 of 20 requirements tested)");
  passing.interrupted = true;
  EXPECT_THAT(VerdictLine(passing), testing::EndsWith("(interrupted)"));
  passing.AddError("broken");
  EXPECT_THAT(VerdictLine(passing), StartsWith("ERROR: "));
}

TEST(SplitMessage, FindsTheTwoHalves) {
  EXPECT_EQ(SplitMessage("saw a; b; allowed c").saw, "a; b");
  EXPECT_EQ(SplitMessage("saw a; b; allowed c").allowed, "c");
  EXPECT_EQ(SplitMessage("whatever").saw, "whatever");
  EXPECT_EQ(SplitMessage("whatever").allowed, "");
}

// A folder of this test's own.
class Files : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              ("vdsconform-files-" + std::to_string(::getpid()) + "-" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string Content(const fs::path& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  size_t FileCount() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator{}));
  }

  fs::path folder_;
};

TEST_F(Files, PreparingLeavesNothingAndWritingReplaces) {
  const std::string path = folder_ / "report";
  const auto file = OutputFile::Prepare(path);
  ASSERT_TRUE(std::holds_alternative<OutputFile>(file));
  EXPECT_EQ(FileCount(), 0u);
  EXPECT_EQ(std::get<OutputFile>(file).Write("one"), "");
  EXPECT_EQ(std::get<OutputFile>(file).Write("two"), "");
  EXPECT_EQ(Content(path), "two");
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(Files, WhatCannotBeWrittenIsSaidAtTheStart) {
  for (const std::string& path : {(folder_ / "none" / "report").string(), folder_.string()}) {
    const auto file = OutputFile::Prepare(path);
    ASSERT_TRUE(std::holds_alternative<std::string>(file)) << path;
    EXPECT_THAT(std::get<std::string>(file), StartsWith(path + ": cannot be written: "));
  }
}

TEST_F(Files, WhatBreaksLaterIsSaidAndLeavesNothing) {
  const auto file = OutputFile::Prepare(folder_ / "sub");
  fs::create_directory(folder_ / "sub");
  fs::create_directory(folder_ / "sub" / "full");
  EXPECT_THAT(std::get<OutputFile>(file).Write("x"), HasSubstr("cannot be written"));
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(Files, ASymbolicLinkStays) {
  std::ofstream(folder_ / "real") << "old";
  fs::create_symlink("real", folder_ / "link");
  const auto file = OutputFile::Prepare(folder_ / "link");
  EXPECT_EQ(std::get<OutputFile>(file).Write("new"), "");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(Content(folder_ / "real"), "new");
}

TEST_F(Files, TwoReportsNeedTwoFiles) {
  ReportOptions options;
  options.json = folder_ / "report";
  options.html = folder_ / "." / "report";
  const auto reports = Reports::Prepare(options, Reports::Junit::kOwn);
  ASSERT_TRUE(std::holds_alternative<std::string>(reports));
  EXPECT_THAT(std::get<std::string>(reports), HasSubstr("two reports"));
}

TEST_F(Files, WritesEveryReport) {
  ReportOptions options;
  options.json = folder_ / "j";
  options.junit = folder_ / "u";
  options.sarif = folder_ / "s";
  options.html = folder_ / "h";
  const auto reports = Reports::Prepare(options, Reports::Junit::kOwn);
  EXPECT_THAT(std::get<Reports>(reports).Write(Failing()), testing::IsEmpty());
  EXPECT_THAT(Content(folder_ / "j"), HasSubstr("vdsconform/report/1"));
  EXPECT_THAT(Content(folder_ / "u"), HasSubstr("<testsuites"));
  EXPECT_THAT(Content(folder_ / "s"), HasSubstr("sarif"));
  EXPECT_THAT(Content(folder_ / "h"), HasSubstr("<html"));
}

TEST_F(Files, SavedProgramsAreNamedByCaseAndContent) {
  Options options;
  options.artifacts = folder_ / "new folder";
  options.iut.library = "my iut.so";
  options.iut.parameters = {"a=b c"};
  options.profile = Profile::kMsVds;
  const Artifacts artifacts(&options);
  const auto one = artifacts.Save(InOrder({steps::Query()}), "Any/QS01.A/0");
  const auto same = artifacts.Save(InOrder({steps::Query()}), "Any/QS01.A/0");
  const auto other = artifacts.Save(InOrder({steps::Query(2)}), "Any/QS01.A/0");
  EXPECT_EQ(one.error, "");
  EXPECT_EQ(one.command, same.command);
  EXPECT_NE(one.command, other.command);
  EXPECT_THAT(one.command, StartsWith("vdsconform replay '"));
  EXPECT_THAT(one.command, HasSubstr("Any_QS01.A_0-"));
  EXPECT_THAT(one.command, HasSubstr("--iut 'my iut.so' --param 'a=b c' --profile ms-vds"));
  folder_ = options.artifacts;
  EXPECT_EQ(FileCount(), 2u);
  folder_ = folder_.parent_path();
}

TEST_F(Files, WhatCannotBeSavedIsSaid) {
  std::ofstream(folder_ / "file") << "x";
  Options options;
  options.artifacts = folder_ / "file" / "sub";
  const auto saved = Artifacts(&options).Save(InOrder({steps::Query()}), "QS01.A");
  EXPECT_THAT(saved.error, HasSubstr("cannot be made"));
}

}  // namespace
}  // namespace vdsconform
