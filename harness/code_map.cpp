#include "harness/code_map.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "harness/code_place.h"
#include "harness/elf_file.h"

namespace vdsconform {
namespace {

int Visit(dl_phdr_info* info, size_t /*size*/, void* visitor) {
  (*static_cast<std::function<void(const dl_phdr_info&)>*>(visitor))(*info);
  return 0;
}

void ForEachModule(std::function<void(const dl_phdr_info&)> visitor) {
  dl_iterate_phdr(Visit, &visitor);
}

// The modules that the program was started with.
const std::vector<ElfW(Addr)>& InitialModules() {
  static const std::vector<ElfW(Addr)> modules = [] {
    std::vector<ElfW(Addr)> bases;
    ForEachModule([&](const dl_phdr_info& info) { bases.push_back(info.dlpi_addr); });
    return bases;
  }();
  return modules;
}

// Before main, and thus before anything is loaded on purpose.
[[maybe_unused]] const std::vector<ElfW(Addr)>& initial_modules_now = InitialModules();

uintptr_t PageSize() {
  static const auto size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  return size;
}

bool SetProtection(uintptr_t begin, size_t bytes, int protection) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code
  return mprotect(reinterpret_cast<void*>(begin), bytes, protection) == 0;
}

// The function's symbol and where it begins, from the module's file.
std::optional<ElfFile::Function> FunctionInFile(const std::string& path, uint64_t address) {
  static std::mutex mutex;
  static std::map<std::string, std::optional<ElfFile>> files;
  const std::lock_guard lock(mutex);
  auto known = files.find(path);
  if (known == files.end()) known = files.emplace(path, ElfFile::Open(path)).first;
  if (!known->second) return std::nullopt;
  return known->second->FunctionAt(address);
}

}  // namespace

CodeMap::CodeMap() {
  bool first = true;
  ForEachModule([&](const dl_phdr_info& info) {
    const bool is_program = std::exchange(first, false);
    const auto& initial = InitialModules();
    const bool is_initial =
        std::find(initial.begin(), initial.end(), info.dlpi_addr) != initial.end();
    if (!is_program && is_initial) return;
    for (size_t i = 0; i < info.dlpi_phnum; ++i) {
      const ElfW(Phdr)& segment = info.dlpi_phdr[i];
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
      const uintptr_t begin = info.dlpi_addr + segment.p_vaddr;
      (is_program ? harness_ : iut_).push_back({begin, begin + segment.p_memsz});
    }
  });
}

bool CodeMap::MakeIutWritable() const {
  return std::all_of(iut_.begin(), iut_.end(), [](const Range& range) {
    const uintptr_t begin = PageOf(range.first);
    const uintptr_t end = PageOf(range.last + PageSize() - 1);
    return SetProtection(begin, end - begin, PROT_READ | PROT_WRITE | PROT_EXEC);
  });
}

uintptr_t CodeMap::PageOf(uintptr_t address) { return address & ~(PageSize() - 1); }

bool CodeMap::MakeWritable(uintptr_t page) {
  return SetProtection(page, PageSize(), PROT_READ | PROT_WRITE | PROT_EXEC);
}

void CodeMap::Protect(uintptr_t page) { SetProtection(page, PageSize(), PROT_READ | PROT_EXEC); }

std::string CodeMap::Place(uintptr_t address) {
  Dl_info info{};
  link_map* map = nullptr;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code
  const bool found = dladdr1(reinterpret_cast<void*>(address), &info,
                             reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) != 0;
  CodePlace place;
  place.offset = address;
  if (!found || info.dli_fname == nullptr || map == nullptr) return Describe(place);
  const std::string path = info.dli_fname;
  place.module = path.substr(path.rfind('/') + 1);
  place.offset = address - map->l_addr;
  const auto function = FunctionInFile(path, place.offset);
  if (function && !function->symbol.empty()) {
    place.function = Demangled(function->symbol);
    place.into_function = place.offset - function->begin;
  } else if (info.dli_sname != nullptr) {
    place.function = Demangled(info.dli_sname);
    place.into_function = address - reinterpret_cast<uintptr_t>(info.dli_saddr);
  }
  return Describe(place);
}

}  // namespace vdsconform
