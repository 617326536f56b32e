#include "requirements.h"

#include <array>
#include <cstddef>

namespace vdsconform {
namespace {

constexpr Source kSources[] = {
#define VDSCONFORM_SOURCE(id, title, standing) {id, title, standing},
#include "catalogue.inc"
#undef VDSCONFORM_SOURCE
};

constexpr Interpretation kInterpretations[] = {
#define VDSCONFORM_INTERPRETATION(id, about, sources, win32, ms_vds) \
  {id, about, sources, win32, ms_vds},
#include "catalogue.inc"
#undef VDSCONFORM_INTERPRETATION
};

struct Row {
  const char* id;
  const char* name;
  const char* rule;
  const char* source;
  const char* tested;
  const char* fix;
  bool win32;
  bool ms_vds;
};
constexpr Row kRows[] = {
#define VDSCONFORM_REQUIREMENT(id, name, rule, source, tested, fix, win32, ms_vds) \
  {id, name, rule, source, tested, fix, win32, ms_vds},
#include "catalogue.inc"
#undef VDSCONFORM_REQUIREMENT
};

static_assert(std::size(kRows) == kReqCount, "a row of catalogue.json for each enumerator of Req");

constexpr bool IsAdvisory(std::string_view id) { return id.substr(0, 3) == "QA-"; }

// True if `id` is the text of the enumerator: "QS-01" of kQs01 and so on.
constexpr bool HasNumber(std::string_view id, int number) {
  return id.size() == 5 && id[3] == '0' + number / 10 && id[4] == '0' + number % 10;
}

constexpr bool RowsAreInOrder() {
  constexpr int kFirstMsVds = static_cast<int>(Req::kQs30);
  constexpr int kFirstAdvisory = static_cast<int>(Req::kQa01);
  for (int i = 0; i < kReqCount; ++i) {
    const std::string_view id = kRows[i].id;
    const bool advisory = i >= kFirstAdvisory;
    const int number = advisory           ? i - kFirstAdvisory + 1
                       : i >= kFirstMsVds ? i - kFirstMsVds + 30
                                          : i + 1;
    if (!HasNumber(id, number) || IsAdvisory(id) != advisory) return false;
    // Profile ms-vds asks for all that win32 asks for.
    if (!kRows[i].ms_vds || kRows[i].win32 == (i >= kFirstMsVds && !advisory)) return false;
  }
  return true;
}
static_assert(RowsAreInOrder(), "the rows of catalogue.json are in the order of Req");

constexpr std::array<Requirement, kReqCount> kRequirements = [] {
  std::array<Requirement, kReqCount> all{};
  for (size_t i = 0; i < all.size(); ++i) {
    const Row& row = kRows[i];
    all[i] = {static_cast<Req>(i), row.id,  row.name,           row.rule,  row.source,
              row.tested,          row.fix, IsAdvisory(row.id), !row.win32};
  }
  return all;
}();

constexpr char ToUpper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

bool EqualInAnyCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (ToUpper(a[i]) != ToUpper(b[i])) return false;
  }
  return true;
}

}  // namespace

std::span<const Requirement> AllRequirements() { return kRequirements; }
std::span<const Interpretation> AllInterpretations() { return kInterpretations; }
std::span<const Source> AllSources() { return kSources; }

const Requirement& Get(Req req) { return kRequirements[static_cast<size_t>(req)]; }

std::optional<Req> ParseReq(std::string_view id) {
  for (const Requirement& requirement : kRequirements) {
    if (EqualInAnyCase(requirement.id, id)) return requirement.req;
  }
  return std::nullopt;
}

std::string_view Name(Profile profile) { return profile == Profile::kWin32 ? "win32" : "ms-vds"; }

std::optional<Profile> ParseProfile(std::string_view name) {
  for (const Profile profile : {Profile::kWin32, Profile::kMsVds}) {
    if (name == Name(profile)) return profile;
  }
  return std::nullopt;
}

bool Applies(Req req, Profile profile) {
  return profile == Profile::kMsVds || !Get(req).ms_vds_only;
}

}  // namespace vdsconform
