// An open store: data directory, free space, engine and catalogue, in the order in which they stand on each other.
//
// Lives from start to stop of the server; close() or the destructor ends it. Its parts may be used from any thread.
#pragma once

#include <objstore/error.h>

#include <memory>

#include "common/base/clock.h"
#include "server/app/config.h"
#include "server/app/data_directory.h"
#include "server/app/segment_places.h"
#include "server/app/workers.h"
#include "server/model/catalog.h"
#include "server/storage/checkpointer.h"
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
  const SegmentPlaces& places() const noexcept { return places_; }
  storage::SpaceGuard& space() noexcept { return *space_; }
  Workers& workers() noexcept { return workers_; }
  storage::Engine& engine() noexcept { return *engine_; }
  model::Catalog& catalog() noexcept { return *catalog_; }
  storage::Checkpointer& checkpointer() noexcept { return *checkpointer_; }

 private:
  Store(DataDirectory directory, SegmentPlaces places, std::size_t threads)
      : directory_(std::move(directory)), places_(std::move(places)), workers_(threads) {}
  DataDirectory directory_;
  const SegmentPlaces places_;
  std::unique_ptr<storage::SpaceGuard> space_;
  Workers workers_;
  std::unique_ptr<storage::Engine> engine_;
  std::unique_ptr<model::Catalog> catalog_;
  std::unique_ptr<storage::Checkpointer> checkpointer_;
};

// The metadata alone, for commands on a store that is not being served. kCorrupt when it is gone and the store is not a
// new one: nothing is made in its place.
Result<std::unique_ptr<storage::MetadataStore>> open_metadata(const DataDirectory& directory, const Config& config);
// The segments; new ones get ids from `first_id` on.
Result<std::unique_ptr<storage::SegmentStore>> open_segments(const SegmentPlaces& places, const Config& config,
                                                             std::uint64_t first_id);
// Where further copies of the metadata's checkpoints lie: with segments on other disks, there.
std::vector<std::filesystem::path> checkpoint_copies(const SegmentPlaces& places);

}  // namespace objstore::app
