// The examples that the S3 documentation publishes, as a server sees them.
#include <catch2/catch.hpp>

#include "tests/unit/auth/signing.h"

using namespace objstore;
using namespace objstore::auth;
using namespace objstore::auth::testing;

namespace {

constexpr std::string_view kScope = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";

wire::RequestHead published(std::string method, std::string path, std::string query, std::string_view payload,
                            std::string_view signed_headers, std::string_view signature) {
  auto head = make_head(std::move(method), std::move(path), std::move(query));
  head.headers.add("x-amz-date", "20130524T000000Z");
  head.headers.add("x-amz-content-sha256", payload);
  head.headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=" + std::string(kScope) + ",SignedHeaders=" +
                                        std::string(signed_headers) + ",Signature=" + std::string(signature));
  return head;
}

}  // namespace

TEST_CASE("the published GET of an object is accepted, and its principal known") {
  auto head = published("GET", "/test.txt", "", wire::kEmptySha256, "host;range;x-amz-content-sha256;x-amz-date",
                        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  head.headers.add("Range", "bytes=0-9");
  const auto answer = Bench().ask(head);
  REQUIRE(answer);
  CHECK_FALSE(answer->principal.anonymous);
  CHECK(answer->principal.access_key == kKey);
  CHECK(answer->principal.user_id == "canonical");
  CHECK(answer->payload == PayloadMode::kSha256);
  CHECK(answer->payload_sha256 == wire::kEmptySha256);
  CHECK_FALSE(answer->presigned);
}

TEST_CASE("the published PUT of an object is accepted") {
  constexpr std::string_view kPayload = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
  auto head = published("PUT", "/test%24file.text", "", kPayload,
                        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  head.headers.add("Date", "Fri, 24 May 2013 00:00:00 GMT");
  head.headers.add("x-amz-storage-class", "REDUCED_REDUNDANCY");
  const auto answer = Bench().ask(head);
  REQUIRE(answer);
  CHECK(answer->payload_sha256 == kPayload);
}

TEST_CASE("the published requests with a query are accepted") {
  CHECK(Bench().ask(published("GET", "/", "lifecycle", wire::kEmptySha256, "host;x-amz-content-sha256;x-amz-date",
                              "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")));
  CHECK(Bench().ask(published("GET", "/", "max-keys=2&prefix=J", wire::kEmptySha256,
                              "host;x-amz-content-sha256;x-amz-date",
                              "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")));
}

TEST_CASE("the published presigned URL is accepted") {
  const auto head = make_head("GET", "/test.txt",
                              "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-"
                              "east-1%2Fs3%2Faws4_request"
                              "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                              "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
  const auto answer = Bench().ask(head);
  REQUIRE(answer);
  CHECK(answer->presigned);
  CHECK(answer->payload == PayloadMode::kUnsigned);
}

TEST_CASE("the published chunked upload gives the seed that its chunks are signed with") {
  auto head = make_head("PUT", "/examplebucket/chunkObject.txt");
  head.headers.set("Host", "s3.amazonaws.com");
  head.headers.add("Content-Encoding", "aws-chunked");
  head.headers.add("Content-Length", "66824");
  head.headers.add("x-amz-content-sha256", wire::kStreamingSignedPayload);
  head.headers.add("x-amz-date", "20130524T000000Z");
  head.headers.add("x-amz-decoded-content-length", "66560");
  head.headers.add("x-amz-storage-class", "REDUCED_REDUNDANCY");
  head.headers.add("Authorization",
                   "AWS4-HMAC-SHA256 Credential=" + std::string(kScope) +
                       ",SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
                       "x-amz-decoded-content-length;x-amz-storage-class,"
                       "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  const auto answer = Bench().ask(head);
  REQUIRE(answer);
  CHECK(answer->payload == PayloadMode::kStreamingSigned);
  CHECK(answer->seed_signature == "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  CHECK(answer->amz_date == "20130524T000000Z");
  CHECK(answer->scope == "20130524/us-east-1/s3/aws4_request");
  wire::ChunkSigner chunks(answer->signing_key, answer->amz_date, answer->scope, answer->seed_signature);
  CHECK(chunks.chunk(sha256(as_bytes(std::string(65536, 'a')))) ==
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
}
