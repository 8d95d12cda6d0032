// In which order an archive holds its entries. Pure; any thread.
//
// Directories first, then small files and symbolic links, then the other files, then hard links; each by path. Small
// files stand together because a change of one of them costs a whole chunk of the store: the fewer bytes those chunks
// hold in all, the more changes fall into the same ones.
#pragma once

#include <vector>

#include "client/pipeline/tree_scan.h"

namespace objstore::client {

inline constexpr std::uint64_t kSmallFileBytesMax = std::uint64_t{16} << 10;

bool is_small(const ScannedEntry& entry);
void sort_for_archive(std::vector<ScannedEntry>& entries);

}  // namespace objstore::client
