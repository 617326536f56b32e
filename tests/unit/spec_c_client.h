/* The methods of IVdsAsync, each called from C. For com_layout_test. */
#ifndef VDSCONFORM_TESTS_UNIT_SPEC_C_CLIENT_H_
#define VDSCONFORM_TESTS_UNIT_SPEC_C_CLIENT_H_

#include "spec/iut.h"

#ifdef __cplusplus
extern "C" {
#endif

HRESULT CClientQueryInterface(IVdsAsync* async, const IID* iid, void** object);
ULONG CClientAddRef(IVdsAsync* async);
ULONG CClientRelease(IVdsAsync* async);
HRESULT CClientCancel(IVdsAsync* async);
HRESULT CClientWait(IVdsAsync* async, HRESULT* result, VDS_ASYNC_OUTPUT* output);
HRESULT CClientQueryStatus(IVdsAsync* async, HRESULT* result, ULONG* percent);

IID CClientIidOfIUnknown(void);
IID CClientIidOfIVdsAsync(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* VDSCONFORM_TESTS_UNIT_SPEC_C_CLIENT_H_ */
