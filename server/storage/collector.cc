#include "server/storage/collector.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/base/log.h"
#include "server/storage/background.h"

namespace objstore::storage {
namespace {

constexpr std::chrono::milliseconds kIdle{500};      // between looks at an empty queue
constexpr std::chrono::milliseconds kDrainPoll{10};  // while an epoch is waited for
constexpr std::chrono::seconds kAfterError{5};
constexpr std::size_t kSubmittedMax = 1024;           // steps under way at once
constexpr std::uint64_t kDeadOpenSegment = 8u << 20;  // an open segment with so many bytes and few in use is sealed
constexpr std::chrono::seconds kSweepInterval{1};     // at least, while there is something to collect

void put_release(Engine& engine, Batch& batch, const Release& release) {
  if (!release.empty()) batch.put(Table::kQueue, id_key(engine.next_id()), encode(release));
}

}  // namespace

Collector::Collector(Engine& engine) : engine_(engine) {}

Collector::~Collector() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Collector::start() {
  thread_ = std::thread([this] { run(); });
}

void Collector::run() {
  give_way_to_requests();
  auto next_sweep = std::chrono::steady_clock::now();
  while (true) {
    const auto taken = step();
    Status swept = {};
    if (taken && std::chrono::steady_clock::now() >= next_sweep) {
      const auto before = thread_cpu_time();
      const auto bytes = sweep();
      if (!bytes) swept = std::unexpected(bytes.error());
      const bool found_nothing = bytes && *bytes == 0;
      const auto look = found_nothing ? thread_cpu_time() - before : std::chrono::nanoseconds(0);
      const auto rest = rest_after(look, *taken == 0 ? std::chrono::seconds(0) : kSweepInterval);
      next_sweep = std::chrono::steady_clock::now() + rest;
    }
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    if (taken && swept) {
      stats_.last_error.clear();
      if (*taken == 0) wake_.wait_for(lock, kIdle, [this] { return stopping_; });
      continue;
    }
    const Error& error = taken ? swept.error() : taken.error();
    if (stats_.last_error != error.message) log::error("the collector cannot go on", {{"error", error.message}});
    stats_.last_error = error.message;
    wake_.wait_for(lock, kAfterError, [this] { return stopping_; });
  }
}

Collector::Stats Collector::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

Status Collector::commit(Item& item, Batch batch) {
  if (batch.empty()) return {};
  submitted_.push_back({engine_.committer().submit(std::move(batch), {}), &item});
  return submitted_.size() < kSubmittedMax ? Status() : settle();
}

Status Collector::settle() {
  Status outcome = {};
  for (Step& step : std::exchange(submitted_, {})) {
    auto done = step.ticket.wait();
    if (done) continue;
    if (done.error().code == Errc::kConflict) {
      step.item->again = true;
    } else {
      outcome = std::unexpected(std::move(done.error()));
    }
  }
  return outcome;
}

Status Collector::wait_drained(std::uint64_t epoch) {
  std::unique_lock lock(mutex_);
  while (!engine_.epochs().drained(epoch)) {
    if (wake_.wait_for(lock, kDrainPoll, [this] { return stopping_; })) return fail(Errc::kCancelled, "stopping");
  }
  return {};
}

Result<std::vector<Collector::Item>> Collector::take() const {
  std::vector<Item> items;
  const auto cursor = engine_.metadata().scan(Table::kQueue, {});
  for (; cursor->valid() && items.size() < kItemsPerRound; cursor->next()) {
    OBJSTORE_ASSIGN(Release release, decode_release(cursor->value()));
    items.push_back({std::string(cursor->key()), std::move(release)});
  }
  OBJSTORE_TRY(cursor->status());
  return items;
}

Result<std::size_t> Collector::step() {
  OBJSTORE_ASSIGN(std::vector<Item> items, take());
  if (items.empty()) return std::size_t{0};
  Status followed = follow(items);
  const Status settled = settle();  // also after an error: the steps under way name the items
  if (followed) followed = settled;
  if (!followed) return std::unexpected(std::move(followed.error()));
  return items.size();
}

Status Collector::follow(std::vector<Item>& items) {
  for (Item& item : items) OBJSTORE_TRY(condemn(item));
  OBJSTORE_TRY(settle());
  OBJSTORE_TRY(wait_drained(engine_.epochs().advance()));
  for (Item& item : items) OBJSTORE_TRY(collect(item));
  OBJSTORE_TRY(settle());
  // The row goes last, and only when no step of it lost a race (against the compactor, say, which moved the chunk):
  // else the chunk would stay for ever, with a count of 0.
  for (Item& item : items) OBJSTORE_TRY(finish(item));
  return {};
}

Status Collector::finish(Item& item) {
  if (item.again) return {};
  Batch batch;
  batch.erase(Table::kQueue, item.key);
  return commit(item, std::move(batch));
}

Status Collector::condemn(Item& item) {
  for (const std::uint64_t blob : item.release.blobs) OBJSTORE_TRY(condemn_blob(item, blob));
  // A manifest needs no mark: only an object that names it can add to its count, and then the count is not 0.
  return condemn_chunks(item);
}

// The content row goes first, so that no upload can take the blob up again.
Status Collector::condemn_blob(Item& item, std::uint64_t blob) {
  OBJSTORE_ASSIGN(const auto count_bytes, engine_.metadata().get(Table::kCounts, blob_count_key(blob)));
  OBJSTORE_ASSIGN(const std::int64_t count, decode_counter(count_bytes));
  if (count != 0) return {};
  OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kBlobs, id_key(blob)));
  if (!bytes) return {};
  OBJSTORE_ASSIGN(BlobRow row, decode_blob(*bytes));
  if (row.state == BlobState::kReleasing) return {};
  Batch batch;
  batch.expect_counter(blob_count_key(blob), 0);
  batch.expect(Table::kBlobs, id_key(blob), *bytes);
  if (row.state == BlobState::kPublished) {
    batch.expect(Table::kContents, content_key(row.domain, row.content_hash), id_key(blob));
    batch.erase(Table::kContents, content_key(row.domain, row.content_hash));
  }
  row.state = BlobState::kReleasing;
  batch.put(Table::kBlobs, id_key(blob), encode(row));
  return commit(item, std::move(batch));
}

