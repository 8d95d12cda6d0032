#include <set>

#include "server/model/prefixes.h"
#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;
using model::VersionId;
using model::Versioning;

namespace {

VersionId version_of(const std::string& id) {
  return id.empty() ? VersionId::null() : must(VersionId::parse(id));
}

struct Fixture {
  explicit Fixture(Versioning versioning = Versioning::kEnabled) {
    must(catalog().create_bucket(bucket, "alice", "").wait());
    if (versioning != Versioning::kNever) set(versioning);
  }
  model::Catalog& catalog() { return store.catalog(); }
  void set(Versioning versioning) { must(catalog().set_versioning(bucket, versioning).wait()); }
  std::string write(const std::string& k, const std::string& body) {
    return must(put(catalog(), "photos", k, body)).version_id;
  }
  std::string read(const std::string& k) {
    const auto body = get(catalog(), "photos", k);
    return body ? *body : std::string(to_string(body.error().code));
  }
  std::string read(const std::string& k, const std::string& id) {
    const auto object = catalog().open_object(bucket, object_name(k), version_of(id));
    if (!object) return std::string(to_string(object.error().code));
    return must(drain(*(*object)->read({0, (*object)->info().size})));
  }
  model::DeleteResult remove(const std::string& k) { return must(catalog().remove(bucket, object_name(k), {}).wait()); }
  model::DeleteResult remove(const std::string& k, const std::string& id) {
    return must(catalog().remove(bucket, object_name(k), {}, version_of(id)).wait());
  }
  // "key:size" of each version, "key:x" of a delete marker, with a '*' behind the current ones.
  std::string versions(model::VersionQuery query = {}) {
    const auto page = must(catalog().list_versions(bucket, query));
    std::string text;
    for (const auto& v : page.versions) {
      text += v.info.key + ":" + (v.info.delete_marker ? "x" : std::to_string(v.info.size));
      text += v.latest ? "* " : " ";
    }
    for (const auto& prefix : page.common_prefixes) text += prefix + " ";
    return text;
  }
  void expect_nothing_left() {
    store.collect();
    for (const auto table : {storage::Table::kObjects, storage::Table::kVersions, storage::Table::kInline,
                             storage::Table::kBlobs, storage::Table::kChunks, storage::Table::kParts}) {
      INFO(to_string(table));
      CHECK(store.rows(table) == 0);
    }
    CHECK(must(catalog().totals()).logical_bytes == 0);
    CHECK(must(catalog().totals()).objects == 0);
  }

  TestStore store;
  const BucketName bucket = bucket_name("photos");
};

}  // namespace

