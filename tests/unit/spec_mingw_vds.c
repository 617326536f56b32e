/* mingw-w64's own declaration of what Wait stores. Its vds.h repeats types of its vdslun.h and then
 * includes it, so that header must seem to be included already. */
#define __vdslun_h__
#include <stddef.h>
#include <unknwn.h>
#include <vds.h>

#include "tests/unit/spec_layout.h"

_Static_assert(sizeof(HRESULT) == kHresultSize, "HRESULT");
_Static_assert(sizeof(ULONG) == kUlongSize, "ULONG");
_Static_assert(sizeof(GUID) == kGuidSize, "GUID");
_Static_assert(sizeof(VDS_ASYNC_OUTPUT) == kAsyncOutputSize, "VDS_ASYNC_OUTPUT");
_Static_assert(_Alignof(VDS_ASYNC_OUTPUT) == kAsyncOutputAlignment, "VDS_ASYNC_OUTPUT");
_Static_assert(offsetof(VDS_ASYNC_OUTPUT, type) == 0, "VDS_ASYNC_OUTPUT");
_Static_assert(offsetof(VDS_ASYNC_OUTPUT, cp) == kAsyncOutputValueOffset, "VDS_ASYNC_OUTPUT");
_Static_assert(sizeof(IUnknownVtbl) == kSlotCancel * kPointerSize, "IUnknown");
_Static_assert(offsetof(IUnknownVtbl, AddRef) == kSlotAddRef * kPointerSize, "IUnknown");
_Static_assert(offsetof(IUnknownVtbl, Release) == kSlotRelease * kPointerSize, "IUnknown");