Status Collector::condemn_chunks(Item& item) {
  for (const ChunkId& id : item.release.chunks) {
    const ChunkKey key{item.release.chunk_domain, id};
    OBJSTORE_ASSIGN(const auto count_bytes, engine_.metadata().get(Table::kCounts, chunk_count_key(key)));
    OBJSTORE_ASSIGN(const std::int64_t count, decode_counter(count_bytes));
    if (count != 0) continue;
    OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kChunks, chunk_key(key)));
    if (!bytes) continue;
    OBJSTORE_ASSIGN(ChunkRow row, decode_chunk(*bytes));
    if (row.condemned) continue;
    row.condemned = true;
    Batch batch;
    batch.expect_counter(chunk_count_key(key), 0);
    batch.expect(Table::kChunks, chunk_key(key), *bytes);
    batch.put(Table::kChunks, chunk_key(key), encode(row));
    OBJSTORE_TRY(commit(item, std::move(batch)));
  }
  return {};
}

Status Collector::collect(Item& item) {
  for (const std::uint64_t blob : item.release.blobs) OBJSTORE_TRY(collect_blob(item, blob));
  for (const std::uint64_t manifest : item.release.manifests) OBJSTORE_TRY(collect_manifest(item, manifest));
  return collect_chunks(item);
}

