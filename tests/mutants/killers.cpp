#include "tests/mutants/killers.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <variant>

#include "harness/host_process.h"
#include "harness/program_bytes.h"
#include "harness/program_json.h"
#include "spec/judge.h"

namespace vdsconform::mutants {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "kills-";
constexpr uint32_t kRestMs = 100;
constexpr uint32_t kHangMs = 1'000;

// FNV-1a: the same Program always has the same name.
std::string NameOf(const Packed& program) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const uint8_t byte : program) hash = (hash ^ byte) * 0x100000001B3u;
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[hash >> shift & 0xF];
  return kPrefix + digits;
}

std::string ContentOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

bool Killers::Kills(const Packed& bytes, const Row& row, int tries) const {
  Program program;
  UnpackProgram(bytes, &program);
  HostSettings settings;
  settings.executable = places_.command;
  settings.patience.rest_ms = kRestMs;
  settings.patience.hang_ms = kHangMs;
  const StartedSubject started =
      StartHostedIut(places_.libraries + "/libmutant_" + row.name + ".so", {}, settings);
  const auto* subject = std::get_if<std::unique_ptr<Subject>>(&started);
  if (subject == nullptr) return false;
  RestrictTo((*subject)->info().capabilities, &program);
  const Profile profile = ParseProfile(row.profile).value_or(Profile::kWin32);
  for (int i = 0; i < tries; ++i) {
    const Execution execution = (*subject)->Execute(program);
    const Judgement judgement = JudgeHistory(execution.history, profile);
    const bool shows = std::any_of(judgement.findings.begin(), judgement.findings.end(),
                                   [&row](const Finding& finding) {
                                     return Get(finding.req).id == std::string(row.requirement);
                                   });
    if (shows) return true;
  }
  return false;
}

std::string Killers::For(const Row& row, const std::string& program_file) {
  for (const auto& [name, known] : known_) {
    // Once may have been luck.
    const auto kills = [&, &program = known.program] { return Kills(program, row, 1); };
    if (known.requirement == row.requirement && kills() && kills() && kills()) return name;
  }
  const auto parsed = ParseProgram(ContentOf(program_file));
  if (!std::holds_alternative<Program>(parsed)) return {};
  const std::optional<Packed> program = PackProgram(std::get<Program>(parsed));
  if (!program || !Kills(*program, row)) return {};
  const std::string name = NameOf(*program);
  known_[name] = {row.requirement, *program};
  return name;
}

std::string Killers::Write(const std::string& folder) const {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename().string().rfind(kPrefix, 0) == 0) fs::remove(entry.path(), error);
  }
  for (const auto& [name, known] : known_) {
    std::ofstream out(fs::path(folder) / name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(known.program.data()),
              static_cast<std::streamsize>(known.program.size()));
    if (!out.flush()) return folder + "/" + name + " cannot be written";
  }
  return error ? folder + ": " + error.message() : std::string();
}

Packed Killers::Read(const std::string& folder, const std::string& name) {
  const std::string content = ContentOf(fs::path(folder) / name);
  return {content.begin(), content.end()};
}

}  // namespace vdsconform::mutants
