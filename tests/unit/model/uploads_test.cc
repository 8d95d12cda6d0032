#include "common/wire/checksum.h"
#include "server/model/model_rows.h"
#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;

namespace {

constexpr std::size_t kPart = 5 << 20;

struct Fixture {
  explicit Fixture(Backing backing = Backing::kMemory) : store(backing) {
    must(store.catalog().create_bucket(bucket, "alice", "").wait());
    upload = must(store.catalog().create_upload(bucket, key, options).wait());
  }
  model::Catalog& catalog() { return store.catalog(); }
  model::PartInfo part(std::uint32_t number, std::string_view body) {
    return must(put_part(catalog(), "photos", "k", upload.upload_id, number, body));
  }
  Result<model::ObjectInfo> complete(std::vector<model::CompletedPart> parts) {
    model::CompleteOptions complete_options;
    complete_options.parts = std::move(parts);
    return catalog().complete(bucket, key, upload.upload_id, std::move(complete_options)).wait();
  }
  Result<model::PartInfo> copy(const char* from, std::optional<model::ByteRange> range, std::uint32_t number) {
    return catalog().copy_part({bucket, object_name(from), {}}, range, bucket, key, upload.upload_id, number).wait();
  }
  const BucketName bucket = bucket_name("photos");
  const ObjectKey key = object_name("k");
  model::UploadOptions options;
  TestStore store;
  model::UploadInfo upload;
};

}  // namespace

TEST_CASE("parts are strung together without moving a byte") {
  Fixture fixture;
  const std::string one = random_bytes(kPart, 1);
  const std::string two = random_bytes(100, 2);
  const auto a = fixture.part(1, one);
  const auto b = fixture.part(7, two);
  const auto live = fixture.store.live_bytes();
  const auto info = must(fixture.complete({{1, a.etag, ""}, {7, b.etag, ""}}));
  CHECK(info.etag == to_hex(md5(as_bytes(*from_hex(a.etag) + *from_hex(b.etag)))) + "-2");
  CHECK(info.parts_count == 2);
  CHECK(fixture.store.live_bytes() == live);
  CHECK(must(get(fixture.catalog(), "photos", "k")) == one + two);
  const auto object = must(fixture.catalog().open_object(fixture.bucket, fixture.key));
  const auto range = must(object->part_range(7));
  CHECK(range.first == kPart);
  CHECK(range.length == 100);
  CHECK(error_of(object->part_range(2)) == Errc::kInvalidPart);
}

TEST_CASE("many parts make a manifest, which a copy shares and a deletion releases") {
  Fixture fixture;
  std::vector<model::CompletedPart> parts;
  std::string whole;
  for (std::uint32_t i = 1; i <= 6; ++i) {
    const std::string body = random_bytes(i == 6 ? 10 : kPart, i);
    parts.push_back({i, fixture.part(i, body).etag, ""});
    whole += body;
  }
  must(fixture.complete(parts));
  CHECK(fixture.store.rows(storage::Table::kManifests) == 1);
  must(fixture.catalog().copy({fixture.bucket, fixture.key, {}}, fixture.bucket, object_name("copy"), {}).wait());
  CHECK(fixture.store.rows(storage::Table::kManifests) == 1);
  must(fixture.catalog().remove(fixture.bucket, fixture.key, {}).wait());
  fixture.store.collect();
  CHECK(must(get(fixture.catalog(), "photos", "copy")) == whole);
  const auto object = must(fixture.catalog().open_object(fixture.bucket, object_name("copy")));
  CHECK(must(drain(*object->read({2 * kPart - 5, kPart + 10}))) == whole.substr(2 * kPart - 5, kPart + 10));
  must(fixture.catalog().remove(fixture.bucket, object_name("copy"), {}).wait());
  fixture.store.collect();
  CHECK(fixture.store.rows(storage::Table::kManifests) == 0);
  CHECK(fixture.store.rows(storage::Table::kParts) == 0);
  CHECK(fixture.store.live_bytes() == 0);
}

