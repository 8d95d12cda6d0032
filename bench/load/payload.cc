#include "bench/load/payload.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "bench/splitmix.h"
#include "common/base/digest.h"

namespace objstore::bench {
namespace {

constexpr std::size_t kBlock = 4096;
constexpr std::size_t kStampBytes = 8;
constexpr std::size_t kBlocksPerRegion = 256;  // 1 MiB
constexpr std::uint64_t kBaseSeed = 0x6f626a62656e6368;

std::uint64_t salt_of(std::string_view prefix) {
  const Sha256 digest = sha256(as_bytes(prefix));
  std::uint64_t salt = 0;
  std::memcpy(&salt, digest.data(), sizeof salt);
  return salt;
}

}  // namespace

PayloadBase::PayloadBase(std::uint64_t size, std::string_view prefix, unsigned dedup_percent)
    : bytes_(size), salt_(salt_of(prefix)), dedup_percent_(dedup_percent) {
  for (std::size_t i = 0; i < bytes_.size(); i += kStampBytes) {
    const std::uint64_t noise = mix(kBaseSeed + i);
    std::memcpy(bytes_.data() + i, &noise, std::min(kStampBytes, bytes_.size() - i));
  }
}

std::uint64_t PayloadBase::stamp(std::uint64_t object, std::size_t block) const noexcept {
  const std::uint64_t own = mix(salt_ ^ mix(object));
  const std::size_t region = block / kBlocksPerRegion;
  if (dedup_percent_ > 0 && mix(own ^ region) % 100 < dedup_percent_) {
    return mix(kBaseSeed + block * kBlock);  // the base's own bytes
  }
  return mix(own + block);
}

Payload::Payload(std::shared_ptr<const PayloadBase> base) : base_(std::move(base)) {}

ByteView Payload::of(std::uint64_t object) {
  if (bytes_.empty()) bytes_.assign(base_->base().begin(), base_->base().end());
  for (std::size_t block = 0; block * kBlock < bytes_.size(); ++block) {
    const std::uint64_t value = base_->stamp(object, block);
    std::memcpy(bytes_.data() + block * kBlock, &value, std::min(kStampBytes, bytes_.size() - block * kBlock));
  }
  return bytes_;
}

void PayloadCheck::feed(ByteView bytes) noexcept {
  const ByteView base = base_.base();
  if (bytes.size() > base.size() - position_) {
    ok_ = false;
    return;
  }
  while (!bytes.empty() && ok_) {
    const std::size_t block = position_ / kBlock;
    const std::size_t offset = position_ % kBlock;
    const std::size_t length = std::min(bytes.size(), kBlock - offset);
    std::byte expected[kBlock];
    std::memcpy(expected, base.data() + position_, length);
    if (offset < kStampBytes) {
      const std::uint64_t value = base_.stamp(object_, block);
      std::byte stamp[kStampBytes];
      std::memcpy(stamp, &value, kStampBytes);
      std::memcpy(expected, stamp + offset, std::min(length, kStampBytes - offset));
    }
    ok_ = std::memcmp(expected, bytes.data(), length) == 0;
    position_ += length;
    bytes = bytes.subspan(length);
  }
}

}  // namespace objstore::bench
