#include "bench/growth/discarding_segment_store.h"

#include "common/base/check.h"
#include "server/storage/segment_format.h"

namespace objstore::bench {
namespace {

using namespace storage;

constexpr std::uint64_t kSegmentBytesMax = std::uint64_t{256} << 20;  // as the server comes

}  // namespace

void DiscardingSegmentStore::seal_locked(std::optional<std::uint64_t>& lane) {
  if (!lane) return;
  Segment& segment = segments_.at(*lane);
  segment.bytes = round_up_to_block(segment.bytes) + kBlockBytes;  // the footer
  segment.sealed = true;
  lane.reset();
}

std::uint64_t DiscardingSegmentStore::segment_for(Lane lane, std::uint64_t record_bytes) {
  std::optional<std::uint64_t>& open = lanes_.at(static_cast<std::size_t>(lane));
  if (open && segments_.at(*open).bytes + record_bytes + 2 * kBlockBytes > kSegmentBytesMax) seal_locked(open);
  if (!open) {
    open = next_id_++;
    segments_[*open].bytes = kFirstRecordOffset;
  }
  return *open;
}

Result<std::vector<Location>> DiscardingSegmentStore::append(Lane lane, const ChunkRecord& record) {
  OBJSTORE_ASSIGN(const Location location, append_copy(lane, record, {}));
  return std::vector<Location>{location};
}

Result<Location> DiscardingSegmentStore::append_copy(Lane lane, const ChunkRecord& record,
                                                     std::span<const std::uint64_t> apart_from) {
  if (!apart_from.empty()) return fail(Errc::kUnavailable, "there is one imagined disk");
  const std::uint64_t length = kRecordHeaderBytes + record.stored.size();
  std::lock_guard lock(mutex_);
  const std::uint64_t id = segment_for(lane, length);
  Segment& segment = segments_.at(id);
  const std::uint64_t offset = segment.bytes;
  segment.bytes += length;
  ++segment.pins;
  return Location{id, offset, static_cast<std::uint32_t>(length)};
}

void DiscardingSegmentStore::unpin(std::span<const Location> locations) {
  std::lock_guard lock(mutex_);
  for (const Location& location : locations) {
    Segment& segment = segments_.at(location.segment);
    CHECK(segment.pins > 0);
    --segment.pins;
  }
}

// Synced blocks are never written again, so the next record begins a new one.
Status DiscardingSegmentStore::sync(Lane lane) {
  std::lock_guard lock(mutex_);
  const auto& open = lanes_.at(static_cast<std::size_t>(lane));
  if (open) segments_.at(*open).bytes = round_up_to_block(segments_.at(*open).bytes);
  return {};
}

Result<StoredChunk> DiscardingSegmentStore::read(const Location&) {
  return fail(Errc::kNotFound, "nothing is kept here");
}

std::vector<SegmentInfo> DiscardingSegmentStore::list() const {
  std::lock_guard lock(mutex_);
  std::vector<SegmentInfo> out;
  out.reserve(segments_.size());
  for (const auto& [id, segment] : segments_) out.push_back({id, segment.bytes, segment.sealed, segment.pins > 0});
  return out;
}

Status DiscardingSegmentStore::remove(std::uint64_t segment) {
  std::lock_guard lock(mutex_);
  const auto found = segments_.find(segment);
  if (found == segments_.end()) return {};
  if (!found->second.sealed || found->second.pins > 0) return fail(Errc::kConflict, "the segment is in use");
  segments_.erase(found);
  return {};
}

Status DiscardingSegmentStore::seal(Lane lane) {
  std::lock_guard lock(mutex_);
  seal_locked(lanes_.at(static_cast<std::size_t>(lane)));
  return {};
}

Status DiscardingSegmentStore::scan(std::uint64_t, const std::function<bool(const Visited&)>&) {
  return fail(Errc::kNotFound, "nothing is kept here");
}

}  // namespace objstore::bench
