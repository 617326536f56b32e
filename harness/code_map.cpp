#include "harness/code_map.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <utility>

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

std::string Demangled(const char* symbol) {
  int status = 0;
  char* name = abi::__cxa_demangle(symbol, nullptr, nullptr, &status);
  if (name == nullptr) return symbol;
  std::string text = name;
  std::free(name);
  // The arguments say little here.
  if (const size_t bracket = text.rfind('('); bracket != std::string::npos && bracket != 0) {
    text.resize(bracket);
  }
  return text;
}

std::string Hex(uintptr_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
  return text;
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
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  return std::all_of(iut_.begin(), iut_.end(), [&](const Range& range) {
    const uintptr_t begin = range.first & ~(page - 1);
    const uintptr_t end = (range.last + page - 1) & ~(page - 1);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code
    return mprotect(reinterpret_cast<void*>(begin), end - begin,
                    PROT_READ | PROT_WRITE | PROT_EXEC) == 0;
  });
}

std::string CodeMap::Place(uintptr_t address) {
  Dl_info info{};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code
  if (dladdr(reinterpret_cast<void*>(address), &info) == 0 || info.dli_fname == nullptr) {
    return Hex(address);
  }
  const std::string path = info.dli_fname;
  std::string place = path.substr(path.rfind('/') + 1) + "+" +
                      Hex(address - reinterpret_cast<uintptr_t>(info.dli_fbase));
  if (info.dli_sname != nullptr) {
    place += " (" + Demangled(info.dli_sname) + "+" +
             Hex(address - reinterpret_cast<uintptr_t>(info.dli_saddr)) + ")";
  }
  return place;
}

}  // namespace vdsconform
