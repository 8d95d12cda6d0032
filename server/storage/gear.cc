#include "server/storage/gear.h"

#include <algorithm>

#include "common/base/digest.h"

namespace objstore::storage::gear {
namespace {

// The Remote Execution API says "MD5(byte)"; its test vectors, and the paper's code, take the byte 64 times.
constexpr std::size_t kSeedBytes = 64;

std::size_t start_of_window(std::size_t origin, std::size_t at) noexcept {
  return std::max(origin, at - std::min(at, kWindow));
}

}  // namespace

const Table& table() {
  static const Table made = [] {
    Table gear{};
    for (std::size_t i = 0; i < gear.words.size(); ++i) {
      std::array<std::byte, kSeedBytes> seed;
      seed.fill(static_cast<std::byte>(i));
      const Md5 digest = md5(seed);
      gear.words[i] = read_u64_be(as_text(digest).substr(0, 8));
      for (std::size_t plane = 0; plane < gear.planes.size(); ++plane) {
        gear.planes[plane][i] = static_cast<std::uint8_t>(gear.words[i] >> (8 * plane));
      }
    }
    return gear;
  }();
  return made;
}

std::uint64_t hash_of(ByteView bytes, std::size_t from, std::size_t to) noexcept {
  const auto& words = table().words;
  std::uint64_t hash = 0;
  for (std::size_t i = from; i < to; ++i) hash = (hash << 1) + words[std::to_integer<std::uint8_t>(bytes[i])];
  return hash;
}

std::size_t find_by_words(ByteView bytes, std::size_t origin, std::size_t from, std::size_t to,
                          std::uint64_t mask) noexcept {
  const auto& words = table().words;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  std::uint64_t hash = hash_of(bytes, start_of_window(origin, from), from);
  for (std::size_t i = from; i < to; ++i) {
    hash = (hash << 1) + words[data[i]];
    if ((hash & mask) == 0) return i;
  }
  return to;
}

std::size_t find(ByteView bytes, std::size_t origin, std::size_t from, std::size_t to, std::uint64_t mask) noexcept {
  const auto search = vectors_available() ? find_by_vectors : find_by_words;
  return search(bytes, origin, from, to, mask);
}

}  // namespace objstore::storage::gear
