// Memory for bodies on their way in, bounded: a few large buffers, and small ones for small bodies and for everybody
// else when the large ones are out. Any thread; outlives its leases.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/base/buffer.h"
#include "server/http/limits.h"

namespace objstore::http {

class BodyBuffers {
 public:
  explicit BodyBuffers(std::size_t large_max)
      : large_max_(large_max),
        large_(kLargeBufferBytes, kIdleBuffersKept),
        small_(kSmallBufferBytes, kIdleBuffersKept) {}

  // A buffer that counts against the bound while it lives.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept
        : buffer_(std::move(other.buffer_)), large_count_(std::exchange(other.large_count_, nullptr)) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(buffer_, other.buffer_);
      std::swap(large_count_, other.large_count_);
      return *this;
    }
    ~Lease() {
      if (large_count_) large_count_->fetch_sub(1, std::memory_order_relaxed);
    }
    explicit operator bool() const noexcept { return buffer_.capacity() > 0; }
    Buffer& operator*() noexcept { return buffer_; }
    Buffer* operator->() noexcept { return &buffer_; }

   private:
    friend class BodyBuffers;
    Buffer buffer_;
    std::atomic<std::size_t>* large_count_ = nullptr;
  };

  // expected: the bytes that are to come, when known.
  Lease acquire(std::optional<std::uint64_t> expected) {
    Lease lease;
    const bool is_small = expected && *expected <= kSmallBufferBytes;
    if (!is_small && large_out_.fetch_add(1, std::memory_order_relaxed) < large_max_) {
      lease.buffer_ = large_.acquire();
      lease.large_count_ = &large_out_;
      return lease;
    }
    if (!is_small) large_out_.fetch_sub(1, std::memory_order_relaxed);
    lease.buffer_ = small_.acquire();
    return lease;
  }

 private:
  const std::size_t large_max_;
  std::atomic<std::size_t> large_out_ = 0;
  BufferPool large_;
  BufferPool small_;
};

}  // namespace objstore::http
