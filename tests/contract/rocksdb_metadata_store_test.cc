// What only the RocksDB adapter promises: what it acknowledged survives, and damage is refused loudly.
#include <rocksdb/db.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "tests/contract/metadata_adapters.h"

namespace objstore::test {
namespace {

using storage::Batch;
using storage::Table;

namespace fs = std::filesystem;

void put(RocksdbMetadata& adapter, int number) {
  Batch batch;
  batch.put(Table::kObjects, "key" + std::to_string(number), std::string(100, 'v'));
  batch.add("count", 1);
  REQUIRE(commit_one(adapter.store(), std::move(batch)));
}

// The state of a directory as a kill -9 would leave it: a copy while the store is open.
std::string copy_of(const RocksdbMetadata& adapter, const TemporaryDirectory& to) {
  const std::string target = to.path() + "/copy";
  fs::copy(adapter.options().directory, target, fs::copy_options::recursive);
  fs::remove(target + "/LOCK");
  return target;
}

fs::path newest_log(const std::string& directory) {
  fs::path found;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".log" && entry.path() > found) found = entry.path();
  }
  REQUIRE_FALSE(found.empty());
  return found;
}

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void spill(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

storage::RocksdbOptions at(const RocksdbMetadata& adapter, const std::string& directory) {
  storage::RocksdbOptions options = adapter.options();
  options.directory = directory;
  return options;
}

TEST_CASE("what was committed is there after reopening", "[rocksdb]") {
  RocksdbMetadata adapter;
  for (int i = 0; i < 100; ++i) put(adapter, i);
  adapter.close();
  adapter.open();
  CHECK(adapter.store().get(Table::kObjects, "key99")->has_value());
  CHECK(*storage::decode_counter(*adapter.store().get(Table::kCounts, "count")) == 100);
}

TEST_CASE("what was committed is there after a kill", "[rocksdb]") {
  RocksdbMetadata adapter;
  for (int i = 0; i < 100; ++i) put(adapter, i);
  const TemporaryDirectory other;
  auto store = storage::open_rocksdb_metadata_store(at(adapter, copy_of(adapter, other)));
  REQUIRE(store);
  for (int i = 0; i < 100; ++i) CHECK((*store)->get(Table::kObjects, "key" + std::to_string(i))->has_value());
}

TEST_CASE("a second store on one directory is refused", "[rocksdb]") {
  const RocksdbMetadata adapter;
  const auto second = storage::open_rocksdb_metadata_store(adapter.options());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::kUnavailable);
}

TEST_CASE("a flipped bit in the log is refused instead of dropping what follows it", "[rocksdb]") {
  RocksdbMetadata adapter;
  for (int i = 0; i < 100; ++i) put(adapter, i);
  const TemporaryDirectory other;
  const std::string directory = copy_of(adapter, other);
  const fs::path log = newest_log(directory);
  const std::string bytes = slurp(log);
  const std::size_t middle = bytes.find("key50");
  REQUIRE(middle != std::string::npos);
  std::string damaged = bytes;
  damaged[middle] = static_cast<char>(damaged[middle] ^ 1);
  spill(log, damaged);
  const auto store = storage::open_rocksdb_metadata_store(at(adapter, directory));
  REQUIRE_FALSE(store);
  CHECK(store.error().code == Errc::kCorrupt);
}

TEST_CASE("a flipped bit in the length of one of the log's last records is refused, too", "[rocksdb]") {
  RocksdbMetadata adapter;
  for (int i = 0; i < 20; ++i) put(adapter, i);
  const TemporaryDirectory other;
  const std::string directory = copy_of(adapter, other);
  const fs::path log = newest_log(directory);
  const std::string bytes = slurp(log);
  constexpr std::size_t kHead = 7;
  const auto length_of = [&](std::size_t record) {
    return static_cast<unsigned char>(bytes[record + 4]) | static_cast<unsigned char>(bytes[record + 5]) << 8;
  };
  std::size_t records = 0;
  for (std::size_t begin = 0; begin + kHead < bytes.size(); begin += kHead + length_of(begin)) {
    ++records;
    for (std::size_t bit = 0; bit < 16; ++bit) {
      std::string damaged = bytes;
      char& byte = damaged[begin + 4 + bit / 8];
      byte = static_cast<char>(byte ^ 1 << bit % 8);
      spill(log, damaged);
      const auto store = storage::open_rocksdb_metadata_store(at(adapter, directory));
      INFO("record at " << begin << ", bit " << bit);
      REQUIRE_FALSE(store);
      CHECK(store.error().code == Errc::kCorrupt);
      CHECK(slurp(log) == damaged);
    }
  }
  CHECK(records >= 20);
  spill(log, bytes);
  CHECK(storage::open_rocksdb_metadata_store(at(adapter, directory)));
}

TEST_CASE("a torn tail of the log costs only what was not acknowledged", "[rocksdb]") {
  RocksdbMetadata adapter;
  for (int i = 0; i < 10; ++i) put(adapter, i);
  const std::size_t synced = slurp(newest_log(adapter.options().directory)).size();
  put(adapter, 10);
  const std::size_t full = slurp(newest_log(adapter.options().directory)).size();
  REQUIRE(full > synced);
  for (std::size_t cut = synced; cut < full; cut += 17) {
    const TemporaryDirectory other;
    const std::string directory = copy_of(adapter, other);
    fs::resize_file(newest_log(directory), cut);
    auto store = storage::open_rocksdb_metadata_store(at(adapter, directory));
    REQUIRE(store);
    CHECK((*store)->get(Table::kObjects, "key9")->has_value());
    // The batch is there as a whole or not at all.
    const bool key = (*store)->get(Table::kObjects, "key10")->has_value();
    CHECK(*storage::decode_counter(*(*store)->get(Table::kCounts, "count")) == (key ? 11 : 10));
  }
}

// What a build left that did not know the table.
void drop_table(const std::string& directory, const std::string& name) {
  std::vector<std::string> names;
  REQUIRE(rocksdb::DB::ListColumnFamilies({}, directory, &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& family : names) families.emplace_back(family, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  REQUIRE(rocksdb::DB::Open({}, directory, families, &handles, &opened).ok());
  const std::unique_ptr<rocksdb::DB> database(opened);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) CHECK(database->DropColumnFamily(handles[i]).ok());
    CHECK(database->DestroyColumnFamilyHandle(handles[i]).ok());
  }
}

TEST_CASE("a store written before a table existed gets the table, empty, and keeps the others", "[rocksdb]") {
  RocksdbMetadata adapter;
  put(adapter, 1);
  adapter.close();
  drop_table(adapter.options().directory, "bucket_documents");
  adapter.open();
  CHECK(adapter.store().get(Table::kObjects, "key1")->has_value());
  CHECK_FALSE(adapter.store().scan(Table::kBucketDocuments, {})->valid());
  Batch batch;
  batch.put(Table::kBucketDocuments, "a", "b");
  REQUIRE(commit_one(adapter.store(), std::move(batch)));
  CHECK(*adapter.store().get(Table::kBucketDocuments, "a") == "b");
}

TEST_CASE("a directory that cannot be made is an error", "[rocksdb]") {
  const TemporaryDirectory directory;
  storage::RocksdbOptions options;
  options.directory = directory.path() + "/missing/meta";
  const auto store = storage::open_rocksdb_metadata_store(options);
  REQUIRE_FALSE(store);
  CHECK(store.error().code == Errc::kIo);
}

}  // namespace
}  // namespace objstore::test
