// One lane of the local segment store: the segment that it appends to, the buffer in front of it, and the sync that
// concurrent callers share. Any thread. The catalog and the pool outlive it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "common/base/buffer.h"
#include "server/storage/segment_catalog.h"
#include "server/storage/segment_format.h"

namespace objstore::storage {

class SegmentLane {
 public:
  // buffers: where the write buffer comes from, at the first append. Its capacity is what one write carries.
  SegmentLane(SegmentCatalog& catalog, BufferPool& buffers) : catalog_(catalog), buffers_(buffers) {}

  // As SegmentStore, but in a directory that is not one of `avoid`; the location is pinned. kNoSpace while reserving
  // space leaves the lane usable: nothing has been written then. After kIo it is usable unless dead(): then the error
  // was one disk's, and another try goes to another.
  Result<Location> append(const ChunkRecord& record, std::span<const DirectoryIndex> avoid);
  Status sync();
  Status seal();
  bool dead();
  // Where it appended to last, or tried to.
  std::optional<DirectoryIndex> directory();
  // Keeps to one directory while that is good, so that the two lanes of two copies do not get into each other's way.
  void keep_directory() { keeps_directory_ = true; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  // All of these: mutex_ is held, and nobody syncs where the file changes.
  Status make_room(Lock& lock, std::uint64_t record_bytes, std::span<const DirectoryIndex> avoid);
  Status seal_current(Lock& lock);
  Status leave_failed_directory(Lock& lock);
  Status finish_segment();
  Status open_segment(std::span<const DirectoryIndex> avoid);
  Status create_segment(std::uint64_t id, std::uint64_t epoch);
  Status reserve(std::uint64_t end);
  Status zero_ahead();
  Status put(ByteView bytes);
  Status pad();
  Status write_blocks();
  std::uint64_t position() const { return written_ + filled_; }
  // After a failed write or sync nobody knows what the disk holds: the lane takes no more. When others go on without
  // that disk, only what was on its way there is lost.
  Status die(Error error);
  void lose_segment();

  SegmentCatalog& catalog_;
  BufferPool& buffers_;

  std::mutex mutex_;
  std::condition_variable sync_ended_;
  // Everything below is guarded by mutex_.
  std::optional<Error> dead_;
  bool syncing_ = false;
  std::uint64_t appended_ = 0;         // records, since the start
  std::uint64_t synced_ = 0;           // of these, on stable storage
  std::shared_ptr<SegmentFile> file_;  // shared with a sync under way; none between segments
  DirectoryIndex directory_ = 0;       // of the segment, also of the last one
  bool opened_ = false;                // directory_ has been chosen
  bool keeps_directory_ = false;       // set before the first append
  std::uint64_t segment_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t written_ = 0;    // bytes handed to the file: whole blocks, each once
  std::uint64_t group_ = 0;      // where what is not synced begins
  std::uint64_t allocated_ = 0;  // the file has blocks up to here
  std::uint64_t zeroed_ = 0;     // of these, zeros have been written up to here; may be less than written_
  Buffer buffer_;
  std::size_t filled_ = 0;  // bytes in buffer_ that follow `written_`
};

}  // namespace objstore::storage
