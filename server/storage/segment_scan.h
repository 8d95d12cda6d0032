// Walks the records of one segment, whatever holds its bytes. Used by scans and by the recovery after a crash.
#pragma once

#include <functional>

#include "server/storage/read_buffers.h"
#include "server/storage/segment_format.h"

namespace objstore::storage {

// Fills `out` from `offset`; answers how many bytes there were, fewer only at the end.
using ReadAt = std::function<Result<std::size_t>(std::uint64_t offset, MutableBytes out)>;

struct ScanRange {
  std::uint64_t segment = 0;
  std::uint64_t epoch = 0;
  std::uint64_t begin = kFirstRecordOffset;
  std::uint64_t end = 0;  // nothing at or behind it is looked at
};

struct ScanSummary {
  std::uint64_t valid_end = 0;   // behind the last intact record, or `begin`
  std::uint64_t records = 0;     // intact chunk records
  std::uint64_t unreadable = 0;  // places that the disk refused to read
};

// Calls visit for each intact chunk record until it returns false. A record whose header is intact is passed over by
// its length when its payload is not; otherwise the scan resumes at the next 4 KiB boundary. kIo: the bytes could not
// be read. kUnsupported: a record of a newer version.
Result<ScanSummary> scan_records(const ReadAt& read, const ScanRange& range, ReadBuffers& buffers,
                                 const std::function<bool(const SegmentStore::Visited&)>& visit);

}  // namespace objstore::storage
