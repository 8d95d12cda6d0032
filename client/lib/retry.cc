#include "client/lib/retry.h"

#include <algorithm>
#include <array>

#include "common/base/bytes.h"

namespace objstore::client {

bool is_retryable(int status, std::string_view s3_code) noexcept {
  static constexpr std::array<std::string_view, 10> kCodes = {
      "SlowDown",        "RequestTimeout",         "RequestTimeoutException",
      "InternalError",   "ServiceUnavailable",     "ThrottlingException",
      "Throttling",      "BandwidthLimitExceeded", "Busy",
      "OperationAborted"};
  if (std::ranges::find(kCodes, s3_code) != kCodes.end()) return true;
  if (status == 429) return true;
  return status >= 500 && status != 501 && status != 505;
}

bool is_retryable(Errc transport_error) noexcept {
  return transport_error == Errc::kUnreachable || transport_error == Errc::kTimeout;
}

std::chrono::milliseconds backoff(unsigned attempt, std::uint64_t random,
                                  std::optional<std::chrono::seconds> retry_after) noexcept {
  constexpr unsigned kDoublingsMax = 10;
  const unsigned doublings = std::min(attempt == 0 ? 0 : attempt - 1, kDoublingsMax);
  const auto bound = std::min(kBackoffFirst * (std::int64_t{1} << doublings), kBackoffMax);
  auto wait = std::chrono::milliseconds(random % static_cast<std::uint64_t>(bound.count() + 1));
  if (retry_after)
    wait = std::max<std::chrono::milliseconds>(wait, std::min<std::chrono::milliseconds>(*retry_after, kBackoffMax));
  return wait;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value) noexcept {
  const auto seconds = parse_u64(trim(value));
  constexpr std::uint64_t kDay = 86'400;
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(std::min(*seconds, kDay));
}

}  // namespace objstore::client
