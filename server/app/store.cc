#include "server/app/store.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "common/base/log.h"
#include "server/app/rebuild.h"
#include "server/storage/local_segment_store.h"
#include "server/storage/rocksdb_metadata_store.h"
#include "server/storage/segment_reader.h"

namespace objstore::app {
namespace {

constexpr std::size_t kWorkersMin = 8;
constexpr std::size_t kWorkersMax = 64;

// Workers read and hash, so a few more than processors keep those busy while some wait for the disk.
std::size_t worker_count(const Config& config) {
  if (config.worker_threads != 0) return config.worker_threads;
  return std::clamp<std::size_t>(std::size_t{4} * std::thread::hardware_concurrency(), kWorkersMin, kWorkersMax);
}

storage::RocksdbOptions rocksdb_options(const DataDirectory& directory, const Config& config) {
  storage::RocksdbOptions options;
  options.directory = directory.metadata().string();
  options.block_cache_bytes = config.metadata_cache_bytes;
  return options;
}

}  // namespace

Result<std::unique_ptr<storage::MetadataStore>> open_metadata(const DataDirectory& directory, const Config& config) {
  OBJSTORE_TRY(check_metadata_is_there(directory));
  return storage::open_rocksdb_metadata_store(rocksdb_options(directory, config));
}

Result<std::unique_ptr<storage::SegmentStore>> open_segments(const SegmentPlaces& places, const Config& config,
                                                             std::uint64_t first_id) {
  storage::LocalSegmentOptions options;
  options.directory = places.paths.front();
  options.more_directories.assign(places.paths.begin() + 1, places.paths.end());
  options.missing_directories = places.missing;
  options.copies = config.copies;
  options.go_on_without_missing = config.copies > 1 || config.allow_missing_segments;
  options.first_segment_id = first_id;
  options.segment_bytes_max = config.segment_bytes;
  return storage::open_local_segment_store(options);
}

std::vector<std::filesystem::path> checkpoint_copies(const SegmentPlaces& places) {
  std::vector<std::filesystem::path> copies;
  for (const std::string& root : places.roots) copies.push_back(std::filesystem::path(root) / "checkpoints");
  return copies;
}

namespace {

// RocksDB takes a list of its files (MANIFEST) that is cut off for one that ends there, and may open with less than
// there was, or nothing at all; files that it then takes for superfluous it deletes. So this looks by a reader, which
// changes nothing. Every store that has been opened has a run, and what has a checkpoint has been opened.
Status refuse_rolled_back(const DataDirectory& directory, const Config& config) {
  const auto checkpoints = storage::list_checkpoints(directory.checkpoints());
  if (!checkpoints) log::warn("the checkpoints cannot be read", {{"error", checkpoints.error().message}});
  if (!checkpoints || checkpoints->empty()) return {};
  OBJSTORE_TRY(check_metadata_is_there(directory));
  const auto metadata = storage::open_rocksdb_metadata_reader(rocksdb_options(directory, config));
  if (!metadata) return {};  // whatever it is, opening it for writing says it
  OBJSTORE_ASSIGN(const auto run, (*metadata)->get(storage::Table::kStore, storage::kRunKey));
  const Status newer = storage::check_not_older(**metadata, checkpoints->front().manifest.sequence);
  if (run && newer) return {};
  return fail(
      Errc::kCorrupt,
      directory.metadata().string() + ": " +
          (run ? newer.error().message : "empty, though the store has checkpoints of it") +
          "; nothing has been changed. Put the right files back, or go back to the checkpoint with `objd rebuild "
          "--force-from-checkpoint --data " +
          directory.path().string() + "`");
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const Config& config, const Clock& clock) {
  OBJSTORE_TRY(check_data_is_not_lost(config));
  OBJSTORE_ASSIGN(auto directory, DataDirectory::open(config.data, DataDirectory::Mode::kCreate));
  // Before the metadata, whose opening writes.
  OBJSTORE_ASSIGN(const auto places, open_segment_places(directory, config, Places::kTakeIn));
  OBJSTORE_ASSIGN(auto found, storage::SegmentReader::open(places.paths));
  OBJSTORE_TRY(found.check_versions());
  std::unique_ptr<Store> store(new Store(std::move(directory), places, worker_count(config)));
  OBJSTORE_ASSIGN(store->space_, storage::SpaceGuard::open({.directory = store->directory_.path().string(),
                                                            .reserve_bytes = config.free_space_reserve,
                                                            .ballast_bytes = config.ballast_bytes},
                                                           clock));
  OBJSTORE_TRY(refuse_rolled_back(store->directory_, config));
  OBJSTORE_ASSIGN(auto metadata, open_metadata(store->directory_, config));
  const auto segments = [&](std::uint64_t first_id) { return open_segments(places, config, first_id); };
  storage::EngineOptions options;
  options.chunk_average = config.chunk_average;
  options.compaction_bytes_per_second = config.compaction_rate;
  options.compaction_dead_percent = static_cast<unsigned>(config.compaction_threshold);
  options.verified_for = std::chrono::seconds(config.verified_for_seconds);
  options.scrub_bytes_per_second = config.scrub_rate;
  options.scrub_interval = std::chrono::days(config.scrub_interval_days);
  options.admit = [space = store->space_.get()](std::uint64_t bytes) { return space->admit(bytes); };
  OBJSTORE_ASSIGN(store->engine_,
                  storage::Engine::open(std::move(metadata), segments, store->workers_, clock, std::move(options)));
  OBJSTORE_ASSIGN(store->catalog_, model::Catalog::open(*store->engine_, store->workers_, clock));
  store->checkpointer_ = std::make_unique<storage::Checkpointer>(
      *store->engine_, storage::CheckpointOptions{.directory = store->directory_.checkpoints(),
                                                  .copies = checkpoint_copies(places),
                                                  .store_id = store->directory_.format().store_id,
                                                  .store_format = format_text(store->directory_.format()),
                                                  .interval = config.checkpoint_interval});
  store->checkpointer_->start();
  return store;
}

// Tasks use engine and catalogue, so they end first; what the committer still posts while the engine goes is dropped.
Store::~Store() {
  workers_.close();
}

}  // namespace objstore::app
