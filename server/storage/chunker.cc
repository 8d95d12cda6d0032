#include "server/storage/chunker.h"

#include <algorithm>
#include <array>
#include <bit>

#include "common/base/check.h"
#include "common/base/digest.h"

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

// The Remote Execution API says "MD5(byte)"; its test vectors, and the paper's code, take the byte 64 times.
constexpr std::size_t kGearSeedBytes = 64;

const std::array<std::uint64_t, 256>& gear_table() {
  static const std::array<std::uint64_t, 256> table = [] {
    std::array<std::uint64_t, 256> gear{};
    for (std::size_t i = 0; i < gear.size(); ++i) {
      std::array<std::byte, kGearSeedBytes> seed;
      seed.fill(static_cast<std::byte>(i));
      const Md5 digest = md5(seed);
      gear[i] = read_u64_be(as_text(digest).substr(0, 8));
    }
    return gear;
  }();
  return table;
}

}  // namespace

Chunker::Chunker(std::size_t average) : average_(average) {
  CHECK(std::has_single_bit(average) && average >= kAverageMin && average <= kAverageMax);
  const auto bits = static_cast<std::size_t>(std::countr_zero(average));
  mask_before_average_ = kMasks[bits + kNormalisation - kMaskBitsMin];
  mask_after_average_ = kMasks[bits - kNormalisation - kMaskBitsMin];
}

std::size_t Chunker::cut(ByteView bytes) const noexcept {
  Scan scan;
  return cut_so_far(bytes, scan).value_or(bytes.size());
}

std::optional<std::size_t> Chunker::cut_so_far(ByteView bytes, Scan& scan) const noexcept {
  const std::size_t end = std::min(bytes.size(), max_size());
  const auto& gear = gear_table();
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  // The reference takes two bytes a step, so the limits are even; one byte a step gives the same cuts and is as fast.
  std::uint64_t hash = scan.hash;
  std::size_t i = std::max(scan.done, min_size() & ~std::size_t{1});
  for (const std::size_t limit = std::min(average_, end) & ~std::size_t{1}; i < limit; ++i) {
    hash = (hash << 1) + gear[data[i]];
    if ((hash & mask_before_average_) == 0) return i;
  }
  for (const std::size_t limit = end & ~std::size_t{1}; i < limit; ++i) {
    hash = (hash << 1) + gear[data[i]];
    if ((hash & mask_after_average_) == 0) return i;
  }
  if (end == max_size()) return end;
  scan = {i, hash};
  return std::nullopt;
}

}  // namespace objstore::storage
