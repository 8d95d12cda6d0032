#include "server/model/model_rows.h"
#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;

TEST_CASE("a bucket exists once, and its owner is told so in other words than a stranger") {
  TestStore store;
  auto& catalog = store.catalog();
  must(catalog.create_bucket(bucket_name("photos"), "alice", "us-east-1").wait());
  CHECK(must(catalog.get_bucket(bucket_name("photos"))).owner_account == "alice");
  CHECK(error_of(catalog.create_bucket(bucket_name("photos"), "alice", "us-east-1").wait()) == Errc::kBucketOwnedByYou);
  CHECK(error_of(catalog.create_bucket(bucket_name("photos"), "bob", "us-east-1").wait()) == Errc::kBucketExists);
}

TEST_CASE("a bucket with an object in it is not deleted") {
  TestStore store;
  auto& catalog = store.catalog();
  must(catalog.create_bucket(bucket_name("photos"), "alice", "").wait());
  must(put(catalog, "photos", "a", "x"));
  CHECK(error_of(catalog.delete_bucket(bucket_name("photos")).wait()) == Errc::kBucketNotEmpty);
  must(put(catalog, "photos", "b", "still writable"));
  must(catalog.remove(bucket_name("photos"), object_name("a"), {}).wait());
  must(catalog.remove(bucket_name("photos"), object_name("b"), {}).wait());
  must(catalog.delete_bucket(bucket_name("photos")).wait());
  CHECK(error_of(catalog.get_bucket(bucket_name("photos"))) == Errc::kNoSuchBucket);
  CHECK(error_of(catalog.delete_bucket(bucket_name("photos")).wait()) == Errc::kNoSuchBucket);
}

TEST_CASE("a body that was begun before its bucket was deleted does not land") {
  TestStore store;
  auto& catalog = store.catalog();
  must(catalog.create_bucket(bucket_name("photos"), "alice", "").wait());
  auto writer = must(catalog.begin_put(bucket_name("photos"), object_name("a")));
  REQUIRE(writer->write(as_bytes("x")));
  must(writer->seal());
  must(catalog.delete_bucket(bucket_name("photos")).wait());
  CHECK(error_of(writer->commit({}).wait()) == Errc::kNoSuchBucket);
  must(catalog.create_bucket(bucket_name("photos"), "bob", "").wait());
  CHECK(error_of(get(catalog, "photos", "a")) == Errc::kNoSuchKey);
}

TEST_CASE("a bucket goes with the uploads that nobody completed") {
  TestStore store;
  auto& catalog = store.catalog();
  must(catalog.create_bucket(bucket_name("photos"), "alice", "").wait());
  const auto upload = must(catalog.create_upload(bucket_name("photos"), object_name("a"), {}).wait());
  must(put_part(catalog, "photos", "a", upload.upload_id, 1, random_bytes(50'000, 1)));
  must(catalog.delete_bucket(bucket_name("photos")).wait());
  store.collect();
  CHECK(store.rows(storage::Table::kUploads) == 0);
  CHECK(store.rows(storage::Table::kParts) == 0);
  CHECK(store.live_bytes() == 0);
}

TEST_CASE("buckets are listed for their owner, in pages") {
  TestStore store;
  auto& catalog = store.catalog();
  for (const char* name : {"b-1", "b-2", "b-3", "c-1"})
    must(catalog.create_bucket(bucket_name(name), "alice", "").wait());
  must(catalog.create_bucket(bucket_name("b-9"), "bob", "").wait());
  const auto page =
      must(catalog.list_buckets({.owner_account = "alice", .prefix = "b-", .after = "b-1", .max_buckets = 1}));
  REQUIRE(page.buckets.size() == 1);
  CHECK(page.buckets.front().name == "b-2");
  CHECK(page.truncated);
  CHECK(must(catalog.list_buckets({.owner_account = "alice"})).buckets.size() == 4);
}

TEST_CASE("totals count buckets, objects and their sizes") {
  TestStore store;
  auto& catalog = store.catalog();
  must(catalog.create_bucket(bucket_name("photos"), "alice", "").wait());
  must(put(catalog, "photos", "a", random_bytes(5'000, 1)));
  must(put(catalog, "photos", "b", "xy"));
  must(put(catalog, "photos", "b", "xyz"));
  const auto totals = must(catalog.totals());
  CHECK(totals.buckets == 1);
  CHECK(totals.objects == 2);
  CHECK(totals.logical_bytes == 5'003);
}

TEST_CASE("a bucket that was being deleted when the server died is there, with what is in it") {
  TestStore store(Backing::kFiles);
  must(store.catalog().create_bucket(bucket_name("photos"), "alice", "").wait());
  must(put(store.catalog(), "photos", "a", "x"));
  auto& metadata = store.engine().metadata();
  model::BucketRow row =
      must(model::decode_bucket("photos", must(metadata.get(storage::Table::kBuckets, "photos")).value()));
  row.state = model::BucketState::kDeleting;
  storage::Batch batch;
  batch.put(storage::Table::kBuckets, "photos", model::encode(row));
  must(store.engine().committer().submit(std::move(batch), {}).wait());
  CHECK(error_of(put(store.catalog(), "photos", "b", "y")) == Errc::kConflict);
  store.reopen();
  CHECK(must(get(store.catalog(), "photos", "a")) == "x");
  must(put(store.catalog(), "photos", "b", "y"));
}
