#include "server/storage/segment_lane.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/check.h"
#include "common/base/copy.h"
#include "common/base/digest.h"
#include "common/base/executor.h"
#include "common/base/log.h"

namespace objstore::storage {
namespace {

constexpr int kIdAttemptsMax = 64;

// Room for the longest padding and the footer, so that a segment can always be ended.
constexpr std::uint64_t kTailBytes = 2 * kBlockBytes;

// Syncs of so little are paid by the sync, not by the bytes.
constexpr std::uint64_t kSmallSyncBytes = std::uint64_t{32} << 10;
constexpr std::uint64_t kZeroAheadBytes = std::uint64_t{512} << 10;

}  // namespace

Result<Location> SegmentLane::append(const ChunkRecord& record, std::span<const DirectoryIndex> avoid) {
  std::array<std::byte, kRecordHeaderBytes> bytes;
  const RecordHeader header = describe(record);
  const std::uint64_t size = kRecordHeaderBytes + record.stored.size();

  Lock lock(mutex_);
  OBJSTORE_TRY(make_room(lock, size, avoid));
  const std::uint64_t offset = position();
  encode_record_header(header, {epoch_, offset}, bytes);
  OBJSTORE_TRY(put(bytes));
  OBJSTORE_TRY(put(record.stored));
  ++appended_;
  catalog_.pin(segment_);
  return Location{segment_, offset, static_cast<std::uint32_t>(size)};
}

Status SegmentLane::sync() {
  Lock lock(mutex_);
  const std::uint64_t wanted = appended_;
  for (;;) {
    if (synced_ >= wanted) return {};
    if (dead_) return fail(Errc::kIo, dead_->message);
    if (!syncing_) break;
    const Blocking blocking;
    sync_ended_.wait(lock);
  }
  // Whoever comes now waits for this sync; whoever appends meanwhile is served by the next.
  Status written = pad();
  if (written) written = write_blocks();
  if (written && written_ - std::exchange(group_, written_) <= kSmallSyncBytes) written = zero_ahead();
  if (!written) return dead_ ? written : Status();
  const std::uint64_t covered = appended_;
  const std::shared_ptr<SegmentFile> file = file_;
  syncing_ = true;
  lock.unlock();
  Status synced = file->sync_data();
  lock.lock();
  syncing_ = false;
  if (synced) {
    synced_ = std::max(synced_, covered);
  } else {
    synced = die(std::move(synced.error()));
    if (!dead_) synced = {};  // what it was about is lost, and says so
  }
  sync_ended_.notify_all();
  return synced;
}

bool SegmentLane::dead() {
  Lock lock(mutex_);
  return dead_.has_value();
}

std::optional<DirectoryIndex> SegmentLane::directory() {
  Lock lock(mutex_);
  if (!opened_) return std::nullopt;
  return directory_;
}

Status SegmentLane::seal() {
  Lock lock(mutex_);
  if (dead_) return fail(Errc::kIo, dead_->message);
  return seal_current(lock);
}

// Afterwards a segment is open that has space for the record.
Status SegmentLane::make_room(Lock& lock, std::uint64_t record_bytes, std::span<const DirectoryIndex> avoid) {
  for (;;) {
    if (dead_) return fail(Errc::kIo, dead_->message);
    if (!file_) break;
    if (catalog_.directories().failed(directory_)) {
      OBJSTORE_TRY(leave_failed_directory(lock));
      continue;
    }
    const bool apart = std::ranges::find(avoid, directory_) == avoid.end();
    const bool fits = position() + record_bytes + kTailBytes <= catalog_.settings().segment_bytes_max;
    // A record that is larger than a segment gets one for itself.
    if (apart && (fits || position() == kFirstRecordOffset)) break;
    OBJSTORE_TRY(seal_current(lock));  // lets go of the lock while another sync runs: look again
  }
  if (!file_) OBJSTORE_TRY(open_segment(avoid));
  return reserve(round_up_to_block(position() + record_bytes) + kTailBytes);
}

Status SegmentLane::seal_current(Lock& lock) {
  sync_ended_.wait(lock, [this] { return !syncing_; });
  if (dead_) return fail(Errc::kIo, dead_->message);
  if (!file_) return {};
  if (Status finished = finish_segment(); !finished) {
    finished = die(std::move(finished.error()));
    return dead_ ? finished : Status();
  }
  catalog_.seal(segment_, written_);
  synced_ = appended_;
  file_.reset();
  sync_ended_.notify_all();
  return {};
}

// Another lane has found the disk failing: what this one has written and not synced may not be there.
Status SegmentLane::leave_failed_directory(Lock& lock) {
  sync_ended_.wait(lock, [this] { return !syncing_; });
  if (dead_) return fail(Errc::kIo, dead_->message);
  if (file_) lose_segment();
  return {};
}

void SegmentLane::lose_segment() {
  catalog_.lose(segment_);
  file_.reset();
  filled_ = 0;
  synced_ = appended_;
  sync_ended_.notify_all();
}

Status SegmentLane::finish_segment() {
  OBJSTORE_TRY(pad());
  if (filled_ == buffer_.capacity()) OBJSTORE_TRY(write_blocks());
  const std::uint64_t end = position();
  encode_segment_block({BlockRole::kFooter, segment_, epoch_, end}, buffer_.storage().subspan(filled_, kBlockBytes));
  filled_ += kBlockBytes;
  OBJSTORE_TRY(write_blocks());
  OBJSTORE_TRY(file_->truncate(written_));
  return file_->sync_data();
}

Status SegmentLane::open_segment(std::span<const DirectoryIndex> avoid) {
  if (buffer_.capacity() == 0) buffer_ = buffers_.acquire();
  std::optional<DirectoryIndex> preferred;
  if (keeps_directory_ && opened_) preferred = directory_;
  const auto chosen = catalog_.directories().choose(avoid, preferred);
  if (!chosen) return fail(Errc::kUnavailable, "no disk is left for this copy");
  directory_ = *chosen;
  opened_ = true;
  const std::uint64_t epoch = random_u64();
  for (int attempt = 0; attempt < kIdAttemptsMax; ++attempt) {
    const std::uint64_t id = catalog_.next_id();
    const Status created = create_segment(id, epoch);
    if (created) return {};
    if (created.error().code == Errc::kConflict) continue;  // an id that has been used is not used again
    file_.reset();
    if (created.error().code == Errc::kNoSpace) {
      if (const Status removed = remove_file(catalog_.path(directory_, id)); !removed) return die(removed.error());
      return created;
    }
    return die(created.error());
  }
  return die({Errc::kInternal, "no free segment id"});
}

// The name and the header are durable before a record can be acknowledged.
Status SegmentLane::create_segment(std::uint64_t id, std::uint64_t epoch) {
  OBJSTORE_ASSIGN(file_, SegmentFile::create(catalog_.path(directory_, id), catalog_.directories().mode(directory_)));
  segment_ = id;
  epoch_ = epoch;
  written_ = 0;
  allocated_ = 0;
  zeroed_ = 0;
  filled_ = 0;
  OBJSTORE_TRY(reserve(kFirstRecordOffset + kTailBytes));
  const MutableBytes block = buffer_.storage().first(kBlockBytes);
  encode_segment_block({BlockRole::kHeader, id, epoch, 0}, block);
  OBJSTORE_TRY(file_->write_at(0, block));
  OBJSTORE_TRY(file_->sync_data());
  OBJSTORE_TRY(sync_directory(catalog_.directories().path(directory_)));
  written_ = group_ = kFirstRecordOffset;
  catalog_.put(id, {.epoch = epoch, .written_bytes = written_, .directory = directory_});
  return {};
}

Status SegmentLane::reserve(std::uint64_t end) {
  if (end <= allocated_) return {};
  const std::uint64_t generous = round_up_to_block(
      std::max(end, std::min(allocated_ + catalog_.preallocation_bytes(), catalog_.settings().segment_bytes_max)));
  Status reserved = file_->preallocate(allocated_, generous);
  allocated_ = generous;
  if (!reserved && reserved.error().code == Errc::kNoSpace && end < generous) {
    allocated_ = end;
    reserved = file_->preallocate(written_, end);
  }
  if (!reserved && reserved.error().code == Errc::kUnsupported) return {};  // then the writes themselves find out
  if (reserved) return {};
  allocated_ = written_;
  // Without space nothing has been written, and all is as before; anything else is a disk that fails.
  if (reserved.error().code == Errc::kNoSpace) return reserved;
  return die(std::move(reserved.error()));
}

// The first write to a reserved block makes the file system change its own records, which the sync then waits for; to a
// block that holds zeros it does not: a lone small sync takes half the time. The zeros are what a reserved block reads
// as, so nobody who looks for the end of a segment sees a difference.
Status SegmentLane::zero_ahead() {
  if (written_ < zeroed_) return {};
  Buffer zeros = buffers_.acquire();
  const std::uint64_t end = std::min(allocated_, written_ + std::min<std::uint64_t>(zeros.capacity(), kZeroAheadBytes));
  if (end <= written_) return {};
  const MutableBytes bytes = zeros.storage().first(end - written_);
  std::ranges::fill(bytes, std::byte{0});
  const Status zeroed = file_->write_at(written_, bytes);
  zeroed_ = end;
  // Where blocks cannot be reserved, the disk may be full by now: what comes next finds out for itself.
  if (!zeroed && zeroed.error().code != Errc::kNoSpace) return die(zeroed.error());
  return {};
}

Status SegmentLane::put(ByteView bytes) {
  while (!bytes.empty()) {
    const MutableBytes room = buffer_.storage().subspan(filled_);
    const std::size_t size = std::min(room.size(), bytes.size());
    copy_bytes_out(bytes.first(size), room);
    filled_ += size;
    bytes = bytes.subspan(size);
    if (filled_ == buffer_.capacity()) OBJSTORE_TRY(write_blocks());
  }
  return {};
}

// Ends the group at a block boundary, so that a synced block is never written again: a torn tail would take an
// acknowledged record with it.
Status SegmentLane::pad() {
  const std::size_t rest = static_cast<std::size_t>(round_up_to_block(position()) - position());
  if (rest == 0) return {};
  const std::uint64_t offset = position();
  const MutableBytes room = buffer_.storage().subspan(filled_, rest);  // the buffer ends at a block boundary
  std::ranges::fill(room, std::byte{0});
  if (rest >= kRecordHeaderBytes) {
    const RecordHeader header = describe_pad(room.subspan(kRecordHeaderBytes));
    encode_record_header(header, {epoch_, offset}, room.first(kRecordHeaderBytes));
  }
  filled_ += rest;
  return {};
}

// Whole blocks only: callers pad, or have filled the buffer.
Status SegmentLane::write_blocks() {
  CHECK(filled_ % kBlockBytes == 0);
  if (filled_ == 0) return {};
  if (Status written = file_->write_at(written_, ByteView(buffer_.storage()).first(filled_)); !written) {
    return die(std::move(written.error()));
  }
  written_ += filled_;
  filled_ = 0;
  catalog_.grow(segment_, written_);
  return {};
}

Status SegmentLane::die(Error error) {
  if (catalog_.directories().mark_failed(directory_, error.message)) {
    if (file_) lose_segment();
    return std::unexpected(std::move(error));
  }
  if (!dead_) {
    dead_ = error;
    log::error("a segment lane has failed", {{"error", error.message}});
  }
  sync_ended_.notify_all();
  return std::unexpected(std::move(error));
}

}  // namespace objstore::storage
