#include "server/app/rebuild.h"

#include <algorithm>
#include <array>

#include "common/wire/time.h"
#include "server/app/store.h"
#include "server/storage/files.h"
#include "server/storage/rocksdb_metadata_store.h"
#include "server/storage/segment_catalog.h"
#include "server/storage/segment_file.h"

namespace objstore::app {
namespace {

namespace fs = std::filesystem;
using storage::Checkpoint;
using storage::Table;

constexpr std::string_view kFreshMetadata = "metadata.new";

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// RocksDB's own rule: without this file it makes a new database.
bool has_metadata(const DataDirectory& directory) {
  return is_there(directory.metadata() / "CURRENT");
}

bool has_segments(const fs::path& directory) {
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == ".seg") return true;
  return false;
}

bool has_checkpoints(const fs::path& directory) {
  const auto names = storage::list_directories(directory);
  return names && !names->empty();
}

// Every row of every table but the chunk index, which is made anew anyway: RocksDB checks a block when it is read.
Status read_all(const storage::MetadataReader& metadata) {
  for (std::size_t i = 0; i < storage::kTableCount; ++i) {
    const auto table = static_cast<Table>(i);
    if (table == Table::kChunks) continue;
    const auto cursor = metadata.scan(table, {});
    while (cursor->valid()) cursor->next();
    OBJSTORE_TRY(cursor->status());
  }
  return {};
}

bool means_damage(Errc code) {
  return code == Errc::kCorrupt || code == Errc::kIo || code == Errc::kNotFound;
}

enum class Health { kGood, kIndexUnfit, kDamaged, kMissing };

Result<Health> examine(const DataDirectory& directory, const Config& config, const RebuildOptions& options) {
  if (!has_metadata(directory)) return Health::kMissing;
  const auto metadata = open_metadata(directory, config);
  const Status read = metadata ? read_all(**metadata) : Status(std::unexpected(metadata.error()));
  if (!read) {
    if (!means_damage(read.error().code)) return std::unexpected(read.error());
    options.say("the metadata is damaged: " + read.error().message);
    return Health::kDamaged;
  }
  return storage::check_index_fit(**metadata) ? Health::kGood : Health::kIndexUnfit;
}

Result<std::vector<Checkpoint>> all_checkpoints(const DataDirectory& directory, const SegmentPlaces& places) {
  OBJSTORE_ASSIGN(auto all, storage::list_checkpoints(directory.checkpoints()));
  for (const auto& copies : checkpoint_copies(places)) {
    auto more = storage::list_checkpoints(copies);
    if (more) std::ranges::move(*more, std::back_inserter(all));
  }
  std::erase_if(all, [&](const Checkpoint& one) { return one.manifest.store_id != directory.format().store_id; });
  std::ranges::stable_sort(all, std::ranges::greater(), [](const Checkpoint& one) { return one.manifest.sequence; });
  return all;
}

// The checkpoint as a metadata directory that is not in place yet; opened once and read through. Newer ones than it may
// stay where they are, damaged: the start must not take the metadata for older than `newest`.
Status unpack(const Checkpoint& checkpoint, std::uint64_t newest, const fs::path& fresh, const Config& config) {
  OBJSTORE_TRY(storage::remove_tree(fresh));
  OBJSTORE_TRY(storage::clone_metadata(checkpoint.metadata(), fresh));
  storage::RocksdbOptions options;
  options.directory = fresh.string();
  options.block_cache_bytes = config.metadata_cache_bytes;
  OBJSTORE_ASSIGN(const auto metadata, storage::open_rocksdb_metadata_store(options));
  OBJSTORE_TRY(read_all(*metadata));
  OBJSTORE_TRY(storage::mark_newer(*metadata, newest));
  return storage::mark_index_unfit(*metadata);
}

Result<Checkpoint> unpack_newest(const DataDirectory& directory, const SegmentPlaces& places, const Config& config,
                                 const RebuildOptions& options) {
  OBJSTORE_ASSIGN(const auto all, all_checkpoints(directory, places));
  for (const Checkpoint& one : all) {
    options.say("trying the checkpoint " + one.path.string());
    const Status unpacked = unpack(one, all.front().manifest.sequence, directory.path() / kFreshMetadata, config);
    if (unpacked) return one;
    if (!means_damage(unpacked.error().code)) return std::unexpected(unpacked.error());
    options.say("it cannot be used: " + unpacked.error().message);
  }
  return fail(Errc::kNotFound, directory.path().string() +
                                   ": no checkpoint of the metadata that can be opened; restore the store from a "
                                   "backup (objd restore)");
}

// Nothing is ever deleted here: what could not be read today may be read by somebody else.
Result<std::string> set_aside(const DataDirectory& directory, const Clock& clock) {
  if (!is_there(directory.metadata())) return std::string();
  const fs::path aside = directory.path() / ("metadata.damaged-" + wire::format_amz_date(clock.now_ms()));
  OBJSTORE_TRY(storage::rename_path(directory.metadata(), aside));
  return aside.string();
}

// By another name no collector takes it for a segment without anything in use.
Status set_aside_segment(const SegmentPlaces& places, std::uint64_t segment) {
  for (const std::string& directory : places.paths) {
    const fs::path path = fs::path(directory) / storage::segment_file_name(segment);
    if (!is_there(path)) continue;
    OBJSTORE_TRY(storage::rename_path(path, path.string() + ".unreadable"));
    OBJSTORE_TRY(storage::sync_directory(directory));
  }
  return {};
}

// Which of the directories has the segment; their number when none has.
std::size_t disk_of(const SegmentPlaces& places, std::uint64_t segment) {
  const auto found = std::ranges::find_if(places.paths, [&](const std::string& directory) {
    return is_there(fs::path(directory) / storage::segment_file_name(segment));
  });
  return static_cast<std::size_t>(found - places.paths.begin());
}

Result<RebuildReport> rebuild(const DataDirectory& directory, const SegmentPlaces& places, const Config& config,
                              const RebuildOptions& options, std::uint64_t run_min) {
  OBJSTORE_ASSIGN(const auto metadata, open_metadata(directory, config));
  OBJSTORE_TRY(storage::mark_index_unfit(*metadata));
  OBJSTORE_ASSIGN(const auto segments, open_segments(places, config, 1));
  options.say("reading the segments");
  storage::IndexRebuildOptions index;
  index.run_min = run_min;
  index.placements_max = config.copies;
  index.disk_of = [&](std::uint64_t segment) { return disk_of(places, segment); };
  if (options.skip_unreadable)
    index.set_aside = [&](std::uint64_t segment) { return set_aside_segment(places, segment); };
  index.progress = options.progress;
  RebuildReport report;
  OBJSTORE_ASSIGN(report.index, storage::rebuild_index(*metadata, *segments, index));
  options.say("looking at the objects");
  OBJSTORE_ASSIGN(report.survey, model::survey_objects(*metadata, report.index.lost_blobs, options.on_damaged));
  return report;
}

}  // namespace

