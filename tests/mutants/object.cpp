// Mutants that are bad COM objects (QS-15): wrong interfaces, wrong counts, gone too early.

#include "tests/mutants/mutant_base.h"

namespace vdsconform::mutants {
namespace {

bool IsUnknown(const IID& iid) {
  const IID unknown = vdsconform_iid_iunknown();
  return vdsconform_iid_equal(&iid, &unknown) != 0;
}

bool IsKnown(const IID& iid) {
  const IID async = vdsconform_iid_ivdsasync();
  return IsUnknown(iid) || vdsconform_iid_equal(&iid, &async) != 0;
}

class AnswersAnyInterface : public Operation {
 public:
  using Operation::Operation;

  HRESULT QueryInterface(const IID&, void** object) override {
    *object = static_cast<IVdsAsync*>(this);
    AddRef();
    return hr::kOk;
  }
};

class LeavesPointer : public Operation {
 public:
  using Operation::Operation;

  HRESULT QueryInterface(const IID& iid, void** object) override {
    return IsKnown(iid) ? Operation::QueryInterface(iid, object) : hr::kNoInterface;
  }
};

class RefusesIUnknown : public Operation {
 public:
  using Operation::Operation;

  HRESULT QueryInterface(const IID& iid, void** object) override {
    if (!IsUnknown(iid)) return Operation::QueryInterface(iid, object);
    *object = nullptr;
    return hr::kNoInterface;
  }
};

class RefusesWithENotImpl : public Operation {
 public:
  using Operation::Operation;

  HRESULT QueryInterface(const IID& iid, void** object) override {
    const HRESULT ret = Operation::QueryInterface(iid, object);
    return ret == hr::kNoInterface ? hr::kNotImpl : ret;
  }
};

// Base of objects that go too early. Instead of giving its memory back, where what comes next would
// be left to chance, a destroyed object crashes at the next QueryStatus.
class Perishable : public Operation {
 public:
  using Operation::Operation;

  // Also on a destroyed object, whose count is 0.
  ULONG AddRef() override { return references_ == 0 ? 1 : Operation::AddRef(); }
  ULONG Release() override { return references_ == 0 ? 0 : Operation::Release(); }

 protected:
  void Destroy() override { destroyed_ = true; }
  State Look() override {
    volatile int* volatile nowhere = nullptr;
    if (destroyed_) *nowhere = 1;
    return Operation::Look();
  }

  std::atomic<bool> destroyed_{false};
};

class QueryInterfaceDoesNotCount : public Perishable {
 public:
  using Perishable::Perishable;

  HRESULT QueryInterface(const IID& iid, void** object) override {
    const HRESULT ret = Perishable::QueryInterface(iid, object);
    if (Succeeded(ret)) --references_;
    return ret;
  }
};

class AddRefDoesNotCount : public Perishable {
 public:
  using Perishable::Perishable;

  ULONG AddRef() override { return references_ + 1; }
};

// Counts in a byte, so that 256 references are none.
class CountsInAByte : public Perishable {
 public:
  using Perishable::Perishable;

  ULONG Release() override {
    const ULONG left = Perishable::Release();
    if (left % 256 == 0) Destroy();
    return left;
  }
};

class ReleaseDestroysAtOne : public Perishable {
 public:
  using Perishable::Perishable;

  ULONG Release() override {
    const ULONG left = Perishable::Release();
    if (left == 1) Destroy();
    return left;
  }
};

class EndDestroys : public Perishable {
 public:
  using Perishable::Perishable;

  void End() override {
    Perishable::End();
    Destroy();
  }
};

// The same, but really gone: as objects are where one owner was forgotten.
class EndFrees : public Operation {
 public:
  using Operation::Operation;

  void End() override { delete this; }
};

// The operation's thread takes the object with it.
class FinishFrees : public Operation {
 public:
  using Operation::Operation;

  void Finish(HRESULT result) override {
    Operation::Finish(result);
    delete this;
  }
  void End() override {}
};

class ReleaseFreesAtOne : public Operation {
 public:
  using Operation::Operation;

  ULONG Release() override {
    const ULONG left = --references_;
    if (left <= 1) delete this;
    return left;
  }
};

class NeverFreed : public Operation {
 public:
  using Operation::Operation;

 protected:
  void Destroy() override {}
};

// Lets go of the client's reference together with the driver's once it has finished.
class EndReleasesFinished : public Perishable {
 public:
  using Perishable::Perishable;

  void End() override {
    if (state_.load().ended()) Perishable::Release();
    Perishable::End();
  }
};

// After the driver has let go, nobody is there to ask for the percent: crashes while pending.
class NeedsTheDriver : public Perishable {
 public:
  using Perishable::Perishable;

  void End() override {
    if (state_.load().pending()) destroyed_ = true;
    Perishable::End();
  }
};

constexpr Row kRows[] = {
    {"query_interface_answers_any", "QueryInterface gives itself for any interface.", "QS-15",
     Make<AnswersAnyInterface>},
    {"query_interface_leaves_pointer", "Refusing an interface leaves the out pointer as it was.",
     "QS-15", Make<LeavesPointer>},
    {"query_interface_refuses_iunknown", "QueryInterface refuses IUnknown.", "QS-15",
     Make<RefusesIUnknown>},
    {"query_interface_e_notimpl", "Refuses other interfaces with E_NOTIMPL.", "QS-15",
     Make<RefusesWithENotImpl>},
    {"query_interface_does_not_count", "QueryInterface gives a pointer without a reference.",
     "QS-15", Make<QueryInterfaceDoesNotCount>},
    {"add_ref_does_not_count", "AddRef counts nothing.", "QS-15", Make<AddRefDoesNotCount>},
    {"counts_references_in_a_byte", "Takes 256 references for none.", "QS-15", Make<CountsInAByte>},
    {"release_destroys_at_one", "Release destroys the object at count 1.", "QS-15",
     Make<ReleaseDestroysAtOne>},
    {"end_destroys", "The object is destroyed when the driver lets go.", "QS-15",
     Make<EndDestroys>},
    {"end_frees", "The driver deletes the object when it lets go.", "QS-15", Make<EndFrees>},
    {"finish_frees", "The driver deletes the object when the operation ends.", "QS-15",
     Make<FinishFrees>},
    {"release_frees_at_one", "Release deletes the object at count 1.", "QS-15",
     Make<ReleaseFreesAtOne>},
    {"never_freed", "Releasing the last reference frees nothing.", "QA-06", Make<NeverFreed>},
    {"end_releases_finished", "Once finished, the driver lets go of the client's reference, too.",
     "QS-15", Make<EndReleasesFinished>},
    {"needs_the_driver", "Crashes while pending once the driver has let go.", "QS-15",
     Make<NeedsTheDriver>},
};

}  // namespace

std::span<const Row> ObjectRows() { return kRows; }

}  // namespace vdsconform::mutants
