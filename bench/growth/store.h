// An open store for a measurement: RocksDB as the server opens it, an engine and a catalogue, and segments that keep
// nothing. What the server does on its own (collector, compactor, scrubber, checkpoints) does not run, so that what is
// measured is one operation's cost; the collector is stepped.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/executor.h"
#include "server/model/catalog.h"
#include "server/storage/engine.h"

namespace objstore::bench {

class Store {
 public:
  // Makes `directory`, and removes it at the end. kConflict when it is there. cache_bytes: of the metadata; 0: as the
  // server comes.
  static Result<std::unique_ptr<Store>> open(const std::string& directory, std::uint64_t cache_bytes);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  model::Catalog& catalog() noexcept { return *catalog_; }
  storage::Engine& engine() noexcept { return *engine_; }
  Result<BucketName> make_bucket(std::string_view name, model::EtagKind etag);
  // Follows the queue of releases to its end.
  Status collect();

 private:
  explicit Store(std::string directory);

  const std::string directory_;
  SystemClock clock_;
  WorkerPool workers_;
  std::unique_ptr<storage::Engine> engine_;
  std::unique_ptr<model::Catalog> catalog_;
};

}  // namespace objstore::bench
