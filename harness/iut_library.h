// Loads an IUT's shared library and checks what it exports against the contract (spec/iut.h).
//
// A library that cannot be used is a matter for its author and never a verdict: each defect has a
// message of its own. Loading runs the library's static initialisers. Not thread-safe.
#ifndef VDSCONFORM_HARNESS_IUT_LIBRARY_H_
#define VDSCONFORM_HARNESS_IUT_LIBRARY_H_

#include <memory>
#include <string>
#include <variant>

#include "harness/subject.h"
#include "spec/iut.h"

namespace vdsconform {

// Why `iut` cannot be used; empty if it can. NULL is what a library returns that does not speak
// this version of the contract.
std::string WhyUnusable(const vdsconform_iut* iut);

// Why these capabilities make no sense; empty if they do.
std::string WhyUnusable(uint32_t capabilities);

class IutLibrary {
 public:
  // The loaded library, or why it cannot be used, beginning with its path.
  static std::variant<std::unique_ptr<IutLibrary>, std::string> Load(const std::string& path);

  // Unloads the library; no call into it may be in progress.
  ~IutLibrary();
  IutLibrary(const IutLibrary&) = delete;
  IutLibrary& operator=(const IutLibrary&) = delete;

  // What the library exports; stays valid until it is unloaded.
  const vdsconform_iut& iut() const { return *iut_; }
  const IutInfo& info() const { return info_; }

 private:
  IutLibrary(void* handle, const vdsconform_iut* iut);

  void* handle_;
  const vdsconform_iut* iut_;
  IutInfo info_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_IUT_LIBRARY_H_
