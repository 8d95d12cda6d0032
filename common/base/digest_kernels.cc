#include "common/base/digest_kernels.h"

#include <cstring>

#include "common/base/check.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include <array>

// Everything is inlined into five functions: a call between two steps would cost more than the steps.
#define OBJSTORE_SHA_INLINE [[gnu::target("sha,sse4.1"), gnu::always_inline]] inline
#define OBJSTORE_SHA [[gnu::target("sha,sse4.1"), gnu::noinline]]

namespace objstore::kernels {
namespace {

// RFC 1321, section 3.4: floor(2^32 * |sin(i + 1)|).
constexpr std::array<std::uint32_t, 64> kSines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

// FIPS 180-4, section 4.2.2.
alignas(16) constexpr std::array<std::uint32_t, 64> kCubes = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// Keeps the compiler from reassociating sums: what depends on the newest value must be added last.
OBJSTORE_SHA_INLINE void settle(std::uint32_t& value) {
  asm("" : "+r"(value));
}

// ---- MD5

consteval int word_of(int step) {
  const int round = step / 16;
  return (round == 0 ? step : round == 1 ? 5 * step + 1 : round == 2 ? 3 * step + 5 : 7 * step) & 15;
}

OBJSTORE_SHA_INLINE std::uint32_t load_word(const std::byte* block, int index) {
  std::uint32_t word;
  std::memcpy(&word, block + 4 * index, sizeof word);
  return word;
}

// The four words are variables of the caller: in an array, the compiler would keep them in memory, at half the speed.
template <int kStep>
OBJSTORE_SHA_INLINE void md5_step(std::uint32_t& a, std::uint32_t b, std::uint32_t c, std::uint32_t d,
                                  const std::byte* block) {
  constexpr int kRound = kStep / 16;
  a += load_word(block, word_of(kStep)) + kSines[kStep];
  settle(a);
  std::uint32_t mixed = 0;
  if constexpr (kRound == 0) {
    mixed = c ^ d;
    settle(mixed);
    mixed = (mixed & b) ^ d;
  } else if constexpr (kRound == 1) {
    a += c & ~d;  // the two halves have no bit in common, so adding them one by one is the same as their union
    settle(a);
    mixed = b & d;
  } else if constexpr (kRound == 2) {
    mixed = c ^ d;
    settle(mixed);
    mixed ^= b;
  } else {
    mixed = ~d;
    settle(mixed);
    mixed = (mixed | b) ^ c;
  }
  a += mixed;
  constexpr int kTurn = kTurns[kRound][kStep & 3];
  a = (a << kTurn) | (a >> (32 - kTurn));
  a += b;
}

// As many steps from kFirst on; the words change places with each.
template <int kFirst, int kCount>
OBJSTORE_SHA_INLINE void md5_steps(std::uint32_t& a, std::uint32_t& b, std::uint32_t& c, std::uint32_t& d,
                                   const std::byte* block) {
  if constexpr (kCount > 0) {
    md5_step<kFirst>(a, b, c, d, block);
    md5_steps<kFirst + 1, kCount - 1>(d, a, b, c, block);
  }
}

struct Md5Words {
  std::uint32_t a, b, c, d;
};

OBJSTORE_SHA_INLINE Md5Words words_of(const Md5Chain& chain) {
  return {chain.h[0], chain.h[1], chain.h[2], chain.h[3]};
}

OBJSTORE_SHA_INLINE void add(Md5Chain& chain, const Md5Words& s) {
  chain.h[0] += s.a;
  chain.h[1] += s.b;
  chain.h[2] += s.c;
  chain.h[3] += s.d;
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

// ---- Both: four steps of MD5, four rounds of each SHA-256, and so on.

struct ShaRun {
  ShaRegisters state;
  Schedule schedule;
  const std::byte* block;
};

template <int kGroup = 0>
OBJSTORE_SHA_INLINE void stitch(Md5Words& s, const std::byte* block, ShaRun& one) {
  if constexpr (kGroup < 16) {
    md5_steps<4 * kGroup, 2>(s.a, s.b, s.c, s.d, block);
    sha_group<kGroup>(one.state, one.schedule, one.block);
    md5_steps<4 * kGroup + 2, 2>(s.c, s.d, s.a, s.b, block);
    stitch<kGroup + 1>(s, block, one);
  }
}

template <int kGroup = 0>
OBJSTORE_SHA_INLINE void stitch(Md5Words& s, const std::byte* block, ShaRun& one, ShaRun& two) {
  if constexpr (kGroup < 16) {
    md5_steps<4 * kGroup, 1>(s.a, s.b, s.c, s.d, block);
    sha_group<kGroup>(one.state, one.schedule, one.block);
    md5_steps<4 * kGroup + 1, 2>(s.d, s.a, s.b, s.c, block);
    sha_group<kGroup>(two.state, two.schedule, two.block);
    md5_steps<4 * kGroup + 3, 1>(s.b, s.c, s.d, s.a, block);
    stitch<kGroup + 1>(s, block, one, two);
  }
}

// Two bodies, each with both digests.
struct BodyRun {
  Md5Words md5;
  const std::byte* block;
  ShaRun sha;
};

template <int kStep>
OBJSTORE_SHA_INLINE void two_md5_steps(Md5Words& one, const std::byte* one_block, Md5Words& two,
                                       const std::byte* two_block) {
  md5_step<kStep>(one.a, one.b, one.c, one.d, one_block);
  md5_step<kStep>(two.a, two.b, two.c, two.d, two_block);
  one = {one.d, one.a, one.b, one.c};
  two = {two.d, two.a, two.b, two.c};
}

template <int kGroup = 0>
OBJSTORE_SHA_INLINE void stitch(BodyRun& one, BodyRun& two) {
  if constexpr (kGroup < 16) {
    two_md5_steps<4 * kGroup>(one.md5, one.block, two.md5, two.block);
    sha_group<kGroup>(one.sha.state, one.sha.schedule, one.sha.block);
    two_md5_steps<4 * kGroup + 1>(one.md5, one.block, two.md5, two.block);
    two_md5_steps<4 * kGroup + 2>(one.md5, one.block, two.md5, two.block);
    sha_group<kGroup>(two.sha.state, two.sha.schedule, two.sha.block);
    two_md5_steps<4 * kGroup + 3>(one.md5, one.block, two.md5, two.block);
    stitch<kGroup + 1>(one, two);
  }
}

}  // namespace

bool available() noexcept {
  // g++ 12 has no name for the SHA extensions in __builtin_cpu_supports.
  static const bool yes = [] {
    unsigned eax = 7;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    constexpr unsigned kShaBit = 1u << 29;
    return __builtin_cpu_supports("sse4.1") > 0 && __builtin_cpu_supports("avx2") > 0 && (ebx & kShaBit) != 0;
  }();
  return yes;
}

OBJSTORE_SHA void md5(Md5Chain& md5, const std::byte* data, std::size_t blocks) noexcept {
  for (; blocks > 0; --blocks, data += kBlock) {
    Md5Words words = words_of(md5);
    md5_steps<0, 64>(words.a, words.b, words.c, words.d, data);
    add(md5, words);
  }
}

OBJSTORE_SHA void sha256(Sha256Chain& sha, const std::byte* data, std::size_t blocks) noexcept {
  ShaRegisters state = registers_of(sha);
  for (; blocks > 0; --blocks, data += kBlock) {
    ShaRegisters next = state;
    Schedule schedule;
    sha_groups(next, schedule, data);
    add(state, next);
  }
  store(sha, state);
}

OBJSTORE_SHA void md5_sha256(Md5Chain& md5, const std::byte* md5_data, Sha256Chain& sha, const std::byte* sha_data,
                             std::size_t blocks) noexcept {
  ShaRegisters state = registers_of(sha);
  Md5Chain chain = md5;
  for (; blocks > 0; --blocks, md5_data += kBlock, sha_data += kBlock) {
    Md5Words words = words_of(chain);
    ShaRun one{state, {}, sha_data};
    stitch(words, md5_data, one);
    add(chain, words);
    add(state, one.state);
  }
  md5 = chain;
  store(sha, state);
}

OBJSTORE_SHA void md5_sha256_sha256(Md5Chain& md5, Sha256Chain& same, const std::byte* data, Sha256Chain& other,
                                    const std::byte* other_data, std::size_t blocks) noexcept {
  ShaRegisters first = registers_of(same);
  ShaRegisters second = registers_of(other);
  Md5Chain chain = md5;
  for (; blocks > 0; --blocks, data += kBlock, other_data += kBlock) {
    Md5Words words = words_of(chain);
    ShaRun one{first, {}, data};
    ShaRun two{second, {}, other_data};
    stitch(words, data, one, two);
    add(chain, words);
    add(first, one.state);
    add(second, two.state);
  }
  md5 = chain;
  store(same, first);
  store(other, second);
}

OBJSTORE_SHA void advance_two(BodyLane& one, BodyLane& two, std::size_t blocks) noexcept {
  ShaRegisters first = registers_of(one.sha);
  ShaRegisters second = registers_of(two.sha);
  Md5Chain first_md5 = one.md5;  // copies: what is behind a reference is written to memory with every block
  Md5Chain second_md5 = two.md5;
  const BodyLane from_one = one;
  const BodyLane from_two = two;
  const std::size_t bytes = blocks * kBlock;
  for (std::size_t at = 0; at < bytes; at += kBlock) {
    BodyRun x{words_of(first_md5), from_one.md5_data + at, {first, {}, from_one.sha_data + at}};
    BodyRun y{words_of(second_md5), from_two.md5_data + at, {second, {}, from_two.sha_data + at}};
    stitch(x, y);
    add(first_md5, x.md5);
    add(second_md5, y.md5);
    add(first, x.sha.state);
    add(second, y.sha.state);
  }
  one = {first_md5, one.md5_data + bytes, one.sha, one.sha_data + bytes};
  two = {second_md5, two.md5_data + bytes, two.sha, two.sha_data + bytes};
  store(one.sha, first);
  store(two.sha, second);
}

}  // namespace objstore::kernels

#else  // another processor: available() says so, and nobody calls the rest

namespace objstore::kernels {

bool available() noexcept {
  return false;
}
void md5(Md5Chain&, const std::byte*, std::size_t) noexcept {
  CHECK(false);
}
void sha256(Sha256Chain&, const std::byte*, std::size_t) noexcept {
  CHECK(false);
}
void md5_sha256(Md5Chain&, const std::byte*, Sha256Chain&, const std::byte*, std::size_t) noexcept {
  CHECK(false);
}
void md5_sha256_sha256(Md5Chain&, Sha256Chain&, const std::byte*, Sha256Chain&, const std::byte*,
                       std::size_t) noexcept {
  CHECK(false);
}
void advance_two(BodyLane&, BodyLane&, std::size_t) noexcept {
  CHECK(false);
}

}  // namespace objstore::kernels

#endif
