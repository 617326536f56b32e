#include <atomic>
#include "spec/iut.h"

struct Operation final : IVdsAsync {        // your own takes this place
  std::atomic<uint64_t> state{0x80042409};  // percent << 32 | result: 0 and pending
  std::atomic<ULONG> references{2};         // the client's and the driver's
  bool estimable = true;
  void Reach(uint64_t percent, uint32_t result) {  // only upwards, so 100 is final
    uint64_t now = state;
    while (now >> 32 < percent && !state.compare_exchange_weak(now, percent << 32 | result)) {}
  }
  HRESULT QueryStatus(HRESULT* result, ULONG* percent) override {
    if (!result || !percent) return HRESULT(0x80070057);  // E_INVALIDARG
    const uint64_t now = state;                           // one load: both are of one moment
    return *result = HRESULT(now), *percent = ULONG(now >> 32), 0;
  }
  HRESULT Cancel() override { return HRESULT(0x80042400); }  // VDS_E_NOT_SUPPORTED
  HRESULT Wait(HRESULT*, VDS_ASYNC_OUTPUT*) override { return HRESULT(0x80004001); }  // E_NOTIMPL
  HRESULT QueryInterface(const IID& iid, void** object) override {
    const IID a = vdsconform_iid_iunknown(), b = vdsconform_iid_ivdsasync();
    if (!object) return HRESULT(0x80004003);  // E_POINTER
    *object = vdsconform_iid_equal(&iid, &a) || vdsconform_iid_equal(&iid, &b) ? this : nullptr;
    return *object ? (AddRef(), 0) : HRESULT(0x80004002);  // E_NOINTERFACE
  }
  ULONG AddRef() override { return ++references; }
  ULONG Release() override { ULONG left = --references; if (!left) delete this; return left; }
};
Operation* Of(void* operation) { return static_cast<Operation*>(operation); }
HRESULT Begin(const vdsconform_plan* plan, IVdsAsync** async, void** operation) {
  Operation* op = new Operation; op->estimable = plan->estimable;
  return *async = op, *operation = op, 0;
}
void Progress(void* o, ULONG p) { if (Of(o)->estimable) Of(o)->Reach(p < 99 ? p : 99, 0x80042409); }
void Finish(void* o, HRESULT result) { Of(o)->Reach(100, uint32_t(result)); }
void End(void* o) { Of(o)->Release(); }
extern "C" const struct vdsconform_iut* vdsconform_iut(uint32_t abi) {
  static const struct vdsconform_iut mine = {VDSCONFORM_ABI, sizeof mine, "mine", "1.0",
    VDSCONFORM_DRIVE | VDSCONFORM_ESTIMATE | VDSCONFORM_NOT_ESTIMATE, Begin, Progress, Finish, End};
  return abi == VDSCONFORM_ABI ? &mine : nullptr;
}
