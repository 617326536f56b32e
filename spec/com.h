/* The COM types that an implementation of IVdsAsync needs.
 *
 * On Windows these are the SDK's own. Elsewhere this header declares the few that the contract
 * touches, with the same names, sizes and vtable order and without a single macro beyond its
 * guard, so that a plugin needs nothing installed. The layout is checked in tests/ against
 * mingw-w64 and DirectX-Headers.
 *
 * Usable from C11 and C++. Sources: [MS-VDS] 3.1.3.1 (IID, method order), 2.2.2 (output type).
 * Not covered: the members of VDS_ASYNC_OUTPUT's union, which no requirement judges.
 */
#ifndef VDSCONFORM_SPEC_COM_H_
#define VDSCONFORM_SPEC_COM_H_

#ifdef _WIN32

#include <unknwn.h>
#ifndef __MINGW32__
#include <vds.h>
#endif

/* The Windows SDK's vds.h declares all that is needed. mingw-w64's lacks the interface, and does
 * not compile for Windows Vista and later because it repeats what its vdslun.h declares. */
#ifndef __IVdsAsync_INTERFACE_DEFINED__
#ifndef _INC_VDS
typedef struct _VDS_ASYNC_OUTPUT {
  DWORD type;
  union {
    UINT64 alignment;
    BYTE bytes[24];
  } value;
} VDS_ASYNC_OUTPUT;
#endif
#ifdef __cplusplus
struct IVdsAsync : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Cancel() = 0;
  virtual HRESULT STDMETHODCALLTYPE Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) = 0;
  virtual HRESULT STDMETHODCALLTYPE QueryStatus(HRESULT* result, ULONG* percent) = 0;
};
#else
typedef struct IVdsAsync IVdsAsync;
typedef struct IVdsAsyncVtbl {
  HRESULT(STDMETHODCALLTYPE* QueryInterface)(IVdsAsync* self, REFIID iid, void** object);
  ULONG(STDMETHODCALLTYPE* AddRef)(IVdsAsync* self);
  ULONG(STDMETHODCALLTYPE* Release)(IVdsAsync* self);
  HRESULT(STDMETHODCALLTYPE* Cancel)(IVdsAsync* self);
  HRESULT(STDMETHODCALLTYPE* Wait)(IVdsAsync* self, HRESULT* result, VDS_ASYNC_OUTPUT* output);
  HRESULT(STDMETHODCALLTYPE* QueryStatus)(IVdsAsync* self, HRESULT* result, ULONG* percent);
} IVdsAsyncVtbl;
struct IVdsAsync {
  const IVdsAsyncVtbl* lpVtbl;
};
#endif
#endif

#else /* not Windows */

#include <stdint.h>

typedef int32_t HRESULT;
typedef uint32_t ULONG;

typedef struct GUID {
  uint32_t Data1;
  uint16_t Data2;
  uint16_t Data3;
  uint8_t Data4[8];
} GUID;
typedef GUID IID;

/* What Wait stores beside the result: a type, then a union of at most 24 bytes, 8-byte aligned. */
typedef struct VDS_ASYNC_OUTPUT {
  uint32_t type;
  union {
    uint64_t alignment;
    uint8_t bytes[24];
  } value;
} VDS_ASYNC_OUTPUT;

#ifdef __cplusplus

/* Deriving from these gives exactly the COM vtable: no virtual destructor, no data. */
struct IUnknown {
  virtual HRESULT QueryInterface(const IID& iid, void** object) = 0;
  virtual ULONG AddRef() = 0;
  virtual ULONG Release() = 0;

 protected:
  ~IUnknown() = default;
};

struct IVdsAsync : public IUnknown {
  virtual HRESULT Cancel() = 0;
  virtual HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) = 0;
  virtual HRESULT QueryStatus(HRESULT* result, ULONG* percent) = 0;

 protected:
  ~IVdsAsync() = default;
};

#else /* C */

typedef struct IVdsAsync IVdsAsync;
typedef struct IVdsAsyncVtbl {
  HRESULT (*QueryInterface)(IVdsAsync* self, const IID* iid, void** object);
  ULONG (*AddRef)(IVdsAsync* self);
  ULONG (*Release)(IVdsAsync* self);
  HRESULT (*Cancel)(IVdsAsync* self);
  HRESULT (*Wait)(IVdsAsync* self, HRESULT* result, VDS_ASYNC_OUTPUT* output);
  HRESULT (*QueryStatus)(IVdsAsync* self, HRESULT* result, ULONG* percent);
} IVdsAsyncVtbl;
struct IVdsAsync {
  const IVdsAsyncVtbl* lpVtbl;
};

#endif
#endif /* _WIN32 */

/* IIDs as functions, so that including this header defines no object and no macro. */

static inline IID vdsconform_iid_iunknown(void) { /* {00000000-0000-0000-C000-000000000046} */
  IID iid = {0x00000000, 0x0000, 0x0000, {0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46}};
  return iid;
}

static inline IID vdsconform_iid_ivdsasync(void) { /* {D5D23B6D-5A55-4492-9889-397A3C2D2DBC} */
  IID iid = {0xD5D23B6D, 0x5A55, 0x4492, {0x98, 0x89, 0x39, 0x7A, 0x3C, 0x2D, 0x2D, 0xBC}};
  return iid;
}

/* Non-zero if both name the same interface. */
static inline int vdsconform_iid_equal(const IID* a, const IID* b) {
  int same = a->Data1 == b->Data1 && a->Data2 == b->Data2 && a->Data3 == b->Data3;
  for (int i = 0; i < 8; ++i) same = same && a->Data4[i] == b->Data4[i];
  return same;
}

#endif /* VDSCONFORM_SPEC_COM_H_ */