Status Collector::collect_blob(Item& item, std::uint64_t blob) {
  OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kBlobs, id_key(blob)));
  if (!bytes) return {};
  OBJSTORE_ASSIGN(const BlobRow row, decode_blob(*bytes));
  if (row.state != BlobState::kReleasing) return {};
  // One page a batch, with its counts: killed in between, the next start finds the pages that are left.
  std::vector<std::pair<std::string, std::string>> pages;
  const auto cursor = engine_.metadata().scan(Table::kBlobPages, id_key(blob));
  for (; cursor->valid(); cursor->next()) pages.emplace_back(cursor->key(), cursor->value());
  OBJSTORE_TRY(cursor->status());
  for (const auto& [key, value] : pages) OBJSTORE_TRY(collect_blob_page(item, key, value, row.domain));
  Batch batch;
  batch.expect(Table::kBlobs, id_key(blob), *bytes);
  batch.erase(Table::kBlobs, id_key(blob));
  batch.erase_counter(blob_count_key(blob));
  Release release;
  release.chunk_domain = row.domain;
  for (const ChunkRef& chunk : row.chunks) {
    batch.add(chunk_count_key({row.domain, chunk.id}), -1);
    release.chunks.push_back(chunk.id);
  }
  put_release(engine_, batch, release);
  OBJSTORE_TRY(commit(item, std::move(batch)));
  std::lock_guard lock(mutex_);
  ++stats_.blobs;
  return {};
}

Status Collector::collect_blob_page(Item& item, const std::string& key, const std::string& value, Domain domain) {
  OBJSTORE_ASSIGN(const std::vector<ChunkRef> chunks, decode_chunk_page(value));
  Batch batch;
  batch.expect(Table::kBlobPages, key, value);
  batch.erase(Table::kBlobPages, key);
  Release release;
  release.chunk_domain = domain;
  for (const ChunkRef& chunk : chunks) {
    batch.add(chunk_count_key({domain, chunk.id}), -1);
    release.chunks.push_back(chunk.id);
  }
  put_release(engine_, batch, release);
  return commit(item, std::move(batch));
}

Status Collector::collect_manifest(Item& item, std::uint64_t manifest) {
  OBJSTORE_ASSIGN(const auto count_bytes, engine_.metadata().get(Table::kCounts, manifest_count_key(manifest)));
  OBJSTORE_ASSIGN(const std::int64_t count, decode_counter(count_bytes));
  if (count != 0) return {};
  std::vector<std::pair<std::string, std::string>> pages;
  const auto cursor = engine_.metadata().scan(Table::kManifests, id_key(manifest));
  for (; cursor->valid(); cursor->next()) pages.emplace_back(cursor->key(), cursor->value());
  OBJSTORE_TRY(cursor->status());
  for (const auto& [key, value] : pages) {
    OBJSTORE_ASSIGN(const std::vector<Extent> extents, decode_manifest_page(value));
    Batch batch;
    batch.expect(Table::kManifests, key, value);
    batch.erase(Table::kManifests, key);
    Layout layout;
    layout.extents = extents;
    engine_.release(batch, layout);
    OBJSTORE_TRY(commit(item, std::move(batch)));
  }
  Batch batch;
  batch.erase_counter(manifest_count_key(manifest));
  return commit(item, std::move(batch));
}

Status Collector::collect_chunks(Item& item) {
  for (const ChunkId& id : item.release.chunks) {
    const ChunkKey key{item.release.chunk_domain, id};
    OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kChunks, chunk_key(key)));
    if (!bytes) continue;
    OBJSTORE_ASSIGN(ChunkRow row, decode_chunk(*bytes));
    if (!row.condemned) continue;
    OBJSTORE_ASSIGN(const auto count_bytes, engine_.metadata().get(Table::kCounts, chunk_count_key(key)));
    OBJSTORE_ASSIGN(const std::int64_t count, decode_counter(count_bytes));
    Batch batch;
    batch.expect(Table::kChunks, chunk_key(key), *bytes);
    if (count == 0) {
      batch.expect_counter(chunk_count_key(key), 0);
      batch.erase(Table::kChunks, chunk_key(key));
      batch.erase_counter(chunk_count_key(key));
      for (const Placement& placement : row.placements) {
        batch.add(segment_live_key(placement.location.segment), -static_cast<std::int64_t>(placement.location.length));
      }
    } else {
      // An upload that had found it before it was condemned counted on it.
      row.condemned = false;
      batch.put(Table::kChunks, chunk_key(key), encode(row));
    }
    OBJSTORE_TRY(commit(item, std::move(batch)));
    std::lock_guard lock(mutex_);
    if (count == 0) ++stats_.chunks;
  }
  return {};
}

