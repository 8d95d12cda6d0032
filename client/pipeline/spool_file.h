// A file without a name, for what is too large for memory and gone with the process. One thread at a time.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/bytes.h"

namespace objstore::client {

class SpoolFile {
 public:
  // directory: empty for TMPDIR or /tmp. kNotFound, kAccessDenied, kIo.
  static Result<std::unique_ptr<SpoolFile>> create(const std::string& directory);
  ~SpoolFile();
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;

  // At the end. kNoSpace, kIo.
  Status append(ByteView bytes);
  std::uint64_t size() const noexcept { return size_; }
  int descriptor() const noexcept { return fd_; }
  // A name under which this process may open it once more.
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  // The descriptor's own place goes back to the first byte.
  Status rewind();

 private:
  explicit SpoolFile(int fd) : fd_(fd) {}
  const int fd_;
  std::uint64_t size_ = 0;
};

}  // namespace objstore::client
