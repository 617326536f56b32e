// Whose code an address belongs to: the harness's, the implementation's or another library's.
//
// The implementation's are all modules that were loaded after the program had started: the plugin
// and what it brings along. Everything else but the program itself counts as other libraries.
// Linux. Made once an implementation is loaded; const afterwards and then safe to use from a
// signal handler.
#ifndef VDSCONFORM_HARNESS_CODE_MAP_H_
#define VDSCONFORM_HARNESS_CODE_MAP_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace vdsconform {

class CodeMap {
 public:
  // What is loaded now.
  CodeMap();

  bool IsIut(uintptr_t address) const { return Contains(iut_, address); }
  bool IsHarness(uintptr_t address) const { return Contains(harness_, address); }

  // True if the implementation has code of its own beside the program.
  bool HasIut() const { return !iut_.empty(); }

  // Makes the implementation's code writable, as a debugger does. False: the system refuses.
  bool MakeIutWritable() const;

  // The same for a page of any code, told by its first address, and back.
  static uintptr_t PageOf(uintptr_t address);
  static bool MakeWritable(uintptr_t page);
  static void Protect(uintptr_t page);

  // "libmine.so+0x1139 (Finish+0x12)", without a function where no symbol tells it, neither one
  // that is exported nor one in the library's file. Thread-safe; reads files, so not in a handler.
  static std::string Place(uintptr_t address);

 private:
  struct Range {
    uintptr_t first;
    uintptr_t last;  // one past it
  };
  static bool Contains(const std::vector<Range>& ranges, uintptr_t address) {
    for (const Range& range : ranges) {
      if (address >= range.first && address < range.last) return true;
    }
    return false;
  }

  std::vector<Range> harness_;  // executable segments
  std::vector<Range> iut_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_CODE_MAP_H_
