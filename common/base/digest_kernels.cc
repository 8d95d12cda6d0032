#include "common/base/digest_kernels.h"

#include <cstring>

#include "common/base/check.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include "common/base/digest_rounds.h"

#define OBJSTORE_SHA [[gnu::target("sha,sse4.1"), gnu::noinline]]

namespace objstore::kernels {
namespace {

// Keeps the compiler from reassociating sums: what depends on the newest value must be added last.
OBJSTORE_SHA_INLINE void settle(std::uint32_t& value) {
  asm("" : "+r"(value));
}

// ---- MD5

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

// ---- Both: four steps of MD5, four rounds of each SHA-256, and so on.

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
    prefetch(md5_data);
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
    prefetch(data);
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
