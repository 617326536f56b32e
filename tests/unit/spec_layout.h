/* What the contract's types must look like on 64-bit platforms, for the translation units that
 * compare the several declarations of them: ours in C and in C++, mingw-w64's, DirectX-Headers'.
 */
#ifndef VDSCONFORM_TESTS_UNIT_SPEC_LAYOUT_H_
#define VDSCONFORM_TESTS_UNIT_SPEC_LAYOUT_H_

enum {
  kHresultSize = 4,
  kUlongSize = 4,
  kGuidSize = 16,
  kGuidData2Offset = 4,
  kGuidData3Offset = 6,
  kGuidData4Offset = 8,
  kAsyncOutputSize = 32,
  kAsyncOutputAlignment = 8,
  kAsyncOutputValueOffset = 8,
  kPointerSize = 8,
  kPlanSize = 24,
  kPlanParametersOffset = 8,
  kPlanParameterCountOffset = 16,
  kIutSize = 64,
  kIutNameOffset = 8,
  kIutVersionOffset = 16,
  kIutCapabilitiesOffset = 24,
  kIutBeginOffset = 32,
  kIutProgressOffset = 40,
  kIutFinishOffset = 48,
  kIutEndOffset = 56
};

/* Slots of the vtable, in their order. */
enum {
  kSlotQueryInterface,
  kSlotAddRef,
  kSlotRelease,
  kSlotCancel,
  kSlotWait,
  kSlotQueryStatus,
  kSlotCount
};

#endif /* VDSCONFORM_TESTS_UNIT_SPEC_LAYOUT_H_ */
