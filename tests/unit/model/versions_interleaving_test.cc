// Writes of one key that come between another's look and its commit. A condition is called after the look, so what it
// does there comes in between, each time.
#include <thread>

#include "server/model/model_rows.h"
#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;
using model::VersionId;
using model::Versioning;

namespace {

struct Fixture {
  explicit Fixture(Versioning versioning = Versioning::kEnabled) {
    must(catalog().create_bucket(bucket, "alice", "").wait());
    must(catalog().set_versioning(bucket, versioning).wait());
  }
  model::Catalog& catalog() { return store.catalog(); }
  VersionId write(const std::string& body, model::Condition condition = {}) {
    const auto info = must(put(catalog(), "photos", "k", body, {.condition = std::move(condition)}));
    return info.version_id.empty() ? VersionId::null() : must(VersionId::parse(info.version_id));
  }
  void remove(const VersionId& version, model::Condition condition = {}) {
    must(catalog().remove(bucket, key, std::move(condition), version).wait());
  }
  // Holds always; runs `meanwhile` the first time that it is asked.
  static model::Condition once(std::function<void()> meanwhile) {
    return [meanwhile = std::move(meanwhile), ran = std::make_shared<bool>(false)](const model::ObjectInfo*) -> Status {
      if (!std::exchange(*ran, true)) meanwhile();
      return {};
    };
  }
  // The bodies of all versions, the newest first; "x" for a delete marker.
  std::string bodies() {
    std::string text;
    for (const auto& [info, latest] : must(catalog().list_versions(bucket, {})).versions) {
      const auto id = info.version_id.empty() ? VersionId::null() : must(VersionId::parse(info.version_id));
      const auto object = catalog().open_object(bucket, key, id);
      text += (object ? must(drain(*(*object)->read({0, (*object)->info().size}))).substr(0, 8) : "x") + " ";
    }
    return text;
  }
  void empty_out() {
    const auto page = must(catalog().list_versions(bucket, {}));
    for (const auto& [info, latest] : page.versions)
      remove(info.version_id.empty() ? VersionId::null() : must(VersionId::parse(info.version_id)));
    store.collect();
    for (const auto table : {storage::Table::kObjects, storage::Table::kVersions, storage::Table::kInline,
                             storage::Table::kBlobs, storage::Table::kChunks, storage::Table::kQueue})
      CHECK(store.rows(table) == 0);
    CHECK(must(catalog().totals()).logical_bytes == 0);
  }

