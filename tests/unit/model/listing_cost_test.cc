// What a listing costs, in steps of the metadata store: it depends on what the page shows and not on what the bucket
// holds. Row I5 of the abuse cases. The same with a million keys over HTTP: ./dev accept --only listing
#include <atomic>

#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;
using model::ListPage;
using model::ListQuery;
using storage::Table;

namespace {

struct Steps {
  std::atomic<std::size_t> seeks{0};
  std::atomic<std::size_t> rows{0};
};

class CountingCursor final : public storage::Cursor {
 public:
  CountingCursor(std::unique_ptr<storage::Cursor> inner, Steps& steps) : inner_(std::move(inner)), steps_(steps) {
    ++steps_.seeks;
  }
  void seek(std::string_view key) override {
    ++steps_.seeks;
    inner_->seek(key);
  }
  void next() override {
    ++steps_.rows;
    inner_->next();
  }
  bool valid() const override { return inner_->valid(); }
  std::string_view key() const override { return inner_->key(); }
  std::string_view value() const override { return inner_->value(); }
  Status status() const override { return inner_->status(); }

 private:
  std::unique_ptr<storage::Cursor> inner_;
  Steps& steps_;
};

// Counts what goes through cursors; owns the store below.
class CountingStore final : public storage::MetadataStore {
 public:
  CountingStore(std::unique_ptr<storage::MetadataStore> inner, Steps& steps)
      : inner_(std::move(inner)), steps_(steps) {}
  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return inner_->get(table, key);
  }
  Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                            std::span<const std::string> keys) const override {
    return inner_->multi_get(table, keys);
  }
  std::unique_ptr<storage::Cursor> scan(Table table, std::string_view prefix) const override {
    return std::make_unique<CountingCursor>(inner_->scan(table, prefix), steps_);
  }
  std::unique_ptr<storage::MetadataReader> snapshot() const override { return inner_->snapshot(); }
  std::vector<Status> commit(std::span<const storage::Batch> group) override { return inner_->commit(group); }
  storage::Moment moment() const override { return inner_->moment(); }
  Usage usage() const override { return inner_->usage(); }
  Status checkpoint(const std::string& directory) override { return inner_->checkpoint(directory); }
  Status clear(Table table) override { return inner_->clear(table); }

 private:
  std::unique_ptr<storage::MetadataStore> inner_;
  Steps& steps_;
};

struct Fixture {
  Fixture() {
    options.background = false;
    engine = must(storage::Engine::open(
        std::make_unique<CountingStore>(storage::make_memory_metadata_store(), steps),
        [](std::uint64_t) { return std::make_unique<storage::MemorySegmentStore>(std::uint64_t{1} << 20); }, pool,
        clock, options));
    catalog = must(model::Catalog::open(*engine, pool, clock));
    must(catalog->create_bucket(bucket_name("bucket"), "alice", "").wait());
  }
  void fill(const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i) must(put(*catalog, "bucket", prefix + std::to_string(100'000 + i), "x"));
  }
  // Seeks and rows of one page.
  std::size_t cost(const ListQuery& query) {
    steps.seeks = steps.rows = 0;
    const ListPage page = must(catalog->list(bucket_name("bucket"), query));
    shown = page.objects.size() + page.common_prefixes.size();
    return steps.seeks + steps.rows;
  }

  Steps steps;
  FakeClock clock;
  WorkerPool pool{2};
  storage::EngineOptions options;
  std::unique_ptr<storage::Engine> engine;
  std::unique_ptr<model::Catalog> catalog;
  std::size_t shown = 0;
};

constexpr int kMany = 3000;

}  // namespace

TEST_CASE("I5: a page costs the same at the beginning and at the end of a bucket") {
  Fixture fixture;
  fixture.fill("", kMany);
  const std::size_t first = fixture.cost({.max_keys = 100});
  REQUIRE(fixture.shown == 100);
  const std::size_t last = fixture.cost({.after = std::to_string(100'000 + kMany - 150), .max_keys = 100});
  REQUIRE(fixture.shown == 100);
  CHECK(last <= first + 1);  // one seek to where the page before it ended
  CHECK(first <= 100 + 5);
}

TEST_CASE("I5: a prefix with many keys below it costs a delimiter listing what one with few does") {
  Fixture fixture;
  fixture.fill("few/", 10);
  const std::size_t few = fixture.cost({.delimiter = "/"});
  fixture.fill("many/", kMany);
  const std::size_t both = fixture.cost({.delimiter = "/"});
  REQUIRE(fixture.shown == 2);
  CHECK(both <= few + 2);
  CHECK(fixture.cost({.prefix = "m", .delimiter = "/"}) <= few + 2);
}