Status check_metadata_is_there(const DataDirectory& directory) {
  if (has_metadata(directory)) return {};
  // The last two are written after the metadata has been made.
  const bool was_there = has_segments(directory.segments()) || has_checkpoints(directory.checkpoints()) ||
                         is_there(directory.secret_key()) || is_there(directory.root_credentials());
  if (!was_there) return {};
  return fail(Errc::kCorrupt, directory.metadata().string() +
                                  ": the metadata of this store is missing; nothing has been changed. `objd rebuild "
                                  "--data " +
                                  directory.path().string() + "` brings it back from a checkpoint");
}

Result<DataDirectory> open_for_rebuild(const Config& config, const std::function<void(const std::string&)>& say) {
  auto directory = DataDirectory::open(config.data, DataDirectory::Mode::kExisting);
  if (directory || directory.error().code != Errc::kNotFound) return directory;
  std::vector<fs::path> places{fs::path(config.data) / "checkpoints"};
  for (const std::string& root : config.segments) places.push_back(fs::path(root) / "checkpoints");
  std::optional<Checkpoint> newest;
  for (const fs::path& place : places) {
    auto found = storage::list_checkpoints(place);
    if (!found) continue;
    for (Checkpoint& one : *found) {
      const bool newer = !newest || one.manifest.sequence > newest->manifest.sequence;
      if (newer && !one.manifest.store_format.empty()) newest = std::move(one);
    }
  }
  if (!newest) return directory;
  OBJSTORE_ASSIGN(StoreFormat format, parse_format(newest->manifest.store_format));
  say("the data directory is made anew, as the checkpoint " + newest->path.string() + " has it");
  OBJSTORE_ASSIGN(DataDirectory again, DataDirectory::open_again(config.data, std::move(format)));
  // From here on a start without one of the further directories is refused.
  OBJSTORE_TRY(open_segment_places(again, config, Places::kTakeIn));
  return again;
}

Result<RebuildReport> rebuild_index_of(DataDirectory& directory, const Config& config, const RebuildOptions& options) {
  OBJSTORE_ASSIGN(const auto places, open_segment_places(directory, config, Places::kAsTheyAre));
  return rebuild(directory, places, config, options, 0);
}

Result<RebuildReport> rebuild_from_checkpoint(DataDirectory& directory, const Config& config, const Clock& clock,
                                              const RebuildOptions& options) {
  OBJSTORE_ASSIGN(const auto places, open_segment_places(directory, config, Places::kAsTheyAre));
  OBJSTORE_ASSIGN(const Health health, examine(directory, config, options));
  if (health == Health::kIndexUnfit && !options.force_from_checkpoint)
    return rebuild(directory, places, config, options, 0);
  if (health == Health::kGood && !options.force_from_checkpoint) {
    return fail(Errc::kConflict,
                directory.metadata().string() +
                    ": the metadata is there and can be read, so nothing has been done. `objd rebuild-index` makes the "
                    "chunk index anew; --force-from-checkpoint goes back to the newest checkpoint all the same");
  }
  OBJSTORE_ASSIGN(const Checkpoint checkpoint, unpack_newest(directory, places, config, options));
  OBJSTORE_ASSIGN(const std::string aside, set_aside(directory, clock));
  OBJSTORE_TRY(storage::rename_path(directory.path() / kFreshMetadata, directory.metadata()));
  OBJSTORE_TRY(storage::sync_directory(directory.path().string()));
  OBJSTORE_ASSIGN(RebuildReport report,
                  rebuild(directory, places, config, options, checkpoint.manifest.sequence >> storage::kRunShift));
  report.checkpoint = checkpoint.manifest;
  report.set_aside = aside;
  return report;
}

}  // namespace objstore::app
