// DirectRunner: performs Programs on the calling thread, as fast as they can be.
//
// For fuzzers, which run a Program a microsecond. The calls are those of the executor in the order
// of the Program's list, but all are made by one thread and nobody watches them: a call that never
// comes back does not, a crash is one of this process, and neither context switches nor blocking
// are seen. A Wait for a pending operation would never return, so its operation is first ended with
// the result of the Program's next Finish of it, S_OK without one; where the IUT cannot be driven
// no Wait is made. Times are a count. Events have the Program's thread numbers. What is found this
// way is to be confirmed by the executor.
//
// One object, one thread.
#ifndef VDSCONFORM_HARNESS_DIRECT_RUN_H_
#define VDSCONFORM_HARNESS_DIRECT_RUN_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/outputs.h"
#include "harness/program.h"
#include "spec/iut.h"

namespace vdsconform {

class DirectRunner {
 public:
  // `iut` outlives the runner. `parameters` are "key=value" strings for begin.
  DirectRunner(const vdsconform_iut& iut, std::vector<std::string> parameters);
  DirectRunner(const DirectRunner&) = delete;
  DirectRunner& operator=(const DirectRunner&) = delete;

  // Only Programs that run in order. The History is there until the next Run.
  const History& Run(const Program& program);

  // Why an operation of the last Program could not be started; empty: all could.
  const std::string& inconclusive() const { return inconclusive_; }

 private:
  struct Live {
    IVdsAsync* async = nullptr;
    void* handle = nullptr;
    bool estimable = true;
    bool starting = false;
    bool begun = false;
    bool ending = false;
    bool let_go = false;
    uint32_t added_references = 0;
    std::vector<IUnknown*> queried;
    IUnknown* identity = nullptr;
  };

  // An event of the current step, last in the history; its call is still to be made.
  Event& Append(Call call, uint32_t op, const Step& step);
  // Makes the call of the event.
  template <class Body>
  void Enter(Event* event, Body&& body);
  // Both.
  template <class Body>
  Event& Invoke(Call call, uint32_t op, const Step& step, Body&& body);
  void Perform(const Step& step);
  void Begin(uint32_t op, const Step& step);
  void Finish(uint32_t op, const Step& step, HRESULT result);
  void End(uint32_t op, const Step& step);
  void Query(uint32_t op, const Step& step);
  static OutputBuffers::Target Given(const Step& step, OutputBuffers::Target target);
  // Makes the query of the event and notes what it answers.
  void Answer(const Step& step, const OutputBuffers::Target& given, Event* event);
  void Repeat(uint32_t op, const Step& step);
  // Makes the last event's call again, `most` times or until it is answered differently. Gives how
  // often; of those alike the last event then is the last.
  uint32_t QueryAgain(const Step& step, uint32_t most);
  void Wait(uint32_t op, const Step& step);
  void Ask(uint32_t op, const Step& step);
  void Release(uint32_t op, const Step& step, IUnknown* object);
  void Conclude(uint32_t op);
  HRESULT NextResult(uint32_t op) const;

  const vdsconform_iut& iut_;
  const std::vector<std::string> parameters_;
  std::vector<const char*> parameter_pointers_;
  OutputFrame frame_;
  OutputBuffers buffers_{&frame_};
  std::array<Live, kMaxOperations> operations_;
  const Program* program_ = nullptr;
  int32_t step_ = -1;
  int64_t now_ = 0;
  History history_;
  std::string inconclusive_;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_DIRECT_RUN_H_
