// Copies of bytes by the hundred kilobyte.
//
// glibc hands a large memcpy to `rep movsb`, which AMD's Zen 3 and 4 run at a thirtieth of its speed when the
// destination lies 1 to 63 bytes behind the source, modulo 4,096 (glibc bug 30994, mended in 2.39). Pieces below the
// length at which it does so are copied by vector instructions, as fast as the other at its best.
#pragma once

#include <algorithm>
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

}  // namespace objstore
