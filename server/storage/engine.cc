#include "server/storage/engine.h"

#include <algorithm>
#include <bit>
#include <thread>
#include <utility>

#include "common/base/check.h"
#include "common/base/log.h"
#include "server/storage/blob_writer.h"
#include "server/storage/collector.h"
#include "server/storage/commit_loop.h"
#include "server/storage/compactor.h"
#include "server/storage/extent_source.h"
#include "server/storage/index_rebuild.h"
#include "server/storage/scrubber.h"
#include "server/storage/staging.h"

namespace objstore::storage {
namespace {

constexpr std::size_t kIdleChunkBuffers = 64;
constexpr std::size_t kRoomBytes = std::size_t{1} << 20;  // in a body's buffer, behind what is not cut yet

Result<std::optional<std::uint64_t>> read_number(const MetadataReader& metadata, std::string_view key) {
  OBJSTORE_ASSIGN(const auto stored, metadata.get(Table::kStore, key));
  if (!stored) return std::nullopt;
  if (stored->size() != 8) return fail(Errc::kCorrupt, "the store's row '" + std::string(key) + "' cannot be read");
  return read_u64_be(*stored);
}

struct Start {
  std::uint64_t run = 0;
  std::size_t chunk_average = 0;
};

// One batch at each start: a run number that was never used, and the chunk size of a new store.
Result<Start> begin_run(MetadataStore& metadata, const EngineOptions& options) {
  OBJSTORE_TRY(check_index_fit(metadata));
  Start start;
  OBJSTORE_ASSIGN(const auto run, read_number(metadata, kRunKey));
  OBJSTORE_ASSIGN(const auto average, read_number(metadata, kChunkAverageKey));
  start.run = run.value_or(0) + 1;
  start.chunk_average = static_cast<std::size_t>(average.value_or(options.chunk_average));
  if (!std::has_single_bit(start.chunk_average) || start.chunk_average < Chunker::kAverageMin ||
      start.chunk_average > Chunker::kAverageMax) {
    return fail(Errc::kInvalidArgument, "the average chunk size must be a power of two from 1 KiB to 1 MiB");
  }
  if (start.run >= std::uint64_t{1} << (64 - kRunShift)) return fail(Errc::kInternal, "the store was opened too often");
  Batch batch;
  batch.put(Table::kStore, std::string(kRunKey), id_key(start.run));
  batch.put(Table::kStore, std::string(kChunkAverageKey), id_key(start.chunk_average));
  const std::vector<Status> committed = metadata.commit({&batch, 1});
  if (!committed.front()) return std::unexpected(committed.front().error());
  return start;
}

}  // namespace

Engine::Engine(std::unique_ptr<MetadataStore> metadata, Executor& executor, const Clock& clock, EngineOptions options,
               std::uint64_t run, std::size_t chunk_average)
    : metadata_(std::move(metadata)),
      executor_(executor),
      clock_(clock),
      options_(std::move(options)),
      epochs_(clock, options_.operation_age_max),
      chunker_(chunk_average),
      chunk_buffers_(chunker_.max_size(), kIdleChunkBuffers),
      body_buffers_(chunker_.max_size() + std::max(chunker_.max_size(), kRoomBytes), kIdleChunkBuffers),
      digest_groups_(executor, std::max(1U, std::thread::hardware_concurrency() /
                                                2)),  // the other half has the rest of an upload to do
      verified_lately_(clock, options_.verified_for),
      next_id_(run << kRunShift | 1) {}

Engine::~Engine() {
  scrubber_.reset();
  compactor_.reset();
  collector_.reset();
  committer_.reset();
}

Result<std::unique_ptr<Engine>> Engine::open(std::unique_ptr<MetadataStore> metadata, const OpenSegments& open_segments,
                                             Executor& executor, const Clock& clock, EngineOptions options) {
  OBJSTORE_ASSIGN(const Start start, begin_run(*metadata, options));
  const bool background = options.background;
  std::unique_ptr<Engine> engine(
      new Engine(std::move(metadata), executor, clock, std::move(options), start.run, start.chunk_average));
  OBJSTORE_ASSIGN(engine->segments_, open_segments(start.run << kRunShift));
  engine->committer_ = std::make_unique<Committer>(*engine->metadata_, *engine->segments_);
  OBJSTORE_TRY(engine->queue_staged());
  engine->collector_ = std::make_unique<Collector>(*engine);
  engine->compactor_ = std::make_unique<Compactor>(*engine);
  engine->scrubber_ = std::make_unique<Scrubber>(*engine);
  if (background) {
    engine->collector_->start();
    engine->compactor_->start();
    engine->scrubber_->start();
  }
  return engine;
}

// No upload is running yet, so every staged blob is one that a crash left.
Status Engine::queue_staged() {
  const auto cursor = metadata_->scan(Table::kStore, kStagedPrefix);
  std::vector<std::uint64_t> blobs;
  for (; cursor->valid(); cursor->next()) blobs.push_back(id_of_key(cursor->key().substr(kStagedPrefix.size())));
  OBJSTORE_TRY(cursor->status());
  for (const std::uint64_t blob : blobs) {
    Batch batch;
    release_staged(batch, blob, next_id());
    auto released = committer_->submit(std::move(batch), {}).wait();
    if (!released) return std::unexpected(std::move(released.error()));
  }
  return {};
}

std::uint64_t Engine::next_id() {
  return next_id_.fetch_add(1, std::memory_order_relaxed);
}

Status Engine::admit(std::uint64_t bytes) const {
  if (const std::string why = failure(); !why.empty()) return fail(Errc::kUnavailable, "writing has stopped: " + why);
  return options_.admit(bytes);
}

std::string Engine::failure() const {
  if (std::string of_commits = committer_->failure(); !of_commits.empty()) return of_commits;
  return segments_->failure();
}

Lane Engine::next_large_lane() {
  return static_cast<Lane>(1 + next_lane_.fetch_add(1, std::memory_order_relaxed) % kLargeLanes);
}

std::unique_ptr<BlobWriter> Engine::new_blob(Domain domain) {
  return std::make_unique<BlobWriter>(*this, domain);
}

std::unique_ptr<Source> Engine::read(EpochGuard guard, Layout layout, std::uint64_t first, std::uint64_t length) {
  return std::make_unique<ExtentSource>(*this, std::move(guard), std::move(layout), first, length);
}

Result<std::vector<Extent>> Engine::extents(const Layout& layout) const {
  std::vector<Extent> all = layout.extents;
  for (std::uint32_t page = 0; page < layout.manifest_pages; ++page) {
    OBJSTORE_ASSIGN(const auto bytes, metadata_->get(Table::kManifests, page_key(layout.manifest, page)));
    if (!bytes) return fail(Errc::kCorrupt, "a manifest page that an object names does not exist");
    OBJSTORE_ASSIGN(const auto extents, decode_manifest_page(*bytes));
    all.insert(all.end(), extents.begin(), extents.end());
  }
  return all;
}

void Engine::retain(Batch& batch, const Layout& layout) const {
  if (layout.manifest != 0) batch.add(manifest_count_key(layout.manifest), 1);
  retain(batch, layout.extents);
}

void Engine::retain(Batch& batch, std::span<const Extent> extents) const {
  for (const Extent& extent : extents) batch.add(blob_count_key(extent.blob), 1);
}

void Engine::release(Batch& batch, const Layout& layout) {
  release(batch, std::span(&layout, 1));
}

void Engine::release(Batch& batch, std::span<const Layout> layouts) {
  Release release;
  for (const Layout& layout : layouts) {
    if (layout.manifest != 0) {
      batch.add(manifest_count_key(layout.manifest), -1);
      release.manifests.push_back(layout.manifest);
    }
    for (const Extent& extent : layout.extents) {
      batch.add(blob_count_key(extent.blob), -1);
      release.blobs.push_back(extent.blob);
    }
  }
  if (!release.empty()) batch.put(Table::kQueue, id_key(next_id()), encode(release));
}

Layout Engine::lay_out(Batch& batch, std::vector<Extent> extents) {
  if (extents.size() <= kExtentsInRow) return {std::move(extents), 0, 0};
  Layout layout;
  layout.manifest = next_id();
  for (std::size_t first = 0; first < extents.size(); first += kExtentsPerPage) {
    const auto begin = extents.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = std::min(kExtentsPerPage, extents.size() - first);
    batch.put(Table::kManifests, page_key(layout.manifest, layout.manifest_pages++),
              encode_manifest_page({begin, begin + static_cast<std::ptrdiff_t>(count)}));
  }
  batch.add(manifest_count_key(layout.manifest), 1);
  return layout;
}

void Engine::request_repair(const ChunkKey& chunk) {
  std::lock_guard lock(repairs_mutex_);
  if (repairs_.size() < kRepairsMax && std::ranges::find(repairs_, chunk) == repairs_.end()) repairs_.push_back(chunk);
}

std::vector<ChunkKey> Engine::take_repairs() {
  std::lock_guard lock(repairs_mutex_);
  return std::exchange(repairs_, {});
}

void Engine::quarantine(const ChunkKey& chunk, const Location& location) {
  auto marked = commit_loop<Done>(*committer_, executor_, [this, chunk, location]() -> Result<Attempt<Done>> {
                  Attempt<Done> attempt;
                  OBJSTORE_ASSIGN(const auto bytes, metadata_->get(Table::kChunks, chunk_key(chunk)));
                  if (!bytes) return attempt;
                  OBJSTORE_ASSIGN(ChunkRow row, decode_chunk(*bytes));
                  bool changed = false;
                  for (Placement& placement : row.placements) {
                    if (placement.location == location && !placement.quarantined)
                      changed = placement.quarantined = true;
                  }
                  if (!changed) return attempt;
                  OBJSTORE_ASSIGN(const auto generation, read_number(*metadata_, kQuarantineKey));
                  attempt.batch.expect(Table::kChunks, chunk_key(chunk), *bytes);
                  attempt.batch.put(Table::kChunks, chunk_key(chunk), encode(row));
                  if (generation) {
                    attempt.batch.expect(Table::kStore, std::string(kQuarantineKey), id_key(*generation));
                  } else {
                    attempt.batch.expect_absent(Table::kStore, std::string(kQuarantineKey));
                  }
                  attempt.batch.put(Table::kStore, std::string(kQuarantineKey), id_key(generation.value_or(0) + 1));
                  return attempt;
                }).wait();
  if (!marked) log::error("a damaged chunk could not be marked", {{"error", marked.error().message}});
}

Result<Engine::Space> Engine::space() const {
  Space space;
  std::vector<std::string> keys;
  for (const SegmentInfo& segment : segments_->list()) {
    ++space.segments;
    space.written_bytes += segment.written_bytes;
    keys.push_back(segment_live_key(segment.id));
  }
  OBJSTORE_ASSIGN(const auto live, metadata_->multi_get(Table::kCounts, keys));
  for (const auto& counter : live) {
    OBJSTORE_ASSIGN(const std::int64_t bytes, decode_counter(counter));
    space.live_bytes += static_cast<std::uint64_t>(bytes);
  }
  const MetadataStore::Usage usage = metadata_->usage();
  space.metadata_bytes = usage.disk_bytes;
  space.metadata_memory_bytes = usage.memory_bytes;
  const auto cursor = metadata_->scan(Table::kQueue, {});
  for (; cursor->valid() && space.releases_waiting < Space::kReleasesCounted; cursor->next()) ++space.releases_waiting;
  OBJSTORE_TRY(cursor->status());
  return space;
}

}  // namespace objstore::storage
