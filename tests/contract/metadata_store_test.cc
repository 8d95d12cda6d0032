// The contract of the metadata port, for every adapter.
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "tests/contract/metadata_adapters.h"

namespace objstore::test {
namespace {

using storage::Batch;
using storage::Cursor;
using storage::MetadataReader;
using storage::Table;
using Rows = std::vector<std::pair<std::string, std::string>>;

#define METADATA_TEST(name) TEMPLATE_TEST_CASE(name, "[metadata]", MemoryMetadata, RocksdbMetadata)

std::optional<std::string> value_of(const MetadataReader& reader, Table table, std::string_view key) {
  auto got = reader.get(table, key);
  REQUIRE(got);
  return *got;
}

std::int64_t counter_of(const MetadataReader& reader, std::string_view key) {
  auto value = storage::decode_counter(value_of(reader, Table::kCounts, key));
  REQUIRE(value);
  return *value;
}

Rows walk(Cursor& cursor) {
  Rows rows;
  for (; cursor.valid(); cursor.next()) rows.emplace_back(cursor.key(), cursor.value());
  REQUIRE(cursor.status());
  return rows;
}

Rows all(const MetadataReader& reader, Table table, std::string_view prefix = "") {
  const auto cursor = reader.scan(table, prefix);
  return walk(*cursor);
}

Batch put(Table table, std::string key, std::string value) {
  Batch batch;
  batch.put(table, std::move(key), std::move(value));
  return batch;
}

METADATA_TEST("a value that was put is read back, and an absent key is nothing") {
  TestType adapter;
  REQUIRE(commit_one(adapter.store(), put(Table::kObjects, "key", "value")));
  CHECK(value_of(adapter.store(), Table::kObjects, "key") == "value");
  CHECK(value_of(adapter.store(), Table::kObjects, "other") == std::nullopt);
}

METADATA_TEST("tables do not share keys") {
  TestType adapter;
  REQUIRE(commit_one(adapter.store(), put(Table::kObjects, "key", "object")));
  REQUIRE(commit_one(adapter.store(), put(Table::kBlobs, "key", "blob")));
  CHECK(value_of(adapter.store(), Table::kObjects, "key") == "object");
  CHECK(value_of(adapter.store(), Table::kBlobs, "key") == "blob");
  CHECK(value_of(adapter.store(), Table::kQueue, "key") == std::nullopt);
}

METADATA_TEST("every table has a name of its own and holds rows") {
  TestType adapter;
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < storage::kTableCount; ++i) {
    const auto table = static_cast<Table>(i);
    names.insert(storage::to_string(table));
    if (table == Table::kCounts) continue;
    REQUIRE(commit_one(adapter.store(), put(table, "k", std::string(storage::to_string(table)))));
  }
  CHECK(names.size() == storage::kTableCount);
  CHECK(value_of(adapter.store(), Table::kPrincipals, "k") == "principals");
  CHECK(value_of(adapter.store(), Table::kStore, "k") == "store");
}

METADATA_TEST("keys and values may hold any byte, and be empty") {
  TestType adapter;
  const std::string key("\0\xff\x01/", 4);
  const std::string value("\0\0\xfe", 3);
  REQUIRE(commit_one(adapter.store(), put(Table::kParts, key, value)));
  REQUIRE(commit_one(adapter.store(), put(Table::kParts, "empty", "")));
  CHECK(value_of(adapter.store(), Table::kParts, key) == value);
  CHECK(value_of(adapter.store(), Table::kParts, "empty") == "");
}

METADATA_TEST("the later of two writes to a key counts") {
  TestType adapter;
  Batch batch;
  batch.put(Table::kQueue, "a", "1");
  batch.put(Table::kQueue, "a", "2");
  batch.put(Table::kQueue, "b", "1");
  batch.erase(Table::kQueue, "b");
  REQUIRE(commit_one(adapter.store(), std::move(batch)));
  CHECK(all(adapter.store(), Table::kQueue) == Rows{{"a", "2"}});
}

METADATA_TEST("multi_get answers in the order of its keys, absent and repeated ones included") {
  TestType adapter;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(commit_one(adapter.store(), put(Table::kChunks, std::to_string(i), "v" + std::to_string(i))));
  }
  std::vector<std::string> keys;
  for (int i = 199; i >= 0; --i) keys.push_back(std::to_string(i));
  keys.emplace_back("7");
  const auto got = adapter.store().multi_get(Table::kChunks, keys);
  REQUIRE(got);
  REQUIRE(got->size() == keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const int number = std::stoi(keys[i]);
    CHECK((*got)[i] == (number < 100 ? std::optional("v" + keys[i]) : std::nullopt));
  }
  CHECK(adapter.store().multi_get(Table::kChunks, {})->empty());
}

