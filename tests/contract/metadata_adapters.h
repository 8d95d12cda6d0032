// The adapters of the metadata port, each as a fixture: store() is the one under test.
#pragma once

#include "server/storage/memory_metadata_store.h"
#include "server/storage/rocksdb_metadata_store.h"
#include "tests/support/temporary_directory.h"

namespace objstore::test {

class MemoryMetadata {
 public:
  storage::MetadataStore& store() { return *store_; }

 private:
  std::unique_ptr<storage::MetadataStore> store_ = storage::make_memory_metadata_store();
};

class RocksdbMetadata {
 public:
  RocksdbMetadata() { open(); }

  storage::MetadataStore& store() { return *store_; }
  storage::RocksdbOptions options() const {
    storage::RocksdbOptions options;
    options.directory = directory_.path() + "/meta";
    options.block_cache_bytes = 8 << 20;
    options.memtable_bytes = 8 << 20;
    return options;
  }
  void close() { store_.reset(); }
  void open() {
    auto opened = storage::open_rocksdb_metadata_store(options());
    must(opened.has_value());
    store_ = std::move(*opened);
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<storage::MetadataStore> store_;
};

// Commits one batch; its answer.
inline Status commit_one(storage::MetadataStore& store, storage::Batch batch) {
  std::vector<Status> answers = store.commit(std::span(&batch, 1));
  must(answers.size() == 1);
  return std::move(answers[0]);
}

inline Errc code_of(const Status& status) {
  must(!status.has_value());
  return status.error().code;
}

}  // namespace objstore::test
