// How a message ends, for MD5 and SHA-256 alike: a 1 bit, zeros, the length in bits.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "common/base/digest_kernels.h"

namespace objstore::kernels {
namespace {

constexpr std::size_t kLengthBytes = 8;

// The last block of a message, or its last two.
struct End {
  std::array<std::byte, 2 * kBlock> bytes{};
  std::size_t blocks = 0;
};

template <typename Word>
void store(std::byte* out, Word word, std::endian order) {
  if (order != std::endian::native) word = std::byteswap(word);
  std::memcpy(out, &word, sizeof word);
}

// rest: less than a block. RFC 1321, section 3.1; FIPS 180-4, section 5.1.1.
End end_of(ByteView rest, std::uint64_t message_bytes, std::endian order) {
  End end;
  std::ranges::copy(rest, end.bytes.begin());
  end.bytes[rest.size()] = std::byte{0x80};
  end.blocks = rest.size() + 1 + kLengthBytes <= kBlock ? 1 : 2;
  store(end.bytes.data() + end.blocks * kBlock - kLengthBytes, message_bytes * 8, order);
  return end;
}

}  // namespace

Md5 end_md5(Md5Chain chain, ByteView rest, std::uint64_t bytes) noexcept {
  const std::size_t whole = rest.size() / kBlock;
  md5(chain, rest.data(), whole);
  const End end = end_of(rest.subspan(whole * kBlock), bytes, std::endian::little);
  md5(chain, end.bytes.data(), end.blocks);
  Md5 out;
  for (std::size_t i = 0; i < std::size(chain.h); ++i) store(out.data() + 4 * i, chain.h[i], std::endian::little);
  return out;
}

Sha256 end_sha256(Sha256Chain chain, ByteView rest, std::uint64_t bytes) noexcept {
  const std::size_t whole = rest.size() / kBlock;
  sha256(chain, rest.data(), whole);
  const End end = end_of(rest.subspan(whole * kBlock), bytes, std::endian::big);
  sha256(chain, end.bytes.data(), end.blocks);
  Sha256 out;
  for (std::size_t i = 0; i < std::size(chain.h); ++i) store(out.data() + 4 * i, chain.h[i], std::endian::big);
  return out;
}

}  // namespace objstore::kernels
