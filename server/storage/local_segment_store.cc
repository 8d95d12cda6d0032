#include "server/storage/local_segment_store.h"

#include <algorithm>
#include <deque>

#include "common/base/check.h"
#include "common/base/log.h"
#include "server/storage/read_buffers.h"
#include "server/storage/segment_file_cache.h"
#include "server/storage/segment_lane.h"
#include "server/storage/segment_recovery.h"
#include "server/storage/segment_scan.h"

namespace objstore::storage {
namespace {

constexpr std::uint64_t kSegmentBytesMin = 64u << 10;
constexpr std::uint64_t kSegmentBytesMost = std::uint64_t{1} << 30;

class LocalSegmentStore final : public SegmentStore {
 public:
  LocalSegmentStore(SegmentCatalog::Settings settings, SegmentDirectories directories,
                    const LocalSegmentOptions& options)
      : copies_(options.copies),
        catalog_(settings, std::move(directories)),
        files_(options.open_files_max),
        lane_buffers_(options.lane_buffer_bytes, 0) {
    for (std::size_t i = 0; i < copies_ * kLaneCount; ++i) {
      lanes_.emplace_back(catalog_, lane_buffers_);
      if (copies_ > 1) lanes_.back().keep_directory();
    }
  }
  ~LocalSegmentStore() override;

  Status recover() { return recover_segments(catalog_, read_buffers_); }

  Result<std::vector<Location>> append(Lane lane, const ChunkRecord& record) override;
  Result<Location> append_copy(Lane lane, const ChunkRecord& record,
                               std::span<const std::uint64_t> apart_from) override;
  void unpin(std::span<const Location> locations) override { catalog_.unpin(locations); }
  Status sync(Lane lane) override;
  Status seal(Lane lane) override;
  std::string failure() const override { return catalog_.directories().first_error(); }
  bool lost(std::uint64_t segment) const override { return catalog_.lost(segment); }
  Result<StoredChunk> read(const Location& location) override;
  std::optional<FileSlice> payload_in_file(const Location& location) override;
  std::vector<SegmentInfo> list() const override { return catalog_.list(); }
  std::vector<DirectoryStatus> directories() const override { return catalog_.directory_status(); }
  std::size_t copies() const override { return copies_; }
  Status remove(std::uint64_t segment) override;
  Status scan(std::uint64_t segment, const std::function<bool(const Visited&)>& visit) override;

 private:
  SegmentLane& at(Lane lane, std::size_t copy) {
    CHECK(static_cast<std::uint8_t>(lane) < kLaneCount);
    return lanes_[copy * kLaneCount + static_cast<std::uint8_t>(lane)];
  }
  Result<Location> append_apart(SegmentLane& lane, const ChunkRecord& record, std::vector<DirectoryIndex> avoid);
  // The facts about a segment that can be read; kNotFound, kUnavailable, or kCorrupt when it has lost its header.
  Result<SegmentCatalog::Entry> readable(std::uint64_t segment) const;
  std::string path(std::uint64_t segment, const SegmentCatalog::Entry& entry) const {
    return catalog_.path(entry.directory, segment);
  }

