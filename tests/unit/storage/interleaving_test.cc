// Uploads against uploads, and against the collector: what comes between one's look and its commit. Each case forces
// the interleaving that a rule of docs/architecture.md is there for, and fails when tests/rules takes that rule out.
#include <optional>

#include "server/storage/blob_writer.h"
#include "server/storage/collector.h"
#include "tests/unit/storage/upload.h"

using namespace objstore;
using namespace objstore::storage;
using test::drop;
using test::must;
using test::read;
using test::TestStore;
using test::Upload;
using test::upload;

namespace {

// Of one chunk.
std::string small_body() {
  return test::random_bytes(10'000, 1);
}
std::string key_of(const std::string& body) {
  return chunk_key({0, sha256(as_bytes(body))});
}

// What the rows say is in use, segment by segment, must be what the counters say.
std::uint64_t named_bytes(TestStore& store) {
  std::uint64_t bytes = 0;
  const auto cursor = store.engine().metadata().scan(Table::kChunks, {});
  for (; cursor->valid(); cursor->next()) {
    for (const Placement& placement : must(decode_chunk(cursor->value())).placements)
      bytes += placement.location.length;
  }
  return bytes;
}

std::vector<std::pair<std::string, std::string>> chunk_rows(TestStore& store) {
  std::vector<std::pair<std::string, std::string>> rows;
  const auto cursor = store.engine().metadata().scan(Table::kChunks, {});
  for (; cursor->valid(); cursor->next()) rows.emplace_back(cursor->key(), cursor->value());
  return rows;
}

void check_empty(TestStore& store) {
  for (const Table table : {Table::kContents, Table::kBlobs, Table::kBlobPages, Table::kChunks, Table::kQueue})
    CHECK(store.rows(table) == 0);
  CHECK(store.live_bytes() == 0);
}

bool is_condemned(const std::optional<std::string>& row) {
  return row && must(decode_chunk(*row)).condemned;
}

// A chunk that nothing counts any more, and whose blob has gone: only its own collection is left.
void leave_only_the_chunk(TestStore& store, const std::string& body) {
  drop(store.engine(), upload(store.engine(), body));
  must(store.engine().collector().step());
  REQUIRE(store.rows(Table::kBlobs) == 0);
  REQUIRE(store.rows(Table::kChunks) == 1);
}

}  // namespace

TEST_CASE("two uploads that store the same new chunk at once leave one copy in use, and deleting both frees all space",
          "[place-states-row]") {
  TestStore store;
  const std::string shared = test::random_bytes(100'000, 2);
  Upload one(store.engine(), shared + test::random_bytes(20'000, 3));
  Upload two(store.engine(), shared + test::random_bytes(20'000, 4));
  Layout second;
  // Both have found it absent, and do not look again before their first try.
  store.between().after_read(Table::kContents, "", [&] { second = must(two.commit()); });
  const Layout first = must(one.commit());
  REQUIRE(store.between().came());
  CHECK(store.live_bytes() == named_bytes(store));
  CHECK(must(read(store.engine(), first)) == shared + test::random_bytes(20'000, 3));
  CHECK(must(read(store.engine(), second)) == shared + test::random_bytes(20'000, 4));
  drop(store.engine(), first);
  drop(store.engine(), second);
  store.collect();
  check_empty(store);
}

TEST_CASE("new chunks that another upload brings and that are then found damaged are healed by the later upload") {
  TestStore store;
  const std::string shared = test::random_bytes(100'000, 2);
  Upload late(store.engine(), shared + "late");
  const Layout early = upload(store.engine(), shared + "early");
  for (const auto& [key, value] : chunk_rows(store)) {
    const Location damaged = must(decode_chunk(value)).placements.front().location;
    store.engine().quarantine(must(parse_chunk_key(key)), damaged);
  }
  const Layout layout = must(late.commit());
  CHECK(store.live_bytes() == named_bytes(store));
  CHECK(must(read(store.engine(), layout)) == shared + "late");
}

TEST_CASE("an upload of a chunk that was new, and has come and gone since, stores its own copy") {
  TestStore store;
  Upload late(store.engine(), small_body());
  const Layout early = upload(store.engine(), small_body());
  store.between().after_read(Table::kContents, "", [&] { drop(store.engine(), early); });
  const Layout layout = must(late.commit());
  REQUIRE(store.between().came());
  store.collect();
  CHECK(must(read(store.engine(), layout)) == small_body());
  drop(store.engine(), layout);
  store.collect();
  check_empty(store);
}

TEST_CASE("an upload that has stored a chunk again leaves the copy that is in use where it is",
          "[commit-only-counts]") {
  TestStore store;
  const std::string shared = test::random_bytes(100'000, 2);
  Upload late(store.engine(), shared + "late");
  upload(store.engine(), shared);
  const auto before = chunk_rows(store);
  must(late.commit());
  for (const auto& [key, value] : before) {
    const bool as_it_was = must(store.engine().metadata().get(Table::kChunks, key)) == value;
    CHECK(as_it_was);
  }
}

TEST_CASE("two uploads of the same new content at once become one blob, and deleting both frees all space",
          "[content-absent]") {
  TestStore store;
  Upload one(store.engine(), small_body());
  Upload two(store.engine(), small_body());
  Layout second;
  store.between().after_read(Table::kContents, "", [&] { second = must(two.commit()); });
  const Layout first = must(one.commit());
  REQUIRE(store.between().came());
  CHECK(first.extents == second.extents);
  drop(store.engine(), second);
  store.collect();
  CHECK(must(read(store.engine(), first)) == small_body());
  drop(store.engine(), first);
  store.collect();
  check_empty(store);
}

// Then no chunk's row tells the two apart, as it does where the chunk is new.
TEST_CASE("two uploads at once of new content whose chunk is stored already become one blob", "[content-absent]") {
  TestStore store;
  std::mt19937_64 random(1);
  std::string large(2 * store.engine().chunker().max_size(), '\0');
  for (char& c : large) c = static_cast<char>(random());
  const std::string body = large.substr(0, store.engine().chunker().cut(as_bytes(large)));
  const Layout other = upload(store.engine(), large);
  Upload one(store.engine(), body);
  Upload two(store.engine(), body);
  Layout second;
  store.between().after_read(Table::kContents, "", [&] { second = must(two.commit()); });
  const Layout first = must(one.commit());
  REQUIRE(store.between().came());
  CHECK(first.extents == second.extents);
  for (const Layout& layout : {first, second, other}) drop(store.engine(), layout);
  store.collect();
  check_empty(store);
}

TEST_CASE("an upload of content whose deletion is just being followed is not lost with it", "[content-as-found]") {
  TestStore store;
  std::optional<test::CollectorBeside> collector;
  const Layout old = upload(store.engine(), small_body());
  const std::string content(store.engine().metadata().scan(Table::kContents, {})->key());
  Upload again(store.engine(), small_body());
  // The content row goes first; for all else the collector waits until the upload has ended.
  store.between().after_read(Table::kContents, content, [&] {
    drop(store.engine(), old);
    collector.emplace(store);
    REQUIRE(store.between().await(Table::kContents, content, [](const auto& row) { return !row; }));
  });
  const Layout layout = must(again.commit());
  REQUIRE(store.between().came());
  collector.reset();
  store.collect();
  CHECK(must(read(store.engine(), layout)) == small_body());
  drop(store.engine(), layout);
  store.collect();
  check_empty(store);
}

TEST_CASE("content that is uploaded again just before its collection begins is not lost", "[condemn-at-zero]") {
  TestStore store;
  const Layout old = upload(store.engine(), small_body());
  drop(store.engine(), old);
  Layout again;
  // The collector has seen that nothing counts the blob.
  store.between().after_read(Table::kBlobs, id_key(old.extents.front().blob),
                             [&] { again = upload(store.engine(), small_body()); });
  store.collect();
  REQUIRE(store.between().came());
  CHECK(must(read(store.engine(), again)) == small_body());
  drop(store.engine(), again);
  store.collect();
  check_empty(store);
}

TEST_CASE("a collection that is killed between any two of its steps leaks nothing, and gives nothing back twice",
          "[pages-with-counts]") {
  const std::string shared = test::random_bytes(150'000, 5);  // more chunks than lie in a blob's row
  const std::size_t steps = GENERATE(range(0u, 5u));
  TestStore store(test::Backing::kFiles);
  const Layout kept = upload(store.engine(), shared + "kept");
  drop(store.engine(), upload(store.engine(), shared + "dropped"));
  REQUIRE(store.rows(Table::kBlobPages) == 2);
  store.between().die_after(steps);
  const auto outcome = store.engine().collector().step();
  CHECK(outcome.has_value() == (steps == 4));
  store.reopen();
  store.collect();
  CHECK(must(read(store.engine(), kept)) == shared + "kept");
  CHECK(store.live_bytes() == named_bytes(store));
  drop(store.engine(), kept);
  store.collect();
  check_empty(store);
}

TEST_CASE("an upload that begins while its content is just being removed is taken, and whole",
          "[condemned-is-absent]") {
  TestStore store;
  leave_only_the_chunk(store, small_body());
  std::optional<Upload> late;
  // The second look at the row is the one before the removal: whoever begins now is not waited for.
  store.between().after_read(
      Table::kChunks, key_of(small_body()), [&] { late.emplace(store.engine(), small_body()); }, 2);
  store.collect();
  REQUIRE(store.between().came());
  const Layout layout = must(late->commit());
  store.collect();
  CHECK(must(read(store.engine(), layout)) == small_body());
}

TEST_CASE("a chunk that an upload under way has found is not removed before the upload has ended", "[uploads-enter]") {
  TestStore store;
  std::optional<test::CollectorBeside> collector;
  leave_only_the_chunk(store, small_body());
  Upload again(store.engine(), small_body());  // finds the chunk, and stores nothing
  collector.emplace(store);
  CHECK(collector->waits());
  const Layout layout = must(again.commit());
  collector.reset();
  store.collect();
  CHECK(must(read(store.engine(), layout)) == small_body());
}

TEST_CASE("a chunk that an upload has counted on while it was being condemned is not removed", "[removal-at-zero]") {
  TestStore store;
  std::optional<test::CollectorBeside> collector;
  leave_only_the_chunk(store, small_body());
  Upload again(store.engine(), small_body());  // finds the chunk, and stores nothing
  store.between().after_read(Table::kChunks, key_of(small_body()), [&] {
    collector.emplace(store);
    REQUIRE(store.between().await(Table::kChunks, key_of(small_body()), is_condemned));
  });
  const Layout layout = must(again.commit());
  REQUIRE(store.between().came());
  collector.reset();
  store.collect();
  CHECK(must(read(store.engine(), layout)) == small_body());
  drop(store.engine(), layout);
  store.collect();
  check_empty(store);
}
