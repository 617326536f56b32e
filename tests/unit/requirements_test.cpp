#include "spec/requirements.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>
#include <string_view>

namespace vdsconform {
namespace {

// The ids that requirements ever had: none may vanish, change its place or come twice.
constexpr std::string_view kIds[] = {
    "QS-01", "QS-02", "QS-03", "QS-04", "QS-05", "QS-06", "QS-07", "QS-08", "QS-09",
    "QS-10", "QS-11", "QS-12", "QS-13", "QS-14", "QS-15", "QS-16", "QS-17", "QS-18",
    "QS-30", "QS-31", "QA-01", "QA-02", "QA-03", "QA-04", "QA-05", "QA-06",
};

// Prose ends as a sentence does.
bool IsProse(std::string_view text) {
  return text.size() > 20 && text.back() == '.' && text.find("  ") == std::string_view::npos;
}

TEST(Requirements, AreAllThereInTheOrderOfTheirIds) {
  ASSERT_EQ(AllRequirements().size(), std::size(kIds));
  ASSERT_EQ(std::size(kIds), static_cast<size_t>(kReqCount));
  for (size_t i = 0; i < std::size(kIds); ++i) {
    EXPECT_EQ(AllRequirements()[i].id, kIds[i]);
    EXPECT_EQ(AllRequirements()[i].req, static_cast<Req>(i));
  }
}

TEST(Requirements, EnumeratorsLeadToTheirIds) {
  EXPECT_STREQ(Get(Req::kQs01).id, "QS-01");
  EXPECT_STREQ(Get(Req::kQs18).id, "QS-18");
  EXPECT_STREQ(Get(Req::kQs30).id, "QS-30");
  EXPECT_STREQ(Get(Req::kQs31).id, "QS-31");
  EXPECT_STREQ(Get(Req::kQa01).id, "QA-01");
  EXPECT_STREQ(Get(Req::kQa06).id, "QA-06");
}

TEST(Requirements, SayWhatTheyMeanInSentences) {
  std::set<std::string_view> names;
  for (const Requirement& requirement : AllRequirements()) {
    EXPECT_TRUE(names.insert(requirement.name).second) << requirement.name;
    EXPECT_TRUE(IsProse(requirement.rule)) << requirement.id;
    EXPECT_TRUE(IsProse(requirement.tested)) << requirement.id;
    EXPECT_TRUE(IsProse(requirement.fix)) << requirement.id;
  }
}

TEST(Requirements, CiteOnlySourcesThatAreListed) {
  for (const Requirement& requirement : AllRequirements()) {
    bool cited = false;
    for (const Source& source : AllSources()) {
      cited = cited ||
              std::string_view(requirement.source).substr(0, std::string_view(source.id).size()) ==
                  source.id;
    }
    EXPECT_TRUE(cited) << requirement.id << " cites " << requirement.source;
  }
}

TEST(Requirements, CiteOnlyContradictionsThatAreListed) {
  std::set<std::string> known;
  for (const Interpretation& row : AllInterpretations()) known.insert(row.id);
  for (const Requirement& requirement : AllRequirements()) {
    const std::string source = requirement.source;
    for (size_t i = 0; i + 1 < source.size(); ++i) {
      const bool starts = source[i] == 'C' && (i == 0 || source[i - 1] == ' ');
      if (!starts || !std::isdigit(static_cast<unsigned char>(source[i + 1]))) continue;
      const std::string id = source.substr(i, source.find_first_not_of("0123456789", i + 1) - i);
      EXPECT_EQ(known.count(id), 1u) << requirement.id << " cites " << id;
    }
  }
}

TEST(Requirements, AdvisoriesBelongToEveryProfile) {
  for (const Requirement& requirement : AllRequirements()) {
    const bool advisory = std::string_view(requirement.id).substr(0, 3) == "QA-";
    EXPECT_EQ(requirement.advisory, advisory) << requirement.id;
    EXPECT_TRUE(Applies(requirement.req, Profile::kWin32) || !advisory) << requirement.id;
    EXPECT_TRUE(Applies(requirement.req, Profile::kMsVds)) << requirement.id;
  }
}

TEST(Requirements, OnlyTheRulesOnMonotonyAreExtraInMsVds) {
  std::set<Req> extra;
  for (const Requirement& requirement : AllRequirements()) {
    EXPECT_EQ(requirement.ms_vds_only, !Applies(requirement.req, Profile::kWin32));
    if (requirement.ms_vds_only) extra.insert(requirement.req);
  }
  EXPECT_EQ(extra, (std::set<Req>{Req::kQs30, Req::kQs31}));
}

TEST(Requirements, AreFoundByIdInAnyCase) {
  for (const Requirement& requirement : AllRequirements()) {
    EXPECT_EQ(ParseReq(requirement.id), requirement.req);
  }
  EXPECT_EQ(ParseReq("qs-09"), Req::kQs09);
  EXPECT_EQ(ParseReq("Qa-01"), Req::kQa01);
  for (const char* id : {"", "QS-", "QS-19", "QS-1", "QS-001", "QS01", "QS-09 ", "C1"}) {
    EXPECT_EQ(ParseReq(id), std::nullopt) << id;
  }
}

TEST(Requirements, ProfilesHaveNames) {
  EXPECT_EQ(Name(Profile::kWin32), "win32");
  EXPECT_EQ(Name(Profile::kMsVds), "ms-vds");
  EXPECT_EQ(ParseProfile("win32"), Profile::kWin32);
  EXPECT_EQ(ParseProfile("ms-vds"), Profile::kMsVds);
  for (const char* name : {"", "Win32", "msvds", "ms-vds "}) {
    EXPECT_EQ(ParseProfile(name), std::nullopt) << name;
  }
}

TEST(Requirements, LedgerHasThirteenContradictions) {
  ASSERT_EQ(AllInterpretations().size(), 13u);
  for (size_t i = 0; i < AllInterpretations().size(); ++i) {
    const Interpretation& row = AllInterpretations()[i];
    EXPECT_EQ(row.id, "C" + std::to_string(i + 1));
    for (const char* text : {row.about, row.sources, row.win32, row.ms_vds}) EXPECT_STRNE(text, "");
  }
  EXPECT_STREQ(AllInterpretations()[0].win32, "100");
  EXPECT_STREQ(AllInterpretations()[0].ms_vds, "0 or 100");
}

TEST(Requirements, SourcesAreListedOnce) {
  std::set<std::string_view> ids;
  for (const Source& source : AllSources()) {
    EXPECT_TRUE(ids.insert(source.id).second) << source.id;
    EXPECT_STRNE(source.title, "");
    EXPECT_STRNE(source.standing, "");
  }
  EXPECT_TRUE(ids.count("W32") && ids.count("MS-VDS") && ids.count("SDK"));
}

}  // namespace
}  // namespace vdsconform
