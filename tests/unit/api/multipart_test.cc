// Multipart uploads and copies, as a client sees them.
#include <catch2/catch.hpp>

#include "common/wire/checksum.h"
#include "tests/unit/api/s3_bench.h"

using namespace objstore;
using namespace objstore::s3::testing;

namespace {

constexpr std::size_t kPart = 5 << 20;

std::string begin(S3Bench& s3, const std::string& path, HeaderList headers = {}) {
  const auto r = s3.post(path, "uploads", "", std::move(headers));
  REQUIRE(short_form(r) == "200");
  return r.text("UploadId");
}

Response part(S3Bench& s3, const std::string& path, const std::string& id, int number, const std::string& body,
              HeaderList headers = {}) {
  return s3({.method = "PUT",
             .path = path,
             .query = "partNumber=" + std::to_string(number) + "&uploadId=" + id,
             .body = body,
             .headers = std::move(headers)});
}

std::string document(const std::vector<std::pair<int, std::string>>& parts) {
  std::string xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (const auto& [number, etag] : parts)
    xml += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + etag + "</ETag></Part>";
  return xml + "</CompleteMultipartUpload>";
}

std::string checksum_of(wire::ChecksumAlgorithm algorithm, const std::string& body) {
  wire::Checksum checksum(algorithm);
  checksum.update(as_bytes(body));
  return checksum.finish_base64();
}

}  // namespace

TEST_CASE("parts become an object, and the answer can be asked for again") {
  S3Bench s3;
  s3.make_bucket("bucket");
  const std::string id = begin(s3, "/bucket/key", {{"x-amz-meta-a", "b"}, {"Content-Type", "text/x"}});
  const std::string one = test::random_bytes(kPart, 1);
  const std::string two = test::random_bytes(100'000, 2);
  const std::string etag1 = part(s3, "/bucket/key", id, 1, one).header("etag");
  const std::string etag2 = part(s3, "/bucket/key", id, 7, two).header("etag");
  CHECK(etag1 == "\"" + to_hex(md5(as_bytes(one))) + "\"");

  const auto listed = s3.get("/bucket/key", "uploadId=" + id);
  CHECK(listed.xml().count("Part") == 2);
  CHECK(listed.text("IsTruncated") == "false");
  CHECK(listed.text("NextPartNumberMarker") == "7");
  CHECK(listed.xml().child("Part")->child_text("Size") == std::to_string(kPart));
  const auto uploads = s3.get("/bucket", "uploads&prefix=key");
  CHECK(uploads.xml().child("Upload")->child_text("UploadId") == id);
  CHECK(uploads.text("IsTruncated") == "false");

  const std::string list = document({{1, etag1}, {7, etag2}});
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto done = s3.post("/bucket/key", "uploadId=" + id, list);
    REQUIRE(short_form(done) == "200");
    CHECK(done.text("ETag").ends_with("-2\""));
    CHECK(done.text("Location") == "http://localhost:9000/bucket/key");
  }
  const auto got = s3.get("/bucket/key");
  CHECK((got.body == one + two));
  CHECK(got.header("x-amz-meta-a") == "b");
  CHECK(got.header("content-type") == "text/x");
  const auto second = s3.get("/bucket/key", "partNumber=7");
  CHECK(second.status == 206);
  CHECK((second.body == two));
  CHECK(second.header("x-amz-mp-parts-count") == "2");
  CHECK(s3.head("/bucket/key", "partNumber=1").content_length == kPart);
  CHECK(short_form(s3.get("/bucket/key", "partNumber=3")) == "400 InvalidPart");
  CHECK(short_form(s3.get("/bucket/key", "partNumber=0")) == "400 InvalidArgument");
  CHECK(short_form(s3.get("/bucket/key", "partNumber=1", {{"Range", "bytes=0-1"}})) == "400 InvalidRequest");
}

