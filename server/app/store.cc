#include "server/app/store.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "server/app/rebuild.h"
#include "server/storage/local_segment_store.h"
#include "server/storage/rocksdb_metadata_store.h"
#include "server/storage/segment_reader.h"

namespace objstore::app {
namespace {

constexpr std::size_t kWorkersMin = 4;
constexpr std::size_t kWorkersMax = 64;

// Workers read and hash, so a few more than processors keep those busy while some wait for the disk.
std::size_t worker_count(const Config& config) {
  if (config.worker_threads != 0) return config.worker_threads;
  return std::clamp<std::size_t>(std::size_t{2} * std::thread::hardware_concurrency(), kWorkersMin, kWorkersMax);
}

}  // namespace

Result<std::unique_ptr<storage::MetadataStore>> open_metadata(const DataDirectory& directory, const Config& config) {
  OBJSTORE_TRY(check_metadata_is_there(directory));
  storage::RocksdbOptions options;
  options.directory = directory.metadata().string();
  options.block_cache_bytes = config.metadata_cache_bytes;
  return storage::open_rocksdb_metadata_store(options);
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

// RocksDB takes a list of its files (MANIFEST) that is cut off for one that ends there, and may open with nothing at
// all. Every store that has been opened has a run, and what has a checkpoint has been opened.
Status refuse_emptied(const storage::MetadataReader& metadata, const DataDirectory& directory) {
  OBJSTORE_ASSIGN(const auto run, metadata.get(storage::Table::kStore, storage::kRunKey));
  if (run || !std::filesystem::exists(directory.checkpoints())) return {};
  OBJSTORE_ASSIGN(const auto checkpoints, storage::list_checkpoints(directory.checkpoints()));
  if (checkpoints.empty()) return {};
  return fail(Errc::kCorrupt, directory.metadata().string() +
                                  ": empty, though the store has checkpoints of it; bring it back with "
                                  "objd rebuild --force-from-checkpoint");
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const Config& config, const Clock& clock) {
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
  OBJSTORE_ASSIGN(auto metadata, open_metadata(store->directory_, config));
  OBJSTORE_TRY(refuse_emptied(*metadata, store->directory_));
  const auto segments = [&](std::uint64_t first_id) { return open_segments(places, config, first_id); };
  storage::EngineOptions options;
  options.chunk_average = config.chunk_average;
  options.compaction_bytes_per_second = config.compaction_rate;
  options.compaction_dead_percent = static_cast<unsigned>(config.compaction_threshold);
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
                                                  .interval = config.checkpoint_interval});
  store->checkpointer_->start();
  return store;
}

// Tasks use engine and catalogue, so they end first; what the committer still posts while the engine goes is dropped.
Store::~Store() {
  workers_.close();
}

}  // namespace objstore::app
