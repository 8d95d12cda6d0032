#include "server/storage/compactor.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "server/storage/chunk_copies.h"
#include "server/storage/segment_format.h"

namespace objstore::storage {
namespace {

constexpr std::chrono::seconds kIdle{2};
constexpr std::chrono::seconds kAfterError{10};
constexpr std::uint64_t kGroupBytes = std::uint64_t{8} << 20;  // copied before one sync
constexpr std::size_t kGroupChunks = 512;
constexpr std::uint64_t kDeadBytesMin = 8 * kBlockBytes;  // less is not worth a sync
constexpr std::uint64_t kFrameBytes = 2 * kBlockBytes;    // header and footer

}  // namespace

Compactor::Compactor(Engine& engine) : engine_(engine), pace_(engine.options().compaction_bytes_per_second) {}

Compactor::~Compactor() {
  thread_.stop();
}

void Compactor::start() {
  thread_.start([this]() -> std::chrono::milliseconds {
    const auto before = thread_cpu_time();
    const auto done = step();
    const auto look = thread_cpu_time() - before;
    std::lock_guard lock(mutex_);
    if (done) {
      stats_.last_error.clear();
      return *done ? std::chrono::milliseconds(0) : rest_after(look, kIdle);
    }
    if (done.error().code == Errc::kCancelled) return kIdle;
    if (stats_.last_error != done.error().message) {
      log::error("the compactor cannot go on", {{"error", done.error().message}});
    }
    stats_.last_error = done.error().message;
    return kAfterError;
  });
}

Compactor::Stats Compactor::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

Result<std::int64_t> Compactor::live_bytes(std::uint64_t segment) const {
  OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kCounts, segment_live_key(segment)));
  return decode_counter(bytes);
}

// Sparse ones first. A segment without anything in use is the collector's.
Result<std::vector<SegmentInfo>> Compactor::candidates() {
  struct Candidate {
    SegmentInfo segment;
    std::uint64_t live;
  };
  std::vector<Candidate> sparse;
  std::vector<Candidate> small;
  std::uint64_t largest = 0;
  const std::vector<SegmentInfo> segments = engine_.segments().list();
  for (const SegmentInfo& segment : segments) largest = std::max(largest, segment.written_bytes);
  for (const SegmentInfo& segment : segments) {
    if (!segment.sealed || segment.pinned) continue;
    OBJSTORE_ASSIGN(const std::int64_t counted, live_bytes(segment.id));
    if (counted <= 0) continue;
    if (const auto stuck = stuck_.find(segment.id); stuck != stuck_.end() && stuck->second == counted) continue;
    const auto live = static_cast<std::uint64_t>(counted);
    const std::uint64_t used = std::min(live + kFrameBytes, segment.written_bytes);
    const std::uint64_t dead = segment.written_bytes - used;
    const unsigned percent = engine_.options().compaction_dead_percent;
    if (dead >= kDeadBytesMin && dead * 100 >= segment.written_bytes * percent) {
      sparse.push_back({segment, live});
    } else if (segment.written_bytes < largest / kSmallShare) {
      small.push_back({segment, live});
    }
  }
  gathering_ = !small.empty() && (gathering_ || small.size() >= kSmallSegmentsMin);
  if (gathering_) sparse.insert(sparse.end(), small.begin(), small.end());
  std::ranges::stable_sort(sparse, [](const Candidate& a, const Candidate& b) {
    return a.live * b.segment.written_bytes < b.live * a.segment.written_bytes;
  });
  std::vector<SegmentInfo> out;
  for (const Candidate& candidate : sparse) out.push_back(candidate.segment);
  return out;
}

Result<bool> Compactor::step() {
  OBJSTORE_ASSIGN(const auto found, candidates());
  {
    std::lock_guard lock(mutex_);
    stats_.candidates = found.size();
  }
  if (found.empty()) return false;
  const Status rewritten = rewrite(found.front());
  if (!rewritten) {
    std::vector<Location> copies;
    for (const Moved& moved : std::exchange(moved_, {})) copies.push_back(moved.to);
    moved_bytes_ = 0;
    engine_.segments().unpin(copies);
    return std::unexpected(rewritten.error());
  }
  return true;
}

