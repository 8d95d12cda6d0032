// A non-blocking TCP socket and the waiting for it. Owns its descriptor; one thread at a time.
#pragma once

#include <objstore/error.h>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "client/lib/endpoint.h"

namespace objstore::client {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();
  int fd() const noexcept { return fd_; }

  // Resolves the name and connects to the first address that answers; `timeout` is for each address. Name resolution
  // itself is the system's and blocks for as long as that takes.
  static Result<Socket> connect(const Endpoint& endpoint, std::chrono::milliseconds timeout,
                                const std::stop_token& stop);

 private:
  int fd_ = -1;
};

// Waits for poll(2) events. kTimeout, kCancelled.
Status wait_for(int fd, short events, std::chrono::milliseconds timeout, const std::stop_token& stop);

}  // namespace objstore::client
