// An open store: data directory, free space, engine and catalogue, in the order in which they stand on each other.
//
// Lives from start to stop of the server; close() or the destructor ends it. Its parts may be used from any thread.
#pragma once

#include <objstore/error.h>

#include <memory>

#include "common/base/clock.h"
#include "server/app/config.h"
#include "server/app/data_directory.h"
#include "server/app/workers.h"
#include "server/model/catalog.h"
#include "server/storage/engine.h"
#include "server/storage/space.h"

namespace objstore::app {

class Store {
 public:
  // `clock` outlives the store.
  static Result<std::unique_ptr<Store>> open(const Config& config, const Clock& clock);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const DataDirectory& directory() const noexcept { return directory_; }
  storage::SpaceGuard& space() noexcept { return *space_; }
  Workers& workers() noexcept { return workers_; }
  storage::Engine& engine() noexcept { return *engine_; }
  model::Catalog& catalog() noexcept { return *catalog_; }

 private:
  Store(DataDirectory directory, std::size_t threads) : directory_(std::move(directory)), workers_(threads) {}
  DataDirectory directory_;
  std::unique_ptr<storage::SpaceGuard> space_;
  Workers workers_;
  std::unique_ptr<storage::Engine> engine_;
  std::unique_ptr<model::Catalog> catalog_;
};

// The metadata alone, for commands on a store that is not being served.
Result<std::unique_ptr<storage::MetadataStore>> open_metadata(const DataDirectory& directory, const Config& config);

}  // namespace objstore::app
