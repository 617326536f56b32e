/* The contract between vdsconform and an implementation under test (IUT): plain C, stable.
 *
 * An IUT is a shared library that exports one function:
 *
 *     const struct vdsconform_iut* vdsconform_iut(uint32_t abi);
 *
 * It gets VDSCONFORM_ABI's value and returns a description with static lifetime, or NULL if it
 * does not speak that version. Fields are in this order with C alignment; driver functions use
 * the platform's default calling convention for C, IVdsAsync the COM vtable.
 *
 * Thread-safety: the driver functions may be called from any thread, also while methods of the
 * object run, and several operations live at once.
 */
#ifndef VDSCONFORM_SPEC_IUT_H_
#define VDSCONFORM_SPEC_IUT_H_

#include <stdint.h>

#include "com.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this contract. */
enum { VDSCONFORM_ABI = 1 };

/* What an IUT declares it can do (its PICS); bits of vdsconform_iut::capabilities. */
enum vdsconform_capability {
  VDSCONFORM_DRIVE = 1,        /* `progress` and `finish` are there; without it both are NULL, the
                                  operation runs by itself and the suite only observes */
  VDSCONFORM_CANCEL = 2,       /* Cancel of a pending operation succeeds */
  VDSCONFORM_WAIT = 4,         /* Wait is implemented */
  VDSCONFORM_ESTIMATE = 8,     /* operations whose progress can be estimated can be started */
  VDSCONFORM_NOT_ESTIMATE = 16 /* operations whose progress cannot be estimated can be started */
};

/* How to start an operation. */
struct vdsconform_plan {
  uint32_t size;                 /* sizeof this struct, in bytes */
  uint32_t estimable;            /* 0: progress cannot be estimated; 1: it can */
  const char* const* parameters; /* "key=value" strings: the PIXIT, from --param */
  uint32_t parameter_count;
  uint32_t reserved; /* 0 */
};

struct vdsconform_iut {
  uint32_t abi;  /* VDSCONFORM_ABI */
  uint32_t size; /* sizeof this struct, in bytes */
  const char* name;
  const char* version;
  uint32_t capabilities; /* vdsconform_capability bits */

  /* Starts an operation and gives the caller one reference to its object in *async, and in
   * *operation what the other functions take (NULL is allowed). A failure HRESULT starts nothing
   * and makes the cases that need an operation inconclusive. */
  HRESULT (*begin)(const struct vdsconform_plan* plan, IVdsAsync** async, void** operation);

  /* The operation has reached `percent`, 0..100; 100 is not finished. Where progress cannot be
   * estimated, percent stays 0. */
  void (*progress)(void* operation, ULONG percent);

  /* The operation ends with `result`, any HRESULT but VDS_E_OPERATION_PENDING; on return it has
   * ended. Changes nothing on an operation that has already ended, by Cancel for instance. */
  void (*finish)(void* operation, HRESULT result);

  /* The driver lets go: `operation` is not used again. The object lives on while referenced; an
   * operation that is still pending stays pending for whoever holds references. */
  void (*end)(void* operation);
};

/* What the library exports. On Windows, export it with __declspec(dllexport) or a .def file. */
typedef const struct vdsconform_iut* vdsconform_iut_function(uint32_t abi);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* VDSCONFORM_SPEC_IUT_H_ */
