/* A client in C: what C++ implements must be callable through the C declarations. Also compiled
 * for mingw-w64, without running it, to check the contract's layout there. */
#include "tests/unit/spec_c_client.h"

#include <stddef.h>

#include "tests/unit/spec_layout.h"

_Static_assert(sizeof(HRESULT) == kHresultSize, "HRESULT");
_Static_assert((HRESULT)-1 < 0, "HRESULT is signed");
_Static_assert(sizeof(ULONG) == kUlongSize, "ULONG");
_Static_assert((ULONG)-1 > 0, "ULONG is unsigned");
_Static_assert(sizeof(GUID) == kGuidSize && sizeof(IID) == kGuidSize, "GUID");
_Static_assert(offsetof(GUID, Data2) == kGuidData2Offset, "GUID");
_Static_assert(offsetof(GUID, Data3) == kGuidData3Offset, "GUID");
_Static_assert(offsetof(GUID, Data4) == kGuidData4Offset, "GUID");
_Static_assert(sizeof(VDS_ASYNC_OUTPUT) == kAsyncOutputSize, "VDS_ASYNC_OUTPUT");
_Static_assert(_Alignof(VDS_ASYNC_OUTPUT) == kAsyncOutputAlignment, "VDS_ASYNC_OUTPUT");
_Static_assert(offsetof(VDS_ASYNC_OUTPUT, value) == kAsyncOutputValueOffset, "VDS_ASYNC_OUTPUT");

_Static_assert(sizeof(IVdsAsync) == kPointerSize, "an interface is a pointer to its vtable");
_Static_assert(sizeof(IVdsAsyncVtbl) == kSlotCount * kPointerSize, "six methods");
_Static_assert(offsetof(IVdsAsyncVtbl, QueryInterface) == kSlotQueryInterface * kPointerSize, "");
_Static_assert(offsetof(IVdsAsyncVtbl, AddRef) == kSlotAddRef * kPointerSize, "");
_Static_assert(offsetof(IVdsAsyncVtbl, Release) == kSlotRelease * kPointerSize, "");
_Static_assert(offsetof(IVdsAsyncVtbl, Cancel) == kSlotCancel * kPointerSize, "");
_Static_assert(offsetof(IVdsAsyncVtbl, Wait) == kSlotWait * kPointerSize, "");
_Static_assert(offsetof(IVdsAsyncVtbl, QueryStatus) == kSlotQueryStatus * kPointerSize, "");

_Static_assert(sizeof(struct vdsconform_plan) == kPlanSize, "plan");
_Static_assert(offsetof(struct vdsconform_plan, parameters) == kPlanParametersOffset, "plan");
_Static_assert(offsetof(struct vdsconform_plan, parameter_count) == kPlanParameterCountOffset,
               "plan");
_Static_assert(sizeof(struct vdsconform_iut) == kIutSize, "iut");
_Static_assert(offsetof(struct vdsconform_iut, name) == kIutNameOffset, "iut");
_Static_assert(offsetof(struct vdsconform_iut, version) == kIutVersionOffset, "iut");
_Static_assert(offsetof(struct vdsconform_iut, capabilities) == kIutCapabilitiesOffset, "iut");
_Static_assert(offsetof(struct vdsconform_iut, begin) == kIutBeginOffset, "iut");
_Static_assert(offsetof(struct vdsconform_iut, progress) == kIutProgressOffset, "iut");
_Static_assert(offsetof(struct vdsconform_iut, finish) == kIutFinishOffset, "iut");
_Static_assert(offsetof(struct vdsconform_iut, end) == kIutEndOffset, "iut");

HRESULT CClientQueryInterface(IVdsAsync* async, const IID* iid, void** object) {
  return async->lpVtbl->QueryInterface(async, iid, object);
}
ULONG CClientAddRef(IVdsAsync* async) { return async->lpVtbl->AddRef(async); }
ULONG CClientRelease(IVdsAsync* async) { return async->lpVtbl->Release(async); }
HRESULT CClientCancel(IVdsAsync* async) { return async->lpVtbl->Cancel(async); }
HRESULT CClientWait(IVdsAsync* async, HRESULT* result, VDS_ASYNC_OUTPUT* output) {
  return async->lpVtbl->Wait(async, result, output);
}
HRESULT CClientQueryStatus(IVdsAsync* async, HRESULT* result, ULONG* percent) {
  return async->lpVtbl->QueryStatus(async, result, percent);
}

IID CClientIidOfIUnknown(void) { return vdsconform_iid_iunknown(); }
IID CClientIidOfIVdsAsync(void) { return vdsconform_iid_ivdsasync(); }
