#include "server/storage/chunker.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "common/base/check.h"
#include "server/storage/gear.h"

namespace objstore::storage {
namespace {

// The masks of the paper's C reference for averages of 2^8 to 2^22: index = number of bits set = log2 of the average
// that a mask alone would give.
constexpr std::size_t kMaskBitsMin = 8;
constexpr std::array<std::uint64_t, 15> kMasks = {
    0x0000001800035300, 0x0000019000353000, 0x0000590003530000, 0x0000d90003530000, 0x0000d90103530000,
    0x0000d90303530000, 0x0000d90313530000, 0x0000d90f03530000, 0x0000d90303537000, 0x0000d90703537000,
    0x0000d90707537000, 0x0000d91707537000, 0x0000d91747537000, 0x0000d91767537000, 0x0000d93767537000};

constexpr std::size_t kNormalisation = 2;

}  // namespace

Chunker::Chunker(std::size_t average) : average_(average) {
  CHECK(std::has_single_bit(average) && average >= kAverageMin && average <= kAverageMax);
  const auto bits = static_cast<std::size_t>(std::countr_zero(average));
  mask_before_average_ = kMasks[bits + kNormalisation - kMaskBitsMin];
  mask_after_average_ = kMasks[bits - kNormalisation - kMaskBitsMin];
}

std::size_t Chunker::cut(ByteView bytes) const noexcept {
  std::size_t done = 0;
  return cut_so_far(bytes, done).value_or(bytes.size());
}

std::optional<std::size_t> Chunker::cut_so_far(ByteView bytes, std::size_t& done) const noexcept {
  // The reference takes two bytes a step, so the limits are even; one byte a step gives the same cuts and is as fast.
  const auto even = [](std::size_t limit) { return limit & ~std::size_t{1}; };
  const std::size_t end = std::min(bytes.size(), max_size());
  const std::size_t origin = even(min_size());
  std::size_t i = std::max(done, origin);
  for (const auto& [limit, mask] :
       {std::pair{even(std::min(average_, end)), mask_before_average_}, std::pair{even(end), mask_after_average_}}) {
    if (i >= limit) continue;
    i = gear::find(bytes, origin, i, limit, mask);
    if (i < limit) return i;
  }
  if (end == max_size()) return end;
  done = i;
  return std::nullopt;
}

}  // namespace objstore::storage