TEST_CASE("a completion that is refused leaves the upload open", "[completion-reopens]") {
  Fixture fixture;
  const auto a = fixture.part(1, random_bytes(100, 1));
  const auto b = fixture.part(2, random_bytes(100, 2));
  CHECK(error_of(fixture.complete({})) == Errc::kMalformed);
  CHECK(error_of(fixture.complete({{2, b.etag, ""}, {1, a.etag, ""}})) == Errc::kInvalidPartOrder);
  CHECK(error_of(fixture.complete({{1, a.etag, ""}, {3, b.etag, ""}})) == Errc::kInvalidPart);
  CHECK(error_of(fixture.complete({{1, b.etag, ""}})) == Errc::kInvalidPart);
  CHECK(error_of(fixture.complete({{1, a.etag, ""}, {2, b.etag, ""}})) == Errc::kTooSmall);
  must(fixture.complete({{2, b.etag, ""}}));
  CHECK(must(get(fixture.catalog(), "photos", "k")) == random_bytes(100, 2));
  fixture.store.collect();
  CHECK(fixture.store.rows(storage::Table::kBlobs) == 1);
}

TEST_CASE("a completion that is retried after a lost answer gets it again", "[completion-kept]") {
  Fixture fixture;
  const auto a = fixture.part(1, "x");
  const auto first = must(fixture.complete({{1, a.etag, ""}}));
  const auto again = must(fixture.complete({{1, a.etag, ""}}));
  CHECK(again.etag == first.etag);
  CHECK(error_of(put_part(fixture.catalog(), "photos", "k", fixture.upload.upload_id, 2, "y")) == Errc::kNoSuchUpload);
  CHECK(error_of(fixture.catalog().abort(fixture.bucket, fixture.key, fixture.upload.upload_id).wait()) ==
        Errc::kNoSuchUpload);
  CHECK(must(fixture.catalog().list_uploads(fixture.bucket, {})).uploads.empty());
}

TEST_CASE("completed uploads are forgotten a day later") {
  Fixture fixture(Backing::kFiles);
  const auto a = fixture.part(1, "x");
  must(fixture.complete({{1, a.etag, ""}}));
  fixture.store.clock().advance(std::chrono::hours(23));
  fixture.store.reopen();
  CHECK(fixture.store.rows(storage::Table::kUploads) == 1);
  fixture.store.clock().advance(std::chrono::hours(2));
  fixture.store.reopen();
  CHECK(fixture.store.rows(storage::Table::kUploads) == 0);
  CHECK(must(get(fixture.catalog(), "photos", "k")) == "x");
}

