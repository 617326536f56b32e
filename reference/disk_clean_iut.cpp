#include "reference/disk_clean_iut.h"

#include <cstdio>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "reference/disk_clean.h"
#include "spec/hresult.h"

namespace vdsconform {
namespace {

HRESULT Say(const Refusal& refusal) {
  std::fprintf(stderr, "vdsconform_disk_clean: %s\n", refusal.reason.c_str());
  return refusal.result;
}

HRESULT BeginOrThrow(const vdsconform_plan& plan, IVdsAsync** async) {
  if (plan.estimable == 0) {
    return Say({hr::kVdsNotSupported, "the progress of a clean can always be estimated"});
  }
  if (plan.parameters == nullptr && plan.parameter_count != 0) {
    return Say({hr::kInvalidArg, "the parameters are NULL"});
  }
  const auto parsed = ParseDiskCleanParameters({plan.parameters, plan.parameter_count});
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) return Say(*refusal);
  const auto& parameters = std::get<DiskCleanParameters>(parsed);
  auto opened = OpenImage(parameters);
  if (const auto* refusal = std::get_if<Refusal>(&opened)) return Say(*refusal);
  auto& image = std::get<std::unique_ptr<Image>>(opened);
  const HRESULT started = StartClean(std::move(image), parameters.chunk, async);
  return Succeeded(started) ? started : Say({started, "no memory or thread to work with"});
}

HRESULT Begin(const vdsconform_plan* plan, IVdsAsync** async, void** operation) {
  if (plan == nullptr || plan->size < sizeof *plan || async == nullptr || operation == nullptr) {
    return Say({hr::kInvalidArg, "the plan or a place for the operation is missing"});
  }
  try {
    const HRESULT started = BeginOrThrow(*plan, async);
    if (Succeeded(started)) *operation = nullptr;  // nothing to drive
    return started;
  } catch (const std::bad_alloc&) {
    return hr::kOutOfMemory;  // no exception leaves a C function
  }
}

// The worker carries on; nothing here is the driver's to let go of.
void End(void*) {}

constexpr vdsconform_iut kIut = {
    .abi = VDSCONFORM_ABI,
    .size = sizeof(vdsconform_iut),
    .name = "vdsconform disk clean",
    .version = "1",
    .capabilities = VDSCONFORM_CANCEL | VDSCONFORM_WAIT | VDSCONFORM_ESTIMATE,
    .begin = Begin,
    .progress = nullptr,
    .finish = nullptr,
    .end = End,
};

}  // namespace

const vdsconform_iut& DiskCleanIut() { return kIut; }

}  // namespace vdsconform
