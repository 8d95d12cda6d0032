#include "server/storage/checkpointer.h"

#include <algorithm>

#include "common/base/log.h"

namespace objstore::storage {
namespace {

constexpr std::chrono::milliseconds kPoll{500};

}  // namespace

Checkpointer::Checkpointer(Engine& engine, CheckpointOptions options) : engine_(engine), options_(std::move(options)) {}

Checkpointer::~Checkpointer() {
  end_thread();
}

void Checkpointer::start() {
  engine_.removal_gate().require_checkpoints();
  // What this run changes is not known to be small: without a checkpoint that is young enough, one comes at once.
  const auto earlier = list_checkpoints(options_.directory);
  {
    std::lock_guard lock(mutex_);
    stats_.last_ms = earlier && !earlier->empty() ? earlier->front().manifest.made_ms : 0;
    const UnixMillis age_ms = engine_.clock().now_ms() - stats_.last_ms;
    overdue_ = age_ms < 0 || age_ms >= std::chrono::milliseconds(options_.interval).count();
    tried_ = engine_.clock().steady_now();
  }
  thread_ = std::thread([this] { run(); });
}

void Checkpointer::end_thread() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Checkpointer::stop() {
  end_thread();
  const std::uint64_t commits = engine_.committer().stats().batches;
  {
    std::lock_guard lock(mutex_);
    if (covered_ && commits == commits_covered_) return;
  }
  // Logged where it fails. A store that has stopped writing has nothing newer than what its log says.
  static_cast<void>(make());
}

bool Checkpointer::due() {
  const std::uint64_t commits = engine_.committer().stats().batches;
  const bool wanted = engine_.removal_gate().checkpoint_wanted();
  std::lock_guard lock(mutex_);
  const bool changed = !covered_ || commits != commits_covered_;
  const auto age = engine_.clock().steady_now() - tried_;
  if (overdue_) return true;
  if (wanted) return age >= std::min(kHurry, options_.interval);
  return changed && age >= options_.interval;
}

void Checkpointer::run() {
  while (true) {
    if (due()) static_cast<void>(make());
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, kPoll, [this] { return stopping_; })) return;
  }
}

Status Checkpointer::make() {
  std::lock_guard making(making_);
  const std::uint64_t sequence = engine_.next_id();
  {
    std::lock_guard lock(mutex_);
    tried_ = engine_.clock().steady_now();
    overdue_ = false;
  }
  // What announces it is no change that would want another.
  Status made = announce(sequence);
  const std::uint64_t commits = engine_.committer().stats().batches;
  if (made) made = make_own(sequence);
  std::lock_guard lock(mutex_);
  if (made) {
    covered_ = true;
    commits_covered_ = commits;
    stats_.failure.clear();
    return made;
  }
  if (stats_.failure != made.error().message) {
    log::error("no checkpoint of the metadata", {{"error", made.error().message}});
  }
  stats_.failure = made.error().message;
  return made;
}

// Before there is such a checkpoint, so that metadata which does not know of one is older than it: see check_not_older.
Status Checkpointer::announce(std::uint64_t sequence) {
  Batch batch;
  batch.put(Table::kStore, std::string(kCheckpointKey), id_key(sequence));
  const auto committed = engine_.committer().submit(std::move(batch), {}).wait();
  if (!committed) return std::unexpected(committed.error());
  return {};
}

// Removals go on when the own checkpoint is complete, even if a copy is not: else a dead disk would stop the collection
// of all others. The copy that is there then names segments that may be gone; a rebuild from it says so.
Status Checkpointer::make_own(std::uint64_t sequence) {
  CheckpointManifest manifest;
  manifest.store_id = options_.store_id;
  manifest.store_format = options_.store_format;
  manifest.made_ms = engine_.clock().now_ms();
  manifest.sequence = sequence;
  RemovalGate& gate = engine_.removal_gate();
  gate.begin_checkpoint();
  manifest.segments = engine_.segments().list();
  const auto made = make_checkpoint(options_.directory, std::move(manifest), [this](const std::filesystem::path& path) {
    return engine_.metadata().checkpoint(path.string());
  });
  gate.end_checkpoint(made.has_value());
  if (!made) return std::unexpected(made.error());
  {
    std::lock_guard lock(mutex_);
    ++stats_.made;
    stats_.last_ms = made->manifest.made_ms;
  }
  OBJSTORE_TRY(prune_checkpoints(options_.directory, kKept));
  return make_copies(*made);
}

Status Checkpointer::make_copies(const Checkpoint& checkpoint) {
  Status outcome = {};
  for (const auto& directory : options_.copies) {
    const auto copied = copy_checkpoint(checkpoint, directory);
    const Status pruned = copied ? prune_checkpoints(directory, kKept) : Status();
    if (!copied) outcome = std::unexpected(copied.error());
    if (!pruned) outcome = std::unexpected(pruned.error());
    std::lock_guard lock(mutex_);
    if (copied) stats_.copied_bytes += *copied;
  }
  return outcome;
}

Checkpointer::Stats Checkpointer::stats() const {
  const std::uint64_t commits = engine_.committer().stats().batches;
  std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.current = covered_ && commits == commits_covered_;
  return stats;
}

}  // namespace objstore::storage
