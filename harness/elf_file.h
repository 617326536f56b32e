// What the file of a library tells of its code: the names of functions, those that are not exported
// included, where they begin and end, and their bytes.
//
// 64-bit little-endian ELF. The file may be anything: what does not lie within it, or is of a kind
// that is not known here, is not there. Addresses are those of the file's program headers, which
// objdump shows, too. The file is read when it is opened and on
// demand. Not thread-safe.
#ifndef VDSCONFORM_HARNESS_ELF_FILE_H_
#define VDSCONFORM_HARNESS_ELF_FILE_H_

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace vdsconform {

class ElfFile {
 public:
  // None: it cannot be read, or is no such file.
  static std::optional<ElfFile> Open(const std::string& path);

  // True if its code is of the processor family that this program is for.
  bool is_x86_64() const { return is_x86_64_; }

  struct Function {
    std::string symbol;  // mangled; empty: nothing names it
    uint64_t begin = 0;
    uint64_t end = 0;  // 0: unknown
  };
  // The function that has code at `address`, from the symbols, or else, without a name, from what
  // unwinding needs.
  std::optional<Function> FunctionAt(uint64_t address);

  // The code from `address` on, `size` bytes at most.
  std::vector<uint8_t> CodeAt(uint64_t address, size_t size);

 private:
  struct Segment {
    uint64_t address = 0;
    uint64_t offset = 0;
    uint64_t size = 0;  // in the file
    bool executable = false;
  };
  struct Symbol {
    uint64_t begin;
    uint64_t size;  // 0: unknown
    uint32_t name;  // where in names_
  };
  // A function, as unwinding knows it.
  struct Unwound {
    uint64_t begin;
    uint64_t entry;  // address of what tells its end
  };

  ElfFile() = default;
  bool ReadHeaders();
  void ReadSymbols();
  bool ReadSymbolsFrom(const std::vector<uint8_t>& sections, size_t count, uint32_t type);
  void ReadUnwound();
  std::optional<Function> UnwoundAt(uint64_t address);
  // All of it, or nothing.
  std::vector<uint8_t> Read(uint64_t offset, uint64_t size);
  std::vector<uint8_t> ReadAt(uint64_t address, uint64_t size);

  std::ifstream file_;
  uint64_t size_ = 0;
  bool is_x86_64_ = false;
  uint64_t sections_offset_ = 0;
  uint16_t section_count_ = 0;
  std::vector<Segment> segments_;
  std::vector<Segment> unwind_;  // segments that unwinding needs
  std::vector<Symbol> symbols_;  // by address
  std::vector<uint8_t> names_;
  std::vector<Unwound> unwound_;  // by address
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_ELF_FILE_H_