METADATA_TEST("a batch whose condition does not hold does nothing") {
  TestType adapter;
  REQUIRE(commit_one(adapter.store(), put(Table::kObjects, "k", "old")));

  Batch wrong_value = put(Table::kObjects, "k", "new");
  wrong_value.put(Table::kQueue, "q", "x");
  wrong_value.add("c", 1);
  wrong_value.expect(Table::kObjects, "k", "other");
  CHECK(code_of(commit_one(adapter.store(), std::move(wrong_value))) == Errc::kConflict);

  Batch not_absent = put(Table::kQueue, "q", "x");
  not_absent.expect_absent(Table::kObjects, "k");
  CHECK(code_of(commit_one(adapter.store(), std::move(not_absent))) == Errc::kConflict);

  Batch absent = put(Table::kQueue, "q", "x");
  absent.expect(Table::kObjects, "none", "");
  CHECK(code_of(commit_one(adapter.store(), std::move(absent))) == Errc::kConflict);

  CHECK(value_of(adapter.store(), Table::kObjects, "k") == "old");
  CHECK(all(adapter.store(), Table::kQueue).empty());
  CHECK(all(adapter.store(), Table::kCounts).empty());
}

METADATA_TEST("a batch whose conditions hold is applied") {
  TestType adapter;
  REQUIRE(commit_one(adapter.store(), put(Table::kObjects, "k", "old")));
  Batch batch = put(Table::kObjects, "k", "new");
  batch.expect(Table::kObjects, "k", "old");
  batch.expect_absent(Table::kObjects, "none");
  batch.expect_counter("c", 0);
  REQUIRE(commit_one(adapter.store(), std::move(batch)));
  CHECK(value_of(adapter.store(), Table::kObjects, "k") == "new");
}

METADATA_TEST("a batch of conditions only answers whether they hold") {
  TestType adapter;
  Batch holds;
  holds.expect_absent(Table::kObjects, "k");
  CHECK(commit_one(adapter.store(), std::move(holds)));
  Batch fails;
  fails.expect(Table::kObjects, "k", "v");
  CHECK(code_of(commit_one(adapter.store(), std::move(fails))) == Errc::kConflict);
  CHECK(adapter.store().commit({}).empty());
}

METADATA_TEST("a condition of a batch does not see the batch's own writes") {
  TestType adapter;
  Batch batch = put(Table::kObjects, "k", "v");
  batch.expect_absent(Table::kObjects, "k");
  batch.add("c", 2);
  batch.expect_counter("c", 0);
  CHECK(commit_one(adapter.store(), std::move(batch)));
}

METADATA_TEST("of two batches of a group that expect a key absent, one wins") {
  TestType adapter;
  std::vector<Batch> group(2);
  for (int i = 0; i < 2; ++i) {
    group[static_cast<std::size_t>(i)].expect_absent(Table::kObjects, "k");
    group[static_cast<std::size_t>(i)].put(Table::kObjects, "k", std::to_string(i));
  }
  const auto answers = adapter.store().commit(group);
  REQUIRE(answers.size() == 2);
  CHECK(answers[0]);
  CHECK(code_of(answers[1]) == Errc::kConflict);
  CHECK(value_of(adapter.store(), Table::kObjects, "k") == "0");
}

