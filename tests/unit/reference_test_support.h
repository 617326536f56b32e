// Helpers for the tests of reference/: holding references, and seeing that a thread sleeps.
//
// Not thread-safe beyond what each function says.
#ifndef VDSCONFORM_TESTS_UNIT_REFERENCE_TEST_SUPPORT_H_
#define VDSCONFORM_TESTS_UNIT_REFERENCE_TEST_SUPPORT_H_

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "spec/com.h"
#include "spec/hresult.h"

namespace vdsconform::testing {

struct Releaser {
  template <typename Interface>
  void operator()(Interface* held) const {
    held->Release();
  }
};
// Holds one reference.
template <typename Interface>
using Held = std::unique_ptr<Interface, Releaser>;

// What one QueryStatus gave.
struct Status {
  HRESULT ret = hr::kFail;
  HRESULT result = hr::kFail;
  ULONG percent = 12345;

  friend bool operator==(const Status&, const Status&) = default;
};
inline std::ostream& operator<<(std::ostream& out, const Status& status) {
  return out << "ret " << std::hex << ToBits(status.ret) << ", hr " << ToBits(status.result)
             << ", percent " << std::dec << status.percent;
}

inline Status Query(IVdsAsync& async) {
  Status status;
  status.ret = async.QueryStatus(&status.result, &status.percent);
  return status;
}
inline Status Pending(ULONG percent) { return {hr::kOk, hr::kOperationPending, percent}; }
inline Status Finished(HRESULT result) { return {hr::kOk, result, 100}; }

// A thread that performs one call, and can be seen to sleep in it.
class Caller {
 public:
  explicit Caller(std::function<void()> call)
      : thread_([this, call = std::move(call)] {
          tid_ = static_cast<pid_t>(syscall(SYS_gettid));
          call();
          returned_ = true;
        }) {}

  // True once the call sleeps, false once it has returned; one of the two comes.
  bool SleepsInCall() {
    while (!returned_) {
      if (tid_ != 0 && StateOf(tid_) == 'S') return true;
      sched_yield();
    }
    return false;
  }
  bool returned() const { return returned_; }
  void Join() { thread_.join(); }

 private:
  static char StateOf(pid_t tid) {
    std::ifstream file("/proc/self/task/" + std::to_string(tid) + "/stat");
    std::string text;
    std::getline(file, text);
    const size_t end_of_name = text.rfind(')');
    return end_of_name == std::string::npos ? '?' : text[end_of_name + 2];
  }

  std::atomic<pid_t> tid_{0};
  std::atomic<bool> returned_{false};
  std::thread thread_;
};

}  // namespace vdsconform::testing

#endif  // VDSCONFORM_TESTS_UNIT_REFERENCE_TEST_SUPPORT_H_
