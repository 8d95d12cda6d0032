// One process for each data directory: an advisory lock on the file `lock` inside it, given back by the kernel when the
// process ends, however it ends. Move-only; held while it lives.
#pragma once

#include <objstore/error.h>

#include <string>
#include <utility>

namespace objstore::storage {

class StoreLock {
 public:
  // kUnavailable: another process has it; the message names its process id. kIo.
  static Result<StoreLock> acquire(const std::string& directory);
  StoreLock(StoreLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  StoreLock& operator=(StoreLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~StoreLock();

 private:
  explicit StoreLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace objstore::storage
