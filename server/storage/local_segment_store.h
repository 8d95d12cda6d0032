// The segment port on local files: `<directory>/<16 hex digits>.seg`, one open segment for each lane that is used (two
// with two copies). New segments are spread over the directories by their free space.
//
// The store owns its directory while it lives (the caller holds the lock of the data directory). Destruction seals what
// is open and trims it; after a crash the next open does. Threads: as the port says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/storage/segment_store.h"

namespace objstore::storage {

struct LocalSegmentOptions {
  std::string directory;                         // created when it does not exist; its parent must
  std::vector<std::string> more_directories;     // likewise, each on a disk of its own
  std::size_t copies = 1;                        // of each record, on different disks: 1 or 2
  std::vector<std::string> missing_directories;  // segments may lie there, and are not to be taken for lost
  bool go_on_without_missing = false;            // one of more_directories that cannot be used is left out
  std::uint64_t first_segment_id = 1;            // ids count up from here; the caller gives each run a fresh range
  std::uint64_t segment_bytes_max = std::uint64_t{256} << 20;  // a multiple of 4,096, at least 64 KiB
  std::uint64_t preallocation_bytes_min = std::uint64_t{16} << 20;
  std::size_t lane_buffer_bytes = std::size_t{1} << 20;  // of each lane in use: what one write carries
  bool direct_writes = true;                             // false: through the page cache even where O_DIRECT works
  std::size_t open_files_max = 256;                      // kept open for reading
};

// kInvalidArgument: the options. kUnsupported: segments of a newer format. kIo, kNoSpace.
Result<std::unique_ptr<SegmentStore>> open_local_segment_store(const LocalSegmentOptions& options);

}  // namespace objstore::storage
