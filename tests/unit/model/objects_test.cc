#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;
using model::ObjectInfo;

namespace {

struct Fixture {
  explicit Fixture(Backing backing = Backing::kMemory) : store(backing) {
    must(store.catalog().create_bucket(bucket_name("photos"), "alice", "").wait());
    must(store.catalog().create_bucket(bucket_name("other"), "alice", "").wait());
  }
  model::Catalog& catalog() { return store.catalog(); }
  TestStore store;
};

Status only_when_absent(const ObjectInfo* current) {
  return current == nullptr ? Status() : Status(fail(Errc::kPreconditionFailed, "exists"));
}

model::CopySource source_of(const char* bucket, const char* key) {
  return {bucket_name(bucket), object_name(key), {}};
}

}  // namespace

TEST_CASE("an object comes back as it was put, whatever its size") {
  Fixture fixture;
  for (const std::size_t size : {0u, 1u, 2'048u, 2'049u, 16'384u, 16'385u, 70'000u, 5'000'000u}) {
    const std::string body = random_bytes(size, size);
    const auto info = must(put(fixture.catalog(), "photos", "a", body));
    CHECK(info.size == size);
    CHECK(info.etag == to_hex(md5(as_bytes(body))));
    CHECK(must(get(fixture.catalog(), "photos", "a")) == body);
    const auto object = must(fixture.catalog().open_object(bucket_name("photos"), object_name("a")));
    CHECK(must(drain(*object->read({size / 2, size / 3}))) == body.substr(size / 2, size / 3));
  }
}

TEST_CASE("attributes come back as they were put") {
  Fixture fixture;
  model::ObjectWriter::Commit commit;
  commit.attributes.content_type = "text/plain";
  commit.attributes.system = {{"cache-control", "no-cache"}};
  commit.attributes.user_metadata = {{"colour", "r\xc3\xb6t"}, {"empty", ""}};
  commit.attributes.tags = {{"team", "ci"}};
  commit.attributes.storage_class = "STANDARD_IA";
  commit.checksum = model::StoredChecksum{"CRC32", "AAAAAA==", false};
  commit.owner_account = "alice";
  must(put(fixture.catalog(), "photos", "a", "x", commit));
  const auto info = must(fixture.catalog().head(bucket_name("photos"), object_name("a")));
  CHECK(info.attributes.content_type == "text/plain");
  CHECK(info.attributes.system == commit.attributes.system);
  CHECK(info.attributes.user_metadata == commit.attributes.user_metadata);
  CHECK(info.attributes.tags == commit.attributes.tags);
  CHECK(info.attributes.storage_class == "STANDARD_IA");
  CHECK(info.checksum->value == "AAAAAA==");
  CHECK(info.owner_account == "alice");
}

TEST_CASE("overwriting and deleting give everything back") {
  Fixture fixture;
  must(put(fixture.catalog(), "photos", "a", random_bytes(300'000, 1)));
  must(put(fixture.catalog(), "photos", "a", random_bytes(300'000, 2)));
  fixture.store.collect();
  CHECK(fixture.store.live_bytes() < 400'000);
  must(put(fixture.catalog(), "photos", "a", "small"));
  CHECK(must(fixture.catalog().remove(bucket_name("photos"), object_name("a"), {}).wait()).existed);
  CHECK_FALSE(must(fixture.catalog().remove(bucket_name("photos"), object_name("a"), {}).wait()).existed);
  CHECK(error_of(get(fixture.catalog(), "photos", "a")) == Errc::kNoSuchKey);
  fixture.store.collect();
  CHECK(fixture.store.live_bytes() == 0);
  for (const auto table :
       {storage::Table::kObjects, storage::Table::kInline, storage::Table::kBlobs, storage::Table::kChunks}) {
    CHECK(fixture.store.rows(table) == 0);
  }
  CHECK(must(fixture.catalog().totals()).logical_bytes == 0);
}

TEST_CASE("a reader keeps what it has opened while the key is overwritten and collected") {
  Fixture fixture;
  const std::string body = random_bytes(400'000, 3);
  must(put(fixture.catalog(), "photos", "a", body));
  auto object = must(fixture.catalog().open_object(bucket_name("photos"), object_name("a")));
  must(put(fixture.catalog(), "photos", "a", "new"));
  auto source = object->read({0, body.size()});
  object.reset();
  CHECK(must(drain(*source)) == body);
}

TEST_CASE("a condition is asked about the current object at the moment of the commit") {
  Fixture fixture;
  must(put(fixture.catalog(), "photos", "a", "x", {.condition = only_when_absent}));
  CHECK(error_of(put(fixture.catalog(), "photos", "a", "y", {.condition = only_when_absent})) ==
        Errc::kPreconditionFailed);
  CHECK(must(get(fixture.catalog(), "photos", "a")) == "x");
  CHECK(error_of(fixture.catalog().remove(bucket_name("photos"), object_name("a"), only_when_absent).wait()) ==
        Errc::kPreconditionFailed);
}

TEST_CASE("a copy moves no bytes and outlives its source") {
  Fixture fixture;
  const std::string large = random_bytes(300'000, 4);
  must(put(fixture.catalog(), "photos", "large", large));
  must(put(fixture.catalog(), "photos", "small", "inline"));
  const auto live = fixture.store.live_bytes();
  must(fixture.catalog().copy(source_of("photos", "large"), bucket_name("other"), object_name("l"), {}).wait());
  must(fixture.catalog().copy(source_of("photos", "small"), bucket_name("other"), object_name("s"), {}).wait());
  CHECK(fixture.store.live_bytes() == live);
  for (const char* key : {"large", "small"}) {
    must(fixture.catalog().remove(bucket_name("photos"), object_name(key), {}).wait());
  }
  fixture.store.collect();
  CHECK(must(get(fixture.catalog(), "other", "l")) == large);
  CHECK(must(get(fixture.catalog(), "other", "s")) == "inline");
}

TEST_CASE("a copy onto itself replaces the attributes and keeps the content") {
  Fixture fixture;
  const std::string body = random_bytes(100'000, 5);
  must(put(fixture.catalog(), "photos", "a", body));
  model::CopyOptions options;
  options.attributes.emplace().content_type = "text/plain";
  must(fixture.catalog().copy(source_of("photos", "a"), bucket_name("photos"), object_name("a"), options).wait());
  fixture.store.collect();
  CHECK(must(get(fixture.catalog(), "photos", "a")) == body);
  CHECK(must(fixture.catalog().head(bucket_name("photos"), object_name("a"))).attributes.content_type == "text/plain");
}

TEST_CASE("copying what does not exist, or does not meet its condition, is refused") {
  Fixture fixture;
  CHECK(error_of(fixture.catalog().copy(source_of("photos", "a"), bucket_name("other"), object_name("b"), {}).wait()) ==
        Errc::kNoSuchKey);
  must(put(fixture.catalog(), "photos", "a", "x"));
  auto source = source_of("photos", "a");
  source.condition = only_when_absent;
  CHECK(error_of(fixture.catalog().copy(source, bucket_name("other"), object_name("b"), {}).wait()) ==
        Errc::kPreconditionFailed);
}

TEST_CASE("everything is there after a restart") {
  Fixture fixture(Backing::kFiles);
  const std::string large = random_bytes(3'000'000, 6);
  must(put(fixture.catalog(), "photos", "large", large));
  must(put(fixture.catalog(), "photos", "small", "inline"));
  must(put(fixture.catalog(), "photos", "empty", ""));
  fixture.store.reopen();
  CHECK(must(get(fixture.catalog(), "photos", "large")) == large);
  CHECK(must(get(fixture.catalog(), "photos", "small")) == "inline");
  CHECK(must(get(fixture.catalog(), "photos", "empty")).empty());
}

TEST_CASE("an object that is deleted when its download has just begun is read to its end", "[reads-enter]") {
  Fixture fixture;
  TestStore& store = fixture.store;
  model::Catalog& catalog = fixture.catalog();
  const std::string body = random_bytes(60'000, 1);
  must(put(catalog, "photos", "k", body));
  std::optional<CollectorBeside> collector;
  const auto object = must(catalog.open_object(bucket_name("photos"), object_name("k")));
  must(catalog.remove(bucket_name("photos"), object_name("k"), {}).wait());
  collector.emplace(store);
  CHECK(collector->waits());
  CHECK(must(drain(*object->read({0, body.size()}))) == body);
}
