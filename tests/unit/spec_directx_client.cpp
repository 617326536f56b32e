// A client that knows IUnknown from DirectX-Headers only: the vtable that our header gives an
// object must be the one that Microsoft's headers for Linux call. Their names are changed, because
// ours are linked into the same program.
#define IUnknown DirectxIUnknown
#define GUID DirectxGUID
#define _GUID DirectxGUID
#include <unknwn.h>
#include <wsl/winadapter.h>

#include <cstddef>
#include <cstdint>

#include "tests/unit/spec_layout.h"

static_assert(sizeof(HRESULT) == kHresultSize && HRESULT(-1) < 0);
static_assert(sizeof(ULONG) == kUlongSize && ULONG(-1) > 0);
static_assert(sizeof(IID) == kGuidSize);
static_assert(offsetof(IID, Data2) == kGuidData2Offset);
static_assert(offsetof(IID, Data3) == kGuidData3Offset);
static_assert(offsetof(IID, Data4) == kGuidData4Offset);
static_assert(sizeof(IUnknown) == kPointerSize);

int32_t DirectxQueryInterface(void* object, const void* iid, void** out) {
  return static_cast<IUnknown*>(object)->QueryInterface(*static_cast<const IID*>(iid), out);
}
uint32_t DirectxAddRef(void* object) { return static_cast<IUnknown*>(object)->AddRef(); }
uint32_t DirectxRelease(void* object) { return static_cast<IUnknown*>(object)->Release(); }