TEST_CASE("parts that a completion does not list give their space back", "[unlisted-are-queued]") {
  Fixture fixture;
  const auto listed = fixture.part(1, random_bytes(9'000, 1));
  fixture.part(2, random_bytes(9'000, 2));
  must(fixture.complete({{1, listed.etag, ""}}));
  fixture.store.collect();
  CHECK(fixture.store.rows(storage::Table::kParts) == 1);  // the object's list
  CHECK(fixture.store.rows(storage::Table::kBlobs) == 1);
  CHECK(must(get(fixture.catalog(), "photos", "k")) == random_bytes(9'000, 1));
}

TEST_CASE("an abort gives the parts back, a replaced part likewise") {
  Fixture fixture;
  fixture.part(1, random_bytes(300'000, 1));
  fixture.part(1, random_bytes(300'000, 2));
  fixture.store.collect();
  CHECK(fixture.store.live_bytes() < 400'000);
  must(fixture.catalog().abort(fixture.bucket, fixture.key, fixture.upload.upload_id).wait());
  fixture.store.collect();
  CHECK(fixture.store.live_bytes() == 0);
  CHECK(error_of(fixture.complete({{1, "", ""}})) == Errc::kNoSuchUpload);
  CHECK(error_of(fixture.catalog().get_upload(fixture.bucket, fixture.key, fixture.upload.upload_id)) ==
        Errc::kNoSuchUpload);
}

TEST_CASE("an upload id is good for its own key only") {
  Fixture fixture;
  CHECK(error_of(put_part(fixture.catalog(), "photos", "other", fixture.upload.upload_id, 1, "x")) ==
        Errc::kNoSuchUpload);
  CHECK(error_of(fixture.catalog().list_parts(fixture.bucket, object_name("k2"), fixture.upload.upload_id, 0, 10)) ==
        Errc::kNoSuchUpload);
}

TEST_CASE("parts are listed in pages") {
  Fixture fixture;
  for (std::uint32_t i = 1; i <= 5; ++i) fixture.part(i, std::to_string(i));
  auto page = must(fixture.catalog().list_parts(fixture.bucket, fixture.key, fixture.upload.upload_id, 0, 2));
  CHECK(page.parts.size() == 2);
  CHECK(page.truncated);
  CHECK(page.next_part_number_marker == 2);
  page = must(fixture.catalog().list_parts(fixture.bucket, fixture.key, fixture.upload.upload_id, 2, 3));
  CHECK(page.parts.size() == 3);
  CHECK_FALSE(page.truncated);
}

TEST_CASE("uploads are listed in order of key and id, in pages, by either marker") {
  Fixture fixture;
  std::vector<std::string> expected;
  for (const char* key : {"a", "a", "a/b", "b", "k2"}) {
    must(fixture.catalog().create_upload(fixture.bucket, object_name(key), {}).wait());
  }
  const auto all = must(fixture.catalog().list_uploads(fixture.bucket, {}));
  REQUIRE(all.uploads.size() == 6);
  for (const auto& upload : all.uploads) expected.push_back(upload.key + " " + upload.upload_id);
  std::vector<std::string> paged;
  model::UploadQuery query{.max_uploads = 1};
  for (int i = 0; i < 10; ++i) {
    const auto page = must(fixture.catalog().list_uploads(fixture.bucket, query));
    for (const auto& upload : page.uploads) paged.push_back(upload.key + " " + upload.upload_id);
    if (!page.truncated) break;
    query.key_marker = page.next_key_marker;
    query.upload_id_marker = page.next_upload_id_marker;
  }
  CHECK(paged == expected);
  // docker-registry pages with the id alone.
  const auto behind = must(
      fixture.catalog().list_uploads(fixture.bucket, {.prefix = "a", .upload_id_marker = all.uploads[0].upload_id}));
  CHECK(behind.uploads.size() == 2);
  const auto rolled = must(fixture.catalog().list_uploads(fixture.bucket, {.delimiter = "/"}));
  CHECK(rolled.uploads.size() == 5);
  CHECK(rolled.common_prefixes == std::vector<std::string>{"a/"});
}

TEST_CASE("a part may be a range of another object, of itself, or of a small object") {
  Fixture fixture;
  const std::string body = random_bytes(12 << 20, 1);
  must(put(fixture.catalog(), "photos", "source", body));
  must(put(fixture.catalog(), "photos", "small", "0123456789"));
  const auto live = fixture.store.live_bytes();
  const auto a = must(fixture.copy("source", model::ByteRange{1'000'000, kPart}, 1));
  const auto b = must(fixture.copy("source", std::nullopt, 2));
  CHECK(b.etag == to_hex(md5(as_bytes(body))));
  CHECK(fixture.store.live_bytes() == live);
  const auto c = must(fixture.copy("small", model::ByteRange{3, 4}, 3));
  CHECK(c.etag == to_hex(md5(as_bytes("3456"))));
  CHECK(error_of(fixture.copy("source", model::ByteRange{body.size(), 1}, 4)) == Errc::kInvalidRange);
  must(fixture.complete({{1, a.etag, ""}, {2, b.etag, ""}, {3, c.etag, ""}}));
  CHECK(must(get(fixture.catalog(), "photos", "k")) == body.substr(1'000'000, kPart) + body + "3456");
  must(fixture.catalog().remove(fixture.bucket, object_name("source"), {}).wait());
  fixture.store.collect();
  CHECK(must(get(fixture.catalog(), "photos", "k")) == body.substr(1'000'000, kPart) + body + "3456");
}

TEST_CASE("appending by copying an object onto itself again and again keeps it whole") {
  Fixture fixture;
  std::string whole = random_bytes(kPart, 1);
  must(put(fixture.catalog(), "photos", "k", whole));
  for (std::uint64_t round = 0; round < 12; ++round) {
    fixture.upload = must(fixture.catalog().create_upload(fixture.bucket, fixture.key, {}).wait());
    const auto old = must(fixture.copy("k", std::nullopt, 1));
    const std::string more = random_bytes(3000, 100 + round);
    const auto fresh = fixture.part(2, more);
    must(fixture.complete({{1, old.etag, ""}, {2, fresh.etag, ""}}));
    whole += more;
  }
  fixture.store.collect();
  CHECK(must(get(fixture.catalog(), "photos", "k")) == whole);
  must(fixture.catalog().remove(fixture.bucket, fixture.key, {}).wait());
  fixture.store.collect();
  CHECK(fixture.store.rows(storage::Table::kManifests) == 0);
  CHECK(fixture.store.rows(storage::Table::kBlobs) == 0);
}

TEST_CASE("checksums of parts become the checksum of the whole") {
  Fixture fixture;
  model::UploadOptions options;
  options.checksum_algorithm = "CRC32C";
  fixture.upload = must(fixture.catalog().create_upload(fixture.bucket, fixture.key, options).wait());
  const std::string body = random_bytes(kPart, 3) + "tail";
  must(put(fixture.catalog(), "photos", "source", body));
  const auto a = must(fixture.copy("source", model::ByteRange{0, kPart}, 1));
  const auto b = must(fixture.copy("source", model::ByteRange{kPart, 4}, 2));
  REQUIRE(a.checksum);
  const auto info = must(fixture.complete({{1, a.etag, a.checksum->value}, {2, b.etag, ""}}));
  wire::Checksum expected(wire::ChecksumAlgorithm::kCrc32c);
  expected.update(as_bytes(body));
  REQUIRE(info.checksum);
  CHECK(info.checksum->value == expected.finish_base64());
  CHECK_FALSE(info.checksum->composite);
}

namespace {

// What a server leaves that dies between the two steps of a completion or an abort.
void leave_in(Fixture& fixture, model::UploadState state) {
  auto& metadata = fixture.store.engine().metadata();
  const auto cursor = metadata.scan(storage::Table::kUploads, {});
  REQUIRE(cursor->valid());
  model::UploadRow row = must(model::decode_upload(cursor->value()));
  row.state = state;
  storage::Batch batch;
  batch.put(storage::Table::kUploads, std::string(cursor->key()), model::encode(row));
  must(fixture.store.engine().committer().submit(std::move(batch), {}).wait());
}

}  // namespace

TEST_CASE("a completion that is refused by its condition can be tried again") {
  Fixture fixture;
  const auto a = fixture.part(1, random_bytes(50'000, 1));
  model::CompleteOptions options;
  options.parts = {{1, a.etag, ""}};
  options.condition = [](const model::ObjectInfo*) -> Status { return fail(Errc::kPreconditionFailed, "no"); };
  CHECK(error_of(fixture.catalog().complete(fixture.bucket, fixture.key, fixture.upload.upload_id, options).wait()) ==
        Errc::kPreconditionFailed);
  must(fixture.complete({{1, a.etag, ""}}));
  CHECK(must(get(fixture.catalog(), "photos", "k")) == random_bytes(50'000, 1));
}

TEST_CASE("an upload that was completing when the server died is open again", "[restart-reopens]") {
  Fixture fixture(Backing::kFiles);
  const auto a = fixture.part(1, random_bytes(50'000, 1));
  leave_in(fixture, model::UploadState::kCompleting);
  CHECK(error_of(fixture.complete({{1, a.etag, ""}})) == Errc::kUnavailable);
  fixture.store.reopen();
  must(fixture.complete({{1, a.etag, ""}}));
  CHECK(must(get(fixture.catalog(), "photos", "k")) == random_bytes(50'000, 1));
}

TEST_CASE("an upload that was being aborted when the server died is gone, and its parts with it") {
  Fixture fixture(Backing::kFiles);
  fixture.part(1, random_bytes(50'000, 1));
  leave_in(fixture, model::UploadState::kAborting);
  fixture.store.reopen();
  fixture.store.collect();
  CHECK(fixture.store.rows(storage::Table::kUploads) == 0);
  CHECK(fixture.store.rows(storage::Table::kParts) == 0);
  CHECK(fixture.store.live_bytes() == 0);
}
