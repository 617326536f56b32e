#include "harness/code_listing.h"

#include <link.h>

#if VDSCONFORM_HAVE_CAPSTONE
#include <capstone/capstone.h>
#endif

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>
#include <variant>

#include "harness/code_place.h"
#include "harness/elf_file.h"

namespace vdsconform {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kArrow = "  -> ";
constexpr std::string_view kNoArrow = "     ";

// Bytes to a line without instructions, and before the one in question.
constexpr uint64_t kLineOfBytes = 16;

std::string Hex(uint64_t number, int digits = 1) {
  char text[24];
  std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(number));
  return text;
}

std::string LineOf(bool arrow, uint64_t address, const std::string& content) {
  return std::string(arrow ? kArrow : kNoArrow) + Hex(address) + "  " + content;
}

std::vector<std::string> ListBytes(ElfFile& elf, uint64_t address) {
  std::vector<std::string> lines;
  const auto list = [&](uint64_t from, uint64_t size) {
    std::string content;
    for (const uint8_t byte : elf.CodeAt(from, size)) content += Hex(byte, 2) + " ";
    if (content.empty()) return;
    content.pop_back();
    lines.push_back(LineOf(from == address, from, content));
  };
  if (elf.CodeAt(address, 1).empty()) return lines;
  if (address >= kLineOfBytes) list(address - kLineOfBytes, kLineOfBytes);
  list(address, kLineOfBytes);
  return lines;
}

#if VDSCONFORM_HAVE_CAPSTONE

constexpr uint64_t kLongestInstruction = 15;
// Of a longer function the beginning is not looked at.
constexpr uint64_t kLongestFunction = 1 << 20;

struct Instruction {
  uint64_t address;
  std::string text;
};

class Disassembler {
 public:
  Disassembler() { open_ = cs_open(CS_ARCH_X86, CS_MODE_64, &handle_) == CS_ERR_OK; }
  ~Disassembler() {
    if (open_) cs_close(&handle_);
  }
  Disassembler(const Disassembler&) = delete;
  Disassembler& operator=(const Disassembler&) = delete;

  // The instructions from `begin` on, up to what is none and `count` at most.
  std::vector<Instruction> From(uint64_t begin, const std::vector<uint8_t>& code, size_t count) {
    std::vector<Instruction> instructions;
    if (!open_) return instructions;
    cs_insn* decoded = nullptr;
    const size_t size = cs_disasm(handle_, code.data(), code.size(), begin, count, &decoded);
    for (size_t i = 0; i < size; ++i) {
      const std::string operands = decoded[i].op_str;
      const std::string text = decoded[i].mnemonic;
      instructions.push_back({decoded[i].address, operands.empty() ? text : text + " " + operands});
    }
    if (size != 0) cs_free(decoded, size);
    return instructions;
  }

 private:
  csh handle_ = 0;
  bool open_ = false;
};

// Those before `address`, from a place on from which instructions end there.
std::vector<Instruction> InstructionsBefore(Disassembler& disassembler, ElfFile& elf,
                                            uint64_t address) {
  std::vector<uint64_t> begins;
  const auto function = elf.FunctionAt(address);
  if (function && address - function->begin <= kLongestFunction) {
    begins.push_back(function->begin);
  } else {
    // Wherever one begins to read, one soon reads what the processor does: from far is safer.
    const uint64_t far = kShownInstructions * kLongestInstruction;
    for (uint64_t back = std::min(far, address); back > 0; --back) begins.push_back(address - back);
  }
  for (const uint64_t begin : begins) {
    std::vector<Instruction> before =
        disassembler.From(begin, elf.CodeAt(begin, address - begin + kLongestInstruction), 0);
    const auto there = std::find_if(before.begin(), before.end(),
                                    [&](const Instruction& one) { return one.address == address; });
    if (there == before.end()) continue;
    before.erase(there, before.end());
    if (before.size() > kShownInstructions) {
      before.erase(before.begin(), before.end() - kShownInstructions);
    }
    return before;
  }
  return {};
}

