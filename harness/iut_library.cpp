#include "harness/iut_library.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

namespace vdsconform {
namespace {

constexpr uint32_t kKnownCapabilities = VDSCONFORM_DRIVE | VDSCONFORM_CANCEL | VDSCONFORM_WAIT |
                                        VDSCONFORM_ESTIMATE | VDSCONFORM_NOT_ESTIMATE;

// The first bytes of a file, up to and with the machine field of an ELF header.
struct FileStart {
  std::array<unsigned char, 20> bytes{};
  size_t size = 0;

  bool StartsWith(std::string_view magic) const {
    return size >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
  }
  uint16_t machine() const {
    uint16_t value;
    std::memcpy(&value, bytes.data() + 18, sizeof value);
    return value;
  }
};

std::optional<FileStart> ReadStart(const char* path) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  FileStart start;
  const ssize_t got = read(file, start.bytes.data(), start.bytes.size());
  const int read_errno = errno;
  close(file);
  errno = read_errno;
  if (got < 0) return std::nullopt;
  start.size = static_cast<size_t>(got);
  return start;
}

// Why the file cannot be a library for this process; empty if it looks like one.
std::string WhyNotLibrary(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? "no such file" : fmt::format("cannot be read: {}", strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) return "is a directory, not a shared library";
  if (!S_ISREG(status.st_mode)) return "is not a regular file";
  const std::optional<FileStart> start = ReadStart(path.c_str());
  if (!start) return fmt::format("cannot be read: {}", strerror(errno));
  if (start->StartsWith("MZ")) {
    return "is a Windows library, which this platform cannot load; use --host with a program that "
           "can, such as a host under Wine";
  }
  if (!start->StartsWith(ELFMAG)) return "is not a shared library: no ELF header";
  if (start->size < start->bytes.size()) return "is not a shared library: its header is cut off";
  // This process's own header says what it can load.
  const std::optional<FileStart> own = ReadStart("/proc/self/exe");
  if (own && own->StartsWith(ELFMAG) &&
      (own->bytes[EI_CLASS] != start->bytes[EI_CLASS] ||
       own->bytes[EI_DATA] != start->bytes[EI_DATA] || own->machine() != start->machine())) {
    return fmt::format(
        "was built for another architecture (ELF machine {}, {} bits; this process: machine {}, {} "
        "bits)",
        start->machine(), start->bytes[EI_CLASS] == ELFCLASS64 ? 64 : 32, own->machine(),
        own->bytes[EI_CLASS] == ELFCLASS64 ? 64 : 32);
  }
  return "";
}

}  // namespace

std::string WhyUnusable(uint32_t capabilities) {
  if (const uint32_t unknown = capabilities & ~kKnownCapabilities; unknown != 0) {
    return fmt::format("its capabilities have bits that version {} does not define: 0x{:x}",
                       static_cast<int>(VDSCONFORM_ABI), unknown);
  }
  if ((capabilities & (VDSCONFORM_ESTIMATE | VDSCONFORM_NOT_ESTIMATE)) == 0) {
    return "its capabilities name neither ESTIMATE nor NOT_ESTIMATE, so that no operation could be "
           "started";
  }
  return "";
}

std::string WhyUnusable(const vdsconform_iut* iut) {
  if (iut == nullptr) {
    return fmt::format(
        "vdsconform_iut({}) returned NULL: it does not speak version {} of the "
        "contract",
        static_cast<int>(VDSCONFORM_ABI), static_cast<int>(VDSCONFORM_ABI));
  }
  if (iut->abi != VDSCONFORM_ABI) {
    return fmt::format("its abi field is {}, expected {}", iut->abi,
                       static_cast<int>(VDSCONFORM_ABI));
  }
  if (iut->size < sizeof(vdsconform_iut)) {
    return fmt::format("its size field is {}, expected sizeof(struct vdsconform_iut) = {}",
                       iut->size, sizeof(vdsconform_iut));
  }
  if (iut->name == nullptr || iut->name[0] == '\0') return "its name is NULL or empty";
  if (iut->version == nullptr) return "its version is NULL";
  if (std::string why = WhyUnusable(iut->capabilities); !why.empty()) return why;
  if (iut->begin == nullptr) return "its begin function is NULL";
  if (iut->end == nullptr) return "its end function is NULL";
  if ((iut->capabilities & VDSCONFORM_DRIVE) != 0) {
    if (iut->progress == nullptr) return "it declares DRIVE, but its progress function is NULL";
    if (iut->finish == nullptr) return "it declares DRIVE, but its finish function is NULL";
  }
  return "";
}

std::variant<std::unique_ptr<IutLibrary>, std::string> IutLibrary::Load(const std::string& path) {
  if (path.empty()) return "no library was named";
  if (std::string why = WhyNotLibrary(path); !why.empty()) return path + ": " + why;
  // Without a slash the loader would search its own directories instead.
  const std::string location = path.find('/') == std::string::npos ? "./" + path : path;
  void* handle = dlopen(location.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    return fmt::format("{}: cannot be loaded: {}", path, reason ? reason : "no reason given");
  }
  void* symbol = dlsym(handle, "vdsconform_iut");
  if (symbol == nullptr) {
    dlclose(handle);
    return path + ": exports no function vdsconform_iut (see iut.h)";
  }
  vdsconform_iut_function* function;
  static_assert(sizeof function == sizeof symbol);
  std::memcpy(&function, &symbol, sizeof function);
  const vdsconform_iut* iut = function(VDSCONFORM_ABI);
  if (std::string why = WhyUnusable(iut); !why.empty()) {
    dlclose(handle);
    return path + ": " + why;
  }
  return std::unique_ptr<IutLibrary>(new IutLibrary(handle, iut));
}

IutLibrary::IutLibrary(void* handle, const vdsconform_iut* iut)
    : handle_(handle), iut_(iut), info_{iut->name, iut->version, iut->capabilities} {}

IutLibrary::~IutLibrary() { dlclose(handle_); }

}  // namespace vdsconform
