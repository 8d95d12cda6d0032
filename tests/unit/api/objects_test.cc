// Objects: put, get, head, delete, as a client sees them.
#include <catch2/catch.hpp>

#include "common/wire/time.h"
#include "tests/unit/api/s3_bench.h"

using namespace objstore;
using namespace objstore::s3::testing;

TEST_CASE("an object comes back with what its uploader said about it") {
  S3Bench s3;
  s3.make_bucket("bucket");
  const std::string body = test::random_bytes(300'000, 1);
  const auto stored = s3.put("/bucket/a%20b", body,
                             {{"Content-Type", "text/x"},
                              {"Cache-Control", "no-store"},
                              {"Content-Encoding", "aws-chunked,gzip"},
                              {"x-amz-meta-Who", "me"},
                              {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                              {"x-amz-acl", "private"},
                              {"x-amz-tagging", "a=1&b=2"}});
  REQUIRE(short_form(stored) == "200");
  const std::string etag = "\"" + to_hex(md5(as_bytes(body))) + "\"";
  CHECK(stored.header("etag") == etag);
  const auto got = s3.get("/bucket/a%20b");
  CHECK(got.status == 200);
  CHECK(got.body == body);
  for (const auto& r : {got, s3.head("/bucket/a%20b")}) {
    CHECK(r.content_length == body.size());
    CHECK(r.header("etag") == etag);
    CHECK(r.header("content-type") == "text/x");
    CHECK(r.header("cache-control") == "no-store");
    CHECK(r.header("content-encoding") == "gzip");
    CHECK(r.header("x-amz-meta-who") == "me");
    CHECK(r.header("x-amz-storage-class") == "REDUCED_REDUNDANCY");
    CHECK(r.header("x-amz-tagging-count") == "2");
    CHECK(r.header("accept-ranges") == "bytes");
    CHECK(r.header("x-content-type-options") == "nosniff");
    CHECK(r.header("last-modified") == wire::format_http_date(s3.store().clock().now_ms()));
    CHECK_FALSE(r.headers.contains("x-amz-version-id"));
  }
  CHECK(s3.get("/bucket/a%20b", "tagging").body.contains("<Tag><Key>a</Key><Value>1</Value></Tag>"));
}

TEST_CASE("an empty object is an object") {
  S3Bench s3;
  s3.make_bucket("bucket");
  CHECK(s3.put("/bucket/empty", "").header("etag") == "\"d41d8cd98f00b204e9800998ecf8427e\"");
  CHECK(s3.get("/bucket/empty").status == 200);
  CHECK(s3.get("/bucket/empty").content_length == 0);
  CHECK(short_form(s3.get("/bucket/empty", "", {{"Range", "bytes=0-"}})) == "416 InvalidRange");
  CHECK(s3.get("/bucket/empty", "partNumber=1").status == 200);
}

TEST_CASE("ranges") {
  S3Bench s3;
  s3.make_bucket("bucket");
  s3.put("/bucket/key", "0123456789");
  const auto range = [&](const char* value) { return s3.get("/bucket/key", "", {{"Range", value}}); };
  CHECK(range("bytes=2-4").status == 206);
  CHECK(range("bytes=2-4").body == "234");
  CHECK(range("bytes=2-4").header("content-range") == "bytes 2-4/10");
  CHECK(range("bytes=0-").status == 206);
  CHECK(range("bytes=-3").body == "789");
  CHECK(range("bytes=8-100").body == "89");
  CHECK(range("bytes=1-2,4-5").status == 200);
  CHECK(range("bytes=1-2,4-5").body == "0123456789");
  CHECK(short_form(range("bytes=10-")) == "416 InvalidRange");
  CHECK(short_form(range("bytes=-0")) == "416 InvalidRange");
  CHECK(range("bytes=10-").text("ActualObjectSize") == "10");
  const auto head = s3.head("/bucket/key", "", {{"Range", "bytes=2-4"}});
  CHECK(head.status == 206);
  CHECK(head.content_length == 3);
  CHECK(head.body.empty());
}

TEST_CASE("conditional reads") {
  S3Bench s3;
  s3.make_bucket("bucket");
  const std::string etag = s3.put("/bucket/key", "body").header("etag");
  const auto not_modified = s3.get("/bucket/key", "", {{"If-None-Match", etag}});
  CHECK(not_modified.status == 304);
  CHECK(not_modified.body.empty());
  CHECK(not_modified.header("etag") == etag);
  CHECK(short_form(s3.get("/bucket/key", "", {{"If-Match", "\"x\""}})) == "412 PreconditionFailed");
  CHECK(s3.head("/bucket/key", "", {{"If-Match", "\"x\""}}).status == 412);
  CHECK(s3.get("/bucket/key", "", {{"If-Match", etag}}).body == "body");
}

TEST_CASE("conditional writes") {
  S3Bench s3;
  s3.make_bucket("bucket");
  CHECK(short_form(s3.put("/bucket/key", "1", {{"If-Match", "*"}})) == "404 NoSuchKey");
  CHECK(short_form(s3.put("/bucket/key", "1", {{"If-None-Match", "*"}})) == "200");
  CHECK(short_form(s3.put("/bucket/key", "2", {{"If-None-Match", "*"}})) == "412 PreconditionFailed");
  CHECK(short_form(s3.put("/bucket/key", "2", {{"If-Match", "\"x\""}})) == "412 PreconditionFailed");
  CHECK(s3.get("/bucket/key").body == "1");
  const std::string etag = s3.head("/bucket/key").header("etag");
  CHECK(short_form(s3.put("/bucket/key", "2", {{"If-Match", etag}})) == "200");
  CHECK(short_form(s3.remove("/bucket/key", "", {{"If-Match", etag}})) == "412 PreconditionFailed");
  CHECK(s3.remove("/bucket/key", "", {{"If-Match", "*"}}).status == 204);
  CHECK(s3.remove("/bucket/key", "", {{"If-Match", etag}}).status == 204);
}

TEST_CASE("response headers can be overridden, but not split") {
  S3Bench s3;
  s3.make_bucket("bucket");
  s3.put("/bucket/key", "body");
  const auto got = s3.get("/bucket/key", "response-content-type=text%2Fhtml&response-cache-control=x");
  CHECK(got.header("content-type") == "text/html");
  CHECK(got.headers.count("content-type") == 1);
  CHECK(got.header("cache-control") == "x");
  CHECK(short_form(s3.get("/bucket/key", "response-content-type=a%0d%0aX%3A%20y")) == "400 InvalidArgument");
}

TEST_CASE("what is not there is missing, and deleting it is a success") {
  S3Bench s3;
  s3.make_bucket("bucket");
  CHECK(short_form(s3.get("/bucket/none")) == "404 NoSuchKey");
  CHECK(s3.get("/bucket/none").text("Key") == "none");
  CHECK(s3.head("/bucket/none").status == 404);
  CHECK(s3.head("/bucket/none").body.empty());
  CHECK(s3.remove("/bucket/none").status == 204);
  CHECK(short_form(s3.get("/nobucket/none")) == "404 NoSuchBucket");
  CHECK(short_form(s3.put("/nobucket/none", "x")) == "404 NoSuchBucket");
  s3.put("/bucket/key", "x");
  CHECK(short_form(s3.get("/bucket/key", "versionId=3f")) == "400 InvalidArgument");
  CHECK(s3.get("/bucket/key", "versionId=null").body == "x");
}

TEST_CASE("a body that is not what its digests say is not stored") {
  S3Bench s3;
  s3.make_bucket("bucket");
  const auto refused = [&](const Ask& ask, const std::string& expected) {
    CHECK(short_form(s3(ask)) == expected);
    CHECK(s3.head("/bucket/key").status == 404);
  };
  Ask ask{.method = "PUT", .path = "/bucket/key", .body = "body"};
  ask.payload = std::string(64, '0');
  refused(ask, "400 XAmzContentSHA256Mismatch");
  ask.payload = {};
  ask.headers = {{"Content-MD5", "nonsense"}};
  refused(ask, "400 InvalidDigest");
  ask.headers = {{"Content-MD5", to_base64(md5(as_bytes("other")))}};
  refused(ask, "400 BadDigest");
  ask.headers = {{"x-amz-checksum-crc32", "AAAAAA=="}};
  refused(ask, "400 BadDigest");
  ask.headers = {};
  ask.no_length = true;
  refused(ask, "411 MissingContentLength");
}

TEST_CASE("a body that breaks off leaves nothing") {
  S3Bench s3;
  s3.make_bucket("bucket");
  wire::RequestHead head;
  {
    // By hand, since the bench sends whole bodies.
    wire::OutgoingRequest out{.method = "PUT", .path = "/bucket/key", .query = "", .headers = {}};
    out.headers.add("Host", "localhost");
    REQUIRE(wire::sign_request(out, {std::string(kAlice), std::string(kSecret), ""},
                               {.now_ms = s3.store().clock().now_ms()}, wire::kUnsignedPayload));
    head.method = "PUT";
    head.path = "/bucket/key";
    head.headers = out.headers;
    head.content_length = 100;
    head.request_id = "0123456789ABCDEF";
  }
  {
    auto exchange = s3.front().begin(head);
    auto& sink = std::get<std::unique_ptr<api::Sink>>(exchange);
    REQUIRE(sink->write(as_bytes("half")));
    const api::Reply reply = sink->refuse(Error{Errc::kIncompleteBody, "the connection ended"});
    CHECK(reply.status == 400);
    CHECK(reply.body.contains("<Code>IncompleteBody</Code>"));
  }
  CHECK(s3.head("/bucket/key").status == 404);
  auto exchange = s3.front().begin(head);
  auto& sink = std::get<std::unique_ptr<api::Sink>>(exchange);
  REQUIRE(sink->write(as_bytes("half")));
  CHECK(test::must(sink->finish().wait()).status == 400);
  CHECK(s3.head("/bucket/key").status == 404);
}

TEST_CASE("checksums are verified, kept and given back when asked for") {
  S3Bench s3;
  s3.make_bucket("bucket");
  for (const auto algorithm : wire::kChecksumAlgorithms) {
    wire::Checksum checksum(algorithm);
    checksum.update(as_bytes("body"));
    const std::string value = checksum.finish_base64();
    const std::string header(wire::checksum_header(algorithm));
    const auto stored =
        s3.put("/bucket/key", "body",
               {{header, value}, {"x-amz-sdk-checksum-algorithm", std::string(wire::checksum_name(algorithm))}});
    CHECK(short_form(stored) == "200");
    CHECK(stored.header(header) == value);
    CHECK_FALSE(s3.head("/bucket/key").headers.contains(header));
    const auto head = s3.head("/bucket/key", "", {{"x-amz-checksum-mode", "ENABLED"}});
    CHECK(head.header(header) == value);
    CHECK(head.header("x-amz-checksum-type") == "FULL_OBJECT");
    const auto part = s3.get("/bucket/key", "", {{"x-amz-checksum-mode", "ENABLED"}, {"Range", "bytes=0-1"}});
    CHECK_FALSE(part.headers.contains(header));
  }
}

TEST_CASE("features that are not provided are refused, not passed over") {
  S3Bench s3;
  s3.make_bucket("bucket");
  const auto with = [&](const char* name, const char* value) {
    return short_form(s3.put("/bucket/key", "x", {{name, value}}));
  };
  CHECK(with("x-amz-server-side-encryption", "AES256") == "501 NotImplemented");
  CHECK(with("x-amz-server-side-encryption-customer-algorithm", "AES256") == "501 NotImplemented");
  CHECK(with("x-amz-object-lock-mode", "GOVERNANCE") == "501 NotImplemented");
  CHECK(with("x-amz-expected-bucket-owner", "222222222222") == "403 AccessDenied");
  CHECK(with("x-amz-expected-bucket-owner", "111111111111") == "200");
  CHECK(short_form(s3({.method = "PUT", .path = "/bucket/key", .query = "retention"})) == "501 NotImplemented");
  CHECK(short_form(s3.get("/bucket/key", "nobody-knows")) == "501 NotImplemented");
}

TEST_CASE("nobody but the owner's account sees anything") {
  S3Bench s3;
  s3.make_bucket("bucket");
  s3.put("/bucket/key", "secret");
  for (const std::string_view key : {std::string_view(), kBob}) {
    const auto as = [&](const std::string& method, const std::string& path, HeaderList headers = {}) {
      const auto r = s3({.method = method, .path = path, .headers = std::move(headers), .key = key});
      CHECK_FALSE(r.headers.contains("etag"));
      return short_form(r);
    };
    CHECK(as("GET", "/bucket/key") == "403 AccessDenied");
    CHECK(as("GET", "/bucket/none") == "403 AccessDenied");
    CHECK(as("GET", "/bucket/key", {{"If-None-Match", "*"}}) == "403 AccessDenied");
    CHECK(as("HEAD", "/bucket/key") == "403");
    CHECK(as("PUT", "/bucket/key") == "403 AccessDenied");
    CHECK(as("DELETE", "/bucket/key") == "403 AccessDenied");
    CHECK(as("GET", "/bucket") == "403 AccessDenied");
    CHECK(as("DELETE", "/bucket") == "403 AccessDenied");
  }
  CHECK(short_form(s3({.method = "GET", .path = "/", .key = ""})) == "403 AccessDenied");
  CHECK(s3.get("/bucket/key").body == "secret");
}
