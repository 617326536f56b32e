// The COM side of a small IVdsAsync of the tests, whose own side says what its tests are about.
//
// Everything is written out here, so that a library made of it calls nothing else. Thread-safe.
#ifndef VDSCONFORM_TESTS_SUPPORT_COUNTED_ASYNC_H_
#define VDSCONFORM_TESTS_SUPPORT_COUNTED_ASYNC_H_

#include <atomic>

#include "spec/com.h"

namespace vdsconform::test_support {

// `Self` derives from it and is made with new, for its caller and its driver, who hold a reference
// each.
template <class Self>
class CountedAsync : public IVdsAsync {
 public:
  HRESULT QueryInterface(const IID& iid, void** object) override {
    constexpr auto kNoInterface = static_cast<HRESULT>(0x80004002u);
    const IID unknown = vdsconform_iid_iunknown();
    const IID async = vdsconform_iid_ivdsasync();
    *object = nullptr;
    if (!vdsconform_iid_equal(&iid, &unknown) && !vdsconform_iid_equal(&iid, &async)) {
      return kNoInterface;
    }
    *object = static_cast<IVdsAsync*>(this);
    AddRef();
    return 0;
  }
  ULONG AddRef() override { return ++references_; }
  ULONG Release() override {
    const ULONG left = --references_;
    if (left == 0) delete static_cast<Self*>(this);
    return left;
  }

 private:
  std::atomic<ULONG> references_{2};
};

}  // namespace vdsconform::test_support

#endif  // VDSCONFORM_TESTS_SUPPORT_COUNTED_ASYNC_H_
