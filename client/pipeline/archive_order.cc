#include "client/pipeline/archive_order.h"

#include <algorithm>
#include <tuple>

namespace objstore::client {
namespace {

int rank_of(const ScannedEntry& entry) {
  switch (entry.kind) {
    case EntryKind::kDirectory:
      return 0;
    case EntryKind::kSymlink:
      return 1;
    case EntryKind::kFile:
      return is_small(entry) ? 1 : 2;
    case EntryKind::kHardlink:
      return 3;
  }
  return 3;
}

}  // namespace

bool is_small(const ScannedEntry& entry) {
  return entry.kind != EntryKind::kFile || entry.size < kSmallFileBytesMax;
}

void sort_for_archive(std::vector<ScannedEntry>& entries) {
  std::ranges::sort(entries, [](const ScannedEntry& a, const ScannedEntry& b) {
    return std::tuple(rank_of(a), std::string_view(a.path)) < std::tuple(rank_of(b), std::string_view(b.path));
  });
}

}  // namespace objstore::client
