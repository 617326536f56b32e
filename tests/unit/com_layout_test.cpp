// The binary contract: sizes, offsets and the order of the vtable, seen from C++, from C and from
// DirectX-Headers where they are installed.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "spec/com.h"
#include "spec/hresult.h"
#include "spec/iut.h"
#include "tests/unit/spec_c_client.h"
#include "tests/unit/spec_layout.h"

#ifdef VDSCONFORM_HAVE_DIRECTX_HEADERS
int32_t DirectxQueryInterface(void* object, const void* iid, void** out);
uint32_t DirectxAddRef(void* object);
uint32_t DirectxRelease(void* object);
#endif

namespace vdsconform {
namespace {

static_assert(std::is_same_v<HRESULT, int32_t> && sizeof(HRESULT) == kHresultSize);
static_assert(std::is_same_v<ULONG, uint32_t> && sizeof(ULONG) == kUlongSize);
static_assert(sizeof(GUID) == kGuidSize && std::is_same_v<GUID, IID>);
static_assert(offsetof(GUID, Data2) == kGuidData2Offset);
static_assert(offsetof(GUID, Data3) == kGuidData3Offset);
static_assert(offsetof(GUID, Data4) == kGuidData4Offset);
static_assert(sizeof(VDS_ASYNC_OUTPUT) == kAsyncOutputSize);
static_assert(alignof(VDS_ASYNC_OUTPUT) == kAsyncOutputAlignment);
static_assert(offsetof(VDS_ASYNC_OUTPUT, type) == 0);
static_assert(offsetof(VDS_ASYNC_OUTPUT, value) == kAsyncOutputValueOffset);

// No data and no virtual destructor, which would take slots of the vtable.
static_assert(sizeof(IUnknown) == kPointerSize && sizeof(IVdsAsync) == kPointerSize);
static_assert(!std::has_virtual_destructor_v<IVdsAsync> && std::is_abstract_v<IVdsAsync>);

static_assert(VDSCONFORM_ABI == 1);
static_assert(VDSCONFORM_DRIVE == 1 && VDSCONFORM_CANCEL == 2 && VDSCONFORM_WAIT == 4 &&
              VDSCONFORM_ESTIMATE == 8 && VDSCONFORM_NOT_ESTIMATE == 16);
static_assert(sizeof(vdsconform_plan) == kPlanSize);
static_assert(offsetof(vdsconform_plan, parameters) == kPlanParametersOffset);
static_assert(offsetof(vdsconform_plan, parameter_count) == kPlanParameterCountOffset);
static_assert(sizeof(vdsconform_iut) == kIutSize);
static_assert(offsetof(vdsconform_iut, begin) == kIutBeginOffset);
static_assert(offsetof(vdsconform_iut, end) == kIutEndOffset);

// Notes which method was called and with what, and gives each its own answer.
class Probe final : public IVdsAsync {
 public:
  HRESULT QueryInterface(const IID& iid, void** object) override {
    called = kSlotQueryInterface;
    seen_iid = iid;
    *object = this;
    return 10;
  }
  ULONG AddRef() override { return called = kSlotAddRef, 11u; }
  ULONG Release() override { return called = kSlotRelease, 12u; }
  HRESULT Cancel() override { return called = kSlotCancel, 13; }
  HRESULT Wait(HRESULT* result, VDS_ASYNC_OUTPUT* output) override {
    called = kSlotWait;
    *result = 1;
    output->type = 2;
    return 14;
  }
  HRESULT QueryStatus(HRESULT* result, ULONG* percent) override {
    called = kSlotQueryStatus;
    *result = 3;
    *percent = 4;
    return 15;
  }

  int called = -1;
  IID seen_iid{};
};

TEST(ComLayout, CCallsWhatCppImplements) {
  Probe probe;
  const IID iid = vdsconform_iid_ivdsasync();
  void* object = nullptr;
  EXPECT_EQ(CClientQueryInterface(&probe, &iid, &object), 10);
  EXPECT_EQ(probe.called, kSlotQueryInterface);
  EXPECT_EQ(object, &probe);
  EXPECT_TRUE(vdsconform_iid_equal(&probe.seen_iid, &iid));
  EXPECT_EQ(CClientAddRef(&probe), 11u);
  EXPECT_EQ(probe.called, kSlotAddRef);
  EXPECT_EQ(CClientRelease(&probe), 12u);
  EXPECT_EQ(probe.called, kSlotRelease);
  EXPECT_EQ(CClientCancel(&probe), 13);
  EXPECT_EQ(probe.called, kSlotCancel);
  HRESULT result = 0;
  VDS_ASYNC_OUTPUT output{};
  EXPECT_EQ(CClientWait(&probe, &result, &output), 14);
  EXPECT_EQ(probe.called, kSlotWait);
  EXPECT_EQ(result, 1);
  EXPECT_EQ(output.type, 2u);
  ULONG percent = 0;
  EXPECT_EQ(CClientQueryStatus(&probe, &result, &percent), 15);
  EXPECT_EQ(probe.called, kSlotQueryStatus);
  EXPECT_EQ(result, 3);
  EXPECT_EQ(percent, 4u);
}

#ifdef VDSCONFORM_HAVE_DIRECTX_HEADERS
TEST(ComLayout, DirectxHeadersCallWhatCppImplements) {
  Probe probe;
  IVdsAsync* const async = &probe;
  const IID iid = vdsconform_iid_iunknown();
  void* object = nullptr;
  EXPECT_EQ(DirectxQueryInterface(async, &iid, &object), 10);
  EXPECT_EQ(probe.called, kSlotQueryInterface);
  EXPECT_EQ(object, &probe);
  EXPECT_TRUE(vdsconform_iid_equal(&probe.seen_iid, &iid));
  EXPECT_EQ(DirectxAddRef(async), 11u);
  EXPECT_EQ(probe.called, kSlotAddRef);
  EXPECT_EQ(DirectxRelease(async), 12u);
  EXPECT_EQ(probe.called, kSlotRelease);
}
#endif

TEST(ComLayout, IidsHaveTheirBytes) {
  // In memory: the first three fields little-endian, then the eight bytes as they are written.
  const uint8_t unknown[] = {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                             0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46};
  const uint8_t async[] = {0x6D, 0x3B, 0xD2, 0xD5, 0x55, 0x5A, 0x92, 0x44,
                           0x98, 0x89, 0x39, 0x7A, 0x3C, 0x2D, 0x2D, 0xBC};
  IID iid = vdsconform_iid_iunknown();
  EXPECT_EQ(std::memcmp(&iid, unknown, sizeof iid), 0);
  iid = CClientIidOfIUnknown();
  EXPECT_EQ(std::memcmp(&iid, unknown, sizeof iid), 0);
  iid = vdsconform_iid_ivdsasync();
  EXPECT_EQ(std::memcmp(&iid, async, sizeof iid), 0);
  iid = CClientIidOfIVdsAsync();
  EXPECT_EQ(std::memcmp(&iid, async, sizeof iid), 0);
}

TEST(ComLayout, IidsDifferIfAnyByteDoes) {
  const IID iid = vdsconform_iid_ivdsasync();
  EXPECT_TRUE(vdsconform_iid_equal(&iid, &iid));
  for (size_t i = 0; i < sizeof iid; ++i) {
    IID other = iid;
    reinterpret_cast<uint8_t*>(&other)[i] ^= 1;
    EXPECT_FALSE(vdsconform_iid_equal(&iid, &other)) << "byte " << i;
    EXPECT_FALSE(vdsconform_iid_equal(&other, &iid)) << "byte " << i;
  }
}

}  // namespace
}  // namespace vdsconform
