// A file descriptor that is closed with its owner.
#pragma once

#include <unistd.h>

namespace objstore::client {

struct Descriptor {
  explicit Descriptor(int f) : fd(f) {}  // below 0: there is none
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  const int fd;
};

}  // namespace objstore::client
