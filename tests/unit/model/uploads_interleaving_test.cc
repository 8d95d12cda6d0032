// Parts, completions and abortions of one upload that come between each other's look and commit. Each case forces the
// interleaving that a rule of docs/architecture.md is there for, and fails when tests/rules takes that rule out.
#include "server/model/model_rows.h"
#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;
using storage::Table;

namespace {

struct Fixture {
  Fixture() {
    must(catalog().create_bucket(bucket, "alice", "").wait());
    id = must(catalog().create_upload(bucket, key, {}).wait()).upload_id;
  }
  model::Catalog& catalog() { return store.catalog(); }
  Result<model::PartInfo> part(std::uint32_t number, const std::string& body) {
    return put_part(catalog(), "photos", "k", id, number, body);
  }
  Result<model::ObjectInfo> complete(std::vector<model::CompletedPart> parts) {
    model::CompleteOptions options;
    options.parts = std::move(parts);
    return catalog().complete(bucket, key, id, std::move(options)).wait();
  }
  void check_empty() {
    store.collect();
    for (const Table table : {Table::kParts, Table::kBlobs, Table::kChunks, Table::kQueue})
      CHECK(store.rows(table) == 0);
    CHECK(store.live_bytes() == 0);
  }
  Result<model::PartInfo> copy(const char* from, std::uint32_t number, const char* to = "k") {
    return catalog().copy_part({bucket, object_name(from), {}}, {}, bucket, object_name(to), id, number).wait();
  }
  const BucketName bucket = bucket_name("photos");
  const ObjectKey key = object_name("k");
  TestStore store;
  std::string id;
};

std::string body(std::uint64_t seed) {
  return random_bytes(9'000, seed);
}

}  // namespace

TEST_CASE("a part that comes in while its upload is aborted is refused, and leaves nothing behind",
          "[part-states-upload]") {
  Fixture fixture;
  must(fixture.part(1, body(1)));
  fixture.store.between().after_read(Table::kParts, model::upload_part_key(fixture.id, 2), [&] {
    must(fixture.catalog().abort(fixture.bucket, fixture.key, fixture.id).wait());
  });
  CHECK(error_of(fixture.part(2, body(2))) == Errc::kNoSuchUpload);
  REQUIRE(fixture.store.between().came());
  fixture.check_empty();
}

TEST_CASE("a part that comes in while its upload is completed is refused, and leaves nothing behind",
          "[part-states-upload]") {
  Fixture fixture;
  const auto first = must(fixture.part(1, body(1)));
  fixture.store.between().after_read(Table::kParts, model::upload_part_key(fixture.id, 2),
                                     [&] { must(fixture.complete({{1, first.etag, ""}})); });
  CHECK(error_of(fixture.part(2, body(2))) == Errc::kNoSuchUpload);
  REQUIRE(fixture.store.between().came());
  CHECK(must(get(fixture.catalog(), "photos", "k")) == body(1));
  must(fixture.catalog().remove(fixture.bucket, fixture.key, {}).wait());
  fixture.store.collect();
  CHECK(fixture.store.rows(Table::kBlobs) == 0);
  CHECK(fixture.store.rows(Table::kParts) == 0);
}

TEST_CASE("of two uploads of one part at once one stays, and an object with the bytes of the part before is not lost",
          "[part-states-part]") {
  Fixture fixture;
  must(put(fixture.catalog(), "photos", "same", body(1)));
  must(fixture.part(1, body(1)));
  fixture.store.between().after_read(Table::kParts, model::upload_part_key(fixture.id, 1),
                                     [&] { must(fixture.part(1, body(2))); });
  const auto last = must(fixture.part(1, body(3)));
  REQUIRE(fixture.store.between().came());
  must(fixture.complete({{1, last.etag, ""}}));
  fixture.store.collect();
  CHECK(must(get(fixture.catalog(), "photos", "same")) == body(1));
  CHECK(must(get(fixture.catalog(), "photos", "k")) == body(3));
  must(fixture.catalog().remove(fixture.bucket, fixture.key, {}).wait());
  must(fixture.catalog().remove(fixture.bucket, object_name("same"), {}).wait());
  fixture.check_empty();
}

TEST_CASE("a part that is sent again while its upload is completed does not take the object's bytes away",
          "[completing-first]") {
  Fixture fixture;
  const auto first = must(fixture.part(1, body(1)));
  Result<model::PartInfo> again;
  // The completion has read its parts.
  fixture.store.between().after_read(Table::kParts, model::upload_parts_prefix(fixture.id),
                                     [&] { again = fixture.part(1, body(2)); });
  must(fixture.complete({{1, first.etag, ""}}));
  REQUIRE(fixture.store.between().came());
  CHECK(error_of(again) == Errc::kUnavailable);
  fixture.store.collect();
  CHECK(must(get(fixture.catalog(), "photos", "k")) == body(1));
}

TEST_CASE("a part that is copied from an object which is just being deleted is refused, and not called damaged",
          "[copies-enter]") {
  Fixture fixture;
  // More extents than fit into a row: their list is a manifest of its own, which a copy reads.
  must(put(fixture.catalog(), "photos", "piece", random_bytes(5 << 20, 1)));
  std::vector<model::CompletedPart> parts;
  for (std::uint32_t number = 1; number <= storage::Engine::kExtentsInRow + 1; ++number) {
    const auto copied = fixture.copy("piece", number);
    parts.push_back({number, must(copied).etag, ""});
  }
  must(fixture.complete(parts));
  REQUIRE(fixture.store.rows(Table::kManifests) == 1);
  fixture.id = must(fixture.catalog().create_upload(fixture.bucket, object_name("to"), {}).wait()).upload_id;

  std::optional<CollectorBeside> collector;
  const auto bucket = must(fixture.catalog().get_bucket(fixture.bucket)).id;
  fixture.store.between().after_read(Table::kObjects, model::object_key(bucket, "k"), [&] {
    must(fixture.catalog().remove(fixture.bucket, fixture.key, {}).wait());
    collector.emplace(fixture.store);
    CHECK(collector->waits());
  });
  CHECK(error_of(fixture.copy("k", 1, "to")) == Errc::kNoSuchKey);
  REQUIRE(fixture.store.between().came());
}
