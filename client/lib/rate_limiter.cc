#include "client/lib/rate_limiter.h"

#include "client/lib/s3_caller.h"

namespace objstore::client {

Status RateLimiter::take(std::uint64_t bytes, const std::stop_token& stop) {
  if (rate_ == 0) return {};
  Clock::time_point mine;
  {
    const std::lock_guard lock(mutex_);
    // What was not used in a pause is gone: a burst after it would be above the rate that was asked for.
    mine = std::max(free_at_, Clock::now());
    constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
    free_at_ = mine + std::chrono::nanoseconds(static_cast<std::uint64_t>(static_cast<double>(bytes) /
                                                                          static_cast<double>(rate_) * kNsPerSecond));
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(mine - Clock::now());
  if (wait.count() <= 0) return {};
  return sleep_or_stop(wait, stop);
}

}  // namespace objstore::client
