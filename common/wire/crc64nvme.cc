// CRC-64/NVME: reflected, polynomial 0xAD93D23594C93659, start and final value all ones. The fold multiplies 16-byte
// blocks without carries, eight of them in flight.
#include <array>
#include <cstring>

#include "common/wire/checksum.h"
#include "common/wire/crc_math.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace objstore::wire {
namespace {

constexpr CrcField kField{.polynomial = kCrc64NvmePolynomial, .width = 64};

using Tables = std::array<std::array<std::uint64_t, 256>, 8>;

// tables[k][b]: the state after byte b and k zero bytes.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint64_t b = 0; b < 256; ++b) {
    std::uint64_t state = b;
    for (int bit = 0; bit < 8; ++bit) state = kField.times_x(state);
    tables[0][b] = state;
  }
  for (std::size_t k = 1; k < tables.size(); ++k)
    for (std::size_t b = 0; b < 256; ++b) tables[k][b] = (tables[k - 1][b] >> 8) ^ tables[0][tables[k - 1][b] & 0xFF];
  return tables;
}
constexpr Tables kTables = make_tables();

std::uint64_t load_le(const std::byte* data) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value |= std::to_integer<std::uint64_t>(data[i]) << (8 * i);
  return value;
}

// Without the inversions at both ends.
std::uint64_t advance_by_table(std::uint64_t state, ByteView bytes) noexcept {
  while (bytes.size() >= 8) {
    state ^= load_le(bytes.data());
    std::uint64_t next = 0;
    for (std::size_t k = 0; k < 8; ++k) next ^= kTables[7 - k][(state >> (8 * k)) & 0xFF];
    state = next;
    bytes = bytes.subspan(8);
  }
  for (const std::byte b : bytes) state = (state >> 8) ^ kTables[0][(state ^ std::to_integer<std::uint64_t>(b)) & 0xFF];
  return state;
}

#if defined(__x86_64__)

constexpr std::size_t kBlock = 16;
constexpr std::size_t kLanes = 8;
constexpr std::size_t kFoldBytesMin = 2 * kLanes * kBlock;

// A block moved D bits up is L*x^(D+64) + H*x^D, where L is its first half. A carry-less product of two reflected words
// comes out one power of x too high, hence the - 1.
struct FoldConstants {
  std::uint64_t first_half;
  std::uint64_t second_half;
};
constexpr FoldConstants fold_by(std::uint64_t bits) {
  return {kField.power_of_x(bits + 64 - 1), kField.power_of_x(bits - 1)};
}
constexpr FoldConstants kFoldAll = fold_by(kLanes * kBlock * 8);
constexpr FoldConstants kFoldOne = fold_by(kBlock * 8);

__attribute__((target("pclmul,sse2"))) inline __m128i load_constants(const FoldConstants& c) noexcept {
  return _mm_set_epi64x(static_cast<long long>(c.second_half), static_cast<long long>(c.first_half));
}

__attribute__((target("pclmul,sse2"))) inline __m128i fold(__m128i block, __m128i constants, __m128i next) noexcept {
  const __m128i low = _mm_clmulepi64_si128(block, constants, 0x00);
  const __m128i high = _mm_clmulepi64_si128(block, constants, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

__attribute__((target("pclmul,sse2"))) inline __m128i load(const std::byte* data) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(data));
}

__attribute__((target("pclmul,sse2"))) std::uint64_t advance_by_fold(std::uint64_t state, ByteView bytes) noexcept {
  const std::byte* data = bytes.data();
  std::size_t left = bytes.size();
  __m128i lanes[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = load(data + i * kBlock);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_set_epi64x(0, static_cast<long long>(state)));
  data += kLanes * kBlock;
  left -= kLanes * kBlock;
  const __m128i all = load_constants(kFoldAll);
  for (; left >= kLanes * kBlock; data += kLanes * kBlock, left -= kLanes * kBlock) {
#pragma GCC unroll 8  // else g++ keeps the lanes in memory at -O2
    for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = fold(lanes[i], all, load(data + i * kBlock));
  }
  const __m128i one = load_constants(kFoldOne);
  __m128i block = lanes[0];
  for (std::size_t i = 1; i < kLanes; ++i) block = fold(block, one, lanes[i]);
  for (; left >= kBlock; data += kBlock, left -= kBlock) block = fold(block, one, load(data));
  // What is left is a message of 16 bytes with the same remainder: the table reduces it.
  std::array<std::byte, kBlock> last{};
  std::memcpy(last.data(), &block, kBlock);
  return advance_by_table(advance_by_table(0, last), {data, left});
}

bool can_fold() noexcept {
  static const bool yes = __builtin_cpu_supports("pclmul") > 0;
  return yes;
}

std::uint64_t advance(std::uint64_t state, ByteView bytes) noexcept {
  return bytes.size() >= kFoldBytesMin && can_fold() ? advance_by_fold(state, bytes) : advance_by_table(state, bytes);
}

#else

std::uint64_t advance(std::uint64_t state, ByteView bytes) noexcept {
  return advance_by_table(state, bytes);
}

#endif

}  // namespace

std::uint64_t crc64nvme(std::uint64_t crc, ByteView bytes) noexcept {
  return ~advance(~crc, bytes);
}

std::uint64_t crc64nvme_table(std::uint64_t crc, ByteView bytes) noexcept {
  return ~advance_by_table(~crc, bytes);
}

}  // namespace objstore::wire
