#include "server/model/extent_ranges.h"

#include <algorithm>

namespace objstore::model {

std::vector<storage::Extent> slice(const std::vector<storage::Extent>& extents, ByteRange range) {
  std::vector<storage::Extent> pieces;
  std::uint64_t skip = range.first;
  std::uint64_t left = range.length;
  for (const storage::Extent& extent : extents) {
    if (left == 0) break;
    if (skip >= extent.length) {
      skip -= extent.length;
      continue;
    }
    const std::uint64_t length = std::min(extent.length - skip, left);
    pieces.push_back({extent.blob, extent.offset + skip, length});
    skip = 0;
    left -= length;
  }
  return pieces;
}

}  // namespace objstore::model
