#include "reference/drivable_iut.h"

#include <cstdio>

#include "reference/async_operation.h"

namespace vdsconform {
namespace {

// VDS_ASYNCOUT_FORMAT: an operation whose output carries nothing beside its type.
constexpr uint32_t kOutputTypeFormat = 101;

AsyncOperation* FromHandle(void* operation) { return static_cast<AsyncOperation*>(operation); }

HRESULT Begin(const vdsconform_plan* plan, IVdsAsync** async, void** operation) {
  if (plan == nullptr || plan->size < sizeof *plan || async == nullptr || operation == nullptr) {
    return hr::kInvalidArg;
  }
  if (plan->parameter_count != 0) {
    // Ignoring a misspelt or misplaced parameter would test something else than was asked for.
    std::fprintf(stderr, "vdsconform_reference: takes no parameters, but got %u\n",
                 static_cast<unsigned>(plan->parameter_count));
    return hr::kInvalidArg;
  }
  AsyncOperation* const created = AsyncOperation::Create({.estimable = plan->estimable != 0,
                                                          .cancellation = Cancellation::kAtOnce,
                                                          .output_type = kOutputTypeFormat});
  if (created == nullptr) return hr::kOutOfMemory;
  // One reference for the caller, one for the driver until End.
  created->AddRef();
  *async = created;
  *operation = created;
  return hr::kOk;
}

void Progress(void* operation, ULONG percent) { FromHandle(operation)->Advance(percent); }
void Finish(void* operation, HRESULT result) { FromHandle(operation)->Finish(result); }
void End(void* operation) { FromHandle(operation)->Release(); }

constexpr vdsconform_iut kIut = {
    .abi = VDSCONFORM_ABI,
    .size = sizeof(vdsconform_iut),
    .name = "vdsconform reference",
    .version = "1",
    .capabilities = VDSCONFORM_DRIVE | VDSCONFORM_CANCEL | VDSCONFORM_WAIT | VDSCONFORM_ESTIMATE |
                    VDSCONFORM_NOT_ESTIMATE,
    .begin = Begin,
    .progress = Progress,
    .finish = Finish,
    .end = End,
};

}  // namespace

const vdsconform_iut& ReferenceIut() { return kIut; }

}  // namespace vdsconform
