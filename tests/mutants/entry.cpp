// The exported function of every mutant library: the row that the library was built for, as an IUT.

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/mutants/mutant_base.h"

// The one thing that differs between the libraries; each is built with a file that defines it.
extern "C" const char* const vdsconform_mutant_name;

namespace vdsconform::mutants {
namespace {

const Row& Chosen() {
  static const Row kRow = [] {
    for (const Row& row : AllRows()) {
      if (std::strcmp(row.name, vdsconform_mutant_name) == 0) return row;
    }
    std::fprintf(stderr, "mutant: no row is named %s\n", vdsconform_mutant_name);
    std::abort();
  }();
  return kRow;
}

HRESULT Begin(const vdsconform_plan* plan, IVdsAsync** async, void** operation) {
  Operation* started = Chosen().make(plan->estimable != 0);
  *async = started;
  *operation = started;
  return hr::kOk;
}

void Progress(void* operation, ULONG percent) {
  static_cast<Operation*>(operation)->Progress(percent);
}

void Finish(void* operation, HRESULT result) { static_cast<Operation*>(operation)->Finish(result); }

void End(void* operation) { static_cast<Operation*>(operation)->End(); }

}  // namespace
}  // namespace vdsconform::mutants

extern "C" __attribute__((visibility("default"))) const vdsconform_iut* vdsconform_iut(
    uint32_t abi) {
  using namespace vdsconform::mutants;
  if (abi != VDSCONFORM_ABI) return nullptr;
  const bool driven = (Chosen().capabilities & VDSCONFORM_DRIVE) != 0;
  static const struct vdsconform_iut kIut = {
      VDSCONFORM_ABI,
      sizeof(struct vdsconform_iut),
      Chosen().name,
      "1",
      Chosen().capabilities,
      Begin,
      driven ? Progress : nullptr,
      driven ? Finish : nullptr,
      End,
  };
  return &kIut;
}