std::vector<std::string> ListInstructions(ElfFile& elf, uint64_t address) {
  Disassembler disassembler;
  uint64_t size = (kShownInstructions + 1) * kLongestInstruction;
  const auto function = elf.FunctionAt(address);
  if (function && function->end > address) size = std::min(size, function->end - address);
  const auto after = disassembler.From(address, elf.CodeAt(address, size), kShownInstructions + 1);
  std::vector<std::string> lines;
  if (after.empty()) return lines;
  for (const Instruction& one : InstructionsBefore(disassembler, elf, address)) {
    lines.push_back(LineOf(false, one.address, one.text));
  }
  for (const Instruction& one : after) {
    lines.push_back(LineOf(one.address == address, one.address, one.text));
  }
  return lines;
}

#endif  // VDSCONFORM_HAVE_CAPSTONE

// The file of `module`; empty: unknown.
std::string FileOf(const std::string& module, const std::string& library) {
  const fs::path path = library;
  std::error_code error;
  if (path.filename() == module) return library;
  if (const fs::path beside = path.parent_path() / module; fs::exists(beside, error)) return beside;
  // The C library and its like, which this program uses, too.
  struct Search {
    const std::string& module;
    std::string found;
  } search{module, {}};
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* argument) {
        auto* its = static_cast<Search*>(argument);
        const fs::path used = info->dlpi_name;
        if (used.filename() == its->module) its->found = used;
        return its->found.empty() ? 0 : 1;
      },
      &search);
  return search.found;
}

// True if the function that `place` was seen in is elsewhere in the file, or another one.
bool HasMoved(ElfFile& elf, const CodePlace& place) {
  if (place.function.empty()) return false;
  const auto function = elf.FunctionAt(place.offset);
  if (!function || function->symbol.empty()) return true;
  return Demangled(function->symbol) != place.function ||
         place.offset - function->begin != place.into_function;
}

std::vector<std::string> CodeOf(ElfFile& elf, uint64_t address) {
#if VDSCONFORM_HAVE_CAPSTONE
  if (elf.is_x86_64()) {
    std::vector<std::string> lines = ListInstructions(elf, address);
    if (!lines.empty()) return lines;
  }
#endif
  return ListBytes(elf, address);
}

// The lines of code, or why there are none.
std::variant<std::vector<std::string>, std::string> Code(const CodePlace& place,
                                                         const std::string& library) {
  const std::string file = FileOf(place.module, library);
  std::optional<ElfFile> elf;
  if (!file.empty()) elf = ElfFile::Open(file);
  if (!elf) return place.module + " is not found";
  if (HasMoved(*elf, place)) return place.module + " is not what it was: it was built anew";
  std::vector<std::string> lines = CodeOf(*elf, place.offset);
  if (lines.empty()) return place.module + " has no code there";
  return lines;
}

}  // namespace

std::string_view WhyNotDisassembled() {
#if VDSCONFORM_HAVE_CAPSTONE
  return {};
#else
  return "bytes instead of instructions, as this vdsconform was built without Capstone";
#endif
}

std::vector<std::string> ListCode(const std::string& path, uint64_t address) {
  std::optional<ElfFile> elf = ElfFile::Open(path);
  return elf ? CodeOf(*elf, address) : std::vector<std::string>{};
}

std::vector<std::string> DescribeCode(const Preemption& preemption, const std::string& library) {
  std::vector<std::string> lines;
  const StopPoint& point = preemption.point;
  const std::optional<CodePlace> place = ParseCodePlace(point.at);
  const std::string step = "step " + std::to_string(preemption.step + 1);
  if (!place) {
    lines.push_back("  code     " + step + " was stopped before instruction " +
                    std::to_string(point.instruction) + ", whose place is not known");
    return lines;
  }
  lines.push_back("  code     " + step + " was stopped before " + point.at);
  const std::variant<std::vector<std::string>, std::string> code = Code(*place, library);
  if (const auto* why = std::get_if<std::string>(&code)) {
    lines.push_back(std::string(kNoArrow) + "(no code to show: " + *why + ")");
    return lines;
  }
  const auto& shown = std::get<std::vector<std::string>>(code);
  lines.insert(lines.end(), shown.begin(), shown.end());
  if (const std::string_view why = WhyNotDisassembled(); !why.empty()) {
    lines.push_back(std::string(kNoArrow) + "(" + std::string(why) + ")");
  }
  return lines;
}

}  // namespace vdsconform
