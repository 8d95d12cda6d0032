#include "client/lib/retry.h"

#include <catch2/catch.hpp>

namespace objstore::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("what the server may do better next time is repeated") {
  CHECK(is_retryable(500, "InternalError"));
  CHECK(is_retryable(502, ""));
  CHECK(is_retryable(503, "SlowDown"));
  CHECK(is_retryable(429, ""));
  CHECK(is_retryable(400, "RequestTimeout"));
  CHECK(is_retryable(200, "InternalError"));
  CHECK(is_retryable(Errc::kUnreachable));
  CHECK(is_retryable(Errc::kTimeout));
}

TEST_CASE("what will fail again is not repeated") {
  CHECK_FALSE(is_retryable(501, "NotImplemented"));
  CHECK_FALSE(is_retryable(403, "AccessDenied"));
  CHECK_FALSE(is_retryable(404, "NoSuchKey"));
  CHECK_FALSE(is_retryable(412, "PreconditionFailed"));
  CHECK_FALSE(is_retryable(400, "BadDigest"));
  CHECK_FALSE(is_retryable(Errc::kCancelled));
  CHECK_FALSE(is_retryable(Errc::kIo));
  CHECK_FALSE(is_retryable(Errc::kMalformed));
}

TEST_CASE("the bound of the wait doubles and stops at its maximum") {
  constexpr std::uint64_t kAnything = 0x123456789abcdefULL;
  for (unsigned attempt = 1; attempt < 100; ++attempt) {
    const auto wait = backoff(attempt, kAnything * attempt);
    CHECK(wait >= milliseconds(0));
    CHECK(wait <= kBackoffMax);
    if (attempt <= 6) CHECK(wait <= kBackoffFirst * (1 << (attempt - 1)));
  }
  CHECK(backoff(1, 100) == milliseconds(100));
  CHECK(backoff(1, 101) == milliseconds(0));
  CHECK(backoff(2, 200) == milliseconds(200));
}

TEST_CASE("Retry-After raises the wait, within the maximum") {
  CHECK(backoff(1, 0, seconds(2)) == seconds(2));
  CHECK(backoff(1, 0, seconds(86'400)) == kBackoffMax);
  CHECK(parse_retry_after(" 3 ") == seconds(3));
  CHECK_FALSE(parse_retry_after("Fri, 24 May 2013 00:00:00 GMT"));
  CHECK_FALSE(parse_retry_after("-1"));
}

}  // namespace
}  // namespace objstore::client
