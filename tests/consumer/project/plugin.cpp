// A small conforming implementation in C++: the whole state is one atomic word, so that a query
// takes its result and its percent from one moment. Wait and Cancel are not offered.
#include <atomic>
#include <cstdint>
#include <new>

#include "spec/iut.h"

namespace {

constexpr HRESULT Code(uint32_t bits) { return static_cast<HRESULT>(bits); }
constexpr HRESULT kPending = Code(0x80042409u);          // VDS_E_OPERATION_PENDING
constexpr HRESULT kNotImplemented = Code(0x80004001u);   // E_NOTIMPL
constexpr HRESULT kInvalidArgument = Code(0x80070057u);  // E_INVALIDARG
constexpr HRESULT kNoInterface = Code(0x80004002u);      // E_NOINTERFACE

constexpr uint64_t Pack(HRESULT hr, uint32_t percent) {
  return static_cast<uint64_t>(static_cast<uint32_t>(hr)) << 32 | percent;
}

class Operation final : public IVdsAsync {
 public:
  explicit Operation(bool estimable) : estimable_(estimable) {}

  HRESULT QueryInterface(const IID& iid, void** object) override {
    if (object == nullptr) return kInvalidArgument;
    *object = nullptr;
    const IID unknown = vdsconform_iid_iunknown();
    const IID async = vdsconform_iid_ivdsasync();
    if (!vdsconform_iid_equal(&iid, &unknown) && !vdsconform_iid_equal(&iid, &async)) {
      return kNoInterface;
    }
    AddRef();
    *object = static_cast<IVdsAsync*>(this);
    return 0;
  }
  ULONG AddRef() override { return references_.fetch_add(1) + 1; }
  ULONG Release() override {
    const ULONG left = references_.fetch_sub(1) - 1;
    if (left == 0) delete this;
    return left;
  }
  HRESULT Cancel() override { return kNotImplemented; }
  HRESULT Wait(HRESULT*, VDS_ASYNC_OUTPUT*) override { return kNotImplemented; }
  HRESULT QueryStatus(HRESULT* result, ULONG* percent) override {
    if (result == nullptr || percent == nullptr) return kInvalidArgument;
    const uint64_t state = state_.load(std::memory_order_acquire);
    *result = static_cast<HRESULT>(static_cast<uint32_t>(state >> 32));
    *percent = static_cast<ULONG>(state & 0xFFFFFFFFu);
    return 0;
  }

  void Progress(ULONG percent) {
    if (!estimable_) return;
    const uint64_t next = Pack(kPending, percent < 99 ? percent : 99);
    uint64_t seen = state_.load();
    while (static_cast<uint32_t>(seen >> 32) == static_cast<uint32_t>(kPending) && seen < next) {
      if (state_.compare_exchange_weak(seen, next, std::memory_order_acq_rel)) return;
    }
  }
  void Finish(HRESULT result) {
    uint64_t seen = state_.load();
    while (static_cast<uint32_t>(seen >> 32) == static_cast<uint32_t>(kPending)) {
      if (state_.compare_exchange_weak(seen, Pack(result, 100), std::memory_order_acq_rel)) return;
    }
  }

 private:
  const bool estimable_;
  std::atomic<ULONG> references_{2};  // the caller's and the driver's
  std::atomic<uint64_t> state_{Pack(kPending, 0)};
};

HRESULT Begin(const struct vdsconform_plan* plan, IVdsAsync** async, void** operation) {
  auto* created = new (std::nothrow) Operation(plan->estimable != 0);
  if (created == nullptr) return Code(0x8007000Eu);  // E_OUTOFMEMORY
  *async = created;
  *operation = created;
  return 0;
}
void Progress(void* operation, ULONG percent) {
  static_cast<Operation*>(operation)->Progress(percent);
}
void Finish(void* operation, HRESULT result) { static_cast<Operation*>(operation)->Finish(result); }
void End(void* operation) { static_cast<Operation*>(operation)->Release(); }

constexpr struct vdsconform_iut kIut = {
    VDSCONFORM_ABI,
    sizeof(struct vdsconform_iut),
    "consumer-cpp",
    "1",
    VDSCONFORM_DRIVE | VDSCONFORM_ESTIMATE | VDSCONFORM_NOT_ESTIMATE,
    Begin,
    Progress,
    Finish,
    End,
};

}  // namespace

extern "C" const struct vdsconform_iut* vdsconform_iut(uint32_t abi) {
  return abi == VDSCONFORM_ABI ? &kIut : nullptr;
}
