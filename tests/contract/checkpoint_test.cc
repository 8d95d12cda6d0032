// Checkpoints and the clearing of tables: the part of the metadata port that repairs stand on.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/contract/metadata_adapters.h"

namespace objstore::test {
namespace {

using storage::Batch;
using storage::Table;

void put(storage::MetadataStore& store, int number) {
  Batch batch;
  batch.put(Table::kObjects, "key" + std::to_string(number), std::string(200, 'v'));
  batch.put(Table::kBlobs, "blob" + std::to_string(number), std::string(200, 'v'));
  batch.add("count", 1);
  REQUIRE(commit_one(store, std::move(batch)));
}

std::int64_t count_of(const storage::MetadataReader& reader) {
  return *storage::decode_counter(*reader.get(Table::kCounts, "count"));
}

std::unique_ptr<storage::MetadataStore> open_at(const RocksdbMetadata& adapter, const std::string& directory) {
  storage::RocksdbOptions options = adapter.options();
  options.directory = directory;
  auto opened = storage::open_rocksdb_metadata_store(options);
  REQUIRE(opened);
  return std::move(*opened);
}

TEST_CASE("a checkpoint is a store of its own, with what was committed before it", "[metadata]") {
  RocksdbMetadata adapter;
  const TemporaryDirectory other;
  for (int i = 0; i < 100; ++i) put(adapter.store(), i);
  REQUIRE(adapter.store().checkpoint(other.path() + "/first"));
  for (int i = 100; i < 150; ++i) put(adapter.store(), i);
  REQUIRE(adapter.store().checkpoint(other.path() + "/second"));
  CHECK(code_of(adapter.store().checkpoint(other.path() + "/second")) == Errc::kConflict);
  const auto first = open_at(adapter, other.path() + "/first");
  CHECK(count_of(*first) == 100);
  CHECK_FALSE(first->get(Table::kObjects, "key100")->has_value());
  put(*first, 1000);
  CHECK(count_of(*open_at(adapter, other.path() + "/second")) == 150);
  CHECK(count_of(adapter.store()) == 150);
}

TEST_CASE("checkpoints that are made under commits hold whole batches, all up to some moment", "[metadata]") {
  RocksdbMetadata adapter;
  const TemporaryDirectory other;
  std::atomic<bool> stop{false};
  std::atomic<int> done{0};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      Batch batch;
      batch.put(Table::kObjects, "key" + std::to_string(i), std::string(2000, 'v'));
      batch.put(Table::kBlobs, "blob" + std::to_string(i), "v");
      batch.add("count", 1);
      must(commit_one(adapter.store(), std::move(batch)).has_value());
      done = i + 1;
    }
  });
  for (int round = 0; round < 10; ++round) {
    const int before = done;
    const std::string directory = other.path() + "/" + std::to_string(round);
    const Status made = adapter.store().checkpoint(directory);
    CHECK(made);
    const int after = done;
    const auto copy = open_at(adapter, directory);
    const auto count = static_cast<int>(count_of(*copy));
    CHECK(count >= before);
    CHECK(count <= after + 1);
    for (int i = 0; i < count; ++i) {
      CHECK(copy->get(Table::kObjects, "key" + std::to_string(i))->has_value());
      CHECK(copy->get(Table::kBlobs, "blob" + std::to_string(i))->has_value());
    }
    CHECK_FALSE(copy->get(Table::kObjects, "key" + std::to_string(count))->has_value());
    CHECK_FALSE(copy->get(Table::kBlobs, "blob" + std::to_string(count))->has_value());
  }
  stop = true;
  writer.join();
}

TEST_CASE("a store in memory has no checkpoints", "[metadata]") {
  MemoryMetadata adapter;
  const TemporaryDirectory other;
  CHECK(code_of(adapter.store().checkpoint(other.path() + "/one")) == Errc::kUnsupported);
}

TEMPLATE_TEST_CASE("clearing a table empties it and no other", "[metadata]", MemoryMetadata, RocksdbMetadata) {
  TestType adapter;
  for (int i = 0; i < 10; ++i) put(adapter.store(), i);
  REQUIRE(adapter.store().clear(Table::kObjects));
  CHECK_FALSE(adapter.store().scan(Table::kObjects, "")->valid());
  CHECK(adapter.store().get(Table::kBlobs, "blob9")->has_value());
  CHECK(count_of(adapter.store()) == 10);
  put(adapter.store(), 10);
  CHECK(adapter.store().get(Table::kObjects, "key10")->has_value());
}

TEST_CASE("a table that was cleared stays so after reopening", "[metadata]") {
  RocksdbMetadata adapter;
  for (int i = 0; i < 10; ++i) put(adapter.store(), i);
  REQUIRE(adapter.store().clear(Table::kObjects));
  put(adapter.store(), 10);
  adapter.close();
  adapter.open();
  CHECK_FALSE(adapter.store().get(Table::kObjects, "key9")->has_value());
  CHECK(adapter.store().get(Table::kObjects, "key10")->has_value());
  CHECK(adapter.store().get(Table::kBlobs, "blob9")->has_value());
}

}  // namespace
}  // namespace objstore::test
