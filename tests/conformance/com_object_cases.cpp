// QS-15: the COM object behind the operation: interfaces, references and its life.
#include "tests/conformance/directed_case.h"

namespace vdsconform {
namespace {

using namespace steps;

class QS15 : public DirectedCase {
 protected:
  explicit QS15(uint32_t needs = 0) : DirectedCase(Req::kQs15, VDSCONFORM_DRIVE | needs) {}
};

TEST_F(QS15, AnswersItsInterfacesAndRefusesOthers) {
  for (const Interface interface_id :
       {Interface::kIUnknown, Interface::kIVdsAsync, Interface::kOther}) {
    if (!Check(InOrder({Ask(interface_id), Query()}, AnyPlan()))) return;
    if (!Check(InOrder({Progress(50), Ask(interface_id), On(1, Ask(interface_id)), Query()},
                       AnyPlan()))) {
      return;
    }
    if (!Check(InOrder({Finish(hr::kFail), Ask(interface_id), On(1, Ask(interface_id)), Query()},
                       AnyPlan()))) {
      return;
    }
    if (!Check(InOrder({Finish(hr::kOk), End(), Ask(interface_id), Query()}, AnyPlan()))) return;
  }
}

TEST_F(QS15, AnswersTheSameEveryTime) {
  std::vector<Step> program;
  for (int i = 0; i < 20; ++i) {
    program.push_back(Ask(Interface::kIUnknown));
    program.push_back(Ask(Interface::kOther));
    program.push_back(Ask(Interface::kIVdsAsync));
  }
  program.push_back(Query());
  Check(InOrder(program, AnyPlan()));
}

TEST_F(QS15, CountsReferences) {
  // The last are more than a counter of 8 bits holds.
  for (const uint32_t references : {1u, 2u, 10u, 300u}) {
    std::vector<Step> program{Query()};
    program.insert(program.end(), references, AddRef());
    program.push_back(Query());
    program.insert(program.end(), references, Release());
    program.push_back(Query());
    if (!Check(InOrder(program, AnyPlan()))) return;
    program.insert(program.begin(), Finish(hr::kOk));
    if (!Check(InOrder(program, AnyPlan()))) return;
  }
}

TEST_F(QS15, CountsReferencesOfManyThreads) {
  std::vector<Step> program;
  for (uint32_t thread = 0; thread < 4; ++thread) {
    for (int i = 0; i < 8; ++i) {
      program.push_back(On(thread, AddRef()));
      program.push_back(On(thread, Release()));
    }
    program.push_back(On(thread, Ask(Interface::kIVdsAsync)));
  }
  program.push_back(Barrier());
  program.push_back(Query());
  program.push_back(On(1, Query()));
  Check(Racing(program, Rounds(300), AnyPlan()));
}

TEST_F(QS15, StaysUsableOnceFinishedAndLetGo) {
  for (const bool estimable : Estimables()) {
    for (const HRESULT result : {hr::kOk, hr::kFail}) {
      if (!Check(InOrder(
              {Progress(50), Query(), Finish(result), Query(), End(), Query(3), On(1, Query(3))},
              estimable))) {
        return;
      }
    }
  }
}

TEST_F(QS15, StaysUsableWhenThePendingOperationIsLetGo) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({Query(), End(), Query(3), On(1, Query(3))}, estimable))) return;
    if (!Check(InOrder({Progress(50), Query(), End(), Query(3), On(1, Query(3))}, estimable))) {
      return;
    }
  }
}

TEST_F(QS15, StaysUsableThroughEveryReference) {
  for (const Interface interface_id : {Interface::kIUnknown, Interface::kIVdsAsync}) {
    if (!Check(InOrder({Ask(interface_id), AddRef(), Query(), Release(), Query(), Finish(hr::kOk),
                        Query(), End(), Query(), AddRef(), Release(), Query()},
                       AnyPlan()))) {
      return;
    }
  }
}

TEST_F(QS15, StaysUsableWhenReferencesComeAndGoWhilePending) {
  for (const bool estimable : Estimables()) {
    if (!Check(InOrder({AddRef(), Query(), Release(), Query(), Progress(30), AddRef(), AddRef(),
                        Release(), Query(), Release(), Query(), Finish(hr::kFail), Query()},
                       estimable))) {
      return;
    }
  }
}

TEST_F(QS15, StaysUsableWhenReferencesComeAndGoAfterTheDriverLetGo) {
  if (!Check(InOrder({Finish(hr::kOk), Query(), End(), AddRef(), Query(), Release(), Query()},
                     AnyPlan()))) {
    return;
  }
  Check(InOrder({Query(), End(), AddRef(), Query(), Release(), Query()}, AnyPlan()));
}

TEST_F(QS15, FailedQueryInterfaceTakesNoReferenceAway) {
  std::vector<Step> program{Query()};
  for (int i = 0; i < 10; ++i) program.push_back(Ask(Interface::kOther));
  program.push_back(Query());
  program.push_back(Finish(hr::kOk));
  program.push_back(End());
  program.push_back(Ask(Interface::kOther));
  program.push_back(Query());
  Check(InOrder(program, AnyPlan()));
}

TEST_F(QS15, StaysUsableWhenReferencesComeAndGoWhileItFinishes) {
  Check(Racing({Progress(50), Finish(hr::kOk), On(1, AddRef()), On(1, Query(5)), On(1, Release()),
                On(1, Query(2)), On(2, Ask(Interface::kIUnknown)), On(2, Query(5)), Barrier(),
                End(), On(1, Query()), On(2, Query())},
               Rounds(300), AnyPlan()));
}

class QS15WithCancel : public QS15 {
 protected:
  QS15WithCancel() : QS15(VDSCONFORM_CANCEL) {}
};

TEST_F(QS15WithCancel, StaysUsableOnceCancelledAndLetGo) {
  Check(InOrder({Query(), Cancel(), Query(), End(), Query(), AddRef(), Release(), On(1, Query())},
                AnyPlan()));
}

class QS15WithWait : public QS15 {
 protected:
  QS15WithWait() : QS15(VDSCONFORM_WAIT) {}
};

TEST_F(QS15WithWait, ReferencesComeAndGoWhileAnotherThreadIsInsideWait) {
  Check(InOrder({On(1, Wait()), AddRef(), Query(), Release(), Query(), Ask(Interface::kIUnknown),
                 Query(), Finish(hr::kOk), On(1, Query()), Query()},
                AnyPlan()));
}

}  // namespace
}  // namespace vdsconform
