// A bound on the bytes that all transfers of a client move in a second. Any thread.
#pragma once

#include <objstore/error.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace objstore::client {

class RateLimiter {
 public:
  // bytes_per_second: 0 for no bound.
  explicit RateLimiter(std::uint64_t bytes_per_second) : rate_(bytes_per_second) {}

  // Waits until so many bytes may move. kCancelled.
  Status take(std::uint64_t bytes, const std::stop_token& stop);
  // What to move at once, so that the waits are short and other transfers get their turn.
  std::uint64_t piece(std::uint64_t wanted) const noexcept {
    constexpr std::uint64_t kPiecesPerSecond = 8;
    constexpr std::uint64_t kPieceMin = 1024;
    return rate_ == 0 ? wanted : std::min(wanted, std::max(rate_ / kPiecesPerSecond, kPieceMin));
  }

 private:
  using Clock = std::chrono::steady_clock;
  const std::uint64_t rate_;
  std::mutex mutex_;
  Clock::time_point free_at_{};  // guarded by mutex_; when what was taken so far has moved
};

}  // namespace objstore::client
