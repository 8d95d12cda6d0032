// Readers at once with the committing thread: every reader sees whole groups.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/contract/metadata_adapters.h"

namespace objstore::test {
namespace {

using storage::Batch;
using storage::Table;

constexpr int kKeys = 20;
constexpr int kCommits = 200;

// Every commit writes its number to all keys and adds one to the counter.
bool sees_one_state(const storage::MetadataReader& reader) {
  const auto cursor = reader.scan(Table::kObjects, "key");
  std::string first;
  int keys = 0;
  for (; cursor->valid(); cursor->next(), ++keys) {
    if (keys == 0) first = cursor->value();
    if (cursor->value() != first) return false;
  }
  return cursor->status().has_value() && (keys == 0 || keys == kKeys);
}

TEMPLATE_TEST_CASE("cursors, snapshots and multi_get see whole groups while others commit", "[concurrent]",
                   MemoryMetadata, RocksdbMetadata) {
  TestType adapter;
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      std::vector<std::string> keys;
      for (int k = 0; k < kKeys; ++k) keys.push_back("key" + std::to_string(k));
      while (!stop) {
        if (!sees_one_state(adapter.store())) ++torn;
        const auto snapshot = adapter.store().snapshot();
        if (!sees_one_state(*snapshot)) ++torn;
        const auto values = snapshot->multi_get(Table::kObjects, keys);
        const auto count = snapshot->get(Table::kCounts, "commits");
        if (!values || !count) {
          ++torn;
          continue;
        }
        const auto commits = *storage::decode_counter(*count);
        for (const auto& value : *values) {
          if (value.value_or("0") != std::to_string(commits)) ++torn;
        }
      }
    });
  }
  for (int n = 1; n <= kCommits; ++n) {
    Batch batch;
    for (int k = 0; k < kKeys; ++k) batch.put(Table::kObjects, "key" + std::to_string(k), std::to_string(n));
    batch.add("commits", 1);
    REQUIRE(commit_one(adapter.store(), std::move(batch)));
  }
  stop = true;
  readers.clear();
  CHECK(torn == 0);
}

// The rows that every request asks for may be kept in memory.
TEMPLATE_TEST_CASE("whoever reads a row after a commit sees that commit, also of a row that is read all the time",
                   "[concurrent]", MemoryMetadata, RocksdbMetadata) {
  TestType adapter;
  constexpr int kChanges = 400;
  for (const Table table :
       {Table::kBuckets, Table::kBucketDocuments, Table::kObjects, Table::kBlobs, Table::kBlobPages, Table::kChunks}) {
    std::atomic<int> committed = 0;
    std::atomic<int> old = 0;
    {
      std::vector<std::jthread> readers;
      for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
          for (int last = 0; last < kChanges;) {
            const int at_least = committed;
            const auto row = adapter.store().get(table, "row");
            if (!row) {
              ++old;
              return;
            }
            last = *row ? std::stoi(**row) : 0;
            if (last < at_least) {
              ++old;
              return;
            }
          }
        });
      }
      for (int n = 1; n <= kChanges; ++n) {
        Batch batch;
        batch.put(table, "row", std::to_string(n));
        REQUIRE(commit_one(adapter.store(), std::move(batch)));
        committed = n;
      }
    }
    CHECK(old == 0);
  }
}

}  // namespace
}  // namespace objstore::test
