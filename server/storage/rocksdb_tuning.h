// How RocksDB is set up for the metadata: its options, and the room that it needs. Part of the adapter, in a file of
// its own; RocksDB's types are only named here. Pure but for check_room; any thread.
#pragma once

#include <memory>
#include <string>

#include "server/storage/rocksdb_metadata_store.h"

namespace rocksdb {
class Cache;
struct ColumnFamilyOptions;
struct DBOptions;
}  // namespace rocksdb

namespace objstore::storage {

rocksdb::DBOptions database_options(const RocksdbOptions& options);
rocksdb::ColumnFamilyOptions table_options(const RocksdbOptions& options, const std::shared_ptr<rocksdb::Cache>& cache);
// Makes the directory. kNoSpace: RocksDB would abort while it opens.
Status check_room(const std::string& directory);

}  // namespace objstore::storage
