// The metadata port on RocksDB: a column family for each table, one write-ahead log that is synced once per commit
// group.
//
// The store owns its directory while it lives; a second one on the same directory is refused. Threads: as the port
// says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "server/storage/metadata_store.h"

namespace objstore::storage {

struct RocksdbOptions {
  std::string directory;                                      // created when it does not exist; its parent must
  std::uint64_t block_cache_bytes = std::uint64_t{64} << 20;  // data, index and filter blocks of all tables
  std::uint64_t memtable_bytes = std::uint64_t{32} << 20;     // of all tables together
  int open_files_max = 256;
};

// kNoSpace: too little room to open safely (RocksDB aborts the process on a full disk). kUnavailable: another process
// has it open. kUnsupported: it holds tables that this version does not know. kCorrupt: its log or files are damaged;
// nothing has been dropped. kIo.
Result<std::unique_ptr<MetadataStore>> open_rocksdb_metadata_store(const RocksdbOptions& options);

// For looking at a store that nobody serves: nothing in the directory is written, not even after a crash (the log is
// replayed in memory). The caller holds the lock of the data directory. A table that the store does not have yet is
// empty. Errors as above, and kNotFound when there is no database.
Result<std::unique_ptr<MetadataReader>> open_rocksdb_metadata_reader(const RocksdbOptions& options);

}  // namespace objstore::storage
