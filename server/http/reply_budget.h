// How much memory the replies that are being sent may hold, all together. A reader that is slow holds a piece of its
// download in memory, up to some MiB; thousands of them must not hold gigabytes. Any thread; outlives its holds.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace objstore::http {

class ReplyBudget {
 public:
  static constexpr std::uint64_t kSmallReplyBytesMax = 64 * 1024;
  static constexpr std::uint64_t kLightBytes = 4 * 1024 * 1024;

  explicit ReplyBudget(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // False: nothing more may be read for a reply that has `left` bytes to come until somebody else's has left. The end
  // of a reply that is small has a quarter more: it leaves at once, and must not wait for readers that do not read.
  bool has_room(std::uint64_t left) const noexcept {
    const std::uint64_t bound = left <= kSmallReplyBytesMax ? bytes_max_ + bytes_max_ / 4 : bytes_max_;
    return held_.load(std::memory_order_relaxed) < bound;
  }
  // Half is used: nothing is read ahead, and who reads slowly is cut.
  bool is_pressed() const noexcept { return held_.load(std::memory_order_relaxed) > bytes_max_ / 2; }
  // So little is held that several pieces at once do not push each other out of the processor's caches.
  bool is_light() const noexcept { return held_.load(std::memory_order_relaxed) < kLightBytes && !is_pressed(); }

  // Bytes that count while it lives. Made even beyond the bound: what is there is there.
  class Hold {
   public:
    Hold() = default;
    Hold(ReplyBudget& budget, std::uint64_t bytes) : budget_(&budget), bytes_(bytes) {
      budget.held_.fetch_add(bytes, std::memory_order_relaxed);
    }
    Hold(Hold&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Hold& operator=(Hold&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Hold() {
      if (budget_) budget_->held_.fetch_sub(bytes_, std::memory_order_relaxed);
    }

   private:
    ReplyBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

 private:
  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> held_ = 0;
};

}  // namespace objstore::http
