#include "common/base/digest_kernels.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <cstring>

#include "common/base/digest_rounds.h"

// MD5 of two to four bodies is one chain of vectors, a word of each body in every vector: it takes as long as one chain
// of words. The SHA-256 of two bodies fits beside half of its steps.
#define OBJSTORE_VECTORS_INLINE [[gnu::target("sha,sse4.1,avx512f,avx512vl"), gnu::always_inline]] inline
#define OBJSTORE_VECTORS [[gnu::target("sha,sse4.1,avx512f,avx512vl"), gnu::noinline]]

namespace objstore::kernels {
namespace {

constexpr int kLanes = 4;

// Each constant of MD5 once for each lane.
struct WideSines {
  alignas(16) std::uint32_t words[64 * kLanes];
};
constexpr WideSines kWideSines = [] {
  WideSines wide{};
  for (int i = 0; i < 64 * kLanes; ++i) wide.words[i] = kSines[static_cast<std::size_t>(i / kLanes)];
  return wide;
}();

struct Md5Vectors {
  __m128i a, b, c, d;
};

OBJSTORE_VECTORS_INLINE __m128i load(const std::uint32_t* words) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(words));
}
OBJSTORE_VECTORS_INLINE void store(std::uint32_t* words, __m128i vector) {
  _mm_store_si128(reinterpret_cast<__m128i*>(words), vector);
}

// What a step mixes, as the table that the ternary instruction looks its result up in: bit 4b + 2c + d.
consteval int mixing_table(int round) {
  int table = 0;
  for (int i = 0; i < 8; ++i) {
    const bool b = (i & 4) != 0;
    const bool c = (i & 2) != 0;
    const bool d = (i & 1) != 0;
    const bool mixed = round == 0   ? (b ? c : d)
                       : round == 1 ? (d ? b : c)
                       : round == 2 ? b != (c != d)
                                    : c != (b || !d);
    table |= static_cast<int>(mixed) << i;
  }
  return table;
}

template <int kStep>
OBJSTORE_VECTORS_INLINE void step(__m128i& a, __m128i b, __m128i c, __m128i d, const __m128i* words,
                                  const std::uint32_t* sines) {
  constexpr int kRound = kStep / 16;
  a = _mm_add_epi32(a, _mm_add_epi32(words[word_of(kStep)], load(sines + kLanes * kStep)));
  asm("" : "+v"(a));  // what depends on the newest value is added last
  a = _mm_add_epi32(a, _mm_ternarylogic_epi32(b, c, d, mixing_table(kRound)));
  a = _mm_rol_epi32(a, kTurns[kRound][kStep & 3]);
  a = _mm_add_epi32(a, b);
}

template <int kStep>
OBJSTORE_VECTORS_INLINE void step(Md5Vectors& s, const __m128i* words, const std::uint32_t* sines) {
  step<kStep>(s.a, s.b, s.c, s.d, words, sines);
  s = {s.d, s.a, s.b, s.c};
}

// The block of each body, one word of all of them in each vector.
template <int kBodies>
OBJSTORE_VECTORS_INLINE void transpose(__m128i* words, const std::byte* const* data, std::size_t at) {
  for (int i = 0; i < 4; ++i) {
    __m128i rows[kLanes]{};
    for (int body = 0; body < kBodies; ++body)
      rows[body] =
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(data[body] + at + 16 * static_cast<std::size_t>(i)));
    const __m128i low01 = _mm_unpacklo_epi32(rows[0], rows[1]);
    const __m128i low23 = _mm_unpacklo_epi32(rows[2], rows[3]);
    const __m128i high01 = _mm_unpackhi_epi32(rows[0], rows[1]);
    const __m128i high23 = _mm_unpackhi_epi32(rows[2], rows[3]);
    words[4 * i] = _mm_unpacklo_epi64(low01, low23);
    words[4 * i + 1] = _mm_unpackhi_epi64(low01, low23);
    words[4 * i + 2] = _mm_unpacklo_epi64(high01, high23);
    words[4 * i + 3] = _mm_unpackhi_epi64(high01, high23);
  }
}

