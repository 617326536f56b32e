#include "harness/elf_file.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace vdsconform {
namespace {

namespace fs = std::filesystem;

std::string Library(const std::string& name) {
  return std::string(VDSCONFORM_EXPLORED_DIR) + "/" + name + ".so";
}

std::vector<char> Bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A file of the test's own, which is gone afterwards.
class Scratch {
 public:
  Scratch() : path_((fs::temp_directory_path() / ("vdsconform-elf-" + Name())).string()) {}
  ~Scratch() { fs::remove(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& Write(const std::vector<char>& bytes) const {
    std::ofstream(path_, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path_;
  }

 private:
  static std::string Name() { return std::to_string(std::random_device()()); }
  const std::string path_;
};

// The functions that have code in the first 64 kilobytes, by where they begin.
std::map<uint64_t, ElfFile::Function> Functions(ElfFile& elf) {
  std::map<uint64_t, ElfFile::Function> functions;
  for (uint64_t address = 0; address < 1 << 16; address += 4) {
    if (const auto function = elf.FunctionAt(address)) functions[function->begin] = *function;
  }
  return functions;
}

const ElfFile::Function* Named(const std::map<uint64_t, ElfFile::Function>& functions,
                               const std::string& part) {
  for (const auto& [begin, function] : functions) {
    if (function.symbol.find(part) != std::string::npos) return &function;
  }
  return nullptr;
}

// Whatever it says, it says it without reading beyond the file.
void LookAtAll(const std::string& path) {
  std::optional<ElfFile> elf = ElfFile::Open(path);
  if (!elf) return;
  for (const uint64_t address : {uint64_t{0}, uint64_t{0x1000}, uint64_t{0x1234}, uint64_t{0x4000},
                                 UINT64_MAX - 1, UINT64_MAX}) {
    static_cast<void>(elf->FunctionAt(address));
    EXPECT_LE(elf->CodeAt(address, 64).size(), 64u);
  }
}

TEST(ElfFile, KnowsFunctionsThatAreNotExported) {
  std::optional<ElfFile> elf = ElfFile::Open(Library("writer"));
  ASSERT_TRUE(elf);
  const auto functions = Functions(*elf);
  const ElfFile::Function* store = Named(functions, "StoreTheHalves");
  ASSERT_NE(store, nullptr);
  ASSERT_GT(store->end, store->begin);
  for (uint64_t address = store->begin; address < store->end; ++address) {
    EXPECT_EQ(elf->FunctionAt(address)->symbol, store->symbol);
  }
  const auto after = elf->FunctionAt(store->end);
  EXPECT_TRUE(!after || after->symbol != store->symbol);
  EXPECT_EQ(elf->CodeAt(store->begin, 7).size(), 7u);
}

TEST(ElfFile, KnowsWhereFunctionsAreWithoutSymbols) {
  std::optional<ElfFile> elf = ElfFile::Open(Library("writer"));
  std::optional<ElfFile> stripped = ElfFile::Open(Library("writer-stripped"));
  ASSERT_TRUE(elf && stripped);
  const auto functions = Functions(*stripped);
  EXPECT_EQ(Named(functions, "StoreTheHalves"), nullptr);
  EXPECT_NE(Named(functions, "vdsconform_iut"), nullptr);  // exported
  size_t nameless = 0;
  for (const auto& [begin, function] : functions) {
    if (!function.symbol.empty()) continue;
    ++nameless;
    EXPECT_GT(function.end, begin);
  }
  EXPECT_GT(nameless, 5u);
  // The code is the same, and so are the places.
  const auto all = Functions(*elf);
  const ElfFile::Function* store = Named(all, "StoreTheHalves");
  ASSERT_NE(store, nullptr);
  const auto same = stripped->FunctionAt(store->begin + 1);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->begin, store->begin);
  EXPECT_EQ(same->end, store->end);
}

TEST(ElfFile, GivesNoMoreCodeThanThereIs) {
  std::optional<ElfFile> elf = ElfFile::Open(Library("writer"));
  ASSERT_TRUE(elf);
  const auto functions = Functions(*elf);
  const ElfFile::Function* store = Named(functions, "StoreTheHalves");
  ASSERT_NE(store, nullptr);
  const uint64_t begin = store->begin;
  const size_t whole = elf->CodeAt(begin, 1 << 20).size();
  EXPECT_GT(whole, 16u);
  EXPECT_EQ(elf->CodeAt(begin + whole - 1, 64).size(), 1u);
  EXPECT_TRUE(elf->CodeAt(begin + whole, 64).empty());
  EXPECT_TRUE(elf->CodeAt(UINT64_MAX, 64).empty());
  EXPECT_TRUE(elf->CodeAt(0, 64).empty());  // the header is no code
}

TEST(ElfFile, IsNoneOfAnotherFile) {
  const Scratch scratch;
  EXPECT_FALSE(ElfFile::Open("/nowhere/at.all"));
  EXPECT_FALSE(ElfFile::Open("/"));
  EXPECT_FALSE(ElfFile::Open(scratch.Write({})));
  EXPECT_FALSE(ElfFile::Open(scratch.Write(std::vector<char>(1'000, 'x'))));
  std::vector<char> bytes = Bytes(Library("writer"));
  for (const size_t at : {size_t{0}, size_t{EI_CLASS}, size_t{EI_DATA}}) {
    std::vector<char> other = bytes;
    other[at] = 3;
    EXPECT_FALSE(ElfFile::Open(scratch.Write(other))) << at;
  }
}

TEST(ElfFile, TakesFilesThatAreCutOff) {
  const Scratch scratch;
  const std::vector<char> bytes = Bytes(Library("writer"));
  for (size_t size = 0; size < bytes.size(); size += 1 + size / 16) {
    LookAtAll(scratch.Write({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}));
  }
}

// Every field of every header says what it should not, one at a time.
TEST(ElfFile, TakesFilesThatLie) {
  const Scratch scratch;
  const std::vector<char> bytes = Bytes(Library("writer"));
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::vector<std::pair<size_t, size_t>> tables{
      {EI_NIDENT, sizeof header - EI_NIDENT},
      {header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr)},
      {header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr)}};
  for (const auto& [offset, size] : tables) {
    for (size_t at = offset; at + 4 <= offset + size; at += 4) {
      for (const uint32_t lie : {0u, 0xFFFFFFFFu}) {
        std::vector<char> lying = bytes;
        std::memcpy(lying.data() + at, &lie, sizeof lie);
        LookAtAll(scratch.Write(lying));
      }
    }
  }
}

// A table of names that is cut off within one.
TEST(ElfFile, TakesNamesThatDoNotEnd) {
  const Scratch scratch;
  std::optional<ElfFile> whole = ElfFile::Open(Library("writer"));
  ASSERT_TRUE(whole);
  const auto known = Functions(*whole);
  const std::vector<char> bytes = Bytes(Library("writer"));
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  for (uint16_t i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section;
    const size_t at = header.e_shoff + i * sizeof section;
    std::memcpy(&section, bytes.data() + at, sizeof section);
    if (section.sh_type != SHT_STRTAB) continue;
    for (uint64_t size = section.sh_size; size > 0; size -= 1 + size / 16) {
      std::vector<char> cut = bytes;
      std::memcpy(cut.data() + at + offsetof(Elf64_Shdr, sh_size), &size, sizeof size);
      std::optional<ElfFile> elf = ElfFile::Open(scratch.Write(cut));
      ASSERT_TRUE(elf);
      for (const auto& [begin, function] : Functions(*elf)) {
        if (function.symbol.empty()) continue;
        const auto its = known.find(begin);
        EXPECT_TRUE(its != known.end() && its->second.symbol == function.symbol) << size;
      }
    }
  }
}

TEST(ElfFile, TakesFilesThatAreBrokenAnywhere) {
  const Scratch scratch;
  const std::vector<char> bytes = Bytes(Library("writer-stripped"));
  std::mt19937 random(1);
  for (int i = 0; i < 100; ++i) {
    std::vector<char> broken = bytes;
    for (int j = 0; j < 200; ++j) broken[64 + random() % (bytes.size() - 64)] ^= char(random());
    LookAtAll(scratch.Write(broken));
  }
}

}  // namespace
}  // namespace vdsconform