  const std::size_t copies_;
  SegmentCatalog catalog_;
  SegmentFileCache files_;
  ReadBuffers read_buffers_;
  BufferPool lane_buffers_;
  std::deque<SegmentLane> lanes_;  // not a vector: lanes do not move; kLaneCount for each copy
};

LocalSegmentStore::~LocalSegmentStore() {
  for (SegmentLane& lane : lanes_) {
    if (const Status sealed = lane.seal(); !sealed) {
      log::warn("a segment stays open, the next start seals it", {{"error", sealed.error().message}});
    }
  }
}

// A disk that is full, or has just failed, is passed over while there are others.
Result<Location> LocalSegmentStore::append_apart(SegmentLane& lane, const ChunkRecord& record,
                                                 std::vector<DirectoryIndex> avoid) {
  for (std::size_t tries = 1;; ++tries) {
    auto placed = lane.append(record, avoid);
    if (placed || lane.dead() || tries >= catalog_.directories().size()) return placed;
    if (placed.error().code == Errc::kNoSpace) {
      const auto full = lane.directory();
      if (!full || !catalog_.directories().choose(avoid, std::nullopt)) return placed;
      avoid.push_back(*full);
      if (!catalog_.directories().choose(avoid, std::nullopt)) return placed;
      continue;
    }
    if (placed.error().code != Errc::kIo) return placed;
  }
}

Result<std::vector<Location>> LocalSegmentStore::append(Lane lane, const ChunkRecord& record) {
  std::vector<Location> locations;
  std::vector<DirectoryIndex> used;
  for (std::size_t copy = 0; copy < copies_; ++copy) {
    auto placed = append_apart(at(lane, copy), record, used);
    if (placed) {
      locations.push_back(*placed);
      used.push_back(catalog_.find(placed->segment)->directory);
      continue;
    }
    // A dead disk degrades; a full one is for somebody to notice.
    if (!locations.empty() && placed.error().code == Errc::kUnavailable) break;
    catalog_.unpin(locations);
    return std::unexpected(std::move(placed.error()));
  }
  return locations;
}

Result<Location> LocalSegmentStore::append_copy(Lane lane, const ChunkRecord& record,
                                                std::span<const std::uint64_t> apart_from) {
  std::vector<DirectoryIndex> avoid;
  for (const std::uint64_t segment : apart_from) {
    if (const auto entry = catalog_.find(segment)) avoid.push_back(entry->directory);
  }
  // The second copy's lane where the first one's is in the way, so that neither jumps between disks.
  const auto first = at(lane, 0).directory();
  const bool in_the_way = copies_ > 1 && first && std::ranges::find(avoid, *first) != avoid.end();
  return append_apart(at(lane, in_the_way ? 1 : 0), record, std::move(avoid));
}

Status LocalSegmentStore::sync(Lane lane) {
  for (std::size_t copy = 0; copy < copies_; ++copy) OBJSTORE_TRY(at(lane, copy).sync());
  return {};
}

Status LocalSegmentStore::seal(Lane lane) {
  for (std::size_t copy = 0; copy < copies_; ++copy) OBJSTORE_TRY(at(lane, copy).seal());
  return {};
}

Result<SegmentCatalog::Entry> LocalSegmentStore::readable(std::uint64_t segment) const {
  const auto entry = catalog_.find(segment);
  if (!entry && !catalog_.directories().all_present()) {
    return fail(Errc::kUnavailable, "a segment that may lie on a disk that is missing");
  }
  if (!entry) return fail(Errc::kNotFound, "no such segment");
  if (entry->damaged) return fail(Errc::kCorrupt, "the segment has lost its header");
  return *entry;
}

Result<StoredChunk> LocalSegmentStore::read(const Location& location) {
  OBJSTORE_ASSIGN(const SegmentCatalog::Entry entry, readable(location.segment));
  const bool possible = location.offset >= kFirstRecordOffset && location.offset < entry.written_bytes &&
                        location.length >= kRecordHeaderBytes && location.length <= kRecordBytesMax;
  if (!possible) return fail(Errc::kCorrupt, "a location outside of its segment");
  OBJSTORE_ASSIGN(const auto file, files_.get(location.segment, path(location.segment, entry)));
  Buffer buffer = read_buffers_.acquire(location.length);
  const MutableBytes bytes = buffer.storage().first(location.length);
  OBJSTORE_ASSIGN(const std::size_t got, file->read_at(location.offset, bytes));
  if (got < bytes.size()) return fail(Errc::kCorrupt, "a record is cut off");
  OBJSTORE_ASSIGN(const RecordHeader header, decode_chunk_record(bytes, {entry.epoch, location.offset}));
  return to_stored_chunk(header, std::move(buffer));
}

std::optional<FileSlice> LocalSegmentStore::payload_in_file(const Location& location) {
  const auto entry = readable(location.segment);
  if (!entry || location.length < kRecordHeaderBytes || location.offset >= entry->written_bytes) return std::nullopt;
  auto file = files_.get(location.segment, path(location.segment, *entry));
  if (!file) return std::nullopt;
  return SegmentFile::cached_slice(std::move(*file), location.offset + kRecordHeaderBytes,
                                   location.length - kRecordHeaderBytes);
}

Status LocalSegmentStore::remove(std::uint64_t segment) {
  const auto entry = catalog_.find(segment);
  if (!entry) return {};
  if (!entry->sealed) return fail(Errc::kConflict, "the segment is being appended to");
  if (entry->pins > 0) return fail(Errc::kConflict, "the segment has records that no metadata names yet");
  OBJSTORE_TRY(remove_file(path(segment, *entry)));
  catalog_.forget(segment);
  files_.drop(segment);  // reads under way share the open file
  return sync_directory(catalog_.directories().path(entry->directory));
}

Status LocalSegmentStore::scan(std::uint64_t segment, const std::function<bool(const Visited&)>& visit) {
  OBJSTORE_ASSIGN(const SegmentCatalog::Entry entry, readable(segment));
  OBJSTORE_ASSIGN(const auto file, files_.get(segment, path(segment, entry)));
  const ReadAt read = [&file](std::uint64_t offset, MutableBytes out) { return file->read_at(offset, out); };
  const std::uint64_t end = entry.sealed ? entry.written_bytes - kBlockBytes : entry.written_bytes;
  OBJSTORE_ASSIGN(const ScanSummary summary,
                  scan_records(read, {segment, entry.epoch, kFirstRecordOffset, end}, read_buffers_, visit));
  if (summary.unreadable > 0) return fail(Errc::kIo, "parts of the segment cannot be read");
  return {};
}

Status check_options(const LocalSegmentOptions& options) {
  if (options.segment_bytes_max < kSegmentBytesMin || options.segment_bytes_max > kSegmentBytesMost ||
      options.segment_bytes_max % kBlockBytes != 0) {
    return fail(Errc::kInvalidArgument, "the segment size must be a multiple of 4096 from 64 KiB to 1 GiB");
  }
  if (options.lane_buffer_bytes < 2 * kBlockBytes) {
    return fail(Errc::kInvalidArgument, "the lane buffer must have at least 8 KiB");
  }
  if (options.copies < 1 || options.copies > 2 ||
      options.copies > 1 + options.more_directories.size() + options.missing_directories.size()) {
    return fail(Errc::kInvalidArgument, "one copy, or two with at least two directories");
  }
  if (options.open_files_max == 0) return fail(Errc::kInvalidArgument, "at least one open file is needed");
  return {};
}

}  // namespace

Result<std::unique_ptr<SegmentStore>> open_local_segment_store(const LocalSegmentOptions& options) {
  OBJSTORE_TRY(check_options(options));
  std::vector<std::string> paths{options.directory};
  paths.insert(paths.end(), options.more_directories.begin(), options.more_directories.end());
  OBJSTORE_ASSIGN(auto directories, SegmentDirectories::open(paths, options.missing_directories,
                                                             {options.direct_writes, options.go_on_without_missing}));
  auto store =
      std::make_unique<LocalSegmentStore>(SegmentCatalog::Settings{options.first_segment_id, options.segment_bytes_max,
                                                                   round_up_to_block(options.preallocation_bytes_min)},
                                          std::move(directories), options);
  OBJSTORE_TRY(store->recover());
  return store;
}

}  // namespace objstore::storage
