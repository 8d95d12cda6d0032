#include "server/storage/gear.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include <algorithm>
#include <bit>

// Only the low 32 bits of 64 hashes are computed at once. They hold some 10 bits of each mask, so a hash that has none
// of those is rare, and is computed anew as a whole.
#define OBJSTORE_GEAR_TARGET gnu::target("avx512f,avx512bw,avx512vbmi,bmi2")
#define OBJSTORE_GEAR_INLINE [[OBJSTORE_GEAR_TARGET, gnu::always_inline]] inline

namespace objstore::storage::gear {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kPrefetch =
    1024;  // bytes ahead: loads that straddle cache lines are not foreseen by the processor

OBJSTORE_GEAR_INLINE __m512i twice_plus(__m512i hash, __m512i word) {
  return _mm512_add_epi32(_mm512_add_epi32(hash, hash), word);
}

// One byte of the gear words of 64 bytes.
OBJSTORE_GEAR_INLINE __m512i look_up(__m512i bytes, const std::array<std::uint8_t, 256>& plane) {
  const std::uint8_t* quarter = plane.data();
  const __m512i low = _mm512_permutex2var_epi8(_mm512_load_si512(quarter), bytes, _mm512_load_si512(quarter + kBlock));
  quarter += 2 * kBlock;
  const __m512i high = _mm512_permutex2var_epi8(_mm512_load_si512(quarter), bytes, _mm512_load_si512(quarter + kBlock));
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes), low, high);
}

// The hash of each fourth byte of a block: what four bytes make of it, then eight, sixteen and all 32 that can reach
// the low 32 bits. What reaches over from the block before is kept.
struct Fourths {
  __m512i four{}, eight{}, sixteen{}, all{};
};

// of[j]: in lane l, that of byte 4 l + j.
struct Hashes {
  __m512i of[4];
};

// The vector that begins `kLanes` earlier, in the block before.
template <int kLanes>
OBJSTORE_GEAR_INLINE __m512i earlier(__m512i here, __m512i before) {
  return _mm512_alignr_epi32(here, before, 16 - kLanes);
}

OBJSTORE_GEAR_INLINE void hash_block(const std::byte* data, const Table& gear, Fourths& before, Hashes& hashes) {
  // In each quarter of the vector, the first bytes of its four words, then the second ones, and so on.
  const __m512i by_place = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  const __m512i bytes = _mm512_shuffle_epi8(_mm512_loadu_si512(data), by_place);
  const __m512i plane0 = look_up(bytes, gear.planes[0]);
  const __m512i plane1 = look_up(bytes, gear.planes[1]);
  const __m512i plane2 = look_up(bytes, gear.planes[2]);
  const __m512i plane3 = look_up(bytes, gear.planes[3]);
  const __m512i low = _mm512_unpacklo_epi8(plane0, plane1);
  const __m512i high = _mm512_unpacklo_epi8(plane2, plane3);
  const __m512i low_end = _mm512_unpackhi_epi8(plane0, plane1);
  const __m512i high_end = _mm512_unpackhi_epi8(plane2, plane3);
  const __m512i word0 = _mm512_unpacklo_epi16(low, high);
  const __m512i word1 = _mm512_unpackhi_epi16(low, high);
  const __m512i word2 = _mm512_unpacklo_epi16(low_end, high_end);
  const __m512i word3 = _mm512_unpackhi_epi16(low_end, high_end);

  Fourths here;
  here.four = twice_plus(twice_plus(twice_plus(word0, word1), word2), word3);
  here.eight = _mm512_add_epi32(here.four, _mm512_slli_epi32(earlier<1>(here.four, before.four), 4));
  here.sixteen = _mm512_add_epi32(here.eight, _mm512_slli_epi32(earlier<2>(here.eight, before.eight), 8));
  here.all = _mm512_add_epi32(here.sixteen, _mm512_slli_epi32(earlier<4>(here.sixteen, before.sixteen), 16));
  hashes.of[0] = twice_plus(earlier<1>(here.all, before.all), word0);
  hashes.of[1] = twice_plus(hashes.of[0], word1);
  hashes.of[2] = twice_plus(hashes.of[1], word2);
  hashes.of[3] = here.all;
  before = here;
}

OBJSTORE_GEAR_INLINE bool some_meet(const Hashes& hashes, __m512i mask) {
  const __m512i first = _mm512_min_epu32(_mm512_and_si512(hashes.of[0], mask), _mm512_and_si512(hashes.of[1], mask));
  const __m512i second = _mm512_min_epu32(_mm512_and_si512(hashes.of[2], mask), _mm512_and_si512(hashes.of[3], mask));
  const __m512i least = _mm512_min_epu32(first, second);
  return _mm512_testn_epi32_mask(least, least) != 0;
}

// Bit i: byte i's hash has no bit of the mask.
OBJSTORE_GEAR_INLINE std::uint64_t which_meet(const Hashes& hashes, __m512i mask) {
  constexpr std::uint64_t kEachFourth = 0x1111111111111111;
  std::uint64_t places = 0;
  for (int j = 0; j < 4; ++j) {
    places |= _pdep_u64(_mm512_testn_epi32_mask(hashes.of[j], mask), kEachFourth << j);
  }
  return places;
}

}  // namespace

bool vectors_available() noexcept {
  static const bool yes = __builtin_cpu_supports("avx512f") > 0 && __builtin_cpu_supports("avx512bw") > 0 &&
                          __builtin_cpu_supports("avx512vbmi") > 0 && __builtin_cpu_supports("bmi2") > 0;
  return yes;
}

[[OBJSTORE_GEAR_TARGET]] std::size_t find_by_vectors(ByteView bytes, std::size_t origin, std::size_t from,
                                                     std::size_t to, std::uint64_t mask) noexcept {
  // The hash of the first bytes behind `origin` is that of fewer bytes than a window.
  const std::size_t whole = std::min(std::max(from, origin + kWindow), to);
  if (const std::size_t found = find_by_words(bytes, origin, from, whole, mask); found < whole) return found;

  const Table& gear = table();
  const __m512i low_mask = _mm512_set1_epi32(static_cast<int>(static_cast<std::uint32_t>(mask)));
  std::size_t i = whole;
  if (to - i >= kBlock) {
    Fourths before;
    Hashes hashes;
    hash_block(bytes.data() + i - kBlock, gear, before, hashes);
    for (; to - i >= kBlock; i += kBlock) {
      _mm_prefetch(reinterpret_cast<const char*>(bytes.data() + std::min(i + kPrefetch, to - 1)), _MM_HINT_T0);
      hash_block(bytes.data() + i, gear, before, hashes);
      if (!some_meet(hashes, low_mask)) continue;
      for (std::uint64_t places = which_meet(hashes, low_mask); places != 0; places &= places - 1) {
        const std::size_t place = i + static_cast<std::size_t>(std::countr_zero(places));
        if ((hash_of(bytes, place + 1 - kWindow, place + 1) & mask) == 0) return place;
      }
    }
  }
  return find_by_words(bytes, origin, i, to, mask);
}

}  // namespace objstore::storage::gear

#else  // another processor: vectors_available() says so

#include "common/base/check.h"

namespace objstore::storage::gear {

bool vectors_available() noexcept {
  return false;
}
std::size_t find_by_vectors(ByteView, std::size_t, std::size_t, std::size_t to, std::uint64_t) noexcept {
  CHECK(false);
  return to;
}

}  // namespace objstore::storage::gear

#endif