METADATA_TEST("a batch sees what the earlier ones of its group wrote, erased and added, not what they failed to") {
  TestType adapter;
  REQUIRE(commit_one(adapter.store(), put(Table::kObjects, "gone", "x")));
  std::vector<Batch> group(6);
  group[0].put(Table::kObjects, "k", "1");
  group[0].erase(Table::kObjects, "gone");
  group[0].add("c", 5);
  group[1].expect(Table::kObjects, "k", "none");
  group[1].put(Table::kObjects, "k", "lost");
  group[1].add("c", 100);
  group[2].expect(Table::kObjects, "k", "1");
  group[2].expect_absent(Table::kObjects, "gone");
  group[2].expect_counter("c", 5);
  group[2].put(Table::kObjects, "k", "2");
  group[2].add("c", -5);
  group[3].add("c", -1);  // below 0: refused
  group[4].expect_counter("c", 0);
  group[4].erase_counter("c");
  group[5].expect_absent(Table::kCounts, "c");
  group[5].put(Table::kObjects, "last", "y");
  const auto answers = adapter.store().commit(group);
  CHECK(answers[0]);
  CHECK(code_of(answers[1]) == Errc::kConflict);
  CHECK(answers[2]);
  CHECK(code_of(answers[3]) == Errc::kCorrupt);
  CHECK(answers[4]);
  CHECK(answers[5]);
  CHECK(all(adapter.store(), Table::kObjects) == Rows{{"k", "2"}, {"last", "y"}});
  CHECK(all(adapter.store(), Table::kCounts).empty());
}

METADATA_TEST("counters add up, stay at 0 until erased, and never fall below") {
  TestType adapter;
  Batch up;
  up.add("c", 2);
  up.add("c", 3);
  REQUIRE(commit_one(adapter.store(), std::move(up)));
  CHECK(counter_of(adapter.store(), "c") == 5);

  Batch under = put(Table::kQueue, "q", "x");
  under.add("c", -6);
  CHECK(code_of(commit_one(adapter.store(), std::move(under))) == Errc::kCorrupt);
  CHECK(counter_of(adapter.store(), "c") == 5);
  CHECK(value_of(adapter.store(), Table::kQueue, "q") == std::nullopt);

  Batch down;
  down.add("c", -5);
  REQUIRE(commit_one(adapter.store(), std::move(down)));
  CHECK(value_of(adapter.store(), Table::kCounts, "c") == storage::encode_counter(0));

  Batch erase;
  erase.expect_counter("c", 0);
  erase.erase_counter("c");
  REQUIRE(commit_one(adapter.store(), std::move(erase)));
  CHECK(value_of(adapter.store(), Table::kCounts, "c") == std::nullopt);
}

METADATA_TEST("the sum of a batch's additions counts, not their order") {
  TestType adapter;
  Batch batch;
  batch.add("c", -1);
  batch.add("c", 1);
  CHECK(commit_one(adapter.store(), std::move(batch)));
  CHECK(counter_of(adapter.store(), "c") == 0);
}

METADATA_TEST("a counter that would overflow refuses its batch") {
  TestType adapter;
  Batch most;
  most.add("c", std::numeric_limits<std::int64_t>::max());
  REQUIRE(commit_one(adapter.store(), std::move(most)));
  Batch more;
  more.add("c", 1);
  CHECK(code_of(commit_one(adapter.store(), std::move(more))) == Errc::kCorrupt);
  CHECK(counter_of(adapter.store(), "c") == std::numeric_limits<std::int64_t>::max());
}

METADATA_TEST("a batch above the limit is refused, and the others of its group are not") {
  TestType adapter;
  std::vector<Batch> group(3);
  group[0].put(Table::kObjects, "a", "1");
  for (int i = 0; i < 5; ++i) group[1].put(Table::kObjects, "big" + std::to_string(i), std::string(1 << 20, 'x'));
  group[2].put(Table::kObjects, "b", std::string(3 << 20, 'y'));
  const auto answers = adapter.store().commit(group);
  CHECK(answers[0]);
  CHECK(code_of(answers[1]) == Errc::kTooLarge);
  CHECK(answers[2]);
  CHECK(value_of(adapter.store(), Table::kObjects, "big0") == std::nullopt);
  CHECK(value_of(adapter.store(), Table::kObjects, "b")->size() == std::size_t{3} << 20);
}

