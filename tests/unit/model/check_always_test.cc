// What holds at every moment holds after every single commit: a store whose metadata is checked after each of them. So
// a check of a store that is being served finds nothing in what is under way, and a crash between any two commits
// leaves nothing to be found.
#include <set>

#include "server/model/check.h"
#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;

namespace {

// Commits one batch at a time and calls back after each.
class Watched final : public storage::MetadataStore {
 public:
  explicit Watched(std::function<void()> after)
      : inner_(storage::make_memory_metadata_store()), after_(std::move(after)) {}

  Result<std::optional<std::string>> get(storage::Table table, std::string_view key) const override {
    return inner_->get(table, key);
  }
  Result<std::vector<std::optional<std::string>>> multi_get(storage::Table table,
                                                            std::span<const std::string> keys) const override {
    return inner_->multi_get(table, keys);
  }
  std::unique_ptr<storage::Cursor> scan(storage::Table table, std::string_view prefix) const override {
    return inner_->scan(table, prefix);
  }
  std::unique_ptr<storage::MetadataReader> snapshot() const override { return inner_->snapshot(); }
  std::vector<Status> commit(std::span<const storage::Batch> group) override {
    std::vector<Status> answers;
    for (const auto& batch : group) {
      answers.push_back(inner_->commit(std::span(&batch, 1)).front());
      after_();
    }
    return answers;
  }
  storage::Moment moment() const override { return inner_->moment(); }
  Usage usage() const override { return inner_->usage(); }
  Status checkpoint(const std::string& directory) override { return inner_->checkpoint(directory); }
  Status clear(storage::Table table) override { return inner_->clear(table); }

 private:
  const std::unique_ptr<storage::MetadataStore> inner_;
  const std::function<void()> after_;
};

class WatchedStore {
 public:
  WatchedStore() {
    storage::EngineOptions options;
    options.chunk_average = 1024;
    options.background = false;
    auto metadata = std::make_unique<Watched>([this] { look(); });
    engine = must(storage::Engine::open(
        std::move(metadata),
        [](std::uint64_t) -> Result<std::unique_ptr<storage::SegmentStore>> {
          return std::make_unique<storage::MemorySegmentStore>(std::uint64_t{1} << 20);
        },
        pool, clock, options));
    catalog = must(model::Catalog::open(*engine, pool, clock));
    must(catalog->create_bucket(bucket, "alice", "").wait());
  }
  ~WatchedStore() {
    catalog.reset();
    engine.reset();
  }

  // By the committer's thread.
  void look() {
    if (!engine || !catalog) return;
    const auto state = engine->metadata().snapshot();
    storage::CheckOptions options;
    options.entries_max = 50;
    const auto findings = model::check_store({.metadata = *state, .segments = engine->segments().list()}, options);
    std::lock_guard lock(mutex);
    ++looks;
    if (!findings) found.insert(findings.error().message);
    if (findings)
      for (const auto& finding : findings->kept()) found.insert(finding.kind + ": " + finding.message);
  }
  void collect() {
    must(engine->committer().submit({}, {}).wait());
    while (must(engine->collector().step()) > 0) {
    }
  }
  // What was found since the last call.
  std::set<std::string> take() {
    std::lock_guard lock(mutex);
    return std::exchange(found, {});
  }

  const BucketName bucket = bucket_name("photos");
  FakeClock clock;
  WorkerPool pool{2};
  std::mutex mutex;
  std::set<std::string> found;  // guarded by mutex
  std::size_t looks = 0;        // guarded by mutex
  std::unique_ptr<storage::Engine> engine;
  std::unique_ptr<model::Catalog> catalog;
};

using None = std::set<std::string>;

}  // namespace

TEST_CASE("every commit of puts, copies, deletes and their collection leaves a store without findings") {
  WatchedStore store;
  const auto name = [](int i) { return object_name("k" + std::to_string(i)); };
  for (int i = 0; i < 6; ++i) must(put(*store.catalog, "photos", name(i).str(), random_bytes(i * 7'000, i % 3)));
  CHECK(store.take() == None{});
  for (int i = 0; i < 6; ++i)
    must(store.catalog->copy({store.bucket, name(i), {}}, store.bucket, name(5 - i), {}).wait());
  CHECK(store.take() == None{});
  for (int i = 0; i < 6; ++i) {
    must(store.catalog->remove(store.bucket, name(i), {}).wait());
    if (i % 2 == 0) store.collect();
  }
  store.collect();
  CHECK(store.take() == None{});
  CHECK(store.looks > 50);
}

TEST_CASE("every commit of a large upload, given up or published twice, leaves a store without findings") {
  WatchedStore store;
  // More than a page of chunks, so that it is staged; most of them the same, so that it is quick.
  const std::string body = random_bytes(60'000, 7) + std::string(4'500'000, 'x');
  for (int round = 0; round < 2; ++round) {
    auto writer = must(store.catalog->begin_put(store.bucket, object_name("given-up")));
    REQUIRE(writer->write(as_bytes(body)));
    writer.reset();
    store.collect();
    CHECK(store.take() == None{});
    must(put(*store.catalog, "photos", "large" + std::to_string(round), body));
    CHECK(store.take() == None{});
  }
  for (int round = 0; round < 2; ++round)
    must(store.catalog->remove(store.bucket, object_name("large" + std::to_string(round)), {}).wait());
  store.collect();
  CHECK(store.take() == None{});
}

TEST_CASE("every commit of multipart uploads, and of a bucket's end, leaves a store without findings") {
  WatchedStore store;
  const auto key = object_name("assembled");
  const auto upload = must(store.catalog->create_upload(store.bucket, key, {}).wait());
  model::CompleteOptions options;
  const std::string part(5u << 20, 'x');
  for (std::uint32_t number = 1; number <= 6; ++number) {
    must(put_part(*store.catalog, "photos", key.str(), upload.upload_id, number, "replaced"));
    options.parts.push_back(
        {number, must(put_part(*store.catalog, "photos", key.str(), upload.upload_id, number, part)).etag, ""});
  }
  options.parts.pop_back();
  must(store.catalog->complete(store.bucket, key, upload.upload_id, options).wait());
  CHECK(store.take() == None{});
  // A copied part has the source's pieces in a manifest of its own.
  const auto second = must(store.catalog->create_upload(store.bucket, key, {}).wait());
  const auto copied = must(
      store.catalog->copy_part({store.bucket, key, {}}, std::nullopt, store.bucket, key, second.upload_id, 1).wait());
  store.collect();
  options.parts = {{1, copied.etag, ""}};
  must(store.catalog->complete(store.bucket, key, second.upload_id, options).wait());
  const auto third = must(store.catalog->create_upload(store.bucket, key, {}).wait());
  must(put_part(*store.catalog, "photos", key.str(), third.upload_id, 1, part));
  must(store.catalog->abort(store.bucket, key, third.upload_id).wait());
  const auto fourth = must(store.catalog->create_upload(store.bucket, key, {}).wait());
  must(put_part(*store.catalog, "photos", key.str(), fourth.upload_id, 1, part));
  store.collect();
  CHECK(store.take() == None{});
  must(store.catalog->remove(store.bucket, key, {}).wait());
  must(store.catalog->delete_bucket(store.bucket).wait());
  store.collect();
  CHECK(store.take() == None{});
}
