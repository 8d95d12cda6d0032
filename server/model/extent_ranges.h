// Arithmetic of extents. Pure functions; any thread.
#pragma once

#include <vector>

#include "server/model/types.h"
#include "server/storage/rows.h"

namespace objstore::model {

// The extents of a byte range of what `extents` string together. The range lies inside.
std::vector<storage::Extent> slice(const std::vector<storage::Extent>& extents, ByteRange range);

}  // namespace objstore::model