TEST_CASE("a version id names its row, has one spelling, and is not to be guessed") {
  const VersionId id = VersionId::make(42);
  CHECK(id.str().size() == 32);
  CHECK(must(VersionId::parse(id.str())).sequence() == 42);
  CHECK(VersionId::make(42).str() != id.str());
  CHECK(must(VersionId::parse("null")).is_null());
  for (const char* text : {"", "Null", "3f", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcdefg"})
    CHECK(error_of(VersionId::parse(text)) == Errc::kInvalidArgument);
}

TEST_CASE("with versioning every write keeps what was there before") {
  Fixture fixture;
  const std::string first = fixture.write("k", "one");
  const std::string second = fixture.write("k", std::string(9'000, 'b'));
  CHECK(first != second);
  CHECK(fixture.read("k") == std::string(9'000, 'b'));
  CHECK(fixture.read("k", first) == "one");
  CHECK(fixture.read("k", second) == std::string(9'000, 'b'));
  CHECK(fixture.versions() == "k:9000* k:3 ");
  CHECK(must(fixture.catalog().totals()).objects == 2);
  CHECK(must(fixture.catalog().totals()).logical_bytes == 9'003);
  fixture.store.collect();
  CHECK(fixture.read("k", first) == "one");
  fixture.remove("k", second);
  CHECK(fixture.read("k") == "one");
  fixture.remove("k", first);
  CHECK(fixture.read("k") == "NoSuchKey");
  fixture.expect_nothing_left();
}

TEST_CASE("an id with the right sequence and other random digits names nothing") {
  Fixture fixture;
  const std::string id = fixture.write("k", "one");
  const std::string forged = VersionId::make(version_of(id).sequence()).str();
  CHECK(fixture.read("k", forged) == "NoSuchVersion");
  CHECK_FALSE(fixture.remove("k", forged).existed);
  fixture.write("k", "two");
  CHECK(fixture.read("k", forged) == "NoSuchVersion");
  CHECK(fixture.read("other", id) == "NoSuchVersion");
  CHECK(fixture.read("k", id) == "one");
}

TEST_CASE("a delete marker hides what it stands on, and its removal shows it again") {
  Fixture fixture;
  const std::string id = fixture.write("k", "one");
  const auto marker = fixture.remove("k");
  CHECK(marker.delete_marker);
  CHECK(marker.existed);
  CHECK(fixture.read("k") == "NoSuchKey");
  CHECK(fixture.read("k", id) == "one");
  CHECK(fixture.read("k", marker.version_id) == "NoSuchVersion");
  const auto info = must(fixture.catalog().head_or_marker(fixture.bucket, object_name("k"), {}));
  CHECK(info.delete_marker);
  CHECK(info.version_id == marker.version_id);
  CHECK(must(fixture.catalog().list(fixture.bucket, {})).objects.empty());
  CHECK(fixture.versions() == "k:x* k:3 ");
  CHECK(error_of(fixture.catalog().delete_bucket(fixture.bucket).wait()) == Errc::kBucketNotEmpty);
  CHECK(must(fixture.catalog().totals()).objects == 1);

  CHECK(fixture.remove("k", marker.version_id).delete_marker);
  CHECK(fixture.read("k") == "one");
  fixture.remove("k", id);
  fixture.expect_nothing_left();
  must(fixture.catalog().delete_bucket(fixture.bucket).wait());
}

TEST_CASE("delete markers stack, also of a key that never was") {
  Fixture fixture;
  const auto first = fixture.remove("k");
  const auto second = fixture.remove("k");
  CHECK_FALSE(first.existed);
  CHECK(first.version_id != second.version_id);
  CHECK(fixture.versions() == "k:x* k:x ");
  CHECK(error_of(fixture.catalog().delete_bucket(fixture.bucket).wait()) == Errc::kBucketNotEmpty);
  fixture.remove("k", second.version_id);
  fixture.remove("k", first.version_id);
  fixture.expect_nothing_left();
}

TEST_CASE("an object from before versioning is the null version") {
  Fixture fixture(Versioning::kNever);
  CHECK(fixture.write("k", "old").empty());
  fixture.set(Versioning::kEnabled);
  CHECK(fixture.read("k", "") == "old");
  const std::string id = fixture.write("k", "newer");
  CHECK(fixture.read("k", "") == "old");
  CHECK(fixture.versions() == "k:5* k:3 ");
  CHECK(fixture.remove("k", "").version_id == "null");
  CHECK(fixture.read("k", "") == "NoSuchVersion");
  CHECK(fixture.versions() == "k:5* ");
  fixture.remove("k", id);
  fixture.expect_nothing_left();
}

TEST_CASE("while suspended a write replaces the null version alone, wherever it is") {
  Fixture fixture(Versioning::kNever);
  fixture.write("k", "1");
  fixture.set(Versioning::kEnabled);
  const std::string id = fixture.write("k", "22");
  fixture.set(Versioning::kSuspended);
  CHECK(fixture.write("k", "333").empty());
  CHECK(fixture.versions() == "k:3* k:2 ");
  fixture.write("k", "4444");
  CHECK(fixture.versions() == "k:4* k:2 ");
  const auto marker = fixture.remove("k");
  CHECK(marker.version_id == "null");
  CHECK(fixture.versions() == "k:x* k:2 ");
  fixture.remove("k");
  CHECK(fixture.versions() == "k:x* k:2 ");
  fixture.set(Versioning::kEnabled);
  const std::string last = fixture.write("k", "55555");
  CHECK(fixture.versions() == "k:5* k:x k:2 ");
  fixture.set(Versioning::kSuspended);
  fixture.write("k", "666666");
  CHECK(fixture.versions() == "k:6* k:5 k:2 ");
  CHECK(fixture.read("k", id) == "22");
  for (const std::string& v : {id, last, std::string()}) fixture.remove("k", v);
  fixture.expect_nothing_left();
}

TEST_CASE("the null version is found after the versions above it have gone") {
  Fixture fixture(Versioning::kNever);
  fixture.write("k", "null");
  fixture.set(Versioning::kEnabled);
  const std::string a = fixture.write("k", "a");
  const std::string b = fixture.write("k", "b");
  fixture.remove("k", b);
  CHECK(fixture.read("k", "") == "null");
  fixture.remove("k", a);
  CHECK(fixture.read("k") == "null");
  CHECK(fixture.read("k", "") == "null");
  fixture.set(Versioning::kSuspended);
  fixture.write("k", "other");
  CHECK(fixture.versions() == "k:5* ");
}

TEST_CASE("versioning cannot be taken away, and survives a restart") {
  Fixture fixture;
  CHECK(error_of(fixture.catalog().set_versioning(fixture.bucket, Versioning::kNever).wait()) ==
        Errc::kInvalidArgument);
  CHECK(must(fixture.catalog().get_bucket(fixture.bucket)).versioning == Versioning::kEnabled);
  TestStore files(Backing::kFiles);
  must(files.catalog().create_bucket(fixture.bucket, "alice", "").wait());
  must(files.catalog().set_versioning(fixture.bucket, Versioning::kSuspended).wait());
  files.reopen();
  CHECK(must(files.catalog().get_bucket(fixture.bucket)).versioning == Versioning::kSuspended);
}

TEST_CASE("an older version is copied from, also onto its own key") {
  Fixture fixture;
  const std::string small = fixture.write("k", "small");
  const std::string large = fixture.write("k", std::string(30'000, 'x'));
  fixture.remove("k");
  const auto copy = [&](const std::string& id, const std::string& to) {
    return fixture.catalog()
        .copy({fixture.bucket, object_name("k"), {}, version_of(id)}, fixture.bucket, object_name(to), {})
        .wait();
  };
  CHECK(must(copy(small, "copy")).version_id != small);
  CHECK(fixture.read("copy") == "small");
  must(copy(large, "k"));
  CHECK(fixture.read("k") == std::string(30'000, 'x'));
  CHECK(fixture.versions({.prefix = "k"}) == "k:30000* k:x k:30000 k:5 ");
  const auto no_version =
      fixture.catalog().copy({fixture.bucket, object_name("none"), {}}, fixture.bucket, object_name("k"), {}).wait();
  CHECK(error_of(no_version) == Errc::kNoSuchKey);
}

TEST_CASE("a part is copied from an older version, and completion makes a version") {
  Fixture fixture;
  const std::string old = fixture.write("k", random_bytes(20'000, 1));
  fixture.write("k", "new");
  const auto upload = must(fixture.catalog().create_upload(fixture.bucket, object_name("k"), {}).wait());
  const auto part =
      must(fixture.catalog()
               .copy_part({fixture.bucket, object_name("k"), {}, version_of(old)}, model::ByteRange{100, 10'000},
                          fixture.bucket, object_name("k"), upload.upload_id, 1)
               .wait());
  model::CompleteOptions options;
  options.parts = {{1, part.etag, ""}};
  const auto done =
      must(fixture.catalog().complete(fixture.bucket, object_name("k"), upload.upload_id, options).wait());
  CHECK_FALSE(done.version_id.empty());
  CHECK(fixture.read("k", done.version_id) == random_bytes(20'000, 1).substr(100, 10'000));
  CHECK(fixture.versions() == "k:10000* k:3 k:20000 ");
  const auto again =
      must(fixture.catalog().complete(fixture.bucket, object_name("k"), upload.upload_id, options).wait());
  CHECK(again.version_id == done.version_id);
  const auto object = must(fixture.catalog().open_object(fixture.bucket, object_name("k")));
  CHECK(must(object->parts(0, 10)).size() == 1);
  CHECK(must(object->parts(1, 10)).empty());
}

TEST_CASE("a condition sees nothing where the current version is a delete marker") {
  Fixture fixture;
  fixture.write("k", "one");
  const auto none = [](const model::ObjectInfo* current) -> Status {
    if (current == nullptr) return {};
    return fail(Errc::kPreconditionFailed, "there is one");
  };
  CHECK(error_of(put(fixture.catalog(), "photos", "k", "two", {.condition = none})) == Errc::kPreconditionFailed);
  fixture.remove("k");
  CHECK(must(put(fixture.catalog(), "photos", "k", "two", {.condition = none})).size == 3);
}

TEST_CASE("tags are the version's, and change neither its age nor its place") {
  Fixture fixture;
  const std::string old = fixture.write("k", "old");
  const std::string now = fixture.write("k", "now");
  const auto tag = [&](const model::VersionChoice& version, const char* value) {
    return must(fixture.catalog().set_tags(fixture.bucket, object_name("k"), version, {{"t", value}}).wait());
  };
  const auto before = must(fixture.catalog().head(fixture.bucket, object_name("k")));
  fixture.store.clock().advance(std::chrono::seconds(5));
  CHECK(tag(version_of(old), "1").version_id == old);
  const auto tagged = tag({}, "2");
  CHECK(tagged.modified_ms == before.modified_ms);
  CHECK(tagged.generation != before.generation);
  const auto tag_of = [&](const std::string& id) {
    return must(fixture.catalog().head(fixture.bucket, object_name("k"), version_of(id))).attributes.tags.at(0).second;
  };
  CHECK(tag_of(old) == "1");
  CHECK(tag_of(now) == "2");
  CHECK(fixture.versions() == "k:3* k:3 ");
  const auto marker = fixture.remove("k");
  CHECK(error_of(fixture.catalog().set_tags(fixture.bucket, object_name("k"), {}, {}).wait()) == Errc::kNoSuchKey);
  CHECK(error_of(
            fixture.catalog().set_tags(fixture.bucket, object_name("k"), version_of(marker.version_id), {}).wait()) ==
        Errc::kNoSuchVersion);
}

TEST_CASE("versions are listed by key, the newest first, in pages of any size") {
  Fixture fixture;
  for (const char* k : {"a", "a", "a/b", "a/c", "b", "b"}) fixture.write(k, "1");
  fixture.remove("a/b");
  CHECK(fixture.versions() == "a:1* a:1 a/b:x* a/b:1 a/c:1* b:1* b:1 ");
  CHECK(fixture.versions({.delimiter = "/"}) == "a:1* a:1 b:1* b:1 a/ ");
  CHECK(fixture.versions({.prefix = "a/"}) == "a/b:x* a/b:1 a/c:1* ");
  CHECK(fixture.versions({.key_marker = "a/b"}) == "a/c:1* b:1* b:1 ");
  for (const std::string delimiter : {"", "/"}) {
    for (std::size_t size = 1; size < 9; ++size) {
      std::multiset<std::string> seen;
      model::VersionQuery query{.delimiter = delimiter, .max_keys = size};
      for (int pages = 0; pages < 20; ++pages) {
        const auto page = must(fixture.catalog().list_versions(fixture.bucket, query));
        CHECK(page.versions.size() + page.common_prefixes.size() <= size);
        for (const auto& v : page.versions) seen.insert(v.info.key + v.info.version_id);
        for (const auto& prefix : page.common_prefixes) seen.insert(prefix);
        if (!page.truncated) break;
        query.key_marker = page.next_key_marker;
        query.version_marker.reset();
        if (!page.next_version_marker.empty()) query.version_marker = must(VersionId::parse(page.next_version_marker));
      }
      CHECK(seen.size() == (delimiter.empty() ? 7 : 5));
      CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == seen.size());
    }
  }
}

TEST_CASE("a listing of versions goes on behind the null version, also when it has gone") {
  Fixture fixture(Versioning::kNever);
  fixture.write("k", "1");
  fixture.set(Versioning::kEnabled);
  fixture.write("k", "22");
  fixture.write("l", "333");
  CHECK(fixture.versions({.key_marker = "k", .version_marker = VersionId::null()}) == "l:3* ");
  fixture.remove("k", "");
  CHECK(fixture.versions({.key_marker = "k", .version_marker = VersionId::null()}) == "l:3* ");
}

TEST_CASE("a prefix is shown for objects below it, not for delete markers") {
  Fixture fixture;
  for (const char* k : {"a/1", "a/2", "b/1", "c"}) fixture.write(k, "1");
  for (const char* k : {"a/1", "a/2", "c"}) fixture.remove(k);
  const auto page = must(fixture.catalog().list(fixture.bucket, {.delimiter = "/", .max_keys = 1}));
  CHECK(page.common_prefixes == std::vector<std::string>{"b/"});
  CHECK_FALSE(page.truncated);
}

TEST_CASE("a page that ended amid delete markers goes on where it ended") {
  CHECK(model::first_behind(model::within_prefix("a/5"), "", "/") == std::string("a/5\0", 4));
  CHECK(model::first_behind("a/5", "", "/") == "a0");
}

TEST_CASE("a page looks at a bounded number of delete markers, and the next ones go on") {
  constexpr int kMarkers = 12'000;
  Fixture fixture;
  std::vector<Ticket<model::DeleteResult>> tickets;
  for (int i = 0; i < kMarkers; ++i)
    tickets.push_back(fixture.catalog().remove(fixture.bucket, object_name("a/" + std::to_string(i)), {}));
  for (auto& ticket : tickets) must(ticket.wait());
  fixture.write("a/x", "1");
  fixture.write("b", "1");
  for (const std::string delimiter : {"", "/"}) {
    model::ListQuery query{.prefix = {}, .delimiter = delimiter, .after = {}};
    const auto first = must(fixture.catalog().list(fixture.bucket, query));
    CHECK(first.truncated);
    CHECK(first.objects.empty());
    CHECK(first.common_prefixes.empty());
    query.after = first.next_after;
    const auto second = must(fixture.catalog().list(fixture.bucket, query));
    CHECK_FALSE(second.truncated);
    CHECK(second.objects.size() + second.common_prefixes.size() == 2);
  }
}
