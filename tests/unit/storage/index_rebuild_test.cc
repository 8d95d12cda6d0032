#include "server/storage/index_rebuild.h"

#include <map>

#include "server/model/object_survey.h"
#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::storage;
using test::must;
using test::TestStore;

namespace {

using Rows = std::map<std::string, std::string>;

void add_rows(const MetadataReader& metadata, Table table, std::string_view prefix, Rows& rows) {
  const auto cursor = metadata.scan(table, prefix);
  for (; cursor->valid(); cursor->next()) {
    // A counter of 0 says as much as none.
    if (table == Table::kCounts && decode_counter(std::string(cursor->value())) == 0) continue;
    rows.emplace(std::string(to_string(table)) + "/" + std::string(cursor->key()), cursor->value());
  }
}

// What a rebuild makes anew.
Rows index_of(const MetadataReader& metadata) {
  Rows rows;
  add_rows(metadata, Table::kChunks, {}, rows);
  add_rows(metadata, Table::kCounts, kChunkCountPrefix, rows);
  add_rows(metadata, Table::kCounts, kSegmentLivePrefix, rows);
  return rows;
}

// Objects of every kind: inline, small, of many pages, with shared bytes, in parts, copied.
void fill(TestStore& store) {
  auto& catalog = store.catalog();
  must(catalog.create_bucket(test::bucket_name("bucket"), "root", "us-east-1").wait());
  must(test::put(catalog, "bucket", "inline", "small"));
  must(test::put(catalog, "bucket", "text", std::string(100'000, 't')));
  const std::string body = test::random_bytes(400'000, 1);
  must(test::put(catalog, "bucket", "one", body));
  must(test::put(catalog, "bucket", "two", body + test::random_bytes(300'000, 2)));
  must(test::put(catalog, "bucket", "pages", test::random_bytes(6'000'000, 3)));
}

void check_objects(TestStore& store) {
  CHECK(must(test::get(store.catalog(), "bucket", "inline")) == "small");
  CHECK(must(test::get(store.catalog(), "bucket", "text")) == std::string(100'000, 't'));
  const std::string body = test::random_bytes(400'000, 1);
  CHECK(must(test::get(store.catalog(), "bucket", "one")) == body);
  CHECK(must(test::get(store.catalog(), "bucket", "two")) == body + test::random_bytes(300'000, 2));
  CHECK(must(test::get(store.catalog(), "bucket", "pages")) == test::random_bytes(6'000'000, 3));
}

Result<IndexReport> rebuild(TestStore& store, const IndexRebuildOptions& options = {}) {
  return rebuild_index(store.engine().metadata(), store.engine().segments(), options);
}

// Segments whose scans fail from some call on: what a process that is killed has done by then.
class FailingSegments final : public SegmentStore {
 public:
  FailingSegments(SegmentStore& inner, int calls_left, Errc code) : inner_(inner), left_(calls_left), code_(code) {}
  Result<std::vector<Location>> append(Lane lane, const ChunkRecord& record) override {
    return inner_.append(lane, record);
  }
  Result<Location> append_copy(Lane lane, const ChunkRecord& record,
                               std::span<const std::uint64_t> apart_from) override {
    return inner_.append_copy(lane, record, apart_from);
  }
  void unpin(std::span<const Location> locations) override { inner_.unpin(locations); }
  std::string failure() const override { return inner_.failure(); }
  bool lost(std::uint64_t segment) const override { return inner_.lost(segment); }
  std::vector<DirectoryStatus> directories() const override { return inner_.directories(); }
  std::size_t copies() const override { return inner_.copies(); }
  Status sync(Lane lane) override { return inner_.sync(lane); }
  Result<StoredChunk> read(const Location& location) override { return inner_.read(location); }
  std::optional<FileSlice> payload_in_file(const Location&) override { return std::nullopt; }
  std::vector<SegmentInfo> list() const override { return inner_.list(); }
  Status remove(std::uint64_t segment) override { return inner_.remove(segment); }
  Status seal(Lane lane) override { return inner_.seal(lane); }
  Status scan(std::uint64_t segment, const std::function<bool(const Visited&)>& visit) override {
    if (left_-- <= 0) return fail(code_, "no more");
    return inner_.scan(segment, visit);
  }

 private:
  SegmentStore& inner_;
  int left_;
  const Errc code_;
};

}  // namespace

TEST_CASE("the index made anew from the segments is the one that was lost") {
  TestStore store;
  fill(store);
  const Rows before = index_of(store.engine().metadata());
  REQUIRE(before.size() > 1000);
  REQUIRE(store.engine().metadata().clear(Table::kChunks));
  const IndexReport report = must(rebuild(store));
  CHECK(index_of(store.engine().metadata()) == before);
  CHECK(report.lost_chunks == 0);
  CHECK(report.unreferenced == 0);
  CHECK(report.wrong_records == 0);
  CHECK(report.chunks == store.rows(Table::kChunks));
  check_objects(store);
}

TEST_CASE("rows that cannot be read and wrong counts do not keep the index from being made anew") {
  TestStore store;
  fill(store);
  const Rows before = index_of(store.engine().metadata());
  const auto cursor = store.engine().metadata().scan(Table::kChunks, {});
  Batch batch;
  batch.put(Table::kChunks, std::string(cursor->key()), "no such row");
  batch.add(std::string(kChunkCountPrefix) + std::string(cursor->key()), 5);
  batch.add(segment_live_key(77), 12345);
  batch.put(Table::kChunks, "nonsense", "");
  must(store.engine().committer().submit(std::move(batch), {}).wait());
  must(rebuild(store));
  CHECK(index_of(store.engine().metadata()) == before);
  check_objects(store);
}

TEST_CASE("chunks that no object needs are left to the collector") {
  TestStore store;
  fill(store);
  store.collect();
  const Rows before = index_of(store.engine().metadata());
  ChunkRecord record;
  const std::string body = test::random_bytes(10'000, 9);
  record.id = sha256(as_bytes(body));
  record.raw_size = 10'000;
  record.stored = as_bytes(body);
  must(store.engine().segments().append(Lane::kSmall, record));
  REQUIRE(store.engine().segments().sync(Lane::kSmall));
  // A record whose bytes are not what its id says is none.
  record.id = sha256(as_bytes("something else"));
  must(store.engine().segments().append(Lane::kSmall, record));
  REQUIRE(store.engine().segments().sync(Lane::kSmall));
  const IndexReport report = must(rebuild(store));
  CHECK(report.unreferenced == 1);
  CHECK(report.wrong_records == 1);
  store.collect();
  CHECK(index_of(store.engine().metadata()) == before);
  check_objects(store);
}

TEST_CASE("a rebuild that was interrupted keeps the store from being served, and a second one finishes it") {
  for (int calls = 0; calls < 8; ++calls) {
    TestStore store(test::Backing::kFiles);
    fill(store);
    const Rows before = index_of(store.engine().metadata());
    {
      FailingSegments failing(store.engine().segments(), calls, Errc::kUnavailable);
      CHECK_FALSE(rebuild_index(store.engine().metadata(), failing, {}));
    }
    CHECK(test::error_of(check_index_fit(store.engine().metadata())) == Errc::kUnavailable);
    must(rebuild(store));
    CHECK(check_index_fit(store.engine().metadata()));
    CHECK(index_of(store.engine().metadata()) == before);
    store.reopen();
    check_objects(store);
  }
}

TEST_CASE("a segment that cannot be read ends the rebuild, unless it is set aside") {
  TestStore store;
  fill(store);
  FailingSegments failing(store.engine().segments(), 1, Errc::kIo);
  CHECK(test::error_of(rebuild_index(store.engine().metadata(), failing, {})) == Errc::kIo);
  CHECK_FALSE(check_index_fit(store.engine().metadata()));
  FailingSegments again(store.engine().segments(), 1, Errc::kIo);
  std::size_t aside = 0;
  IndexRebuildOptions options;
  options.set_aside = [&](std::uint64_t) {
    ++aside;
    return Status();
  };
  const IndexReport report = must(rebuild_index(store.engine().metadata(), again, options));
  CHECK(aside == store.engine().segments().list().size() - 1);
  CHECK(report.unreadable_segments.size() == aside);
  CHECK(report.lost_chunks > 0);
}

TEST_CASE("what no segment holds is named by its objects, fails loudly, and is healed by an upload") {
  TestStore store;
  fill(store);
  const std::string body = test::random_bytes(20'000, 50);
  // Of several chunks below the limit for a blob's own row, in a segment of their own.
  for (std::uint8_t lane = 0; lane < kLaneCount; ++lane)
    REQUIRE(store.engine().segments().seal(static_cast<Lane>(lane)));
  const auto earlier = store.engine().segments().list();
  must(test::put(store.catalog(), "bucket", "lost", body));
  for (std::uint8_t lane = 0; lane < kLaneCount; ++lane)
    REQUIRE(store.engine().segments().seal(static_cast<Lane>(lane)));
  for (const SegmentInfo& segment : store.engine().segments().list()) {
    const bool old = std::ranges::any_of(earlier, [&](const SegmentInfo& one) { return one.id == segment.id; });
    if (!old) REQUIRE(store.engine().segments().remove(segment.id));
  }
  const IndexReport report = must(rebuild(store));
  CHECK(report.lost_chunks > 0);
  CHECK(report.lost_blobs.size() == 1);
  std::vector<std::string> damaged;
  const auto survey = must(model::survey_objects(
      store.engine().metadata(), report.lost_blobs,
      [&](const model::SurveyedObject& object) { damaged.push_back(object.bucket + "/" + object.key); }));
  CHECK(damaged == std::vector<std::string>{"bucket/lost"});
  CHECK(survey.objects == 6);
  CHECK(survey.damaged == 1);
  CHECK(test::error_of(test::get(store.catalog(), "bucket", "lost")) == Errc::kCorrupt);
  must(test::put(store.catalog(), "bucket", "again", body));
  CHECK(must(test::get(store.catalog(), "bucket", "lost")) == body);
  check_objects(store);
}

TEST_CASE("after a rebuild no number is given out again that a segment knows of") {
  TestStore store;
  fill(store);
  const std::uint64_t run = read_u64_be(*must(store.engine().metadata().get(Table::kStore, kRunKey)));
  must(rebuild(store, {.run_min = 41}));
  CHECK(read_u64_be(*must(store.engine().metadata().get(Table::kStore, kRunKey))) == 42);
  must(rebuild(store));
  CHECK(read_u64_be(*must(store.engine().metadata().get(Table::kStore, kRunKey))) == 43);
  CHECK(run < 42);
}

TEST_CASE("a second copy counts only on another disk") {
  TestStore store;
  fill(store);
  const std::string body = test::random_bytes(10'000, 9);
  ChunkRecord record;
  record.id = sha256(as_bytes(body));
  record.raw_size = 10'000;
  record.stored = as_bytes(body);
  for (const auto lane : {Lane::kSmall, static_cast<Lane>(1), static_cast<Lane>(1)}) {
    must(store.engine().segments().append(lane, record));
    REQUIRE(store.engine().segments().sync(lane));
  }
  const auto placements = [&] {
    const auto row = must(store.engine().metadata().get(Table::kChunks, chunk_key({0, record.id})));
    return must(decode_chunk(*row)).placements.size();
  };
  must(rebuild(store));
  CHECK(placements() == 1);
  must(rebuild(store, {.placements_max = 2}));
  CHECK(placements() == 1);
  must(rebuild(store, {.placements_max = 2, .disk_of = [](std::uint64_t segment) { return segment; }}));
  CHECK(placements() == 2);
}
