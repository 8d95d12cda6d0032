#include "server/storage/local_segment_store.h"

#include <deque>
#include <filesystem>

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
  LocalSegmentStore(SegmentCatalog::Settings settings, const LocalSegmentOptions& options)
      : catalog_(std::move(settings)), files_(options.open_files_max), lane_buffers_(options.lane_buffer_bytes, 0) {
    for (std::uint8_t i = 0; i < kLaneCount; ++i) lanes_.emplace_back(catalog_, lane_buffers_);
  }
  ~LocalSegmentStore() override;

  Status recover() { return recover_segments(catalog_, read_buffers_); }

  Result<Location> append(Lane lane, const ChunkRecord& record) override { return at(lane).append(record); }
  Status sync(Lane lane) override { return at(lane).sync(); }
  Status seal(Lane lane) override { return at(lane).seal(); }
  Result<StoredChunk> read(const Location& location) override;
  std::vector<SegmentInfo> list() const override { return catalog_.list(); }
  Status remove(std::uint64_t segment) override;
  Status scan(std::uint64_t segment, const std::function<bool(const Visited&)>& visit) override;

 private:
  SegmentLane& at(Lane lane) {
    CHECK(static_cast<std::uint8_t>(lane) < kLaneCount);
    return lanes_[static_cast<std::uint8_t>(lane)];
  }
  // The facts about a segment that can be read; kNotFound, or kCorrupt when it has lost its header.
  Result<SegmentCatalog::Entry> readable(std::uint64_t segment) const;

  SegmentCatalog catalog_;
  SegmentFileCache files_;
  ReadBuffers read_buffers_;
  BufferPool lane_buffers_;
  std::deque<SegmentLane> lanes_;  // not a vector: lanes do not move
};

LocalSegmentStore::~LocalSegmentStore() {
  for (SegmentLane& lane : lanes_) {
    if (const Status sealed = lane.seal(); !sealed) {
      log::warn("a segment stays open, the next start seals it", {{"error", sealed.error().message}});
    }
  }
}

Result<SegmentCatalog::Entry> LocalSegmentStore::readable(std::uint64_t segment) const {
  const auto entry = catalog_.find(segment);
  if (!entry) return fail(Errc::kNotFound, "no such segment");
  if (entry->damaged) return fail(Errc::kCorrupt, "the segment has lost its header");
  return *entry;
}

Result<StoredChunk> LocalSegmentStore::read(const Location& location) {
  OBJSTORE_ASSIGN(const SegmentCatalog::Entry entry, readable(location.segment));
  const bool possible = location.offset >= kFirstRecordOffset && location.offset < entry.written_bytes &&
                        location.length >= kRecordHeaderBytes && location.length <= kRecordBytesMax;
  if (!possible) return fail(Errc::kCorrupt, "a location outside of its segment");
  OBJSTORE_ASSIGN(const auto file, files_.get(location.segment, catalog_.path(location.segment)));
  Buffer buffer = read_buffers_.acquire(location.length);
  const MutableBytes bytes = buffer.storage().first(location.length);
  OBJSTORE_ASSIGN(const std::size_t got, file->read_at(location.offset, bytes));
  if (got < bytes.size()) return fail(Errc::kCorrupt, "a record is cut off");
  OBJSTORE_ASSIGN(const RecordHeader header, decode_chunk_record(bytes, {entry.epoch, location.offset}));
  return to_stored_chunk(header, std::move(buffer));
}

Status LocalSegmentStore::remove(std::uint64_t segment) {
  const auto entry = catalog_.find(segment);
  if (!entry) return {};
  if (!entry->sealed) return fail(Errc::kConflict, "the segment is being appended to");
  OBJSTORE_TRY(remove_file(catalog_.path(segment)));
  catalog_.forget(segment);
  files_.drop(segment);  // reads under way share the open file
  return sync_directory(catalog_.settings().directory);
}

Status LocalSegmentStore::scan(std::uint64_t segment, const std::function<bool(const Visited&)>& visit) {
  OBJSTORE_ASSIGN(const SegmentCatalog::Entry entry, readable(segment));
  OBJSTORE_ASSIGN(const auto file, files_.get(segment, catalog_.path(segment)));
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
  if (options.open_files_max == 0) return fail(Errc::kInvalidArgument, "at least one open file is needed");
  return {};
}

}  // namespace

Result<std::unique_ptr<SegmentStore>> open_local_segment_store(const LocalSegmentOptions& options) {
  OBJSTORE_TRY(check_options(options));
  std::error_code error;
  std::filesystem::create_directory(options.directory, error);
  if (error) return fail(Errc::kIo, "cannot create the segment directory: " + error.message());
  WriteMode mode = WriteMode::kBuffered;
  if (options.direct_writes) {
    OBJSTORE_ASSIGN(mode, probe_write_mode(options.directory));
  }
  log::info("segments are written", {{"mode", mode == WriteMode::kDirect ? "O_DIRECT" : "buffered"}});
  auto store = std::make_unique<LocalSegmentStore>(
      SegmentCatalog::Settings{options.directory, mode, options.first_segment_id, options.segment_bytes_max,
                               round_up_to_block(options.preallocation_bytes_min)},
      options);
  OBJSTORE_TRY(store->recover());
  return store;
}

}  // namespace objstore::storage
