// What comes between the begin of an upload and its commit, whose first try goes by what the begin has read.
#include "server/model/model_rows.h"
#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;
using model::Versioning;

namespace {

struct Fixture {
  Fixture() { must(catalog().create_bucket(bucket, "alice", "").wait()); }
  model::Catalog& catalog() { return store.catalog(); }
  // An upload whose body is there and which has not been committed.
  std::unique_ptr<model::ObjectWriter> sealed() {
    auto writer = must(catalog().begin_put(bucket, object_name("k")));
    REQUIRE(writer->write(as_bytes(body)));
    must(writer->seal());
    return writer;
  }
  void remove() { must(catalog().remove(bucket, object_name("k"), {}, {}).wait()); }
  // Ends the writer too: the collector would wait for it.
  Result<model::ObjectInfo> commit(std::unique_ptr<model::ObjectWriter> writer) { return writer->commit({}).wait(); }
  // Nothing is left of what is not the object.
  void check_one_blob() {
    store.collect();
    CHECK(store.rows(storage::Table::kBlobs) == 1);
    CHECK(store.rows(storage::Table::kContents) == 1);
    CHECK(store.rows(storage::Table::kChunks) == 1);
  }

  TestStore store;
  const BucketName bucket = bucket_name("photos");
  const std::string body = random_bytes(9'000, 1);
};

}  // namespace

TEST_CASE("a PUT goes by the versioning that was set after it began") {
  Fixture fixture;
  must(put(fixture.catalog(), "photos", "k", "first"));
  auto writer = fixture.sealed();
  must(fixture.catalog().set_versioning(fixture.bucket, Versioning::kEnabled).wait());
  CHECK_FALSE(must(fixture.commit(std::move(writer))).version_id.empty());
  CHECK(must(fixture.catalog().list_versions(fixture.bucket, {})).versions.size() == 2);
}

TEST_CASE("a PUT into a bucket that was deleted after it began finds no bucket, and leaves nothing") {
  Fixture fixture;
  auto writer = fixture.sealed();
  must(fixture.catalog().delete_bucket(fixture.bucket).wait());
  CHECK(error_of(fixture.commit(std::move(writer))) == Errc::kNoSuchBucket);
  CHECK(fixture.store.rows(storage::Table::kObjects) == 0);
  CHECK(fixture.store.rows(storage::Table::kChunks) == 0);
  CHECK(fixture.store.live_bytes() == 0);
}

TEST_CASE("a PUT into a bucket that was deleted and made anew after it began is in the new one") {
  Fixture fixture;
  auto writer = fixture.sealed();
  must(fixture.catalog().delete_bucket(fixture.bucket).wait());
  must(fixture.catalog().create_bucket(fixture.bucket, "bob", "").wait());
  must(fixture.commit(std::move(writer)));
  CHECK(must(get(fixture.catalog(), "photos", "k")) == fixture.body);
  CHECK(must(fixture.catalog().totals()).objects == 1);
  fixture.remove();
  must(fixture.catalog().delete_bucket(fixture.bucket).wait());
}

TEST_CASE("a PUT of a key that another has created after it began replaces that one") {
  Fixture fixture;
  auto writer = fixture.sealed();
  must(put(fixture.catalog(), "photos", "k", random_bytes(9'000, 2)));
  must(fixture.commit(std::move(writer)));
  CHECK(must(get(fixture.catalog(), "photos", "k")) == fixture.body);
  CHECK(must(fixture.catalog().totals()).objects == 1);
  fixture.check_one_blob();
}

TEST_CASE("a PUT of content that another has stored after it began shares that one's blob") {
  Fixture fixture;
  auto writer = fixture.sealed();
  must(put(fixture.catalog(), "photos", "other", fixture.body));
  must(fixture.commit(std::move(writer)));
  fixture.check_one_blob();
  must(fixture.catalog().remove(fixture.bucket, object_name("other"), {}, {}).wait());
  fixture.check_one_blob();
  CHECK(must(get(fixture.catalog(), "photos", "k")) == fixture.body);
}

TEST_CASE("of two PUTs of new content that look at once both are answered, and one blob is left") {
  Fixture fixture;
  auto outer = fixture.sealed();
  auto inner = fixture.sealed();
  fixture.store.between().after_read(storage::Table::kContents, "", [&] { must(fixture.commit(std::move(inner))); });
  must(fixture.commit(std::move(outer)));
  REQUIRE(fixture.store.between().came());
  CHECK(must(get(fixture.catalog(), "photos", "k")) == fixture.body);
  fixture.check_one_blob();
  CHECK(must(fixture.catalog().totals()).objects == 1);
}

TEST_CASE("a DELETE that a PUT comes in between does not lose count of what is stored") {
  Fixture fixture;
  must(put(fixture.catalog(), "photos", "k", random_bytes(9'000, 2)));
  fixture.store.between().after_read(storage::Table::kObjects, "",
                                     [&] { must(put(fixture.catalog(), "photos", "k", fixture.body)); });
  fixture.remove();
  REQUIRE(fixture.store.between().came());
  fixture.store.collect();
  CHECK(fixture.store.rows(storage::Table::kChunks) == 0);
  CHECK(must(fixture.catalog().totals()).logical_bytes == 0);
}
