// The minimum rate of a body in either direction: how long the next operation may wait for the peer. Only waiting
// counts, not the time that the store takes. Belongs to one coroutine.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "server/http/limits.h"

namespace objstore::http {

class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Millis = std::chrono::milliseconds;

  Pace(Millis grace, Millis stall, std::uint64_t rate)
      : grace_(grace), stall_(stall), rate_(std::max<std::uint64_t>(rate, 1)) {}

  // When an operation that starts now must have moved something; nothing when the peer is too slow already.
  std::optional<Time> deadline(Time now) const {
    const Millis earned(static_cast<std::int64_t>(std::min<std::uint64_t>(bytes_ / rate_, kEarnedSecondsMax) * 1000));
    const auto left = std::min<std::chrono::nanoseconds>(stall_, grace_ + earned - waited_);
    if (left <= std::chrono::nanoseconds::zero()) return std::nullopt;
    return now + std::chrono::duration_cast<Time::duration>(left);
  }
  void moved(std::uint64_t bytes, std::chrono::nanoseconds waited) {
    bytes_ += bytes;
    waited_ += waited;
  }

 private:
  // A peer that was fast for a while may rest, but not for ever.
  static constexpr std::uint64_t kEarnedSecondsMax = 86'400;
  Millis grace_;
  Millis stall_;
  std::uint64_t rate_;
  std::uint64_t bytes_ = 0;
  std::chrono::nanoseconds waited_{0};
};

}  // namespace objstore::http
