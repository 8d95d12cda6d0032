// Copies of bytes by the hundred kilobyte.
//
// glibc hands a large memcpy to `rep movsb`, which AMD's Zen 3 and 4 run at a thirtieth of its speed when the
// destination lies 1 to 63 bytes behind the source, modulo 4,096 (glibc bug 30994, mended in 2.39). Pieces below the
// length at which it does so are copied by vector instructions, as fast as the other at its best.
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "common/base/bytes.h"

namespace objstore {

// to.size() >= from.size(); they do not overlap.
inline void copy_bytes(ByteView from, MutableBytes to) noexcept {
  constexpr std::size_t kPieceBytes = 4096;
  std::byte* target = to.data();
  while (!from.empty()) {
    const ByteView piece = from.first(std::min(kPieceBytes, from.size()));
    std::memcpy(target, piece.data(), piece.size());
    target += piece.size();
    from = from.subspan(piece.size());
  }
}

// The same past the caches, for bytes that a disk reads next, and no processor.
inline void copy_bytes_out(ByteView from, MutableBytes to) noexcept {
#ifdef __SSE2__
  constexpr std::size_t kLine = 64;
  const std::size_t head = std::min(from.size(), (kLine - reinterpret_cast<std::uintptr_t>(to.data()) % kLine) % kLine);
  std::memcpy(to.data(), from.data(), head);
  std::byte* target = to.data() + head;
  from = from.subspan(head);
  for (; from.size() >= kLine; from = from.subspan(kLine), target += kLine) {
    for (std::size_t i = 0; i < kLine; i += sizeof(__m128i)) {
      const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from.data() + i));
      _mm_stream_si128(reinterpret_cast<__m128i*>(target + i), part);
    }
  }
  _mm_sfence();
  std::memcpy(target, from.data(), from.size());
#else
  copy_bytes(from, to);
#endif
}

}  // namespace objstore
