#include "server/storage/rocksdb_metadata_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <mutex>

#include "common/base/check.h"
#include "common/base/log.h"
#include "server/storage/group_check.h"
#include "server/storage/hot_rows.h"
#include "server/storage/recent_changes.h"
#include "server/storage/rocksdb_log_end.h"
#include "server/storage/rocksdb_tuning.h"

namespace objstore::storage {
namespace {

Error to_error(const rocksdb::Status& status, std::string_view doing) {
  std::string message = std::string(doing) + ": " + status.ToString();
  if (status.IsCorruption()) return {Errc::kCorrupt, std::move(message)};
  if (status.IsNoSpace()) return {Errc::kNoSpace, std::move(message)};
  return {Errc::kIo, std::move(message)};
}

// Smallest string above every string with this prefix; empty when there is none.
std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

class RocksdbCursor final : public Cursor {
 public:
  RocksdbCursor(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, const rocksdb::Snapshot* snapshot,
                std::string_view prefix)
      : prefix_(prefix), end_(prefix_end(prefix)), end_slice_(end_) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    if (!end_.empty()) options.iterate_upper_bound = &end_slice_;
    iterator_.reset(db.NewIterator(options, family));
    seek(prefix_);
  }

  void seek(std::string_view key) override {
    const std::string_view from = key < prefix_ ? std::string_view(prefix_) : key;
    iterator_->Seek(rocksdb::Slice(from.data(), from.size()));
  }
  void next() override {
    CHECK(valid());
    iterator_->Next();
  }
  // The upper bound is where the prefix ends, unless no string is above it.
  bool valid() const override { return iterator_->Valid() && (!end_.empty() || iterator_->key().starts_with(prefix_)); }
  std::string_view key() const override {
    CHECK(valid());
    return iterator_->key().ToStringView();
  }
  std::string_view value() const override {
    CHECK(valid());
    return iterator_->value().ToStringView();
  }
  Status status() const override {
    if (const rocksdb::Status status = iterator_->status(); !status.ok()) {
      return std::unexpected(to_error(status, "scanning metadata"));
    }
    return {};
  }

 private:
  const std::string prefix_;
  const std::string end_;
  const rocksdb::Slice end_slice_;  // the iterator keeps its address
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

// Of a table that a store does not have.
class EmptyCursor final : public Cursor {
 public:
  void seek(std::string_view) override {}
  void next() override { CHECK(false); }
  bool valid() const override { return false; }
  std::string_view key() const override { return {}; }
  std::string_view value() const override { return {}; }
  Status status() const override { return {}; }
};

// An open database with the handles of its tables.
class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const RocksdbOptions& options);
  static Result<std::unique_ptr<Database>> open_for_reading(const RocksdbOptions& options);
  ~Database();

  Result<std::optional<std::string>> get(const rocksdb::Snapshot* snapshot, Table table, std::string_view key) const;
  Result<std::vector<std::optional<std::string>>> multi_get(const rocksdb::Snapshot* snapshot, Table table,
                                                            std::span<const std::string> keys) const;
  std::unique_ptr<Cursor> scan(const rocksdb::Snapshot* snapshot, Table table, std::string_view prefix) const {
    if (family(table) == nullptr) return std::make_unique<EmptyCursor>();
    return std::make_unique<RocksdbCursor>(*db_, family(table), snapshot, prefix);
  }
  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Table table) const { return families_[static_cast<std::size_t>(table)]; }
  std::uint64_t cache_usage() const { return cache_->GetUsage(); }
  Status clear(Table table);

 private:
  std::shared_ptr<rocksdb::Cache> cache_;  // shared with RocksDB's table factory
  rocksdb::ColumnFamilyOptions family_options_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;  // in the order of Table, then the unused default one
};

// RocksDB has no codes for these two; its messages are all there is.
Error open_error(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (status.IsIOError() && text.find("lock") != std::string::npos) {
    return {Errc::kUnavailable, "the metadata directory is in use by another process"};
  }
  if (status.IsInvalidArgument() && text.find("olumn famil") != std::string::npos) {
    return {Errc::kUnsupported, "the metadata holds tables of a newer version: " + text};
  }
  return to_error(status, "opening the metadata");
}

