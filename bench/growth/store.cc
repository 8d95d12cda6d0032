#include "bench/growth/store.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "bench/growth/discarding_segment_store.h"
#include "server/storage/collector.h"
#include "server/storage/rocksdb_metadata_store.h"

namespace objstore::bench {
namespace {

constexpr std::size_t kWorkersMin = 8;  // as the server has them
constexpr std::size_t kWorkersMax = 64;

std::size_t worker_count() {
  return std::clamp<std::size_t>(std::size_t{4} * std::thread::hardware_concurrency(), kWorkersMin, kWorkersMax);
}

}  // namespace

Store::Store(std::string directory) : directory_(std::move(directory)), workers_(worker_count()) {}

Store::~Store() {
  catalog_.reset();
  engine_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Result<std::unique_ptr<Store>> Store::open(const std::string& directory, std::uint64_t cache_bytes) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(directory, error);
  if (error) return fail(Errc::kIo, directory + ": " + error.message());
  if (!made) return fail(Errc::kConflict, directory + " is there already; it would be measured, and removed");
  std::unique_ptr<Store> store(new Store(directory));
  storage::RocksdbOptions metadata_options{.directory = directory + "/metadata"};
  if (cache_bytes > 0) metadata_options.block_cache_bytes = cache_bytes;
  OBJSTORE_ASSIGN(auto metadata, storage::open_rocksdb_metadata_store(metadata_options));
  const auto segments = [](std::uint64_t first) -> Result<std::unique_ptr<storage::SegmentStore>> {
    return std::make_unique<DiscardingSegmentStore>(first);
  };
  storage::EngineOptions options;
  options.background = false;
  OBJSTORE_ASSIGN(store->engine_, storage::Engine::open(std::move(metadata), segments, store->workers_, store->clock_,
                                                        std::move(options)));
  OBJSTORE_ASSIGN(store->catalog_, model::Catalog::open(*store->engine_, store->workers_, store->clock_));
  return store;
}

Result<BucketName> Store::make_bucket(std::string_view name, model::EtagKind etag) {
  OBJSTORE_ASSIGN(auto bucket, BucketName::parse(name));
  OBJSTORE_TRY(catalog_->create_bucket(bucket, "growth", "us-east-1", {.etag = etag}).wait());
  return bucket;
}

Status Store::collect() {
  while (true) {
    OBJSTORE_ASSIGN(const std::size_t taken, engine_->collector().step());
    if (taken == 0) return {};
  }
}

}  // namespace objstore::bench
