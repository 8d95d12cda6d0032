// What the kernels' sources share: the constants of MD5 and SHA-256, and SHA-256 by the instructions of x86. For
// digest_kernels.cc and digest_kernel_vectors.cc alone; x86-64 only.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/base/digest_kernels.h"

// Everything is inlined into the kernels: a call between two steps would cost more than the steps.
#define OBJSTORE_SHA_INLINE [[gnu::target("sha,sse4.1"), gnu::always_inline]] inline

namespace objstore::kernels {

// A body comes from where another processor has put it: what a kernel reads is asked for 1 KiB before. The address may
// lie behind the body's end.
OBJSTORE_SHA_INLINE void prefetch(const std::byte* data) {
  constexpr std::uintptr_t kAhead = 1024;
  _mm_prefetch(reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(data) + kAhead), _MM_HINT_T0);
}

// RFC 1321, section 3.4: floor(2^32 * |sin(i + 1)|).
inline constexpr std::array<std::uint32_t, 64> kSines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
inline constexpr int kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

// FIPS 180-4, section 4.2.2.
alignas(16) inline constexpr std::array<std::uint32_t, 64> kCubes = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// Which word of the block a step of MD5 takes.
consteval int word_of(int step) {
  const int round = step / 16;
  return (round == 0 ? step : round == 1 ? 5 * step + 1 : round == 2 ? 3 * step + 5 : 7 * step) & 15;
}

// ---- SHA-256

// The state as the instructions want it: words a, b, e, f and c, d, g, h.
struct ShaRegisters {
  __m128i abef;
  __m128i cdgh;
};

OBJSTORE_SHA_INLINE ShaRegisters registers_of(const Sha256Chain& chain) {
  const __m128i dcba = _mm_loadu_si128(reinterpret_cast<const __m128i*>(chain.h));
  const __m128i hgfe = _mm_loadu_si128(reinterpret_cast<const __m128i*>(chain.h + 4));
  const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
  return {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0)};
}

OBJSTORE_SHA_INLINE void store(Sha256Chain& chain, const ShaRegisters& s) {
  const __m128i feba = _mm_shuffle_epi32(s.abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(s.cdgh, 0xB1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(chain.h), _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(chain.h + 4), _mm_alignr_epi8(dchg, feba, 8));
}

OBJSTORE_SHA_INLINE void add(ShaRegisters& to, const ShaRegisters& s) {
  to.abef = _mm_add_epi32(to.abef, s.abef);
  to.cdgh = _mm_add_epi32(to.cdgh, s.cdgh);
}

// The last 16 words of the message schedule.
struct Schedule {
  __m128i w[4];
};

// Four of the 64 rounds.
template <int kGroup>
OBJSTORE_SHA_INLINE void sha_group(ShaRegisters& s, Schedule& schedule, const std::byte* block) {
  __m128i& now = schedule.w[kGroup & 3];
  if constexpr (kGroup < 4) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    now = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * kGroup)), big_endian);
  } else {
    const __m128i third = schedule.w[(kGroup + 3) & 3];
    now = _mm_sha256msg1_epu32(now, schedule.w[(kGroup + 1) & 3]);
    now = _mm_add_epi32(now, _mm_alignr_epi8(third, schedule.w[(kGroup + 2) & 3], 4));
    now = _mm_sha256msg2_epu32(now, third);
  }
  const __m128i sum = _mm_add_epi32(now, _mm_load_si128(reinterpret_cast<const __m128i*>(kCubes.data() + 4 * kGroup)));
  s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, sum);
  s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(sum, 0x0E));
}

template <int kGroup = 0>
OBJSTORE_SHA_INLINE void sha_groups(ShaRegisters& s, Schedule& schedule, const std::byte* block) {
  if constexpr (kGroup < 16) {
    sha_group<kGroup>(s, schedule, block);
    sha_groups<kGroup + 1>(s, schedule, block);
  }
}

struct ShaRun {
  ShaRegisters state;
  Schedule schedule;
  const std::byte* block;
};

}  // namespace objstore::kernels