Result<std::unique_ptr<Database>> Database::open(const RocksdbOptions& options) {
  OBJSTORE_TRY(check_room(options.directory));
  OBJSTORE_TRY(check_log_ends(options.directory));
  auto out = std::make_unique<Database>();
  out->cache_ = rocksdb::NewLRUCache(options.block_cache_bytes);
  out->family_options_ = table_options(options, out->cache_);
  const rocksdb::ColumnFamilyOptions& family = out->family_options_;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < kTableCount; ++i) {
    families.emplace_back(std::string(to_string(static_cast<Table>(i))), family);
  }
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, family);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(database_options(options), options.directory, families, &out->families_, &db);
  out->db_.reset(db);
  if (!status.ok()) return std::unexpected(open_error(status));
  return out;
}

// Keeps an opening that must not write from starting an info log.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

Result<std::unique_ptr<Database>> Database::open_for_reading(const RocksdbOptions& options) {
  OBJSTORE_TRY(check_log_ends(options.directory));
  auto out = std::make_unique<Database>();
  out->cache_ = rocksdb::NewLRUCache(options.block_cache_bytes);
  rocksdb::DBOptions database = database_options(options);
  database.create_if_missing = false;
  database.create_missing_column_families = false;
  database.info_log = std::make_shared<NoLog>();
  std::vector<std::string> names;
  if (const auto listed = rocksdb::DB::ListColumnFamilies(database, options.directory, &names); !listed.ok()) {
    if (listed.IsPathNotFound()) return fail(Errc::kNotFound, "there is no metadata in " + options.directory);
    return std::unexpected(open_error(listed));
  }
  const rocksdb::ColumnFamilyOptions family = table_options(options, out->cache_);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, family);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::OpenForReadOnly(database, options.directory, families, &handles, &db);
  out->db_.reset(db);
  if (!status.ok()) return std::unexpected(open_error(status));
  out->families_.assign(kTableCount + 1, nullptr);
  bool unknown = false;
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    std::size_t at = 0;
    while (at < kTableCount && to_string(static_cast<Table>(at)) != handle->GetName()) ++at;
    const bool fits = at < kTableCount || handle->GetName() == rocksdb::kDefaultColumnFamilyName;
    if (fits) out->families_[at] = handle;
    if (!fits) out->families_.push_back(handle);  // to be closed
    unknown |= !fits;
  }
  if (unknown) return fail(Errc::kUnsupported, "the metadata holds tables of a newer version");
  return out;
}

Database::~Database() {
  if (!db_) return;
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    if (family == nullptr) continue;
    if (const auto status = db_->DestroyColumnFamilyHandle(family); !status.ok()) {
      log::warn("metadata: a table could not be closed", {{"error", status.ToString()}});
    }
  }
  if (const auto status = db_->Close(); !status.ok()) {
    log::warn("metadata: could not be closed", {{"error", status.ToString()}});
  }
}

Result<std::optional<std::string>> Database::get(const rocksdb::Snapshot* snapshot, Table table,
                                                 std::string_view key) const {
  if (family(table) == nullptr) return std::nullopt;
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string value;
  const rocksdb::Status status = db_->Get(options, family(table), rocksdb::Slice(key.data(), key.size()), &value);
  if (status.ok()) return value;
  if (status.IsNotFound()) return std::nullopt;
  return std::unexpected(to_error(status, "reading metadata"));
}

Result<std::vector<std::optional<std::string>>> Database::multi_get(const rocksdb::Snapshot* snapshot, Table table,
                                                                    std::span<const std::string> keys) const {
  if (family(table) == nullptr) return std::vector<std::optional<std::string>>(keys.size());
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  db_->MultiGet(options, family(table), keys.size(), slices.data(), values.data(), statuses.data());
  std::vector<std::optional<std::string>> out(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].ok()) {
      out[i] = values[i].ToString();
    } else if (!statuses[i].IsNotFound()) {
      return std::unexpected(to_error(statuses[i], "reading metadata"));
    }
  }
  return out;
}

