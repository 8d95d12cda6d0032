// Rebuilds the chunk index, which is derived data, from the segments: table `chunks`, the counts of chunks and the live
// bytes of segments. Rows of blobs and their pages stay and say which chunks are in use.
//
// For a store that nobody serves; one thread. It may be killed at any point and begun anew: while it is under way a row
// of table `store` keeps the store from being served. Memory does not grow with the store, but for what is lost.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/metadata_store.h"
#include "server/storage/rows.h"
#include "server/storage/segment_store.h"

namespace objstore::storage {

struct IndexProgress {
  std::uint64_t segments = 0;
  std::uint64_t segments_total = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_total = 0;
};

struct IndexRebuildOptions {
  std::size_t placements_max = 1;  // copies of a chunk that are entered
  // Which disk a segment is on: a second copy counts only on another one. Unset: all are on the same.
  std::function<std::size_t(std::uint64_t segment)> disk_of;
  std::uint64_t run_min = 0;  // the store was opened at least so often, as somebody else knows
  // Called for each segment that cannot be read, before the index is complete: it must not be found again, since
  // nothing in it is in use then. Unset: such a segment ends the rebuild.
  std::function<Status(std::uint64_t segment)> set_aside;
  std::function<void(const IndexProgress&)> progress;
};

struct IndexReport {
  std::uint64_t segments = 0;
  std::uint64_t records = 0;                                               // intact ones
  std::uint64_t bytes = 0;                                                 // raw, of these
  std::uint64_t wrong_records = 0;                                         // whose bytes are not what their id says
  std::uint64_t chunks = 0;                                                // with a place
  std::uint64_t unreferenced = 0;                                          // of these; queued for the collector
  std::uint64_t lost_chunks = 0;                                           // that blobs name, and no segment holds
  std::set<std::uint64_t> lost_blobs;                                      // with such chunks; up to kLostBlobsMax
  std::vector<std::pair<std::uint64_t, std::string>> unreadable_segments;  // and why
  static constexpr std::size_t kLostBlobsMax = 1'000'000;
};

// kIo: a segment cannot be read, and there is no `set_aside`; the message names it, and the store stays unfit to be
// served until a rebuild comes to its end. kUnsupported: records of a newer version. Those of the ports.
Result<IndexReport> rebuild_index(MetadataStore& metadata, SegmentStore& segments, const IndexRebuildOptions& options);

// Marks the index as unfit to be served until rebuild_index() has come to its end. For who puts older metadata in
// place.
Status mark_index_unfit(MetadataStore& metadata);
// kUnavailable while the mark is there.
Status check_index_fit(const MetadataReader& metadata);

}  // namespace objstore::storage
