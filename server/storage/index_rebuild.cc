#include "server/storage/index_rebuild.h"

#include <algorithm>
#include <map>

#include "common/base/bytes.h"
#include "common/base/log.h"
#include "server/storage/chunker.h"
#include "server/storage/codec.h"

namespace objstore::storage {
namespace {

constexpr std::string_view kUnfitKey = "index_rebuild";
constexpr std::uint64_t kRawBytesMax = Chunker::kAverageMax * 4;
constexpr std::size_t kChunksPerBatch = 8'000;  // well below Batch::kBytesMax, with two counters each
constexpr std::size_t kKeysPerBatch = 20'000;
constexpr std::size_t kChunksPerRelease = 1'000;

Status commit_one(MetadataStore& metadata, const Batch& batch) {
  if (batch.empty()) return {};
  return metadata.commit(std::span(&batch, 1)).front();
}

class IndexRebuild {
 public:
  IndexRebuild(MetadataStore& metadata, SegmentStore& segments, const IndexRebuildOptions& options)
      : metadata_(metadata), segments_(segments), options_(options), raw_buffers_(kRawBytesMax, 1) {}

  Result<IndexReport> run();

 private:
  struct Found {
    ChunkKey key;
    std::uint32_t raw_size = 0;
    Location location;
  };
  Status begin();
  Status clear_counters(std::string_view prefix);
  Status scan_all();
  Status scan(const SegmentInfo& segment);
  Status take(const SegmentStore::Visited& visited);
  bool is_its_id(const StoredChunk& chunk);
  Status flush_found();
  void place(ChunkRow& row, const Found& found, Batch& batch) const;
  Status count_all();
  Status count_blob(std::uint64_t blob, const BlobRow& row);
  Status count(std::uint64_t blob, Domain domain, const std::vector<ChunkRef>& chunks);
  Status flush_counts();
  Status queue_unreferenced();
  Status flush_unreferenced(const std::vector<std::string>& keys);
  Status end();
  void tell(std::uint64_t bytes_more);

