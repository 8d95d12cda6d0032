// Makes a segment directory fit for use at open: segments that were left open by a crash are cut behind their last
// intact record and sealed. Called by one thread, before anybody appends.
#pragma once

#include "server/storage/read_buffers.h"
#include "server/storage/segment_catalog.h"

namespace objstore::storage {

// Enters every segment of the catalog's directory. A damaged one is kept and entered as such, and reads from it answer
// kCorrupt. Errors: kUnsupported (a newer format; nothing has been changed then), kIo, kNoSpace.
Status recover_segments(SegmentCatalog& catalog, ReadBuffers& buffers);

}  // namespace objstore::storage
