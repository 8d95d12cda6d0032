// Polynomials over GF(2) modulo a CRC's polynomial, in reflected bit order: the highest bit is x^0. Constant
// expressions; any thread.
#pragma once

#include <cstdint>

namespace objstore::wire {

// Reflected, without the leading term.
inline constexpr std::uint64_t kCrc32Polynomial = 0xEDB88320;
inline constexpr std::uint64_t kCrc32cPolynomial = 0x82F63B78;
inline constexpr std::uint64_t kCrc64NvmePolynomial = 0x9A6C9329AC4BC9B5;

struct CrcField {
  std::uint64_t polynomial;
  unsigned width;  // 32 or 64

  constexpr std::uint64_t one() const { return std::uint64_t{1} << (width - 1); }
  constexpr std::uint64_t times_x(std::uint64_t a) const { return (a >> 1) ^ ((a & 1) != 0 ? polynomial : 0); }
  constexpr std::uint64_t times(std::uint64_t a, std::uint64_t b) const {
    std::uint64_t product = 0;
    for (std::uint64_t bit = one(); bit != 0; bit >>= 1) {
      if ((a & bit) != 0) product ^= b;
      b = times_x(b);
    }
    return product;
  }
  // x^n
  constexpr std::uint64_t power_of_x(std::uint64_t n) const {
    std::uint64_t result = one();
    std::uint64_t square = one() >> 1;
    for (; n != 0; n >>= 1) {
      if ((n & 1) != 0) result = times(result, square);
      square = times(square, square);
    }
    return result;
  }
  // The CRC of A and B in a row, from that of A, that of B, and B's length in bytes. For CRCs whose start and final
  // values are all ones: those two inversions cancel out.
  constexpr std::uint64_t combine(std::uint64_t crc_a, std::uint64_t crc_b, std::uint64_t bytes_b) const {
    // x^(8n) by squaring x^8: 8 * n could overflow.
    std::uint64_t shift = one();
    std::uint64_t square = power_of_x(8);
    for (std::uint64_t n = bytes_b; n != 0; n >>= 1) {
      if ((n & 1) != 0) shift = times(shift, square);
      square = times(square, square);
    }
    return times(crc_a, shift) ^ crc_b;
  }
};

}  // namespace objstore::wire