Result<std::vector<SegmentInfo>> Collector::empty_segments() const {
  std::vector<SegmentInfo> segments = engine_.segments().list();
  std::erase_if(segments, [](const SegmentInfo& segment) { return !segment.sealed || segment.pinned; });
  std::vector<std::string> keys;
  for (const SegmentInfo& segment : segments) keys.push_back(segment_live_key(segment.id));
  OBJSTORE_ASSIGN(const auto counters, engine_.metadata().multi_get(Table::kCounts, keys));
  std::vector<SegmentInfo> empty;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    OBJSTORE_ASSIGN(const std::int64_t live, decode_counter(counters[i]));
    if (live == 0) empty.push_back(segments[i]);
  }
  return empty;
}

Status Collector::seal_dead_lanes() {
  std::vector<SegmentInfo> segments = engine_.segments().list();
  std::erase_if(segments, [](const SegmentInfo& segment) {
    return segment.sealed || segment.pinned || segment.written_bytes < kDeadOpenSegment;
  });
  std::vector<std::string> keys;
  for (const SegmentInfo& segment : segments) keys.push_back(segment_live_key(segment.id));
  OBJSTORE_ASSIGN(const auto counters, engine_.metadata().multi_get(Table::kCounts, keys));
  bool worth_it = false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const SegmentInfo& segment = segments[i];
    OBJSTORE_ASSIGN(const std::int64_t live, decode_counter(counters[i]));
    worth_it = worth_it || static_cast<std::uint64_t>(live) < segment.written_bytes / 2;
  }
  if (!worth_it) return {};
  for (std::uint8_t lane = 0; lane < kLaneCount; ++lane) OBJSTORE_TRY(engine_.segments().seal(static_cast<Lane>(lane)));
  return {};
}

// Sealed and pinned by nobody when they were listed, and empty afterwards: nobody can append to them, and whoever had
// was counted. A read that still has the old place of a chunk in mind finds nothing there and looks again.
Result<std::uint64_t> Collector::sweep() {
  OBJSTORE_TRY(seal_dead_lanes());
  OBJSTORE_ASSIGN(const auto empty, empty_segments());
  std::map<std::uint64_t, std::uint64_t> unused;
  std::uint64_t bytes = 0;
  for (const SegmentInfo& segment : empty) {
    const auto known = unused_.find(segment.id);
    const std::uint64_t mark = known != unused_.end() ? known->second : engine_.removal_gate().mark();
    unused.emplace(segment.id, mark);
    if (!engine_.removal_gate().passed(mark) || engine_.removal_gate().held(segment.id)) continue;
    OBJSTORE_ASSIGN(const bool removed, remove_segment(segment));
    if (!removed) continue;
    bytes += segment.written_bytes;
    unused.erase(segment.id);
  }
  unused_ = std::move(unused);
  return bytes;
}

// The counter first: a crash in between leaves a segment without one, which is an empty one.
Result<bool> Collector::remove_segment(const SegmentInfo& segment) {
  Batch batch;
  batch.expect_counter(segment_live_key(segment.id), 0);
  batch.erase_counter(segment_live_key(segment.id));
  Item item;
  OBJSTORE_TRY(commit(item, std::move(batch)));
  OBJSTORE_TRY(settle());
  if (item.again) return false;
  if (const Status gone = engine_.segments().remove(segment.id); !gone) {
    // On a disk that does not answer it stays; the others are not held up.
    if (engine_.segments().directories().size() > 1) return false;
    return std::unexpected(gone.error());
  }
  std::lock_guard lock(mutex_);
  ++stats_.segments;
  stats_.bytes += segment.written_bytes;
  return true;
}

}  // namespace objstore::storage