// Two steps of MD5 for each of 16 groups of rounds of one SHA-256.
template <int kFirst, int kGroup = 0>
OBJSTORE_VECTORS_INLINE void stitch(Md5Vectors& s, const __m128i* words, const std::uint32_t* sines, ShaRun& one) {
  if constexpr (kGroup < 16) {
    constexpr int kStep = kFirst + 2 * kGroup;
    step<kStep>(s, words, sines);
    sha_group<kGroup>(one.state, one.schedule, one.block);
    step<kStep + 1>(s, words, sines);
    stitch<kFirst, kGroup + 1>(s, words, sines, one);
  }
}
// kCount, two or four, for each of those of two.
template <int kFirst, int kCount, int kGroup = 0>
OBJSTORE_VECTORS_INLINE void stitch_two(Md5Vectors& s, const __m128i* words, const std::uint32_t* sines, ShaRun& one,
                                        ShaRun& two) {
  if constexpr (kGroup < 16) {
    constexpr int kStep = kFirst + kCount * kGroup;
    step<kStep>(s, words, sines);
    if constexpr (kCount == 4) step<kStep + 1>(s, words, sines);
    sha_group<kGroup>(one.state, one.schedule, one.block);
    step<kStep + kCount / 2>(s, words, sines);
    if constexpr (kCount == 4) step<kStep + 3>(s, words, sines);
    sha_group<kGroup>(two.state, two.schedule, two.block);
    stitch_two<kFirst, kCount, kGroup + 1>(s, words, sines, one, two);
  }
}

// Some steps of MD5, and all rounds of the SHA-256 of `kBodies` bodies, one or two.
template <int kBodies, int kFirst, int kCount>
OBJSTORE_VECTORS_INLINE void block_of(Md5Vectors& s, const __m128i* words, const std::uint32_t* sines,
                                      ShaRegisters* sha, const std::byte* const* data, std::size_t at) {
  ShaRun one{sha[0], {}, data[0] + at};
  if constexpr (kBodies == 1) {
    static_assert(kCount == 2);
    stitch<kFirst>(s, words, sines, one);
  } else {
    ShaRun two{sha[1], {}, data[1] + at};
    stitch_two<kFirst, kCount>(s, words, sines, one, two);
    add(sha[1], two.state);
  }
  add(sha[0], one.state);
}

template <int kBodies>
OBJSTORE_VECTORS void advance_bodies(BodyLane* const* lanes, std::size_t blocks) noexcept {
  const std::uint32_t* sines = kWideSines.words;
  asm("" : "+r"(sines));  // read from memory: building a constant takes an instruction more
  alignas(16) std::uint32_t chains[4][kLanes] = {};
  ShaRegisters sha[kBodies];
  const std::byte* md5_data[kBodies];
  const std::byte* sha_data[kBodies];
  for (int body = 0; body < kBodies; ++body) {
    for (int word = 0; word < 4; ++word) chains[word][body] = lanes[body]->md5.h[word];
    sha[body] = registers_of(lanes[body]->sha);
    md5_data[body] = lanes[body]->md5_data;
    sha_data[body] = lanes[body]->sha_data;
  }
  Md5Vectors md5{load(chains[0]), load(chains[1]), load(chains[2]), load(chains[3])};
  const std::size_t bytes = blocks * kBlock;
  for (std::size_t at = 0; at < bytes; at += kBlock) {
    __m128i words[16];
    for (const std::byte* const data : md5_data) prefetch(data + at);
    transpose<kBodies>(words, md5_data, at);
    Md5Vectors next = md5;
    if constexpr (kBodies <= 2) {
      block_of<kBodies, 0, 4>(next, words, sines, sha, sha_data, at);
    } else {
      block_of<2, 0, 2>(next, words, sines, sha, sha_data, at);
      block_of<kBodies - 2, 32, 2>(next, words, sines, sha + 2, sha_data + 2, at);
    }
    md5.a = _mm_add_epi32(md5.a, next.a);
    md5.b = _mm_add_epi32(md5.b, next.b);
    md5.c = _mm_add_epi32(md5.c, next.c);
    md5.d = _mm_add_epi32(md5.d, next.d);
  }
  store(chains[0], md5.a);
  store(chains[1], md5.b);
  store(chains[2], md5.c);
  store(chains[3], md5.d);
  for (int body = 0; body < kBodies; ++body) {
    BodyLane& lane = *lanes[body];
    for (int word = 0; word < 4; ++word) lane.md5.h[word] = chains[word][body];
    store(lane.sha, sha[body]);
    lane.md5_data += bytes;
    lane.sha_data += bytes;
  }
}

}  // namespace

bool vectors_available() noexcept {
  static const bool yes =
      available() && __builtin_cpu_supports("avx512f") > 0 && __builtin_cpu_supports("avx512vl") > 0;
  return yes;
}

void advance_by_vectors(std::span<BodyLane* const> lanes, std::size_t blocks) noexcept {
  static constexpr std::array kAdvance = {advance_bodies<2>, advance_bodies<3>, advance_bodies<4>};
  kAdvance[lanes.size() - 2](lanes.data(), blocks);
}

}  // namespace objstore::kernels

#else  // another processor: vectors_available() says so

#include "common/base/check.h"

namespace objstore::kernels {

bool vectors_available() noexcept {
  return false;
}
void advance_by_vectors(std::span<BodyLane* const>, std::size_t) noexcept {
  CHECK(false);
}

}  // namespace objstore::kernels

#endif
