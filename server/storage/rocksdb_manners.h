// What keeps RocksDB from ending the process when a disk is full. Stateless; any thread. Of the RocksDB adapter only.
#pragma once

namespace rocksdb {
struct DBOptions;
}

namespace objstore::storage {

// After a failed write RocksDB neither resumes by itself nor writes a log file of its own: its warnings go to our log.
void set_manners(rocksdb::DBOptions& options);

}  // namespace objstore::storage
