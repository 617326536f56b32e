// What every plugin of this folder exports: vdsconform_iut, and nothing else.
//
// A plugin includes this once and defines vdsconform_iut with it.
#ifndef VDSCONFORM_REFERENCE_PLUGIN_H_
#define VDSCONFORM_REFERENCE_PLUGIN_H_

#include "spec/iut.h"

#ifdef _WIN32
#define VDSCONFORM_EXPORT __declspec(dllexport)
#else
#define VDSCONFORM_EXPORT __attribute__((visibility("default")))
#endif

extern "C" VDSCONFORM_EXPORT const struct vdsconform_iut* vdsconform_iut(uint32_t abi);

#endif  // VDSCONFORM_REFERENCE_PLUGIN_H_
