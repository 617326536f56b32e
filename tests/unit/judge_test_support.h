// Script: writes small histories for tests of the judge, one call after another.
//
// Calls take one unit of time and follow each other with a gap, unless a test changes the times of
// the call that it added last. Not thread-safe.
#ifndef VDSCONFORM_TESTS_UNIT_JUDGE_TEST_SUPPORT_H_
#define VDSCONFORM_TESTS_UNIT_JUDGE_TEST_SUPPORT_H_

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "spec/history.h"
#include "spec/hresult.h"
#include "spec/judge.h"
#include "spec/requirements.h"

namespace vdsconform {

inline constexpr HRESULT kVdsTimeout = ToHresult(0x8004245Fu);
inline constexpr HRESULT kAccessDenied = ToHresult(0x80070005u);

class Script {
 public:
  Event& Add(Call call, uint32_t thread = 0) {
    Event event;
    event.op = op_;
    event.call = call;
    event.thread = thread;
    event.t0 = now_;
    event.t1 = now_ + 1;
    now_ += 3;
    history_.events.push_back(event);
    return history_.events.back();
  }
  // The operation of the calls that follow.
  Script& Op(uint32_t op) {
    op_ = op;
    return *this;
  }

  Script& Begin(bool driven = true, bool estimable = true) {
    Event& event = Add(Call::kBegin);
    event.driven = driven;
    event.estimable = estimable;
    return *this;
  }
  Script& Progress(uint32_t percent) {
    Add(Call::kProgress).percent = percent;
    return *this;
  }
  Script& Finish(HRESULT result) {
    Add(Call::kFinish).result = result;
    return *this;
  }
  Script& End() {
    Add(Call::kEnd);
    return *this;
  }
  Script& Query(HRESULT hr, uint32_t percent, HRESULT ret = hr::kOk) {
    Event& event = Add(Call::kQueryStatus, 1);
    event.ret = ret;
    event.hr = hr;
    event.percent = percent;
    return *this;
  }
  Script& Pending(uint32_t percent) { return Query(hr::kOperationPending, percent); }
  // A call that fails and stores nothing.
  Script& Failing(HRESULT ret) {
    Add(Call::kQueryStatus, 1).ret = ret;
    return *this;
  }
  Script& Null(HRESULT ret, NullOutputs which = NullOutputs::kBoth) {
    Event& event = Add(Call::kQueryStatus, 1);
    event.null_outputs = which;
    event.ret = ret;
    return *this;
  }
  Script& Wait(HRESULT ret, std::optional<HRESULT> result = std::nullopt) {
    Event& event = Add(Call::kWait, 2);
    event.ret = ret;
    event.hr = result;
    return *this;
  }
  Script& Cancel(HRESULT ret) {
    Add(Call::kCancel, 2).ret = ret;
    return *this;
  }
  Script& AddRef(uint32_t count) {
    Add(Call::kAddRef, 1).count = count;
    return *this;
  }
  Script& Release(uint32_t count) {
    Add(Call::kRelease, 1).count = count;
    return *this;
  }
  Script& QueryInterface(Interface id, HRESULT ret, OutPointer out) {
    Event& event = Add(Call::kQueryInterface, 1);
    event.interface_id = id;
    event.ret = ret;
    event.out = out;
    return *this;
  }
  // The call added last ends otherwise than by returning.
  Script& With(Fault fault) {
    Last().fault = fault;
    Last().ret.reset();
    return *this;
  }
  Script& Lost() {
    Last().t1.reset();
    Last().ret.reset();
    return *this;
  }
  Script& At(int64_t t0, int64_t t1) {
    Last().t0 = t0;
    Last().t1 = t1;
    now_ = std::max(now_, t1 + 1);
    return *this;
  }
  Event& Last() { return history_.events.back(); }

  // In the order of t0.
  History Sorted() const {
    History history = history_;
    std::stable_sort(history.events.begin(), history.events.end(),
                     [](const Event& a, const Event& b) { return a.t0 < b.t0; });
    return history;
  }
  Judgement Judged(Profile profile = Profile::kWin32) const {
    return JudgeHistory(Sorted(), profile);
  }
  // The ids of all findings, "QS-01 QS-07", or "".
  std::string Ids(Profile profile = Profile::kWin32) const {
    std::set<std::string> ids;
    for (const Finding& finding : Judged(profile).findings) ids.insert(Get(finding.req).id);
    std::string text;
    for (const std::string& id : ids) text += (text.empty() ? "" : " ") + id;
    return text;
  }
  // The first finding's message, or "".
  std::string Message(Profile profile = Profile::kWin32) const {
    const Judgement judgement = Judged(profile);
    return judgement.findings.empty() ? "" : judgement.findings.front().message;
  }
  uint64_t Observations(Req req, Profile profile = Profile::kWin32) const {
    return Judged(profile).observations[static_cast<size_t>(req)];
  }

 private:
  History history_;
  uint32_t op_ = 0;
  int64_t now_ = 10;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_TESTS_UNIT_JUDGE_TEST_SUPPORT_H_