METADATA_TEST("a cursor walks a prefix in byte order and does not leave it") {
  TestType adapter;
  Batch batch;
  for (const char* key : {"a", "b", "b/1", "b/2", "b0", "c"}) batch.put(Table::kObjects, key, key);
  batch.put(Table::kObjects, "b\xff", "high");
  batch.put(Table::kObjects, "\xff\xff", "highest");
  REQUIRE(commit_one(adapter.store(), std::move(batch)));
  CHECK(all(adapter.store(), Table::kObjects, "b/") == Rows{{"b/1", "b/1"}, {"b/2", "b/2"}});
  CHECK(all(adapter.store(), Table::kObjects, "b").size() == 5);
  CHECK(all(adapter.store(), Table::kObjects, "\xff") == Rows{{"\xff\xff", "highest"}});
  CHECK(all(adapter.store(), Table::kObjects, "").size() == 8);
  CHECK(all(adapter.store(), Table::kObjects, "x").empty());
  CHECK(all(adapter.store(), Table::kQueue).empty());
}

METADATA_TEST("a cursor seeks forwards and backwards within its prefix") {
  TestType adapter;
  Batch batch;
  for (const char* key : {"a", "p/1", "p/3", "p/5", "q"}) batch.put(Table::kObjects, key, key);
  REQUIRE(commit_one(adapter.store(), std::move(batch)));
  const auto cursor = adapter.store().scan(Table::kObjects, "p/");
  REQUIRE(cursor->valid());
  CHECK(cursor->key() == "p/1");
  cursor->seek("p/2");
  CHECK(cursor->key() == "p/3");
  cursor->seek("p/3");
  CHECK(cursor->key() == "p/3");
  cursor->seek("p/6");
  CHECK_FALSE(cursor->valid());
  cursor->seek("a");  // before the prefix: its first key
  REQUIRE(cursor->valid());
  CHECK(cursor->key() == "p/1");
  cursor->seek("q");  // behind it
  CHECK_FALSE(cursor->valid());
  CHECK(cursor->status());
}

METADATA_TEST("a cursor sees one state, whatever is committed meanwhile") {
  TestType adapter;
  for (const char* key : {"a", "b", "c"}) REQUIRE(commit_one(adapter.store(), put(Table::kObjects, key, "old")));
  const auto cursor = adapter.store().scan(Table::kObjects, "");
  cursor->next();
  Batch batch;
  batch.put(Table::kObjects, "c", "new");
  batch.erase(Table::kObjects, "b");
  batch.put(Table::kObjects, "d", "new");
  REQUIRE(commit_one(adapter.store(), std::move(batch)));
  CHECK(walk(*cursor) == Rows{{"b", "old"}, {"c", "old"}});
  CHECK(all(adapter.store(), Table::kObjects) == Rows{{"a", "old"}, {"c", "new"}, {"d", "new"}});
}

METADATA_TEST("a snapshot keeps every table as it was") {
  TestType adapter;
  Batch before;
  before.put(Table::kObjects, "k", "old");
  before.put(Table::kBlobs, "gone", "x");
  before.add("c", 1);
  REQUIRE(commit_one(adapter.store(), std::move(before)));
  const auto snapshot = adapter.store().snapshot();
  Batch after;
  after.put(Table::kObjects, "k", "new");
  after.put(Table::kObjects, "k2", "new");
  after.erase(Table::kBlobs, "gone");
  after.add("c", 1);
  REQUIRE(commit_one(adapter.store(), std::move(after)));

  CHECK(value_of(*snapshot, Table::kObjects, "k") == "old");
  CHECK(value_of(*snapshot, Table::kBlobs, "gone") == "x");
  CHECK(counter_of(*snapshot, "c") == 1);
  CHECK(all(*snapshot, Table::kObjects) == Rows{{"k", "old"}});
  const std::vector<std::string> keys{"k", "k2"};
  CHECK(*snapshot->multi_get(Table::kObjects, keys) == std::vector<std::optional<std::string>>{"old", std::nullopt});
  CHECK(value_of(adapter.store(), Table::kObjects, "k") == "new");
  CHECK(counter_of(adapter.store(), "c") == 2);
}

METADATA_TEST("usage grows with what is stored") {
  TestType adapter;
  const auto before = adapter.store().usage();
  // Does not compress: what is stored may go from memory to a table at any moment.
  std::mt19937_64 random(1);
  for (int i = 0; i < 64; ++i) {
    std::string value(1 << 16, '\0');
    for (char& c : value) c = static_cast<char>(random());
    REQUIRE(commit_one(adapter.store(), put(Table::kInline, std::to_string(i), value)));
  }
  const auto after = adapter.store().usage();
  CHECK(after.memory_bytes + after.disk_bytes >= before.memory_bytes + before.disk_bytes + (std::uint64_t{1} << 20));
}

