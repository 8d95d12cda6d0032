#include "server/storage/scrubber.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "server/storage/chunk_copies.h"

namespace objstore::storage {
namespace {

constexpr std::chrono::seconds kLook{2};                     // between looks at what there is to do
constexpr std::size_t kTargetsPerStretch = 4096;             // verified in the order of their places, then the next
constexpr std::string_view kPlaceKey = "scrub/place";        // the chunk key that a pass has come to
constexpr std::string_view kFinishedKey = "scrub/finished";  // u64: when the last pass ended, ms

// Chunk ids are hashes, so how far a key is says how much is done (but for the domains, of which there are few).
double share_before(std::string_view key) {
  if (key.size() < 8) return 0;
  return static_cast<double>(read_u32_be(key.substr(4))) / 4294967296.0;
}

}  // namespace

Scrubber::Scrubber(Engine& engine) : engine_(engine), pace_(engine.options().scrub_bytes_per_second) {
  const auto finished = engine_.metadata().get(Table::kStore, kFinishedKey);
  if (finished && *finished && (*finished)->size() == 8) {
    progress_.finished_ms = static_cast<UnixMillis>(read_u64_be(**finished));
  }
}

Scrubber::~Scrubber() {
  thread_.stop();
}

void Scrubber::start() {
  thread_.start([this] { return round(); });
}

std::chrono::milliseconds Scrubber::round() {
  Status outcome = repair_requested();
  if (outcome && due()) outcome = run_pass();
  std::lock_guard lock(mutex_);
  if (outcome) {
    progress_.last_error.clear();
  } else if (outcome.error().code != Errc::kCancelled) {
    if (progress_.last_error != outcome.error().message) {
      log::error("the scrubber cannot go on", {{"error", outcome.error().message}});
    }
    progress_.last_error = outcome.error().message;
  }
  return kLook;
}

bool Scrubber::due() const {
  std::lock_guard lock(mutex_);
  if (requested_) return true;
  if (engine_.options().scrub_interval.count() == 0) return false;
  const auto interval = std::chrono::duration_cast<std::chrono::milliseconds>(engine_.options().scrub_interval);
  return engine_.clock().now_ms() - progress_.finished_ms >= interval.count();
}

void Scrubber::request_now() {
  {
    std::lock_guard lock(mutex_);
    requested_ = true;
  }
  thread_.wake();
}

Scrubber::Progress Scrubber::progress() const {
  std::lock_guard lock(mutex_);
  return progress_;
}

Status Scrubber::run_pass() {
  std::string from;
  {
    std::lock_guard lock(mutex_);
    const bool afresh = std::exchange(requested_, false);
    const UnixMillis finished = progress_.finished_ms;
    progress_ = {.running = true, .passes = progress_.passes, .started_ms = engine_.clock().now_ms()};
    progress_.finished_ms = finished;
    if (!afresh) {
      const auto place = engine_.metadata().get(Table::kStore, kPlaceKey);
      if (place && *place) from = **place;
    }
  }
  Status outcome = {};
  while (outcome) {
    auto targets = next_targets(from);
    if (!targets) outcome = std::unexpected(targets.error());
    if (!outcome || targets->empty()) break;
    // In the order in which they lie on the disks.
    std::ranges::sort(*targets, {}, [](const Target& t) { return std::pair(t.location.segment, t.location.offset); });
    for (const Target& target : *targets) {
      outcome = verify(target);
      if (!outcome) break;
    }
    if (outcome) outcome = save(kPlaceKey, from);
    std::lock_guard lock(mutex_);
    progress_.done = share_before(from);
  }
  if (outcome) outcome = finish_pass();
  std::lock_guard lock(mutex_);
  progress_.running = false;
  return outcome;
}

Status Scrubber::finish_pass() {
  const UnixMillis now = engine_.clock().now_ms();
  OBJSTORE_TRY(save(kFinishedKey, id_key(static_cast<std::uint64_t>(now))));
  OBJSTORE_TRY(save(kPlaceKey, ""));
  std::lock_guard lock(mutex_);
  progress_.done = 1;
  progress_.finished_ms = now;
  ++progress_.passes;
  log::info("scrubbed", {{"chunks", static_cast<std::int64_t>(progress_.chunks)},
                         {"damaged", static_cast<std::int64_t>(progress_.damaged)},
                         {"unreadable", static_cast<std::int64_t>(progress_.unreadable)},
                         {"repaired", static_cast<std::int64_t>(progress_.repaired)}});
  return {};
}

Result<std::vector<Scrubber::Target>> Scrubber::next_targets(std::string& from) const {
  std::vector<Target> targets;
  const auto cursor = engine_.metadata().scan(Table::kChunks, {});
  cursor->seek(from);
  for (; cursor->valid() && targets.size() < kTargetsPerStretch; cursor->next()) {
    from.assign(cursor->key());
    from.push_back('\0');  // behind this key
    OBJSTORE_ASSIGN(const ChunkRow row, decode_chunk(cursor->value()));
    OBJSTORE_ASSIGN(const ChunkKey chunk, parse_chunk_key(cursor->key()));
    if (row.condemned) continue;
    const auto good = static_cast<std::size_t>(std::ranges::count(row.placements, false, &Placement::quarantined));
    bool wanting = good < engine_.segments().copies() || good < row.placements.size();
    for (const Placement& placement : row.placements) {
      targets.push_back({chunk, row.raw_size, placement.location, std::exchange(wanting, false)});
    }
  }
  OBJSTORE_TRY(cursor->status());
  return targets;
}

Status Scrubber::verify(const Target& target) {
  if (thread_.stopping()) return fail(Errc::kCancelled, "stopping");
  const auto time = pace_.take(target.location.length, std::chrono::steady_clock::now());
  if (time > std::chrono::milliseconds(0)) thread_.sleep(time);
  const auto read = read_record(engine_, target.chunk, target.raw_size, target.location, Verify::kContent);
  {
    std::lock_guard lock(mutex_);
    ++progress_.chunks;
    progress_.bytes += target.location.length;
  }
  if (read && !target.short_of_copies) return {};
  if (!read) {
    // The chunk may have moved or gone since its row was read.
    OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kChunks, chunk_key(target.chunk)));
    if (!bytes) return {};
    OBJSTORE_ASSIGN(const ChunkRow row, decode_chunk(*bytes));
    const auto here = std::ranges::find(row.placements, target.location, &Placement::location);
    if (here == row.placements.end()) return {};
    const bool damaged = read.error().code == Errc::kCorrupt || read.error().code == Errc::kNotFound;
    log::error("a copy of a chunk cannot be read",
               {{"chunk", to_hex(target.chunk.id)}, {"error", read.error().message}});
    if (damaged) engine_.quarantine(target.chunk, target.location);
    std::lock_guard lock(mutex_);
    ++(damaged ? progress_.damaged : progress_.unreadable);
  }
  return repair(target.chunk);
}

