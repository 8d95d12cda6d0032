// One S3 request with all that belongs to each: address, signature, retries, errors. Any thread.
#pragma once

#include <objstore/client.h>
#include <objstore/error.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "client/lib/body.h"
#include "client/lib/endpoint.h"
#include "client/lib/s3_error.h"
#include "client/lib/transport.h"
#include "common/base/clock.h"
#include "common/wire/http.h"

namespace objstore::client {

// A page of 1,000 keys of 1,024 bytes, each byte as %XX, is 3 MiB.
inline constexpr std::size_t kDocumentBytesMax = std::size_t{8} << 20;
inline constexpr std::uint64_t kExpectContinueBytesMin = std::uint64_t{1} << 20;

struct S3Request {
  std::string method = "GET";
  std::string bucket{};     // empty: the service itself
  std::string key{};        // empty: the bucket
  std::string query{};      // encoded
  wire::Headers headers{};  // beyond those that every request has
  const Body* body = nullptr;
  std::string body_sha256{};  // hexadecimal; empty: the payload is not signed
  std::function<void(std::uint64_t)> on_sent{};
  std::stop_token stop{};
};

struct S3Response {
  int status = 0;
  wire::Headers headers{};
  std::string body{};
};

// Waits for that long, or returns kCancelled when it is stopped before.
using Sleep = std::function<Status(std::chrono::milliseconds, const std::stop_token&)>;
Status sleep_or_stop(std::chrono::milliseconds time, const std::stop_token& stop);

class S3Caller {
 public:
  struct Options {
    Endpoint endpoint;
    std::string region{};
    std::optional<Credentials> credentials{};
    Addressing addressing = Addressing::kPath;
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds io_timeout{60'000};
    unsigned attempts_max = 5;
    std::string user_agent{};
    RateLimiter* rate = nullptr;
  };
  // transport, clock: outlive this.
  S3Caller(Options options, Transport& transport, const Clock& clock, Sleep sleep);

  // Sends until there is an answer of 2xx, or a failure that no repetition mends, or attempts_max is used up; reads the
  // answer whole, up to kDocumentBytesMax. An error document under status 200 is an error.
  S3Result<S3Response> call(const S3Request& request) const;
  // The same, but the body of the answer is left to be read.
  S3Result<std::unique_ptr<Incoming>> open(const S3Request& request) const;

  // The head of whatever is answered to one request for the service itself, also of a refusal. No retries.
  Result<HttpResponseHead> probe() const;

  // Anonymous callers and callers over TLS do not sign bodies: https protects them, and their checksum says whether
  // they arrived. Over plain http the signature is all that keeps somebody in between from changing a body.
  bool signs_bodies() const noexcept { return options_.credentials.has_value() && !options_.endpoint.secure; }
  Result<std::string> presign(const std::string& method, const ObjectName& object, std::uint32_t expires_s) const;
  const Options& options() const noexcept { return options_; }
  Status pause(unsigned attempt, const S3Failure& failure, const std::stop_token& stop) const;

 private:
  template <typename T, typename Attempt>
  S3Result<T> repeat(const S3Request& request, Attempt attempt) const;
  S3Result<std::unique_ptr<Incoming>> open_once(const S3Request& request) const;
  S3Result<S3Response> call_once(const S3Request& request) const;
  Result<HttpRequest> prepare(const S3Request& request, Location& where) const;

  Options options_;
  Transport& transport_;
  const Clock& clock_;
  Sleep sleep_;
};

// True when another attempt at what failed so makes sense.
bool is_retryable(const S3Failure& failure) noexcept;

}  // namespace objstore::client
