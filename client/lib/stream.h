// A connected byte stream, plain or TLS, that never waits longer than it is told and can be stopped.
//
// A Stream belongs to one thread at a time. A TlsContext is immutable after create() and shared by all streams of a
// client, which it must outlive.
#pragma once

#include <objstore/error.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include "client/lib/endpoint.h"
#include "client/lib/rate_limiter.h"
#include "common/base/bytes.h"

namespace objstore::client {

// How long to wait, and who may say stop. A stop is seen within kStopCheck.
struct IoLimits {
  std::chrono::milliseconds connect_timeout{10'000};  // for each address of a name, and for the TLS handshake
  std::chrono::milliseconds io_timeout{60'000};       // for the next byte to move
  std::stop_token stop;
  RateLimiter* rate = nullptr;  // of bodies
};
inline constexpr std::chrono::milliseconds kStopCheck{100};

class TlsContext {
 public:
  // TLS 1.2 or newer. ca_bundle: PEM file, empty for the system's authorities. kInvalidArgument when it cannot be used.
  static Result<TlsContext> create(const std::string& ca_bundle, bool verify);
  TlsContext(TlsContext&&) noexcept;
  TlsContext& operator=(TlsContext&&) noexcept;
  ~TlsContext();

 private:
  friend class Stream;
  struct Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Errors of all methods: kUnreachable (no connection, or it broke), kTimeout, kCancelled.
class Stream {
 public:
  // tls: null for a plain stream. Tries the addresses of a name one after the other. The certificate must be for
  // endpoint.host.
  static Result<std::unique_ptr<Stream>> connect(const Endpoint& endpoint, const TlsContext* tls,
                                                 const IoLimits& limits);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // At least one byte; 0 at the end of the stream.
  Result<std::size_t> read_some(MutableBytes out, const IoLimits& limits);
  Status write_all(ByteView bytes, const IoLimits& limits);
  // Whether read_some would return at once: the other side has sent something, or closed. Does not block.
  bool has_input();
  // Waits up to `time` for has_input().
  Result<bool> wait_input(std::chrono::milliseconds time, const IoLimits& limits);

 private:
  struct Impl;
  explicit Stream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace objstore::client
