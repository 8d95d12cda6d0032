// Segment files kept open for reading, the least recently used one closed first. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "server/storage/segment_file.h"

namespace objstore::storage {

class SegmentFileCache {
 public:
  explicit SegmentFileCache(std::size_t files_max) : files_max_(files_max) {}

  // shared_ptr: a read goes on with a file that has left the cache, or has been unlinked. kNotFound, kIo.
  Result<std::shared_ptr<SegmentFile>> get(std::uint64_t segment, const std::string& path);
  void drop(std::uint64_t segment);

 private:
  struct Entry {
    std::shared_ptr<SegmentFile> file;
    std::list<std::uint64_t>::iterator age;
  };
  const std::size_t files_max_;
  std::mutex mutex_;
  std::list<std::uint64_t> ages_;                   // guarded by mutex_; the most recently used first
  std::unordered_map<std::uint64_t, Entry> files_;  // guarded by mutex_
};

}  // namespace objstore::storage
