// Helpers for the tests of the disk clean: images in memory with planted faults, files in a folder
// of the test's own. An ImageLog may be read from any thread; a Folder belongs to one.
#ifndef VDSCONFORM_TESTS_UNIT_DISK_CLEAN_TEST_SUPPORT_H_
#define VDSCONFORM_TESTS_UNIT_DISK_CLEAN_TEST_SUPPORT_H_

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "reference/disk_image.h"

namespace vdsconform::testing {

// What happened to a ScriptedImage; outlives it.
struct ImageLog {
  struct Written {
    uint64_t offset;
    size_t bytes;
    bool zeros;
  };
  std::mutex mutex;
  std::vector<Written> writes;     // under mutex
  std::function<void()> on_close;  // set before the worker closes the image
  std::atomic<int> syncs{0};
  std::atomic<bool> closed{false};

  size_t write_count() {
    const std::lock_guard lock(mutex);
    return writes.size();
  }
};

// An image of `size` bytes that keeps nothing. `on_write` is asked before every write, with its
// number from 0; it may block, lower *bytes for a short write, and returns an errno value.
class ScriptedImage final : public Image {
 public:
  using OnWrite = std::function<int(size_t number, size_t* bytes)>;

  ScriptedImage(uint64_t size, std::shared_ptr<ImageLog> log, OnWrite on_write = {},
                int sync_error = 0)
      : size_(size), log_(std::move(log)), on_write_(std::move(on_write)), sync_(sync_error) {}
  ~ScriptedImage() override {
    if (log_->on_close) log_->on_close();
    log_->closed = true;
    log_->closed.notify_all();
  }

  uint64_t size() const override { return size_; }
  int Write(const void* data, size_t bytes, uint64_t offset, size_t* written) override {
    *written = 0;
    const int error = on_write_ ? on_write_(number_++, &bytes) : 0;
    if (error != 0) return error;
    const auto* const begin = static_cast<const uint8_t*>(data);
    const bool zeros = std::all_of(begin, begin + bytes, [](uint8_t byte) { return byte == 0; });
    const std::lock_guard lock(log_->mutex);
    log_->writes.push_back({offset, bytes, zeros});
    *written = bytes;
    return 0;
  }
  int Sync() override {
    ++log_->syncs;
    return sync_;
  }

 private:
  const uint64_t size_;
  const std::shared_ptr<ImageLog> log_;
  const OnWrite on_write_;
  const int sync_;
  size_t number_ = 0;
};

// A folder that is gone after the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "disk-clean-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string Path(const std::string& name) const { return (path_ / name).string(); }

  // Makes a file of `size` bytes, each of them `byte`, and returns its path.
  std::string Make(const std::string& name, size_t size, char byte = '\x5A') const {
    std::ofstream(Path(name), std::ios::binary) << std::string(size, byte);
    return Path(name);
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_;
};

}  // namespace vdsconform::testing

#endif  // VDSCONFORM_TESTS_UNIT_DISK_CLEAN_TEST_SUPPORT_H_
