// Judges every vector of spec/vectors under both profiles and compares the exact sets of ids.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "spec/history_json.h"
#include "spec/judge.h"
#include "spec/requirements.h"

namespace vdsconform {
namespace {

namespace fs = std::filesystem;

constexpr char kVectors[] = VDSCONFORM_SOURCE_DIR "/spec/vectors";
constexpr Profile kProfiles[] = {Profile::kWin32, Profile::kMsVds};

using Ids = std::set<std::string>;

struct Vector {
  fs::path path;
  std::string requirement;  // the folder's name
  bool passes = false;      // by the file's name
  std::string about;
  std::map<Profile, Ids> expected;  // requirements and advisories together
};

std::string NameOf(const Vector& vector) {
  return vector.requirement + "/" + vector.path.filename().string();
}

Ids IdsIn(const nlohmann::json& header, const char* field, Profile profile) {
  if (!header.contains(field)) return {};
  return header.at(field).at(std::string(Name(profile))).get<Ids>();
}

Vector ReadHeader(const fs::path& path) {
  Vector vector;
  vector.path = path;
  vector.requirement = path.parent_path().filename().string();
  vector.passes = path.filename().string().rfind("pass-", 0) == 0;
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  const nlohmann::json header = nlohmann::json::parse(line);
  vector.about = header.at("about").get<std::string>();
  for (const Profile profile : kProfiles) {
    Ids ids = header.at("expect").at(std::string(Name(profile))).get<Ids>();
    ids.merge(IdsIn(header, "advise", profile));
    vector.expected[profile] = std::move(ids);
  }
  return vector;
}

const std::vector<Vector>& AllVectors() {
  static const std::vector<Vector> vectors = [] {
    std::vector<Vector> all;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kVectors)) {
      if (entry.path().extension() != ".jsonl") continue;
      try {
        all.push_back(ReadHeader(entry.path()));
      } catch (const std::exception& error) {
        ADD_FAILURE() << entry.path() << ": unreadable header: " << error.what();
      }
    }
    std::sort(all.begin(), all.end(),
              [](const Vector& a, const Vector& b) { return a.path < b.path; });
    return all;
  }();
  return vectors;
}

std::string Joined(const Ids& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ", ") + id;
  return text.empty() ? "nothing" : text;
}

History ReadEvents(const Vector& vector) {
  History history;
  std::ifstream in(vector.path);
  const auto error =
      ReadHistory(in, [&history](const Event& event) { history.events.push_back(event); });
  if (error) ADD_FAILURE() << NameOf(vector) << ":" << error->line << ": " << error->message;
  return history;
}

void ExpectVerdict(const Vector& vector, const History& history, Profile profile) {
  const Judgement judgement = JudgeHistory(history, profile);
  Ids found;
  std::string messages;
  for (const Finding& finding : judgement.findings) {
    found.insert(Get(finding.req).id);
    messages += std::string("\n  ") + Get(finding.req).id + " " + finding.cause + " (" +
                std::to_string(finding.count) + "): " + finding.message;
  }
  const Ids& expected = vector.expected.at(profile);
  EXPECT_EQ(found, expected) << NameOf(vector) << " under " << Name(profile) << " (" << vector.about
                             << ")\n  expected " << Joined(expected) << ", found " << Joined(found)
                             << messages;
}

TEST(Vectors, GiveExactlyTheirIds) {
  for (const Vector& vector : AllVectors()) {
    const History history = ReadEvents(vector);
    EXPECT_FALSE(history.events.empty()) << NameOf(vector);
    for (const Profile profile : kProfiles) ExpectVerdict(vector, history, profile);
  }
}

// What a call that the finding points at is, is in the history; and a finding says something.
TEST(Vectors, FindingsShowCallsOfTheHistory) {
  for (const Vector& vector : AllVectors()) {
    const History history = ReadEvents(vector);
    for (const Finding& finding : JudgeHistory(history, Profile::kMsVds).findings) {
      EXPECT_NE(finding.message.find("saw "), std::string::npos) << NameOf(vector);
      EXPECT_NE(finding.message.find("; allowed"), std::string::npos) << NameOf(vector);
      ASSERT_FALSE(finding.witnesses.empty()) << NameOf(vector);
      const Event& last = finding.witnesses.back();
      const bool there =
          std::any_of(history.events.begin(), history.events.end(), [&last](const Event& event) {
            return event.call == last.call && event.op == last.op && event.t0 == last.t0 &&
                   event.thread == last.thread;
          });
      EXPECT_TRUE(there) << NameOf(vector) << ": " << finding.message;
    }
  }
}

TEST(Vectors, FileNamesSayWhatTheyShow) {
  for (const Vector& vector : AllVectors()) {
    const bool fails = vector.path.filename().string().rfind("fail-", 0) == 0;
    EXPECT_NE(vector.passes, fails) << NameOf(vector) << " is named neither pass- nor fail-";
    EXPECT_TRUE(ParseReq(vector.requirement)) << NameOf(vector) << ": no such requirement";
    bool shows = false;
    for (const auto& [profile, ids] : vector.expected) {
      shows = shows || ids.count(vector.requirement) != 0;
    }
    EXPECT_EQ(shows, fails) << NameOf(vector) << ": the name and what is expected contradict";
  }
}

TEST(Vectors, EveryRequirementHasTwoThatPassAndThreeThatFail) {
  std::map<std::string, std::pair<int, int>> counts;
  for (const Vector& vector : AllVectors()) {
    ++(vector.passes ? counts[vector.requirement].first : counts[vector.requirement].second);
  }
  for (const Requirement& requirement : AllRequirements()) {
    if (requirement.req == Req::kQa05) continue;  // a distribution, and never a finding
    EXPECT_GE(counts[requirement.id].first, 2) << requirement.id << " needs vectors that pass";
    EXPECT_GE(counts[requirement.id].second, 3) << requirement.id << " needs vectors that fail";
  }
}

// A vector that passes tells something only if its requirement was at stake in it.
TEST(Vectors, EveryRequirementIsObservedInOneThatPasses) {
  std::map<std::string, uint64_t> observed;
  for (const Vector& vector : AllVectors()) {
    const std::optional<Req> req = ParseReq(vector.requirement);
    if (!vector.passes || !req) continue;
    const History history = ReadEvents(vector);
    for (const Profile profile : kProfiles) {
      observed[vector.requirement] +=
          JudgeHistory(history, profile).observations[static_cast<size_t>(*req)];
    }
  }
  for (const Requirement& requirement : AllRequirements()) {
    if (requirement.req == Req::kQa05) continue;
    EXPECT_GT(observed[requirement.id], 0u) << requirement.id;
  }
}

}  // namespace
}  // namespace vdsconform
