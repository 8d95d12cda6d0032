#include "client/lib/part_plan.h"

#include <algorithm>

namespace objstore::client {

std::uint64_t default_part_size(std::uint64_t total) noexcept {
  constexpr std::uint64_t kUsual = std::uint64_t{8} << 20;
  constexpr std::uint64_t kPartsWanted = 1024;
  constexpr std::uint64_t kStep = 1 << 20;
  const std::uint64_t size = (total / kPartsWanted + kStep - 1) / kStep * kStep;
  return std::clamp(size, kUsual, kPartBytesMax);
}

Result<std::uint64_t> part_size_for(std::uint64_t total, std::uint64_t wanted) {
  constexpr std::uint64_t kStep = 1 << 20;
  if (total > kObjectBytesMax) return fail(Errc::kTooLarge, "larger than S3 allows (50,000 GiB)");
  const std::uint64_t least = (total + kPartsMax - 1) / kPartsMax;
  const std::uint64_t rounded = (least + kStep - 1) / kStep * kStep;
  return std::clamp(std::max(wanted, least > wanted ? rounded : wanted), kPartBytesMin, kPartBytesMax);
}

std::uint64_t stream_part_size(std::uint64_t number, std::uint64_t wanted) noexcept {
  constexpr std::uint64_t kPartsPerStep = 1000;
  const std::uint64_t doublings = number == 0 ? 0 : (number - 1) / kPartsPerStep;
  if (doublings > 10) return kPartBytesMax;
  return std::clamp(std::max(wanted, kPartBytesMin) << doublings, kPartBytesMin, kPartBytesMax);
}

}  // namespace objstore::client
