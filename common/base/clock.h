// Time as an injected dependency. Implementations may be called from any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace objstore {

// Milliseconds since 1970-01-01T00:00:00Z.
using UnixMillis = std::int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixMillis now_ms() const = 0;                                 // wall clock: may jump
  virtual std::chrono::steady_clock::time_point steady_now() const = 0;  // for ages and timeouts
};

class SystemClock final : public Clock {
 public:
  UnixMillis now_ms() const override {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }
  std::chrono::steady_clock::time_point steady_now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace objstore