// The files of a dropped table go unread, so damage in them does not matter. Killed in between, the table is missing
// and the next open makes an empty one.
Status Database::clear(Table table) {
  rocksdb::ColumnFamilyHandle*& handle = families_[static_cast<std::size_t>(table)];
  if (const auto status = db_->DropColumnFamily(handle); !status.ok())
    return std::unexpected(to_error(status, "clearing a table"));
  rocksdb::ColumnFamilyHandle* fresh = nullptr;
  if (const auto status = db_->CreateColumnFamily(family_options_, std::string(to_string(table)), &fresh); !status.ok())
    return std::unexpected(to_error(status, "clearing a table"));
  std::swap(handle, fresh);
  if (const auto status = db_->DestroyColumnFamilyHandle(fresh); !status.ok())
    return std::unexpected(to_error(status, "clearing a table"));
  return {};
}

class RocksdbSnapshot final : public MetadataReader {
 public:
  explicit RocksdbSnapshot(const Database& database) : database_(database), snapshot_(database.db().GetSnapshot()) {}
  ~RocksdbSnapshot() override { database_.db().ReleaseSnapshot(snapshot_); }
  RocksdbSnapshot(const RocksdbSnapshot&) = delete;
  RocksdbSnapshot& operator=(const RocksdbSnapshot&) = delete;

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return database_.get(snapshot_, table, key);
  }
  Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                            std::span<const std::string> keys) const override {
    return database_.multi_get(snapshot_, table, keys);
  }
  std::unique_ptr<Cursor> scan(Table table, std::string_view prefix) const override {
    return database_.scan(snapshot_, table, prefix);
  }

 private:
  const Database& database_;
  const rocksdb::Snapshot* const snapshot_;
};

class RocksdbMetadataStore final : public MetadataStore {
 public:
  RocksdbMetadataStore(std::unique_ptr<Database> database, std::string directory)
      : database_(std::move(database)), directory_(std::move(directory)) {}

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    if (!HotRows::holds(table)) return database_->get(nullptr, table, key);
    if (auto row = hot_.find(table, key)) return std::move(*row);
    const Moment moment = recent_.now();
    auto row = database_->get(nullptr, table, key);
    if (row) hot_.keep(table, key, *row, moment);
    return row;
  }
  Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                            std::span<const std::string> keys) const override {
    return database_->multi_get(nullptr, table, keys);
  }
  std::unique_ptr<Cursor> scan(Table table, std::string_view prefix) const override {
    return database_->scan(nullptr, table, prefix);
  }
  std::unique_ptr<MetadataReader> snapshot() const override { return std::make_unique<RocksdbSnapshot>(*database_); }

  std::vector<Status> commit(std::span<const Batch> group) override;
  Moment moment() const override { return recent_.now(); }
  Usage usage() const override;
  Status checkpoint(const std::string& directory) override;
  Status clear(Table table) override {
    hot_.clear();
    return database_->clear(table);
  }

 private:
  Status write(const GroupCheck& check);

  const std::unique_ptr<Database> database_;
  const std::string directory_;
  RecentChanges recent_;
  mutable HotRows hot_{recent_};
  std::mutex checkpoints_;  // one at a time
  std::string failure_;     // why it takes no more; by the committing thread only
};

class RocksdbMetadataReader final : public MetadataReader {
 public:
  explicit RocksdbMetadataReader(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return database_->get(nullptr, table, key);
  }
  Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                            std::span<const std::string> keys) const override {
    return database_->multi_get(nullptr, table, keys);
  }
  std::unique_ptr<Cursor> scan(Table table, std::string_view prefix) const override {
    return database_->scan(nullptr, table, prefix);
  }

 private:
  const std::unique_ptr<Database> database_;
};

