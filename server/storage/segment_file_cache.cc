#include "server/storage/segment_file_cache.h"

namespace objstore::storage {

Result<std::shared_ptr<SegmentFile>> SegmentFileCache::get(std::uint64_t segment, const std::string& path) {
  {
    std::lock_guard lock(mutex_);
    if (const auto found = files_.find(segment); found != files_.end()) {
      ages_.splice(ages_.begin(), ages_, found->second.age);
      return found->second.file;
    }
  }
  // Opened without the lock: a slow disk must not hold up readers of files that are open already.
  OBJSTORE_ASSIGN(auto file, SegmentFile::open_for_reading(path));
  std::shared_ptr<SegmentFile> evicted;  // closed after the lock
  std::lock_guard lock(mutex_);
  if (const auto found = files_.find(segment); found != files_.end()) return found->second.file;
  if (files_.size() >= files_max_) {
    const auto oldest = files_.find(ages_.back());
    evicted = std::move(oldest->second.file);
    files_.erase(oldest);
    ages_.pop_back();
  }
  ages_.push_front(segment);
  files_.emplace(segment, Entry{file, ages_.begin()});
  return file;
}

void SegmentFileCache::drop(std::uint64_t segment) {
  std::shared_ptr<SegmentFile> dropped;  // closed after the lock
  std::lock_guard lock(mutex_);
  const auto found = files_.find(segment);
  if (found == files_.end()) return;
  dropped = std::move(found->second.file);
  ages_.erase(found->second.age);
  files_.erase(found);
}

}  // namespace objstore::storage
