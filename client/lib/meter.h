// Adds up the progress of a transfer's parts and reports it. Any thread; must outlive its parts.
#pragma once

#include <objstore/transfer.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace objstore::client {

class Meter {
 public:
  Meter(Progress progress, std::optional<std::uint64_t> total) : progress_(std::move(progress)), total_(total) {}

  // One request's share: what it has sent in its present attempt. One thread at a time.
  class Part {
   public:
    explicit Part(Meter& meter) : meter_(meter) {}
    void set(std::uint64_t bytes) {
      meter_.change(counted_, bytes);
      counted_ = bytes;
    }
    void add(std::uint64_t bytes) { set(counted_ + bytes); }

   private:
    Meter& meter_;
    std::uint64_t counted_ = 0;
  };

 private:
  void change(std::uint64_t from, std::uint64_t to) {
    const std::lock_guard lock(mutex_);
    done_ = done_ - from + to;
    if (progress_) progress_(done_, total_);
  }

  const Progress progress_;
  const std::optional<std::uint64_t> total_;
  std::mutex mutex_;        // also keeps the callback to one thread at a time
  std::uint64_t done_ = 0;  // guarded by mutex_
};

}  // namespace objstore::client
