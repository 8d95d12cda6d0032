// Segment files of a store that nobody serves, looked at without changing them: nothing is sealed, cut or removed. The
// caller holds the lock of the data directory. One thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/storage/read_buffers.h"
#include "server/storage/segment_store.h"

namespace objstore::storage {

class SegmentFile;

class SegmentReader {
 public:
  // A directory that does not exist has none. kIo.
  static Result<SegmentReader> open(const std::vector<std::string>& directories);
  SegmentReader(SegmentReader&&) noexcept;
  ~SegmentReader();

  // kUnsupported when a segment was written by a version of the format that this build does not know. What cannot be
  // read is no matter here.
  Status check_versions();
  // By id; written_bytes is the size of the file.
  std::vector<SegmentInfo> list() const;
  // As SegmentStore::read.
  Result<StoredChunk> read(const Location& location);

 private:
  struct Segment {
    std::string path;
    std::uint64_t bytes = 0;
  };
  struct Open {
    std::shared_ptr<SegmentFile> file;  // shared with nobody; its maker gives it so
    std::uint64_t epoch = 0;
  };
  static constexpr std::size_t kOpenMax = 128;
  SegmentReader();
  Result<Open> use(std::uint64_t segment);

  std::map<std::uint64_t, Segment> segments_;
  std::map<std::uint64_t, Open> open_;
  std::unique_ptr<ReadBuffers> buffers_;  // does not move
};

}  // namespace objstore::storage
