// Latencies, counted in buckets that are 1.6 % wide: as many operations as one likes in 30 KiB. A value; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace objstore::bench {

class Histogram {
 public:
  // nanoseconds: any value.
  void add(std::uint64_t nanoseconds) noexcept;
  void merge(const Histogram& other) noexcept;
  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t max() const noexcept { return max_; }
  double mean() const noexcept;
  // The least latency that `share` (0 to 1) of all operations did not exceed, to within a bucket; 0 without any.
  std::uint64_t quantile(double share) const noexcept;

 private:
  // Up to 2^7 each value has its bucket; above, each power of two has 2^6.
  static constexpr unsigned kSubBits = 6;
  static constexpr std::size_t kBuckets = (std::size_t{64 - kSubBits} << kSubBits) + (std::size_t{1} << kSubBits);
  static std::size_t bucket_of(std::uint64_t value) noexcept;
  static std::uint64_t top_of(std::size_t bucket) noexcept;

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace objstore::bench
