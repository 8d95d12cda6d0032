// Which failures are worth another attempt, and how long to wait for it. Values; any thread.
//
// "Full jitter" (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/): the wait is anything up to
// a bound that doubles, so that clients that failed together do not come back together.
#pragma once

#include <objstore/error.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace objstore::client {

inline constexpr std::chrono::milliseconds kBackoffFirst{100};
inline constexpr std::chrono::milliseconds kBackoffMax{10'000};

// Status is 0 when there was no answer; s3_code may be empty.
// True for 5xx but 501 and 505, for 429, and for the S3 codes that say "again, slower" whatever their status.
bool is_retryable(int status, std::string_view s3_code) noexcept;
// For failures without an answer: no connection, a time-out, a connection that broke.
bool is_retryable(Errc transport_error) noexcept;

// attempt: the one that failed, from 1. random: uniform over all values. retry_after: the server's wish; it raises the
// wait, never above kBackoffMax.
std::chrono::milliseconds backoff(unsigned attempt, std::uint64_t random,
                                  std::optional<std::chrono::seconds> retry_after = {}) noexcept;

// Seconds in a Retry-After header; nothing for the form with a date.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value) noexcept;

}  // namespace objstore::client
