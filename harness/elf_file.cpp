#include "harness/elf_file.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace vdsconform {
namespace {

// What no library's tables exceed; a malformed file shall not make us read for long.
constexpr uint64_t kMaxTableBytes = uint64_t{256} << 20;

// The encodings of DWARF exception headers (Linux Standard Base, core, 10.5) that linkers write.
constexpr uint8_t kUnsigned4 = 0x03;
constexpr uint8_t kTableSigned4 = 0x3B;  // relative to the table's own segment

template <class T>
T At(const std::vector<uint8_t>& bytes, size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

}  // namespace

std::optional<ElfFile> ElfFile::Open(const std::string& path) {
  ElfFile elf;
  elf.file_.open(path, std::ios::binary | std::ios::ate);
  if (!elf.file_) return std::nullopt;
  const std::streamoff size = elf.file_.tellg();
  if (size < 0) return std::nullopt;
  elf.size_ = static_cast<uint64_t>(size);
  if (!elf.ReadHeaders()) return std::nullopt;
  elf.ReadSymbols();
  elf.ReadUnwound();
  return elf;
}

std::vector<uint8_t> ElfFile::Read(uint64_t offset, uint64_t size) {
  if (offset > size_ || size > size_ - offset || size > kMaxTableBytes) return {};
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  file_.clear();
  file_.seekg(static_cast<std::streamoff>(offset));
  file_.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  // It may have become shorter meanwhile.
  if (!file_) bytes.clear();
  return bytes;
}

std::vector<uint8_t> ElfFile::ReadAt(uint64_t address, uint64_t size) {
  for (const Segment& segment : segments_) {
    if (address < segment.address || address - segment.address >= segment.size) continue;
    const uint64_t at = address - segment.address;
    return size > segment.size - at ? std::vector<uint8_t>{} : Read(segment.offset + at, size);
  }
  return {};
}

bool ElfFile::ReadHeaders() {
  const std::vector<uint8_t> bytes = Read(0, sizeof(Elf64_Ehdr));
  if (bytes.empty()) return false;
  const auto header = At<Elf64_Ehdr>(bytes, 0);
  const bool known =
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
      header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_phentsize == sizeof(Elf64_Phdr);
  if (!known) return false;
  is_x86_64_ = header.e_machine == EM_X86_64;
  const std::vector<uint8_t> table =
      Read(header.e_phoff, uint64_t{header.e_phnum} * sizeof(Elf64_Phdr));
  for (size_t i = 0; i < table.size() / sizeof(Elf64_Phdr); ++i) {
    const auto entry = At<Elf64_Phdr>(table, i);
    // What lies outside the file, or wraps round, is not there.
    if (entry.p_offset > size_ || entry.p_filesz > size_ - entry.p_offset) continue;
    if (entry.p_vaddr > UINT64_MAX - entry.p_filesz) continue;
    const Segment segment{entry.p_vaddr, entry.p_offset, entry.p_filesz,
                          (entry.p_flags & PF_X) != 0};
    if (entry.p_type == PT_LOAD) segments_.push_back(segment);
    if (entry.p_type == PT_GNU_EH_FRAME) unwind_.push_back(segment);
  }
  if (header.e_shentsize == sizeof(Elf64_Shdr)) {
    sections_offset_ = header.e_shoff;
    section_count_ = header.e_shnum;
  }
  return true;
}

void ElfFile::ReadSymbols() {
  const std::vector<uint8_t> sections =
      Read(sections_offset_, uint64_t{section_count_} * sizeof(Elf64_Shdr));
  const size_t count = sections.size() / sizeof(Elf64_Shdr);
  // Those that are exported are in both.
  if (!ReadSymbolsFrom(sections, count, SHT_SYMTAB)) ReadSymbolsFrom(sections, count, SHT_DYNSYM);
}

bool ElfFile::ReadSymbolsFrom(const std::vector<uint8_t>& sections, size_t count, uint32_t type) {
  for (size_t i = 0; i < count; ++i) {
    const auto section = At<Elf64_Shdr>(sections, i);
    if (section.sh_type != type || section.sh_link >= count) continue;
    const auto strings = At<Elf64_Shdr>(sections, section.sh_link);
    if (strings.sh_type != SHT_STRTAB) continue;
    names_ = Read(strings.sh_offset, strings.sh_size);
    // So that every name ends.
    if (names_.empty() || names_.back() != 0) continue;
    const std::vector<uint8_t> table = Read(section.sh_offset, section.sh_size);
    for (size_t j = 0; j < table.size() / sizeof(Elf64_Sym); ++j) {
      const auto symbol = At<Elf64_Sym>(table, j);
      const auto kind = ELF64_ST_TYPE(symbol.st_info);
      const bool is_function = kind == STT_FUNC || kind == STT_GNU_IFUNC;
      if (!is_function || symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names_.size()) continue;
      if (names_[symbol.st_name] == 0) continue;
      symbols_.push_back({symbol.st_value, symbol.st_size, symbol.st_name});
    }
    std::stable_sort(symbols_.begin(), symbols_.end(),
                     [](const Symbol& a, const Symbol& b) { return a.begin < b.begin; });
    return !symbols_.empty();
  }
  return false;
}

// The table of all functions that unwinding searches.
void ElfFile::ReadUnwound() {
  if (unwind_.empty()) return;
  const Segment& table = unwind_.front();
  const std::vector<uint8_t> bytes = Read(table.offset, table.size);
  constexpr size_t kHead = 3;  // words
  constexpr size_t kEntry = 2;
  const size_t words = bytes.size() / sizeof(int32_t);
  if (words < kHead || bytes[0] != 1) return;
  if (bytes[2] != kUnsigned4 || bytes[3] != kTableSigned4) return;
  const auto count = std::min<size_t>(At<uint32_t>(bytes, 2), (words - kHead) / kEntry);
  const auto address = [&](size_t word) {
    return table.address + static_cast<uint64_t>(int64_t{At<int32_t>(bytes, word)});
  };
  for (size_t i = 0; i < count; ++i) {
    const size_t word = kHead + i * kEntry;
    unwound_.push_back({address(word), address(word + 1)});
  }
  std::sort(unwound_.begin(), unwound_.end(),
            [](const Unwound& a, const Unwound& b) { return a.begin < b.begin; });
}

std::optional<ElfFile::Function> ElfFile::UnwoundAt(uint64_t address) {
  const auto after =
      std::upper_bound(unwound_.begin(), unwound_.end(), address,
                       [](uint64_t its, const Unwound& one) { return its < one.begin; });
  if (after == unwound_.begin()) return std::nullopt;
  const Unwound& one = *std::prev(after);
  Function function{{}, one.begin, 0};
  // Its length, where what it shares with others is, where the function begins, counted from that
  // place, and the function's length. Written in another way if that is not the same beginning.
  const std::vector<uint8_t> head = ReadAt(one.entry, 4 * sizeof(uint32_t));
  if (head.empty()) return function;
  const uint64_t place = one.entry + 2 * sizeof(uint32_t);
  const bool same = place + static_cast<uint64_t>(int64_t{At<int32_t>(head, 2)}) == one.begin;
  if (!same) return function;
  function.end = one.begin + At<uint32_t>(head, 3);
  return address < function.end ? std::optional(function) : std::nullopt;
}

std::optional<ElfFile::Function> ElfFile::FunctionAt(uint64_t address) {
  const std::optional<Function> unwound = UnwoundAt(address);
  const auto after =
      std::upper_bound(symbols_.begin(), symbols_.end(), address,
                       [](uint64_t its, const Symbol& symbol) { return its < symbol.begin; });
  if (after == symbols_.begin()) return unwound;
  const Symbol& symbol = *std::prev(after);
  // A symbol without a size may have ended long before.
  const bool ended = symbol.size != 0 ? address - symbol.begin >= symbol.size
                                      : unwound && unwound->begin > symbol.begin;
  if (ended) return unwound;
  const auto* name = reinterpret_cast<const char*>(names_.data()) + symbol.name;
  return Function{name, symbol.begin, symbol.size == 0 ? 0 : symbol.begin + symbol.size};
}

std::vector<uint8_t> ElfFile::CodeAt(uint64_t address, size_t size) {
  for (const Segment& segment : segments_) {
    if (!segment.executable || address < segment.address) continue;
    const uint64_t at = address - segment.address;
    if (at >= segment.size) continue;
    return Read(segment.offset + at, std::min<uint64_t>(size, segment.size - at));
  }
  return {};
}

}  // namespace vdsconform