Status Scrubber::repair(const ChunkKey& chunk) {
  OBJSTORE_ASSIGN(const Repair outcome, repair_chunk(engine_, chunk));
  if (outcome != Repair::kRepaired) return {};
  log::info("a chunk has all its copies again", {{"chunk", to_hex(chunk.id)}});
  std::lock_guard lock(mutex_);
  ++progress_.repaired;
  return {};
}

Status Scrubber::repair_requested() {
  for (const ChunkKey& chunk : engine_.take_repairs()) {
    if (thread_.stopping()) return fail(Errc::kCancelled, "stopping");
    OBJSTORE_TRY(repair(chunk));
  }
  return {};
}

Status Scrubber::save(std::string_view key, std::string value) {
  Batch batch;
  batch.put(Table::kStore, std::string(key), std::move(value));
  auto done = engine_.committer().submit(std::move(batch), {}).wait();
  if (!done) return std::unexpected(std::move(done.error()));
  return {};
}

Result<std::vector<Scrubber::Damaged>> Scrubber::damaged_chunks(std::size_t max) const {
  std::vector<Damaged> out;
  const auto cursor = engine_.metadata().scan(Table::kChunks, {});
  for (; cursor->valid() && out.size() < max; cursor->next()) {
    OBJSTORE_ASSIGN(const ChunkRow row, decode_chunk(cursor->value()));
    const auto bad = static_cast<std::size_t>(std::ranges::count(row.placements, true, &Placement::quarantined));
    if (bad == 0) continue;
    OBJSTORE_ASSIGN(const ChunkKey chunk, parse_chunk_key(cursor->key()));
    out.push_back({chunk, bad == row.placements.size()});
  }
  OBJSTORE_TRY(cursor->status());
  return out;
}

}  // namespace objstore::storage
