#include "harness/own_descriptors.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cstddef>

namespace vdsconform {
namespace {

struct Watched {
  int descriptor;
  dev_t device;
  ino_t inode;
};
constexpr size_t kMaxWatched = 8;
std::array<Watched, kMaxWatched> watched;
size_t watched_count = 0;

}  // namespace

void WatchOwnDescriptor(int descriptor) {
  struct stat status;
  if (watched_count == kMaxWatched || fstat(descriptor, &status) != 0) return;
  watched[watched_count++] = {descriptor, status.st_dev, status.st_ino};
}

bool OwnDescriptorsIntact() {
  // An IUT may redirect the standard streams, but not take them from the process.
  for (int stream = 0; stream <= 2 && watched_count > 0; ++stream) {
    if (fcntl(stream, F_GETFD) < 0) return false;
  }
  for (size_t i = 0; i < watched_count; ++i) {
    struct stat status;
    if (fstat(watched[i].descriptor, &status) != 0) return false;
    if (status.st_dev != watched[i].device || status.st_ino != watched[i].inode) return false;
  }
  return true;
}

}  // namespace vdsconform