  TestStore store;
  const BucketName bucket = bucket_name("photos");
  const ObjectKey key = object_name("k");
};

std::string large(const std::string& name) {
  return name + random_bytes(9'000, 1);
}

}  // namespace

TEST_CASE("of two PUTs at once both versions are kept, in the order of their commits", "[replace-states-generation]") {
  Fixture fixture;
  fixture.write("first");
  fixture.write("outer", Fixture::once([&] { fixture.write("inner"); }));
  CHECK(fixture.bodies() == "outer inner first ");
  fixture.empty_out();
}

TEST_CASE("of two PUTs at once of the null version one replaces the other", "[create-states-absence]") {
  Fixture fixture(Versioning::kSuspended);
  fixture.write(large("outer---"), Fixture::once([&] { fixture.write(large("inner---")); }));
  CHECK(fixture.bodies() == "outer--- ");
  fixture.empty_out();
}

TEST_CASE("a version that a PUT has just made an older one is still the one that is deleted") {
  Fixture fixture;
  fixture.write("first");
  const auto second = fixture.write("second");
  fixture.remove(second, Fixture::once([&] { fixture.write("third"); }));
  CHECK(fixture.bodies() == "third first ");
  fixture.empty_out();
}

TEST_CASE("a PUT onto a version that is just being deleted keeps the one below it") {
  Fixture fixture;
  fixture.write("first");
  const auto second = fixture.write("second");
  fixture.write("third", Fixture::once([&] { fixture.remove(second); }));
  CHECK(fixture.bodies() == "third first ");
  fixture.empty_out();
}

TEST_CASE("the current version and the one that would follow it are deleted at once") {
  Fixture fixture;
  fixture.write("first");
  const auto second = fixture.write("second");
  const auto third = fixture.write("third");
  fixture.remove(third, Fixture::once([&] { fixture.remove(second); }));
  CHECK(fixture.bodies() == "first ");
  fixture.empty_out();

  fixture.write("first");
  const auto older = fixture.write("second");
  const auto current = fixture.write("third");
  fixture.remove(older, Fixture::once([&] { fixture.remove(current); }));
  CHECK(fixture.bodies() == "first ");
  fixture.empty_out();
}

TEST_CASE("a version that has just been deleted does not come back when the one above it goes",
          "[promote-states-version]") {
  Fixture fixture;
  fixture.write("first");
  const auto second = fixture.write("second");
  const auto third = fixture.write("third");
  // What follows has been looked for, and found.
  const auto bucket = must(fixture.catalog().get_bucket(fixture.bucket)).id;
  fixture.store.between().after_read(storage::Table::kVersions, model::versions_prefix(bucket, "k"),
                                     [&] { fixture.remove(second); });
  fixture.remove(third);
  REQUIRE(fixture.store.between().came());
  CHECK(fixture.bodies() == "first ");
  fixture.empty_out();
}

TEST_CASE("a PUT into a bucket that is just being deleted is refused, and not acknowledged and gone",
          "[write-states-bucket]") {
  Fixture fixture;
  const auto condition = Fixture::once([&] { must(fixture.catalog().delete_bucket(fixture.bucket).wait()); });
  CHECK(error_of(put(fixture.catalog(), "photos", "k", "body", {.condition = condition})) == Errc::kNoSuchBucket);
  CHECK(fixture.store.rows(storage::Table::kObjects) == 0);
}

TEST_CASE("a copy from a version that is deleted meanwhile fails, and from one that becomes older does not") {
  Fixture fixture;
  const auto first = fixture.write(large("first---"));
  const auto second = fixture.write(large("second--"));
  const auto copy = [&](const VersionId& version, std::function<void()> meanwhile) {
    return fixture.catalog()
        .copy({fixture.bucket, fixture.key, Fixture::once(std::move(meanwhile)), version}, fixture.bucket,
              object_name("copy"), {})
        .wait();
  };
  CHECK(error_of(copy(first, [&] {
          fixture.remove(first);
          fixture.store.collect();
        })) == Errc::kNoSuchVersion);
  must(copy(second, [&] { fixture.write("third"); }));
  CHECK(must(get(fixture.catalog(), "photos", "copy")) == large("second--"));
  fixture.remove(second);
  fixture.store.collect();
  CHECK(must(get(fixture.catalog(), "photos", "copy")) == large("second--"));
  const auto copied = must(fixture.catalog().head(fixture.bucket, object_name("copy")));
  must(fixture.catalog()
           .remove(fixture.bucket, object_name("copy"), {}, must(VersionId::parse(copied.version_id)))
           .wait());
  fixture.empty_out();
}

TEST_CASE("a write that looked before versioning was enabled makes a version after all") {
  Fixture fixture(Versioning::kSuspended);
  fixture.write("null");
  fixture.write("outer", Fixture::once([&] {
                  must(fixture.catalog().set_versioning(fixture.bucket, Versioning::kEnabled).wait());
                }));
  CHECK(fixture.bodies() == "outer null ");
  fixture.empty_out();
}

TEST_CASE("a version that moves while it is looked for is found") {
  Fixture fixture;
  const auto first = fixture.write("first");
  const auto second = fixture.write("second");
  std::atomic<bool> stop{false};
  std::thread mover([&] {
    while (!stop) {
      const auto third = fixture.write("third");
      fixture.remove(third);
    }
  });
  int missed = 0;
  for (int i = 0; i < 300; ++i)
    for (const VersionId& version : {first, second})
      if (!fixture.catalog().head(fixture.bucket, fixture.key, version)) ++missed;
  stop = true;
  mover.join();
  CHECK(missed == 0);
}
