// Objects in aws-chunked framing, in all its forms.
#include <catch2/catch.hpp>

#include "tests/unit/api/s3_bench.h"

using namespace objstore;
using namespace objstore::s3::testing;
using wire::ChunkForm;

namespace {

std::string crc32_of(const std::string& body) {
  wire::Checksum checksum(wire::ChecksumAlgorithm::kCrc32);
  checksum.update(as_bytes(body));
  return checksum.finish_base64();
}

wire::Headers trailer(const std::string& value) {
  wire::Headers headers;
  headers.add("x-amz-checksum-crc32", value);
  return headers;
}

Ask put(const std::string& body, bool with_trailer) {
  Ask ask{.method = "PUT", .path = "/bucket/key", .body = body};
  if (with_trailer) ask.headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32");
  return ask;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("only the payload of a framed body is stored") {
  S3Bench s3;
  s3.make_bucket("bucket");
  for (const std::size_t size : {0u, 1u, 70'000u, 300'000u}) {
    const std::string body = test::random_bytes(size, size);
    CHECK(short_form(s3.chunked(put(body, false), ChunkForm::kSigned, {})) == "200");
    CHECK(s3.get("/bucket/key").body == body);
    for (const ChunkForm form : {ChunkForm::kSignedTrailer, ChunkForm::kUnsignedTrailer}) {
      const auto stored = s3.chunked(put(body, true), form, trailer(crc32_of(body)));
      CHECK(short_form(stored) == "200");
      CHECK(stored.header("x-amz-checksum-crc32") == crc32_of(body));
      const auto got = s3.get("/bucket/key", "", {{"x-amz-checksum-mode", "enabled"}});
      CHECK(got.body == body);
      CHECK_FALSE(got.headers.contains("content-encoding"));
      CHECK(got.header("x-amz-checksum-crc32") == crc32_of(body));
    }
  }
}

TEST_CASE("a framed body that was tampered with is not stored") {
  S3Bench s3;
  s3.make_bucket("bucket");
  const std::string body(100'000, 'a');
  const auto send = [&](ChunkForm form, const std::function<void(std::string&)>& tamper) {
    const bool has_trailer = form != ChunkForm::kSigned;
    const auto r = s3.chunked(put(body, has_trailer), form, has_trailer ? trailer(crc32_of(body)) : wire::Headers(),
                              65536, tamper);
    CHECK(s3.head("/bucket/key").status == 404);
    return short_form(r);
  };
  CHECK(send(ChunkForm::kSigned, [](std::string& b) { replace(b, "\r\naaa", "\r\nbaa"); }) ==
        "403 SignatureDoesNotMatch");
  CHECK(send(ChunkForm::kSigned, [](std::string& b) { b.resize(b.size() - 10); }) == "400 IncompleteBody");
  CHECK(send(ChunkForm::kSigned, [](std::string& b) { b += "more"; }) == "400 IncompleteBody");
  CHECK(send(ChunkForm::kSigned, [](std::string& b) { replace(b, "10000;", "10001;"); }) != "200");
  CHECK(send(ChunkForm::kSignedTrailer, [&](std::string& b) { replace(b, crc32_of(body), "AAAAAA=="); }) ==
        "403 SignatureDoesNotMatch");
  CHECK(send(ChunkForm::kUnsignedTrailer, [&](std::string& b) { replace(b, crc32_of(body), "AAAAAA=="); }) ==
        "400 BadDigest");
  CHECK(send(ChunkForm::kUnsignedTrailer, [&](std::string& b) { replace(b, crc32_of(body), "bad"); }) ==
        "400 InvalidRequest");
  CHECK(send(ChunkForm::kUnsignedTrailer, [](std::string& b) { replace(b, "checksum-crc32:", "checksum-crc32c:"); }) ==
        "400 MalformedTrailerError");
}

TEST_CASE("the announced length decides before anything is read") {
  S3Bench s3;
  s3.make_bucket("bucket");
  Ask ask{.method = "PUT", .path = "/bucket/key", .body = "x"};
  ask.payload = std::string(wire::kStreamingUnsignedPayloadTrailer);
  CHECK(short_form(s3(ask)) == "411 MissingContentLength");
  ask.headers = {{"x-amz-decoded-content-length", "-1"}};
  CHECK(short_form(s3(ask)) == "411 MissingContentLength");
  ask.headers = {{"x-amz-decoded-content-length", "5368709121"}};
  CHECK(short_form(s3(ask)) == "400 EntityTooLarge");
}

TEST_CASE("a forged seed signature is refused before the body, for every operation that takes one") {
  S3Bench s3;
  s3.make_bucket("bucket");
  for (const auto& [method, path, query] :
       std::vector<std::tuple<std::string, std::string, std::string>>{{"PUT", "/bucket/key", ""},
                                                                      {"PUT", "/bucket/key", "uploadId=1&partNumber=1"},
                                                                      {"POST", "/bucket/key", "uploadId=1"},
                                                                      {"POST", "/bucket", "delete"},
                                                                      {"PUT", "/bucket", ""}}) {
    wire::RequestHead head;
    head.method = method;
    head.path = path;
    head.query = query;
    head.request_id = "0123456789ABCDEF";
    head.content_length = 10;
    head.headers.add("Host", "localhost");
    head.headers.add("x-amz-date", "20231114T221320Z");
    head.headers.add("x-amz-decoded-content-length", "1");
    head.headers.add("x-amz-content-sha256", wire::kStreamingUnsignedPayloadTrailer);
    head.headers.add("Authorization",
                     "AWS4-HMAC-SHA256 Credential=" + std::string(kAlice) +
                         "/20231114/us-east-1/s3/aws4_request, "
                         "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length, Signature=" +
                         std::string(64, '0'));
    CHECK(short_form(s3.exchange(head, "0\r\n\r\n")) == "403 SignatureDoesNotMatch");
  }
}

TEST_CASE("documents are not streamed") {
  S3Bench s3;
  s3.make_bucket("bucket");
  for (const auto& [method, path, query] :
       std::vector<std::tuple<std::string, std::string, std::string>>{{"POST", "/bucket", "delete"},
                                                                      {"PUT", "/other", ""},
                                                                      {"PUT", "/bucket", "policy"},
                                                                      {"PUT", "/bucket/key", "tagging"},
                                                                      {"POST", "/bucket/key", "uploadId=1"}}) {
    Ask ask{.method = method, .path = path, .query = query, .body = "x"};
    ask.headers = {{"x-amz-decoded-content-length", "1"}, {"Content-MD5", "x"}};
    ask.payload = std::string(wire::kStreamingUnsignedPayloadTrailer);
    CHECK(short_form(s3(ask)) == "400 InvalidRequest");
  }
}