  MetadataStore& metadata_;
  SegmentStore& segments_;
  const IndexRebuildOptions& options_;
  BufferPool raw_buffers_;
  IndexReport report_;
  IndexProgress progress_;
  std::uint64_t next_id_ = 0;
  std::vector<Found> found_;  // not entered yet
  struct Counted {
    std::int64_t count = 0;
    std::uint32_t raw_size = 0;
    std::vector<std::uint64_t> blobs;
  };
  std::map<ChunkKey, Counted> counted_;  // not entered yet
};

Result<IndexReport> IndexRebuild::run() {
  OBJSTORE_TRY(begin());
  OBJSTORE_TRY(scan_all());
  OBJSTORE_TRY(count_all());
  OBJSTORE_TRY(queue_unreferenced());
  OBJSTORE_TRY(end());
  return std::move(report_);
}

// A run of its own, beyond each run that a segment knows of: older metadata must not give out a number once more.
Status IndexRebuild::begin() {
  OBJSTORE_TRY(mark_index_unfit(metadata_));
  OBJSTORE_ASSIGN(const auto stored, metadata_.get(Table::kStore, kRunKey));
  std::uint64_t run = options_.run_min;
  if (stored && stored->size() == sizeof(std::uint64_t)) run = std::max(run, read_u64_be(*stored));
  for (const SegmentInfo& segment : segments_.list()) {
    run = std::max(run, segment.id >> kRunShift);
    progress_.bytes_total += segment.written_bytes;
    ++progress_.segments_total;
  }
  ++run;
  next_id_ = run << kRunShift | 1;
  Batch batch;
  batch.put(Table::kStore, std::string(kRunKey), id_key(run));
  OBJSTORE_TRY(commit_one(metadata_, batch));
  OBJSTORE_TRY(metadata_.clear(Table::kChunks));
  OBJSTORE_TRY(clear_counters(kChunkCountPrefix));
  return clear_counters(kSegmentLivePrefix);
}

Status IndexRebuild::clear_counters(std::string_view prefix) {
  // One cursor for all: it does not see what is erased behind it, which another would have to pass over.
  const auto cursor = metadata_.scan(Table::kCounts, prefix);
  while (cursor->valid()) {
    Batch batch;
    for (std::size_t i = 0; cursor->valid() && i < kKeysPerBatch; cursor->next(), ++i)
      batch.erase_counter(std::string(cursor->key()));
    OBJSTORE_TRY(commit_one(metadata_, batch));
  }
  return cursor->status();
}

void IndexRebuild::tell(std::uint64_t bytes_more) {
  progress_.bytes += bytes_more;
  if (options_.progress) options_.progress(progress_);
}

Status IndexRebuild::scan_all() {
  for (const SegmentInfo& segment : segments_.list()) {
    const std::uint64_t before = progress_.bytes;
    if (const Status scanned = scan(segment); !scanned) {
      const bool unreadable = scanned.error().code == Errc::kIo || scanned.error().code == Errc::kCorrupt;
      if (!unreadable) return scanned;
      report_.unreadable_segments.emplace_back(segment.id, scanned.error().message);
    }
    OBJSTORE_TRY(flush_found());
    ++report_.segments;
    ++progress_.segments;
    progress_.bytes = before;
    tell(segment.written_bytes);
  }
  if (!report_.unreadable_segments.empty() && !options_.set_aside) {
    const auto& [segment, why] = report_.unreadable_segments.front();
    return fail(Errc::kIo, std::to_string(report_.unreadable_segments.size()) +
                               " segment(s) cannot be read, the first is number " + std::to_string(segment) + ": " +
                               why);
  }
  return {};
}

Status IndexRebuild::scan(const SegmentInfo& segment) {
  Status outcome = {};
  const Status scanned = segments_.scan(segment.id, [&](const SegmentStore::Visited& visited) {
    outcome = take(visited);
    return outcome.has_value();
  });
  return outcome ? scanned : outcome;
}

Status IndexRebuild::take(const SegmentStore::Visited& visited) {
  const StoredChunk& chunk = visited.chunk;
  if (!is_its_id(chunk)) {
    ++report_.wrong_records;
    return {};
  }
  ++report_.records;
  report_.bytes += chunk.raw_size;
  found_.push_back({{chunk.domain, chunk.id}, chunk.raw_size, visited.location});
  tell(visited.location.length);
  return found_.size() < kChunksPerBatch ? Status() : flush_found();
}

bool IndexRebuild::is_its_id(const StoredChunk& chunk) {
  if (chunk.transforms.empty()) return chunk.bytes.size() == chunk.raw_size && sha256(chunk.bytes.view()) == chunk.id;
  if (chunk.raw_size > kRawBytesMax) return false;
  Buffer raw = raw_buffers_.acquire();
  const Status decoded = decode_chunk(chunk.bytes.view(), chunk.transforms, chunk.raw_size, raw);
  return decoded && sha256(raw.view()) == chunk.id;
}

void IndexRebuild::place(ChunkRow& row, const Found& found, Batch& batch) const {
  if (row.placements.size() >= options_.placements_max) return;
  const auto disk = [this](const Location& at) { return options_.disk_of ? options_.disk_of(at.segment) : 0; };
  for (const Placement& placement : row.placements) {
    if (disk(placement.location) == disk(found.location)) return;
  }
  row.placements.push_back({found.location, false});
  row.raw_size = found.raw_size;
  batch.add(segment_live_key(found.location.segment), static_cast<std::int64_t>(found.location.length));
}

Status IndexRebuild::flush_found() {
  std::vector<std::string> keys;
  keys.reserve(found_.size());
  for (const Found& one : found_) keys.push_back(chunk_key(one.key));
  OBJSTORE_ASSIGN(const auto stored, metadata_.multi_get(Table::kChunks, keys));
  Batch batch;
  std::map<std::string, ChunkRow> changed;
  for (std::size_t i = 0; i < found_.size(); ++i) {
    auto [row, fresh] = changed.try_emplace(keys[i]);
    if (fresh && stored[i]) {
      OBJSTORE_ASSIGN(row->second, decode_chunk(*stored[i]));
    }
    place(row->second, found_[i], batch);
  }
  for (const auto& [key, row] : changed) batch.put(Table::kChunks, key, encode(row));
  found_.clear();
  return commit_one(metadata_, batch);
}

Status IndexRebuild::count_all() {
  const auto snapshot = metadata_.snapshot();
  const auto cursor = snapshot->scan(Table::kBlobs, {});
  for (; cursor->valid(); cursor->next()) {
    OBJSTORE_ASSIGN(const BlobRow row, decode_blob(cursor->value()));
    OBJSTORE_TRY(count_blob(id_of_key(cursor->key()), row));
  }
  OBJSTORE_TRY(cursor->status());
  return flush_counts();
}

Status IndexRebuild::count_blob(std::uint64_t blob, const BlobRow& row) {
  OBJSTORE_TRY(count(blob, row.domain, row.chunks));
  if (row.pages == 0) return {};
  // A blob that is being released has fewer: those that are left hold their counts.
  const auto cursor = metadata_.scan(Table::kBlobPages, id_key(blob));
  for (; cursor->valid(); cursor->next()) {
    OBJSTORE_ASSIGN(const auto chunks, decode_chunk_page(cursor->value()));
    OBJSTORE_TRY(count(blob, row.domain, chunks));
  }
  return cursor->status();
}

Status IndexRebuild::count(std::uint64_t blob, Domain domain, const std::vector<ChunkRef>& chunks) {
  for (const ChunkRef& chunk : chunks) {
    Counted& counted = counted_[{domain, chunk.id}];
    ++counted.count;
    counted.raw_size = chunk.raw_size;
    if (counted.blobs.empty() || counted.blobs.back() != blob) counted.blobs.push_back(blob);
    if (counted_.size() >= kChunksPerBatch) OBJSTORE_TRY(flush_counts());
  }
  return {};
}

// A chunk that is in no segment gets a row without a place: a read of it fails loudly, and an upload of the same
// content heals it.
Status IndexRebuild::flush_counts() {
  std::vector<std::string> keys;
  keys.reserve(counted_.size());
  for (const auto& [key, counted] : counted_) keys.push_back(chunk_key(key));
  OBJSTORE_ASSIGN(const auto stored, metadata_.multi_get(Table::kChunks, keys));
  Batch batch;
  std::size_t i = 0;
  for (const auto& [key, counted] : counted_) {
    batch.add(chunk_count_key(key), counted.count);
    const auto& row_bytes = stored[i++];
    ChunkRow row;
    if (row_bytes) {
      OBJSTORE_ASSIGN(row, decode_chunk(*row_bytes));
    } else {
      ++report_.lost_chunks;
      row.raw_size = counted.raw_size;
      batch.put(Table::kChunks, chunk_key(key), encode(row));
    }
    if (!row.placements.empty()) continue;
    for (const std::uint64_t blob : counted.blobs) {
      if (report_.lost_blobs.size() < IndexReport::kLostBlobsMax) report_.lost_blobs.insert(blob);
    }
  }
  counted_.clear();
  return commit_one(metadata_, batch);
}

Status IndexRebuild::queue_unreferenced() {
  const auto snapshot = metadata_.snapshot();
  const auto cursor = snapshot->scan(Table::kChunks, {});
  std::vector<std::string> keys;
  for (; cursor->valid(); cursor->next()) {
    OBJSTORE_ASSIGN(const ChunkRow row, decode_chunk(cursor->value()));
    if (!row.placements.empty()) ++report_.chunks;
    keys.emplace_back(cursor->key());
    if (keys.size() < kChunksPerBatch) continue;
    OBJSTORE_TRY(flush_unreferenced(keys));
    keys.clear();
  }
  OBJSTORE_TRY(cursor->status());
  return flush_unreferenced(keys);
}

Status IndexRebuild::flush_unreferenced(const std::vector<std::string>& keys) {
  std::vector<std::string> counters;
  counters.reserve(keys.size());
  for (const std::string& key : keys) counters.push_back(std::string(kChunkCountPrefix) + key);
  OBJSTORE_ASSIGN(const auto counts, metadata_.multi_get(Table::kCounts, counters));
  Batch batch;
  Release release;
  const auto put = [&] {
    if (!release.empty()) batch.put(Table::kQueue, id_key(next_id_++), encode(release));
    release.chunks.clear();
  };
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (counts[i]) continue;
    OBJSTORE_ASSIGN(const ChunkKey key, parse_chunk_key(keys[i]));
    if (key.domain != release.chunk_domain || release.chunks.size() == kChunksPerRelease) put();
    release.chunk_domain = key.domain;
    release.chunks.push_back(key.id);
    ++report_.unreferenced;
  }
  put();
  return commit_one(metadata_, batch);
}

Status IndexRebuild::end() {
  for (const auto& [segment, why] : report_.unreadable_segments) OBJSTORE_TRY(options_.set_aside(segment));
  Batch batch;
  batch.erase(Table::kStore, std::string(kUnfitKey));
  return commit_one(metadata_, batch);
}

}  // namespace

Result<IndexReport> rebuild_index(MetadataStore& metadata, SegmentStore& segments, const IndexRebuildOptions& options) {
  return IndexRebuild(metadata, segments, options).run();
}

Status mark_index_unfit(MetadataStore& metadata) {
  Batch batch;
  batch.put(Table::kStore, std::string(kUnfitKey), "1");
  return commit_one(metadata, batch);
}

Status check_index_fit(const MetadataReader& metadata) {
  OBJSTORE_ASSIGN(const auto mark, metadata.get(Table::kStore, kUnfitKey));
  if (mark) return fail(Errc::kUnavailable, "a rebuild of the index was interrupted; run `objd rebuild-index` again");
  return {};
}

}  // namespace objstore::storage
