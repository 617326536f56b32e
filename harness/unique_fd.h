// Owns a file descriptor. Not thread-safe.
#ifndef VDSCONFORM_HARNESS_UNIQUE_FD_H_
#define VDSCONFORM_HARNESS_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace vdsconform {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd() { reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_UNIQUE_FD_H_
