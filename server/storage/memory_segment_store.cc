#include "server/storage/memory_segment_store.h"

#include <algorithm>
#include <cstring>

#include "common/base/check.h"
#include "server/storage/segment_scan.h"

namespace objstore::storage {
namespace {

ReadAt reader_of(const std::vector<std::byte>& bytes) {
  return [&bytes](std::uint64_t offset, MutableBytes out) -> Result<std::size_t> {
    if (offset >= bytes.size()) return 0;
    const std::size_t size = std::min(out.size(), bytes.size() - static_cast<std::size_t>(offset));
    std::memcpy(out.data(), bytes.data() + offset, size);
    return size;
  };
}

}  // namespace

MemorySegmentStore::MemorySegmentStore(std::uint64_t segment_bytes_max) : segment_bytes_max_(segment_bytes_max) {}

MemorySegmentStore::LaneState& MemorySegmentStore::at(Lane lane) {
  CHECK(static_cast<std::uint8_t>(lane) < kLaneCount);
  return lanes_[static_cast<std::uint8_t>(lane)];
}

MemorySegmentStore::Segment& MemorySegmentStore::open_segment(LaneState& state, std::uint64_t record_bytes) {
  if (state.segment) {
    const Segment& current = *segments_[*state.segment];
    const std::uint64_t size = current.synced.size() + current.pending.size();
    if (size > kFirstRecordOffset && size + record_bytes + 2 * kBlockBytes > segment_bytes_max_) seal_locked(state);
  }
  if (!state.segment) {
    state.segment = next_id_++;
    auto created = std::make_shared<Segment>();
    created->epoch = random_u64();
    created->synced.resize(kBlockBytes);
    encode_segment_block({BlockRole::kHeader, *state.segment, created->epoch, 0}, created->synced);
    segments_[*state.segment] = std::move(created);
  }
  return *segments_[*state.segment];
}

Result<std::vector<Location>> MemorySegmentStore::append(Lane lane, const ChunkRecord& record) {
  OBJSTORE_ASSIGN(const Location location, append_copy(lane, record, {}));
  return std::vector<Location>{location};
}

void MemorySegmentStore::unpin(std::span<const Location> locations) {
  std::lock_guard lock(mutex_);
  for (const Location& location : locations) {
    const auto found = segments_.find(location.segment);
    CHECK(found != segments_.end() && found->second->pins > 0);
    --found->second->pins;
  }
}

Result<Location> MemorySegmentStore::append_copy(Lane lane, const ChunkRecord& record,
                                                 std::span<const std::uint64_t> apart_from) {
  if (!apart_from.empty()) return fail(Errc::kUnavailable, "no disk is left for this copy");
  const RecordHeader header = describe(record);
  std::array<std::byte, kRecordHeaderBytes> bytes;
  std::lock_guard lock(mutex_);
  LaneState& state = at(lane);
  if (state.dead) return fail(Errc::kIo, "the lane has failed");
  Segment& segment = open_segment(state, kRecordHeaderBytes + record.stored.size());
  const std::uint64_t offset = segment.synced.size() + segment.pending.size();
  encode_record_header(header, {segment.epoch, offset}, bytes);
  segment.pending.insert(segment.pending.end(), bytes.begin(), bytes.end());
  segment.pending.insert(segment.pending.end(), record.stored.begin(), record.stored.end());
  ++segment.pins;
  return Location{*state.segment, offset, static_cast<std::uint32_t>(kRecordHeaderBytes + record.stored.size())};
}

void MemorySegmentStore::settle(Segment& segment) {
  segment.synced.insert(segment.synced.end(), segment.pending.begin(), segment.pending.end());
  segment.pending.clear();
  segment.synced.resize(static_cast<std::size_t>(round_up_to_block(segment.synced.size())));
}

std::string MemorySegmentStore::failure() const {
  std::lock_guard lock(mutex_);
  return std::ranges::any_of(lanes_, &LaneState::dead) ? "a lane has failed" : "";
}

Status MemorySegmentStore::sync_locked(LaneState& state) {
  if (state.dead) return fail(Errc::kIo, "the lane has failed");
  if (std::exchange(state.fails_next, false)) {
    state.dead = true;
    return fail(Errc::kIo, "the sync was made to fail");
  }
  if (state.segment) settle(*segments_[*state.segment]);
  return {};
}

Status MemorySegmentStore::sync(Lane lane) {
  std::lock_guard lock(mutex_);
  return sync_locked(at(lane));
}

void MemorySegmentStore::seal_locked(LaneState& state) {
  if (!state.segment) return;
  Segment& segment = *segments_[*state.segment];
  settle(segment);
  const std::uint64_t end = segment.synced.size();
  segment.synced.resize(segment.synced.size() + kBlockBytes);
  encode_segment_block({BlockRole::kFooter, *state.segment, segment.epoch, end},
                       MutableBytes(segment.synced).last(kBlockBytes));
  segment.sealed = true;
  state.segment.reset();
}

Status MemorySegmentStore::seal(Lane lane) {
  std::lock_guard lock(mutex_);
  LaneState& state = at(lane);
  OBJSTORE_TRY(sync_locked(state));
  seal_locked(state);
  return {};
}

Result<StoredChunk> MemorySegmentStore::read(const Location& location) {
  if (location.length < kRecordHeaderBytes || location.length > kRecordBytesMax) {
    return fail(Errc::kCorrupt, "a location that no record has");
  }
  Buffer buffer = buffers_.acquire(location.length);
  const MutableBytes bytes = buffer.storage().first(location.length);
  std::uint64_t epoch = 0;
  {
    std::lock_guard lock(mutex_);
    const auto found = segments_.find(location.segment);
    if (found == segments_.end()) return fail(Errc::kNotFound, "no such segment");
    OBJSTORE_ASSIGN(const std::size_t got, reader_of(found->second->synced)(location.offset, bytes));
    if (got < bytes.size()) return fail(Errc::kCorrupt, "a record is cut off");
    epoch = found->second->epoch;
  }
  OBJSTORE_ASSIGN(const RecordHeader header, decode_chunk_record(bytes, {epoch, location.offset}));
  return to_stored_chunk(header, std::move(buffer));
}

std::vector<SegmentInfo> MemorySegmentStore::list() const {
  std::lock_guard lock(mutex_);
  std::vector<SegmentInfo> out;
  for (const auto& [id, segment] : segments_) {
    out.push_back({id, segment->synced.size(), segment->sealed, segment->pins > 0});
  }
  return out;
}

Status MemorySegmentStore::remove(std::uint64_t segment) {
  std::lock_guard lock(mutex_);
  const auto found = segments_.find(segment);
  if (found == segments_.end()) return {};
  if (!found->second->sealed) return fail(Errc::kConflict, "the segment is being appended to");
  if (found->second->pins > 0) return fail(Errc::kConflict, "the segment has records that no metadata names yet");
  segments_.erase(found);
  return {};
}

Status MemorySegmentStore::scan(std::uint64_t segment, const std::function<bool(const Visited&)>& visit) {
  // A copy, so that the callback may call the store.
  std::vector<std::byte> copy;
  ScanRange range{segment, 0, kFirstRecordOffset, 0};
  {
    std::lock_guard lock(mutex_);
    const auto found = segments_.find(segment);
    if (found == segments_.end()) return fail(Errc::kNotFound, "no such segment");
    copy = found->second->synced;
    range.epoch = found->second->epoch;
    range.end = copy.size();
  }
  OBJSTORE_TRY(scan_records(reader_of(copy), range, buffers_, visit));
  return {};
}

std::vector<std::byte> MemorySegmentStore::bytes(std::uint64_t segment) const {
  std::lock_guard lock(mutex_);
  const auto found = segments_.find(segment);
  return found == segments_.end() ? std::vector<std::byte>{} : found->second->synced;
}

void MemorySegmentStore::set_bytes(std::uint64_t segment, std::vector<std::byte> bytes) {
  std::lock_guard lock(mutex_);
  if (const auto found = segments_.find(segment); found != segments_.end()) found->second->synced = std::move(bytes);
}

void MemorySegmentStore::lose_unsynced() {
  std::lock_guard lock(mutex_);
  for (LaneState& state : lanes_) {
    if (state.segment) segments_[*state.segment]->pending.clear();
    seal_locked(state);
    state = {};
  }
  for (const auto& [id, segment] : segments_) segment->pins = 0;
}

void MemorySegmentStore::fail_next_sync(Lane lane) {
  std::lock_guard lock(mutex_);
  at(lane).fails_next = true;
}

}  // namespace objstore::storage
