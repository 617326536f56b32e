#include <algorithm>
#include <cctype>
#include <iostream>
#include <vector>

#include "harness/commands.h"
#include "harness/text.h"

namespace vdsconform {
namespace {

constexpr size_t kColumns = 100;
constexpr size_t kClosest = 3;

bool IsWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// True if `text` names `id` as a word of its own: C1 is not named by C10.
bool Names(std::string_view text, std::string_view id) {
  for (size_t at = text.find(id); at != std::string_view::npos; at = text.find(id, at + 1)) {
    const bool starts = at == 0 || !IsWordCharacter(text[at - 1]);
    const size_t end = at + id.size();
    if (starts && (end == text.size() || !IsWordCharacter(text[end]))) return true;
  }
  return false;
}

bool AreRelated(const Requirement& requirement, const Interpretation& interpretation) {
  for (const char* text :
       {requirement.rule, requirement.source, requirement.tested, requirement.fix}) {
    if (Names(text, interpretation.id)) return true;
  }
  for (const char* text : {interpretation.about, interpretation.sources, interpretation.win32,
                           interpretation.ms_vds}) {
    if (Names(text, requirement.id)) return true;
  }
  return false;
}

// A titled paragraph, wrapped and indented.
void Paragraph(std::string_view title, std::string_view text) {
  std::cout << '\n' << title << '\n';
  size_t column = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    if (column > 0 && column + 1 + word.size() > kColumns) {
      std::cout << '\n';
      column = 0;
    }
    std::cout << (column == 0 ? "  " : " ") << word;
    column += word.size() + (column == 0 ? 2 : 1);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  std::cout << '\n';
}

void Explain(const Interpretation& interpretation) {
  std::cout << interpretation.id << " " << interpretation.about << '\n';
  Paragraph("What the sources say", interpretation.sources);
  Paragraph("Profile win32", interpretation.win32);
  Paragraph("Profile ms-vds", interpretation.ms_vds);
}

void Explain(const Requirement& requirement) {
  std::cout << requirement.id << " " << requirement.name;
  if (requirement.advisory) std::cout << " (advisory: fails only a --strict run)";
  if (requirement.ms_vds_only) std::cout << " (profile ms-vds only)";
  std::cout << '\n';
  Paragraph("Rule", requirement.rule);
  Paragraph("Source", requirement.source);
  for (const Source& source : AllSources()) {
    if (!Names(requirement.source, source.id)) continue;
    std::cout << "    " << source.id << ": " << source.title << "; " << source.standing << '\n';
  }
  Paragraph("How it is tested", requirement.tested);
  Paragraph("How to fix it", requirement.fix);
  for (const Interpretation& interpretation : AllInterpretations()) {
    if (!AreRelated(requirement, interpretation)) continue;
    Paragraph(std::string("Contradiction ") + interpretation.id + ": " + interpretation.about,
              std::string(interpretation.sources) + " Profile win32: " + interpretation.win32 +
                  ". Profile ms-vds: " + interpretation.ms_vds + ".");
  }
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// The ids that look most like `id`.
std::vector<std::string> Closest(const std::string& id) {
  std::vector<std::string> ids;
  for (const Requirement& requirement : AllRequirements()) ids.emplace_back(requirement.id);
  for (const Interpretation& other : AllInterpretations()) ids.emplace_back(other.id);
  std::stable_sort(ids.begin(), ids.end(), [&](const std::string& a, const std::string& b) {
    return EditDistance(id, a) < EditDistance(id, b);
  });
  ids.resize(std::min(ids.size(), kClosest));
  return ids;
}

}  // namespace

int ExplainCommand(const Options& options) {
  const std::string id = Upper(options.id);
  if (const std::optional<Req> req = ParseReq(id)) {
    Explain(Get(*req));
    return 0;
  }
  for (const Interpretation& interpretation : AllInterpretations()) {
    if (id != interpretation.id) continue;
    Explain(interpretation);
    return 0;
  }
  std::string closest;
  for (const std::string& other : Closest(id)) closest += (closest.empty() ? "" : ", ") + other;
  std::cerr << "vdsconform: nothing is called " << Printable(options.id) << "; closest: " << closest
            << '\n';
  return 2;
}

}  // namespace vdsconform
