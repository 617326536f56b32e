/* A small conforming implementation in C: the whole state is one atomic word, so that a query takes
 * its result and its percent from one moment. Cancel works, Wait is not offered. */
#include <stdatomic.h>
#include <stdlib.h>

#include "spec/iut.h"

static const HRESULT kOk = 0;
static const HRESULT kPending = (HRESULT)0x80042409;        /* VDS_E_OPERATION_PENDING */
static const HRESULT kCanceled = (HRESULT)0x8004240D;       /* VDS_E_OPERATION_CANCELED */
static const HRESULT kCancelTooLate = (HRESULT)0x8004240C;  /* VDS_E_CANCEL_TOO_LATE */
static const HRESULT kNotImplemented = (HRESULT)0x80004001; /* E_NOTIMPL */
static const HRESULT kNoInterface = (HRESULT)0x80004002;    /* E_NOINTERFACE */
static const HRESULT kPointer = (HRESULT)0x80004003;        /* E_POINTER */
static const HRESULT kOutOfMemory = (HRESULT)0x8007000E;    /* E_OUTOFMEMORY */

typedef struct Operation {
  IVdsAsync async; /* first, so that a pointer to it is a pointer to the operation */
  int estimable;
  atomic_uint references;
  _Atomic uint64_t state; /* the result above, the percent in the low 32 bits */
} Operation;

static uint64_t Pack(HRESULT hr, uint32_t percent) {
  return (uint64_t)(uint32_t)hr << 32 | percent;
}
static HRESULT ResultOf(uint64_t state) { return (HRESULT)(uint32_t)(state >> 32); }

/* Ends a pending operation; 0 if it had ended already. */
static int End(Operation* operation, HRESULT result) {
  uint64_t seen = atomic_load(&operation->state);
  while (ResultOf(seen) == kPending) {
    if (atomic_compare_exchange_weak(&operation->state, &seen, Pack(result, 100))) return 1;
  }
  return 0;
}

static ULONG AddRef(IVdsAsync* self) {
  return (ULONG)atomic_fetch_add(&((Operation*)self)->references, 1u) + 1;
}
static ULONG Release(IVdsAsync* self) {
  const ULONG left = (ULONG)atomic_fetch_sub(&((Operation*)self)->references, 1u) - 1;
  if (left == 0) free(self);
  return left;
}
static HRESULT QueryInterface(IVdsAsync* self, const IID* iid, void** object) {
  const IID unknown = vdsconform_iid_iunknown();
  const IID async = vdsconform_iid_ivdsasync();
  if (object == NULL) return kPointer;
  *object = NULL;
  if (!vdsconform_iid_equal(iid, &unknown) && !vdsconform_iid_equal(iid, &async)) {
    return kNoInterface;
  }
  AddRef(self);
  *object = self;
  return kOk;
}
static HRESULT Cancel(IVdsAsync* self) {
  return End((Operation*)self, kCanceled) ? kOk : kCancelTooLate;
}
static HRESULT Wait(IVdsAsync* self, HRESULT* result, VDS_ASYNC_OUTPUT* output) {
  (void)self;
  (void)result;
  (void)output;
  return kNotImplemented;
}
static HRESULT QueryStatus(IVdsAsync* self, HRESULT* result, ULONG* percent) {
  if (result == NULL || percent == NULL) return kPointer;
  const uint64_t state = atomic_load(&((Operation*)self)->state);
  *result = ResultOf(state);
  *percent = (ULONG)(state & 0xFFFFFFFFu);
  return kOk;
}

static const IVdsAsyncVtbl kVtbl = {QueryInterface, AddRef, Release, Cancel, Wait, QueryStatus};

static HRESULT DriverBegin(const struct vdsconform_plan* plan, IVdsAsync** async,
                           void** operation) {
  Operation* created = malloc(sizeof *created);
  if (created == NULL) return kOutOfMemory;
  created->async.lpVtbl = &kVtbl;
  created->estimable = plan->estimable != 0;
  atomic_init(&created->references, 2u); /* the caller's and the driver's */
  atomic_init(&created->state, Pack(kPending, 0));
  *async = &created->async;
  *operation = created;
  return kOk;
}
static void DriverProgress(void* operation, ULONG percent) {
  Operation* self = operation;
  const uint64_t next = Pack(kPending, percent < 99 ? percent : 99);
  uint64_t seen = atomic_load(&self->state);
  while (self->estimable && ResultOf(seen) == kPending && seen < next) {
    if (atomic_compare_exchange_weak(&self->state, &seen, next)) return;
  }
}
static void DriverFinish(void* operation, HRESULT result) { End(operation, result); }
static void DriverEnd(void* operation) { Release(operation); }

const struct vdsconform_iut* vdsconform_iut(uint32_t abi) {
  static const struct vdsconform_iut kIut = {
      .abi = VDSCONFORM_ABI,
      .size = sizeof(struct vdsconform_iut),
      .name = "consumer-c",
      .version = "1",
      .capabilities =
          VDSCONFORM_DRIVE | VDSCONFORM_CANCEL | VDSCONFORM_ESTIMATE | VDSCONFORM_NOT_ESTIMATE,
      .begin = DriverBegin,
      .progress = DriverProgress,
      .finish = DriverFinish,
      .end = DriverEnd,
  };
  return abi == VDSCONFORM_ABI ? &kIut : NULL;
}
