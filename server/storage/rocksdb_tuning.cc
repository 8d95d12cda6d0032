#include "server/storage/rocksdb_tuning.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>

#include "server/storage/rocksdb_manners.h"

namespace objstore::storage {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
// Replaying the log may flush every memtable, and RocksDB aborts when that meets a full disk.
constexpr std::uint64_t kFreeBytesToOpen = 16 * kMiB;
constexpr std::uint64_t kWalBytesMax = 128 * kMiB;
constexpr std::uint64_t kManifestBytesMax = 16 * kMiB;
constexpr std::uint64_t kFlushShare = 4;             // one table may fill a quarter of the memtable budget
constexpr std::size_t kArenaBlockBytes = 256 << 10;  // 16 idle tables must not cost 16 MiB
constexpr int kBloomBitsPerKey = 10;
constexpr double kMemtableBloomShare = 0.02;  // of a memtable's size

}  // namespace

rocksdb::DBOptions database_options(const RocksdbOptions& options) {
  rocksdb::DBOptions out;
  out.create_if_missing = true;
  out.create_missing_column_families = true;
  out.paranoid_checks = true;
  // The default mode takes a flipped bit in the log for its end, and drops every acknowledged write behind it.
  out.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  out.track_and_verify_wals_in_manifest = true;  // a log file that has gone missing is noticed
  set_manners(out);                              // a failed write stays failed until a restart
  out.db_write_buffer_size = options.memtable_bytes;
  out.max_total_wal_size = kWalBytesMax;
  out.max_open_files = options.open_files_max;
  out.max_background_jobs = 2;
  out.bytes_per_sync = kMiB;
  out.max_manifest_file_size = kManifestBytesMax;
  out.stats_dump_period_sec = 0;
  out.stats_persist_period_sec = 0;
  return out;
}

rocksdb::ColumnFamilyOptions table_options(const RocksdbOptions& options,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = cache;
  // Partitioned, and in the cache: memory then does not grow with the number of objects.
  blocks.cache_index_and_filter_blocks = true;
  blocks.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  blocks.partition_filters = true;
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  blocks.format_version = 5;

  rocksdb::ColumnFamilyOptions out;
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  out.write_buffer_size = std::max<std::uint64_t>(options.memtable_bytes / kFlushShare, kMiB);
  out.arena_block_size = kArenaBlockBytes;
  // An upload of something new looks for half a dozen keys that are not there.
  out.memtable_prefix_bloom_size_ratio = kMemtableBloomShare;
  out.memtable_whole_key_filtering = true;
  out.compression = rocksdb::kLZ4Compression;
  out.level_compaction_dynamic_level_bytes = true;
  return out;
}

Status check_room(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directory(directory, error);
  if (error) return fail(Errc::kIo, "cannot create the metadata directory: " + error.message());
  struct statvfs room{};
  if (::statvfs(directory.c_str(), &room) != 0) return fail(Errc::kIo, "cannot ask for the free space");
  const std::uint64_t free_bytes = std::uint64_t{room.f_bavail} * room.f_frsize;
  if (free_bytes < kFreeBytesToOpen) {
    return fail(Errc::kNoSpace, "the disk is full: 16 MiB must be free to open the metadata");
  }
  return {};
}

}  // namespace objstore::storage