TEST_CASE("counters are 8 bytes, and nothing else is taken for one", "[metadata]") {
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{1}, std::numeric_limits<std::int64_t>::max()}) {
    CHECK(*storage::decode_counter(storage::encode_counter(value)) == value);
  }
  CHECK(*storage::decode_counter(std::nullopt) == 0);
  for (const char* wrong : {"", "1234567", "123456789"}) {
    CHECK(storage::decode_counter(std::string(wrong)).error().code == Errc::kCorrupt);
  }
}

METADATA_TEST("a batch that says since when it has read is refused when a row has changed meanwhile") {
  TestType adapter;
  const storage::Moment before = adapter.store().moment();
  REQUIRE(commit_one(adapter.store(), put(Table::kObjects, "new", "1")));
  Batch batch = put(Table::kObjects, "other", "1");
  batch.expect_absent(Table::kObjects, "new");
  batch.read_since(before);
  CHECK(code_of(commit_one(adapter.store(), batch)) == Errc::kConflict);
  CHECK(value_of(adapter.store(), Table::kObjects, "other") == std::nullopt);
}

METADATA_TEST("a batch that says since when it has read is refused when its group has changed a row before it") {
  TestType adapter;
  std::vector<Batch> group(2, put(Table::kObjects, "new", "1"));
  for (Batch& batch : group) {
    batch.expect_absent(Table::kObjects, "new");
    batch.read_since(adapter.store().moment());
  }
  const auto answers = adapter.store().commit(group);
  CHECK(answers[0]);
  CHECK(code_of(answers[1]) == Errc::kConflict);
}

METADATA_TEST("a batch that says since when it has read holds when its rows are as stated") {
  TestType adapter;
  REQUIRE(commit_one(adapter.store(), put(Table::kObjects, "old", "1")));
  const storage::Moment before = adapter.store().moment();
  REQUIRE(commit_one(adapter.store(), put(Table::kObjects, "old", "2")));
  REQUIRE(commit_one(adapter.store(), put(Table::kObjects, "old", "1")));
  Batch batch = put(Table::kObjects, "new", "1");
  batch.expect(Table::kObjects, "old", "1");
  batch.expect_absent(Table::kObjects, "new");
  batch.read_since(before);
  CHECK(commit_one(adapter.store(), batch));
}

METADATA_TEST("a bucket's row is read as the last commit left it, also when it comes, goes and comes again") {
  TestType adapter;
  for (const Table table : {Table::kBuckets, Table::kBucketDocuments}) {
    for (int round = 0; round < 3; ++round) {
      CHECK(value_of(adapter.store(), table, "a") == std::nullopt);
      REQUIRE(commit_one(adapter.store(), put(table, "a", "1")));
      for (int again = 0; again < 2; ++again) CHECK(value_of(adapter.store(), table, "a") == "1");
      const std::string large(2000, 'x');  // not kept
      REQUIRE(commit_one(adapter.store(), put(table, "a", large)));
      CHECK(value_of(adapter.store(), table, "a") == large);
      REQUIRE(commit_one(adapter.store(), put(table, "a", "2")));
      CHECK(value_of(adapter.store(), table, "a") == "2");
      Batch gone;
      gone.erase(table, "a");
      REQUIRE(commit_one(adapter.store(), gone));
      CHECK(value_of(adapter.store(), table, "a") == std::nullopt);
    }
    REQUIRE(commit_one(adapter.store(), put(table, "b", "1")));
    CHECK(value_of(adapter.store(), table, "b") == "1");
    REQUIRE(adapter.store().clear(table));
    CHECK(value_of(adapter.store(), table, "b") == std::nullopt);
  }
}

METADATA_TEST("a counter that was started is added to") {
  TestType adapter;
  Batch start;
  start.start("b", 1);
  Batch more;
  more.add("b", 2);
  const std::vector<Batch> group = {start, more};
  for (const Status& answer : adapter.store().commit(group)) CHECK(answer);
  REQUIRE(commit_one(adapter.store(), more));
  CHECK(counter_of(adapter.store(), "b") == 5);
}

}  // namespace
}  // namespace objstore::test