TEST_CASE("a completion that is not quite right leaves the upload open") {
  S3Bench s3;
  s3.make_bucket("bucket");
  const std::string id = begin(s3, "/bucket/key");
  const std::string etag = part(s3, "/bucket/key", id, 1, "small").header("etag");
  const std::string etag2 = part(s3, "/bucket/key", id, 2, "small too").header("etag");
  const auto complete = [&](const std::string& body, HeaderList headers = {}) {
    return short_form(s3.post("/bucket/key", "uploadId=" + id, body, std::move(headers)));
  };
  CHECK(complete(document({{1, etag}, {2, etag2}})) == "400 EntityTooSmall");
  CHECK(complete(document({{2, etag2}, {1, etag}})) == "400 InvalidPartOrder");
  CHECK(complete(document({{1, etag2}})) == "400 InvalidPart");
  CHECK(complete(document({{3, etag}})) == "400 InvalidPart");
  CHECK(complete(document({{0, etag}})) == "400 InvalidArgument");
  CHECK(complete(document({{10'001, etag}})) == "400 InvalidArgument");
  CHECK(complete(document({})) == "400 MalformedXML");
  CHECK(complete("") == "400 MalformedXML");
  CHECK(complete("<CompleteMultipartUpload><Part/></CompleteMultipartUpload>") == "400 MalformedXML");
  CHECK(complete(document({{1, etag}}), {{"x-amz-mp-object-size", "6"}}) == "400 InvalidRequest");
  CHECK(complete(document({{1, etag}}), {{"If-Match", "*"}}) == "404 NoSuchKey");
  CHECK(complete(document({{1, etag}}), {{"x-amz-checksum-crc32", "AAAAAA=="}}) == "400 InvalidRequest");
  std::vector<std::pair<int, std::string>> many;
  for (int i = 1; i <= 10'001; ++i) many.emplace_back(1, etag);
  CHECK(complete(document(many)) == "400 MalformedXML");
  CHECK(complete(document({{1, etag}})) == "200");
  CHECK(s3.get("/bucket/key").body == "small");
}

TEST_CASE("an upload id counts for its own key alone") {
  S3Bench s3;
  s3.make_bucket("bucket");
  s3.make_bucket("other");
  const std::string id = begin(s3, "/bucket/key");
  CHECK(short_form(part(s3, "/bucket/another", id, 1, "x")) == "404 NoSuchUpload");
  CHECK(short_form(part(s3, "/other/key", id, 1, "x")) == "404 NoSuchUpload");
  CHECK(short_form(part(s3, "/bucket/key", "none", 1, "x")) == "404 NoSuchUpload");
  CHECK(short_form(part(s3, "/bucket/key", id, 0, "x")) == "400 InvalidArgument");
  CHECK(short_form(part(s3, "/bucket/key", id, 10'001, "x")) == "400 InvalidArgument");
  CHECK(short_form(s3.remove("/bucket/another", "uploadId=" + id)) == "404 NoSuchUpload");
  CHECK(s3.remove("/bucket/key", "uploadId=" + id).status == 204);
  CHECK(short_form(s3.remove("/bucket/key", "uploadId=" + id)) == "404 NoSuchUpload");
  CHECK(short_form(s3.get("/bucket/key", "uploadId=" + id)) == "404 NoSuchUpload");
}

TEST_CASE("checksums of parts make that of the object") {
  S3Bench s3;
  s3.make_bucket("bucket");
  const std::string one = test::random_bytes(kPart, 3);
  const std::string two = "the end";
  const auto crc = wire::ChecksumAlgorithm::kCrc64Nvme;
  const auto created = s3.post("/bucket/key", "uploads", "", {{"x-amz-checksum-algorithm", "CRC64NVME"}});
  CHECK(created.header("x-amz-checksum-type") == "FULL_OBJECT");
  const std::string id = created.text("UploadId");
  const std::string etag1 =
      part(s3, "/bucket/key", id, 1, one, {{"x-amz-checksum-crc64nvme", checksum_of(crc, one)}}).header("etag");
  const auto computed = part(s3, "/bucket/key", id, 2, two);  // says nothing: computed here
  CHECK(computed.header("x-amz-checksum-crc64nvme") == checksum_of(crc, two));
  CHECK(short_form(part(s3, "/bucket/key", id, 3, two,
                        {{"x-amz-checksum-crc32", checksum_of(wire::ChecksumAlgorithm::kCrc32, two)}})) ==
        "400 InvalidRequest");
  const std::string list = document({{1, etag1}, {2, computed.header("etag")}});
  CHECK(short_form(s3.post("/bucket/key", "uploadId=" + id, list, {{"x-amz-checksum-crc64nvme", "AAAAAAAAAAA="}})) ==
        "400 BadDigest");
  const auto done =
      s3.post("/bucket/key", "uploadId=" + id, list,
              {{"x-amz-checksum-crc64nvme", checksum_of(crc, one + two)}, {"x-amz-checksum-type", "FULL_OBJECT"}});
  REQUIRE(short_form(done) == "200");
  CHECK(done.text("ChecksumCRC64NVME") == checksum_of(crc, one + two));
  CHECK(done.text("ChecksumType") == "FULL_OBJECT");
  CHECK(s3.head("/bucket/key", "", {{"x-amz-checksum-mode", "ENABLED"}}).header("x-amz-checksum-crc64nvme") ==
        checksum_of(crc, one + two));
  // A part has its own, with the type of the object's.
  for (const auto& [number, body] : {std::pair("1", one), std::pair("2", two)}) {
    const auto got = s3.get("/bucket/key", std::string("partNumber=") + number, {{"x-amz-checksum-mode", "ENABLED"}});
    CHECK(got.body == body);
    CHECK(got.header("x-amz-checksum-crc64nvme") == checksum_of(crc, body));
    CHECK(got.header("x-amz-checksum-type") == "FULL_OBJECT");
  }
}

TEST_CASE("a copy is the source, with what is asked to be different") {
  S3Bench s3;
  s3.make_bucket("bucket");
  s3.make_bucket("other");
  const std::string etag =
      s3.put("/bucket/a", "body", {{"x-amz-meta-m", "1"}, {"x-amz-tagging", "t=1"}}).header("etag");
  const auto copy = [&](const std::string& to, HeaderList headers) {
    headers.emplace_back("x-amz-copy-source", "bucket/a");
    return s3({.method = "PUT", .path = to, .headers = std::move(headers)});
  };
  const auto plain = copy("/other/b", {});
  REQUIRE(short_form(plain) == "200");
  CHECK(plain.text("ETag") == etag);
  CHECK_FALSE(plain.text("LastModified").empty());
  CHECK(s3.get("/other/b").body == "body");
  CHECK(s3.head("/other/b").header("x-amz-meta-m") == "1");
  CHECK(s3.head("/other/b").header("x-amz-tagging-count") == "1");
  copy("/other/b",
       {{"x-amz-metadata-directive", "REPLACE"}, {"x-amz-meta-n", "2"}, {"x-amz-tagging-directive", "REPLACE"}});
  CHECK(s3.head("/other/b").header("x-amz-meta-m").empty());
  CHECK(s3.head("/other/b").header("x-amz-meta-n") == "2");
  CHECK(s3.head("/other/b").header("x-amz-tagging-count").empty());
  CHECK(short_form(copy("/bucket/a", {})) == "400 InvalidRequest");
  CHECK(short_form(copy("/bucket/a", {{"x-amz-metadata-directive", "REPLACE"}})) == "200");
  CHECK(short_form(copy("/bucket/a", {{"x-amz-metadata-directive", "MAYBE"}})) == "400 InvalidArgument");
  copy("/other/c", {{"x-amz-storage-class", "STANDARD_IA"}});
  CHECK(s3.head("/other/c").header("x-amz-storage-class") == "STANDARD_IA");
}

TEST_CASE("a copy has conditions on both sides") {
  S3Bench s3;
  s3.make_bucket("bucket");
  const std::string etag = s3.put("/bucket/a", "body").header("etag");
  s3.put("/bucket/taken", "x");
  const auto copy = [&](const std::string& to, const char* name, const std::string& value) {
    return short_form(
        s3({.method = "PUT", .path = to, .headers = {{"x-amz-copy-source", "/bucket/a"}, {name, value}}}));
  };
  CHECK(copy("/bucket/b", "x-amz-copy-source-if-match", "\"x\"") == "412 PreconditionFailed");
  CHECK(copy("/bucket/b", "x-amz-copy-source-if-none-match", etag) == "412 PreconditionFailed");
  CHECK(copy("/bucket/b", "x-amz-copy-source-if-match", etag) == "200");
  CHECK(copy("/bucket/taken", "If-None-Match", "*") == "412 PreconditionFailed");
  CHECK(copy("/bucket/new", "If-None-Match", "*") == "200");
}

TEST_CASE("a copy needs the right to read its source") {
  S3Bench s3;
  s3.make_bucket("alices");
  s3.put("/alices/secret", "body");
  REQUIRE(s3({.method = "PUT", .path = "/bobs", .key = kBob}).status == 200);
  const auto as_bob = [&](const std::string& source) {
    return short_form(
        s3({.method = "PUT", .path = "/bobs/stolen", .headers = {{"x-amz-copy-source", source}}, .key = kBob}));
  };
  CHECK(as_bob("alices/secret") == "403 AccessDenied");
  CHECK(as_bob("alices/none") == "403 AccessDenied");
  CHECK(as_bob("nobodys/none") == "404 NoSuchBucket");
  CHECK(as_bob("bobs/none") == "404 NoSuchKey");
  CHECK(as_bob("bobs/../alices/secret") == "400 InvalidArgument");
}

TEST_CASE("a part can be copied from any object, also from the key that is being written") {
  S3Bench s3;
  s3.make_bucket("bucket");
  s3.put("/bucket/key", "0123456789");
  const std::string id = begin(s3, "/bucket/key");
  const auto copy = [&](int number, const std::string& range) {
    HeaderList headers = {{"x-amz-copy-source", "bucket/key"}};
    if (!range.empty()) headers.emplace_back("x-amz-copy-source-range", range);
    return part(s3, "/bucket/key", id, number, "", headers);
  };
  const auto whole = copy(1, "");
  REQUIRE(short_form(whole) == "200");
  CHECK(whole.xml().name == "CopyPartResult");
  CHECK_FALSE(whole.text("ETag").empty());
  CHECK(short_form(copy(2, "bytes=0-10")) == "416 InvalidRange");
  CHECK(short_form(copy(2, "bytes=0-")) == "400 InvalidArgument");
  CHECK(short_form(copy(2, "0-1")) == "400 InvalidArgument");
  const auto some = copy(1, "bytes=2-4");
  REQUIRE(short_form(some) == "200");
  REQUIRE(short_form(s3.post("/bucket/key", "uploadId=" + id, document({{1, some.text("ETag")}}))) == "200");
  CHECK(s3.get("/bucket/key").body == "234");
}
