// Any bytes as a Program that runs on an implementation, --iut LIB or VDSCONFORM_IUT: the judge
// finds nothing. VDSCONFORM_PARAMETERS gives `begin` its "key=value", one a line.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>

#include "fuzz/iut_target.h"

namespace {

std::unique_ptr<vdsconform::IutTarget> target;

vdsconform::IutOptions OptionsFrom(int argc, char** argv) {
  vdsconform::IutOptions options;
  if (const char* library = std::getenv("VDSCONFORM_IUT")) options.library = library;
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--iut=", 6) == 0) options.library = argv[i] + 6;
    if (std::strcmp(argv[i], "--iut") == 0 && i + 1 < argc) options.library = argv[i + 1];
  }
  if (const char* parameters = std::getenv("VDSCONFORM_PARAMETERS")) {
    std::istringstream lines(parameters);
    for (std::string line; std::getline(lines, line);) options.parameters.push_back(line);
  }
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const vdsconform::IutOptions options = OptionsFrom(*argc, *argv);
  if (options.library.empty()) {
    std::fputs("fuzz_iut: which implementation? Give --iut=LIB or VDSCONFORM_IUT\n", stderr);
    std::exit(2);
  }
  auto opened = vdsconform::IutTarget::Open(options, vdsconform::Profile::kWin32);
  if (const auto* error = std::get_if<std::string>(&opened)) {
    std::fprintf(stderr, "fuzz_iut: %s\n", error->c_str());
    std::exit(2);
  }
  target = std::get<std::unique_ptr<vdsconform::IutTarget>>(std::move(opened));
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const vdsconform::Finding& finding : target->Run({data, size}).findings) {
    // That a thread slept is for `vdsconform fuzz` to look into.
    if (Get(finding.req).advisory || finding.cause == vdsconform::kSleptSomewhere) continue;
    std::fprintf(stderr, "%s: %s\n", Get(finding.req).id, finding.message.c_str());
    std::abort();
  }
  return 0;
}
