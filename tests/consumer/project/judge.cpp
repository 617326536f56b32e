// A program outside the source tree that judges two histories: one legal, one that stores S_OK
// while its operation is known to be pending.
#include <cstdio>
#include <sstream>

#include "spec/history_json.h"
#include "spec/hresult.h"
#include "spec/judge.h"

namespace {

using vdsconform::Call;
using vdsconform::Event;
using vdsconform::History;

// begin, one query that stores `hr` and 40 percent, finish.
History WithQuery(HRESULT hr) {
  Event begin;
  begin.call = Call::kBegin;
  begin.driven = true;
  begin.t0 = 10;
  begin.t1 = 20;
  Event query;
  query.call = Call::kQueryStatus;
  query.t0 = 30;
  query.t1 = 40;
  query.ret = vdsconform::hr::kOk;
  query.hr = hr;
  query.percent = 40;
  Event finish;
  finish.call = Call::kFinish;
  finish.result = vdsconform::hr::kOk;
  finish.t0 = 50;
  finish.t1 = 60;
  return History{{begin, query, finish}};
}

// The history again after a round trip through its file form.
History Reread(const History& history) {
  std::stringstream file;
  vdsconform::WriteHistory(file, history);
  History read;
  const auto error =
      vdsconform::ReadHistory(file, [&read](const Event& event) { read.events.push_back(event); });
  if (error)
    std::fprintf(stderr, "line %llu: %s\n", static_cast<unsigned long long>(error->line),
                 error->message.c_str());
  return read;
}

}  // namespace

int main() {
  const auto good = vdsconform::JudgeHistory(Reread(WithQuery(vdsconform::hr::kOperationPending)),
                                             vdsconform::Profile::kWin32);
  if (!good.findings.empty() || good.events != 3) {
    std::fprintf(stderr, "a legal history has %zu findings\n", good.findings.size());
    return 1;
  }
  const auto bad =
      vdsconform::JudgeHistory(Reread(WithQuery(vdsconform::hr::kOk)), vdsconform::Profile::kWin32);
  if (bad.findings.empty() || bad.findings.front().req != vdsconform::Req::kQs01) {
    std::fprintf(stderr, "S_OK while pending was not found to break QS-01\n");
    return 1;
  }
  return 0;
}