Status Compactor::rewrite(const SegmentInfo& segment) {
  Status outcome = {};
  const Status scanned = engine_.segments().scan(segment.id, [&](const SegmentStore::Visited& visited) {
    outcome = move(visited.chunk, visited.location);
    return outcome.has_value();
  });
  OBJSTORE_TRY(outcome);
  OBJSTORE_TRY(swap_locations());
  // Damage hides records from a scan, which the rows still know; a damaged record that nothing replaces stays in use.
  OBJSTORE_ASSIGN(std::int64_t live, live_bytes(segment.id));
  if (live > 0) {
    OBJSTORE_TRY(move_unseen(segment));
    OBJSTORE_ASSIGN(live, live_bytes(segment.id));
  }
  if (live > 0) {
    stuck_[segment.id] = live;
  } else {
    stuck_.erase(segment.id);
  }
  if (!scanned) log::warn("a segment could not be read in full", {{"error", scanned.error().message}});
  std::lock_guard lock(mutex_);
  ++stats_.segments;
  return {};
}

Status Compactor::move(const StoredChunk& stored, const Location& from) {
  const ChunkKey chunk{stored.domain, stored.id};
  OBJSTORE_TRY(pause(from.length));
  OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kChunks, chunk_key(chunk)));
  if (!bytes) return {};
  OBJSTORE_ASSIGN(const ChunkRow row, decode_chunk(*bytes));
  const auto here = std::ranges::find(row.placements, from, &Placement::location);
  // What is condemned goes away by itself in a moment.
  if (here == row.placements.end() || here->quarantined || row.condemned) return {};
  // The copy gets checksums of its own, so the bytes are what they claim to be, or they are not copied.
  if (stored.raw_size != row.raw_size || !verify_content(engine_, stored)) {
    engine_.quarantine(chunk, from);
    engine_.request_repair(chunk);
    std::lock_guard lock(mutex_);
    ++stats_.damaged;
    return {};
  }
  std::vector<std::uint64_t> others;
  for (const Placement& placement : row.placements) {
    if (placement.location != from) others.push_back(placement.location.segment);
  }
  OBJSTORE_ASSIGN(const Location to, append_again(engine_, stored, others));
  moved_.push_back({chunk, from, to});
  moved_bytes_ += to.length;
  if (moved_bytes_ < kGroupBytes && moved_.size() < kGroupChunks) return {};
  return swap_locations();
}

// Only a row that still names the place that was copied from is changed: all else that happens to a chunk goes before.
Status Compactor::swap_locations() {
  if (moved_.empty()) return {};
  OBJSTORE_TRY(engine_.segments().sync(Lane::kBackground));
  std::vector<Ticket<Done>> tickets;
  std::vector<Location> copies;
  for (const Moved& moved : moved_) {
    copies.push_back(moved.to);
    OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kChunks, chunk_key(moved.chunk)));
    if (!bytes || engine_.segments().lost(moved.to.segment)) continue;
    OBJSTORE_ASSIGN(const ChunkRow row, decode_chunk(*bytes));
    std::vector<Placement> placements = row.placements;
    const auto here = std::ranges::find(placements, moved.from, &Placement::location);
    if (here == placements.end() || here->quarantined || row.condemned) continue;
    here->location = moved.to;
    Batch batch;
    replace_placements(batch, moved.chunk, *bytes, row, std::move(placements));
    tickets.push_back(engine_.committer().submit(std::move(batch), {}));
  }
  Status outcome = {};
  std::uint64_t swapped = 0;
  for (Ticket<Done>& ticket : tickets) {
    auto done = ticket.wait();
    if (done) ++swapped;
    if (!done && done.error().code != Errc::kConflict) outcome = std::unexpected(std::move(done.error()));
  }
  engine_.segments().unpin(copies);
  moved_.clear();
  std::lock_guard lock(mutex_);
  stats_.chunks += swapped;
  stats_.bytes_moved += std::exchange(moved_bytes_, 0);
  return outcome;
}

Status Compactor::move_unseen(const SegmentInfo& segment) {
  const auto cursor = engine_.metadata().scan(Table::kChunks, {});
  for (; cursor->valid(); cursor->next()) {
    OBJSTORE_ASSIGN(const ChunkRow row, decode_chunk(cursor->value()));
    for (const Placement& placement : row.placements) {
      if (placement.location.segment != segment.id || placement.quarantined || row.condemned) continue;
      OBJSTORE_ASSIGN(const ChunkKey chunk, parse_chunk_key(cursor->key()));
      auto stored = read_record(engine_, chunk, row.raw_size, placement.location, Verify::kRecord);
      if (stored) {
        OBJSTORE_TRY(move(*stored, placement.location));
      } else {
        engine_.request_repair(chunk);
      }
    }
  }
  OBJSTORE_TRY(cursor->status());
  return swap_locations();
}

Status Compactor::pause(std::uint64_t bytes) {
  if (thread_.stopping()) return fail(Errc::kCancelled, "stopping");
  const auto time = pace_.take(bytes, std::chrono::steady_clock::now());
  if (time > std::chrono::milliseconds(0)) thread_.sleep(time);
  return {};
}

}  // namespace objstore::storage
