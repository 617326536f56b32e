// The requirement catalogue: what the documents say, one row a requirement.
//
// The one table is spec/catalogue.json, compiled in; it also holds the interpretation ledger, the
// contradictions between the sources and how each profile rules. Ids never change meaning and are
// never reused. All functions are pure and thread-safe.
#ifndef VDSCONFORM_SPEC_REQUIREMENTS_H_
#define VDSCONFORM_SPEC_REQUIREMENTS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace vdsconform {

// In the catalogue's order. kQaNN are advisories.
enum class Req : uint8_t {
  kQs01,
  kQs02,
  kQs03,
  kQs04,
  kQs05,
  kQs06,
  kQs07,
  kQs08,
  kQs09,
  kQs10,
  kQs11,
  kQs12,
  kQs13,
  kQs14,
  kQs15,
  kQs16,
  kQs17,
  kQs18,
  kQs30,
  kQs31,
  kQa01,
  kQa02,
  kQa03,
  kQa04,
  kQa05,
  kQa06,
};
inline constexpr int kReqCount = 26;

enum class Profile : uint8_t {
  kWin32,  // the Win32 API page: the default
  kMsVds,  // [MS-VDS]: all of win32, and more
};

struct Requirement {
  Req req;
  const char* id;      // "QS-01"
  const char* name;    // "pending result"
  const char* rule;    // the rule in full sentences
  const char* source;  // "W32 pHrResult"
  const char* tested;  // how the suite tests it
  const char* fix;     // what usually breaks it, and how to repair that
  bool advisory;       // reported, failing only under --strict
  bool ms_vds_only;    // not part of profile win32
};

// A contradiction between the sources and the ruling on it.
struct Interpretation {
  const char* id;       // "C1"
  const char* about;    // "percent after failure"
  const char* sources;  // what each says
  const char* win32;    // how profile win32 rules
  const char* ms_vds;   // how profile ms-vds rules
};

// A source that requirements cite by its short name.
struct Source {
  const char* id;        // "W32"
  const char* title;     // what it is
  const char* standing;  // what it counts for
};

std::span<const Requirement> AllRequirements();
std::span<const Interpretation> AllInterpretations();
std::span<const Source> AllSources();

const Requirement& Get(Req req);
// By id, in any letter case; none if there is no such requirement.
std::optional<Req> ParseReq(std::string_view id);

std::string_view Name(Profile profile);  // "win32", "ms-vds"
std::optional<Profile> ParseProfile(std::string_view name);

// True if the profile asks for `req`. Advisories belong to every profile.
bool Applies(Req req, Profile profile);

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_REQUIREMENTS_H_