// A table that is damaged is met by RocksDB's compaction as well, which stops all writing, after each start anew.
std::string_view way_out(Errc code) {
  if (code == Errc::kCorrupt) return "the metadata is damaged; stop, and run objd fsck and objd rebuild";
  return "the metadata could not be written; restart to recover";
}

std::vector<Status> RocksdbMetadataStore::commit(std::span<const Batch> group) {
  const auto dead = [this] { return fail(Errc::kIo, failure_); };
  if (!failure_.empty()) return std::vector<Status>(group.size(), dead());
  GroupCheck check([this](Table table, std::string_view key) { return database_->get(nullptr, table, key); }, recent_);
  std::vector<Status> answers;
  answers.reserve(group.size());
  for (const Batch& batch : group) answers.push_back(check.admit(batch));
  recent_.begin(check);
  if (const Status written = write(check); !written) {
    failure_ = std::string(way_out(written.error().code)) + ": " + written.error().message;
    log::error("metadata: a commit failed, writing stops", {{"error", written.error().message}});
    // Conflicts too: they may have been with batches that are not there now.
    std::ranges::fill(answers, Status(dead()));
    return answers;
  }
  recent_.end();
  return answers;
}

Status RocksdbMetadataStore::write(const GroupCheck& check) {
  rocksdb::WriteBatch batch;
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const auto table = static_cast<Table>(i);
    for (const auto& [key, value] : check.changes(table)) {
      const rocksdb::Slice slice(key.data(), key.size());
      const rocksdb::Status status =
          value ? batch.Put(database_->family(table), slice, rocksdb::Slice(value->data(), value->size()))
                : batch.Delete(database_->family(table), slice);
      if (!status.ok()) return std::unexpected(to_error(status, "building a write"));
    }
  }
  if (batch.Count() == 0) return {};
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = database_->db().Write(options, &batch);
  if (!status.ok()) return std::unexpected(to_error(status, "writing metadata"));
  return {};
}

MetadataStore::Usage RocksdbMetadataStore::usage() const {
  Usage usage;
  std::uint64_t memtables = 0;
  database_->db().GetAggregatedIntProperty(rocksdb::DB::Properties::kSizeAllMemTables, &memtables);
  usage.memory_bytes = memtables + database_->cache_usage();
  // Files come and go while this walks: what is gone counts nothing.
  std::error_code error;
  std::filesystem::directory_iterator entry(directory_, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    const std::uintmax_t size = entry->file_size(ignored);
    if (!ignored) usage.disk_bytes += size;
  }
  return usage;
}

Status RocksdbMetadataStore::checkpoint(const std::string& directory) {
  std::lock_guard lock(checkpoints_);
  std::error_code ignored;
  if (std::filesystem::exists(directory, ignored)) return fail(Errc::kConflict, directory + ": exists already");
  rocksdb::Checkpoint* made = nullptr;
  if (const auto status = rocksdb::Checkpoint::Create(&database_->db(), &made); !status.ok())
    return std::unexpected(to_error(status, "making a checkpoint"));
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // Memtables are flushed first: what is copied is then the end of a log, not all of it.
  constexpr std::uint64_t kFlushAlways = 0;
  if (const auto status = checkpoint->CreateCheckpoint(directory, kFlushAlways); !status.ok())
    return std::unexpected(to_error(status, "making a checkpoint"));
  return {};
}

}  // namespace

Result<std::unique_ptr<MetadataStore>> open_rocksdb_metadata_store(const RocksdbOptions& options) {
  OBJSTORE_ASSIGN(auto database, Database::open(options));
  return std::make_unique<RocksdbMetadataStore>(std::move(database), options.directory);
}

Result<std::unique_ptr<MetadataReader>> open_rocksdb_metadata_reader(const RocksdbOptions& options) {
  OBJSTORE_ASSIGN(auto database, Database::open_for_reading(options));
  return std::make_unique<RocksdbMetadataReader>(std::move(database));
}

}  // namespace objstore::storage
